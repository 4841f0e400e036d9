import { describe, expect, it } from "vitest";
import { fastClock, manualClock, systemClock } from "../../lib/aws/clock.js";

describe("manualClock", () => {
  it("stands still until it is moved", async () => {
    const clock = manualClock(1_000);
    let isAwake = false;
    void clock.sleep(100).then(() => (isAwake = true));

    await clock.advance(99);

    expect(clock.now()).toBe(1_099);
    expect(isAwake).toBe(false);
  });

  it("wakes sleepers in the order of their time, each at its time", async () => {
    const clock = manualClock(0);
    const woken: [string, number][] = [];
    for (const [name, ms] of [
      ["late", 30],
      ["early", 10],
      ["middle", 20],
    ] as const) {
      void clock.sleep(ms).then(() => woken.push([name, clock.now()]));
    }

    await clock.advance(100);

    expect(woken).toEqual([
      ["early", 10],
      ["middle", 20],
      ["late", 30],
    ]);
    expect(clock.now()).toBe(100);
  });

  it("wakes those who lie down again within the same move", async () => {
    const clock = manualClock(0);
    const times: number[] = [];
    void (async () => {
      for (let i = 0; i < 3; i++) {
        await clock.sleep(10);
        times.push(clock.now());
      }
    })();

    await clock.advance(25);
    const soFar = [...times];
    await clock.runAll();

    expect(soFar).toEqual([10, 20]);
    expect(times).toEqual([10, 20, 30]);
  });

  it("lets a sleeper go with the reason of its signal", async () => {
    const clock = manualClock(0);
    const stop = new AbortController();
    const asleep = clock.sleep(10, stop.signal).catch((error: Error) => error.message);

    stop.abort(new Error("enough"));
    await clock.runAll();

    expect(await asleep).toBe("enough");
    expect(clock.now()).toBe(0);
  });

  it("does not begin to sleep on an aborted signal", async () => {
    const asleep = manualClock(0).sleep(10, AbortSignal.abort(new Error("too late")));

    await expect(asleep).rejects.toThrow("too late");
  });
});

describe("fastClock", () => {
  it("agrees with its base at first, and runs so many times as fast", async () => {
    const base = manualClock();
    const start = base.now();
    const clock = fastClock(60, base);

    await base.advance(1_000);

    expect(clock.now()).toBe(start + 60_000);
  });

  it("sleeps its own time, not its base's", async () => {
    const base = manualClock();
    const clock = fastClock(60, base);
    let isAwake = false;
    void clock.sleep(60_000).then(() => (isAwake = true));

    await base.advance(999);
    expect(isAwake).toBe(false);
    await base.advance(1);
    expect(isAwake).toBe(true);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("refuses a speed of %d", (speed) => {
    expect(() => fastClock(speed)).toThrow(RangeError);
  });
});

describe("systemClock", () => {
  it("tells the machine's time and never runs backwards", () => {
    const times = Array.from({ length: 100 }, () => systemClock.now());

    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(new Date(times[0] ?? 0).getUTCFullYear()).toBeGreaterThan(2024);
  });

  it("lets a sleeper go with the reason of its signal, not with one of Node's own", async () => {
    const stop = new AbortController();
    const asleep = systemClock.sleep(3_600_000, stop.signal);

    stop.abort(new RangeError("enough"));

    await expect(asleep).rejects.toThrow(RangeError);
  });

  it("takes a negative time for none", async () => {
    await expect(systemClock.sleep(-5)).resolves.toBeUndefined();
  });
});
