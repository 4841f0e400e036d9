import { getEventListeners } from "node:events";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { manualClock, type ManualClock } from "../../../lib/aws/clock.js";
import { createBucket, createLimiter, type Limiter } from "../../../lib/aws/pacing/limiter.js";

const START = Date.UTC(2026, 0, 1);

/** Ask `count` times at once, and keep who left when, in milliseconds from the start. */
function ask(limiter: Limiter, clock: ManualClock, count: number) {
  const left: { who: number; at: number }[] = [];
  for (let who = 0; who < count; who++) {
    void limiter.take().then(() => left.push({ who, at: clock.now() - START }));
  }
  return left;
}

describe("createLimiter", () => {
  it("spaces calls evenly at the rate", async () => {
    const clock = manualClock(START);
    const left = ask(createLimiter({ perSecond: 10, burst: 1 }, clock), clock, 5);

    await clock.runAll();

    expect(left.map(({ at }) => at)).toEqual([0, 100, 200, 300, 400]);
  });

  it("lets a burst out at once, then falls back to the rate", async () => {
    const clock = manualClock(START);
    const left = ask(createLimiter({ perSecond: 10, burst: 3 }, clock), clock, 5);

    await clock.runAll();

    expect(left.map(({ at }) => at)).toEqual([0, 0, 0, 100, 200]);
  });

  it("saves up no more than the burst while idle", async () => {
    const clock = manualClock(START);
    const limiter = createLimiter({ perSecond: 10, burst: 2 }, clock);
    ask(limiter, clock, 2);
    await clock.advance(60_000);

    const left = ask(limiter, clock, 4);
    await clock.runAll();

    expect(left.map(({ at }) => at)).toEqual([60_000, 60_000, 60_100, 60_200]);
  });

  it("serves first come, first served", async () => {
    const clock = manualClock(START);
    const limiter = createLimiter({ perSecond: 7, burst: 2 }, clock);
    const early = ask(limiter, clock, 10);
    await clock.advance(400);

    const late = ask(limiter, clock, 3);
    await clock.runAll();

    expect(early.map(({ who }) => who)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(late[0]?.at).toBeGreaterThan(early.at(-1)?.at ?? Infinity);
  });

  it.each([0.13, 0.8 / 30, 1 / 3, 4 / 30, 150, 4400])("keeps %f calls a second", async (rate) => {
    const clock = manualClock(START);
    const left = ask(createLimiter({ perSecond: rate, burst: 1 }, clock), clock, 20);

    await clock.runAll();

    expect(left).toHaveLength(20);
    expect(left.at(-1)?.at).toBeCloseTo((19 / rate) * 1000, 1);
  });

  it("gives the place of a caller who gave up to the next", async () => {
    const clock = manualClock(START);
    const limiter = createLimiter({ perSecond: 1, burst: 1 }, clock);
    const giveUp = new AbortController();
    ask(limiter, clock, 1);
    const gone = limiter.take(giveUp.signal).catch((error: Error) => error.message);
    const left = ask(limiter, clock, 2);

    giveUp.abort(new Error("enough"));
    await clock.runAll();

    expect(await gone).toBe("enough");
    expect(left.map(({ at }) => at)).toEqual([1000, 2000]);
  });

  it("counts who waits, without those who gave up", async () => {
    const clock = manualClock(START);
    const limiter = createLimiter({ perSecond: 1, burst: 1 }, clock);
    const giveUp = new AbortController();
    ask(limiter, clock, 3);
    const gone = limiter.take(giveUp.signal).catch(() => "gone");

    const before = limiter.waiting;
    giveUp.abort(new Error("enough"));

    expect(await gone).toBe("gone");
    expect([before, limiter.waiting]).toEqual([3, 2]);
    await clock.runAll();
    expect(limiter.waiting).toBe(0);
  });

  it("refuses a caller whose signal has been aborted already, and takes no token", async () => {
    const clock = manualClock(START);
    const limiter = createLimiter({ perSecond: 1, burst: 1 }, clock);

    const refused = limiter
      .take(AbortSignal.abort(new Error("too late")))
      .catch((error: Error) => error.message);
    const left = ask(limiter, clock, 1);
    await clock.runAll();

    expect(await refused).toBe("too late");
    expect(left[0]?.at).toBe(0);
  });

  it("leaves nothing on the signal of a caller whose turn came", async () => {
    const clock = manualClock(START);
    const limiter = createLimiter({ perSecond: 1, burst: 1 }, clock);
    const { signal } = new AbortController();

    const both = Promise.all([limiter.take(signal), limiter.take(signal)]);
    await clock.runAll();
    await both;

    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("serves again after it has been idle", async () => {
    const clock = manualClock(START);
    const limiter = createLimiter({ perSecond: 2, burst: 1 }, clock);
    ask(limiter, clock, 2);
    await clock.runAll();

    const left = ask(limiter, clock, 2);
    await clock.runAll();

    expect(left.map(({ at }) => at)).toEqual([1000, 1500]);
  });

  it("never lets out more than rate x time + burst, whoever comes when and gives up when", async () => {
    const arrivals = fc.array(
      fc.record({
        gapMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3_000 })),
        givesUp: fc.boolean(),
      }),
      { minLength: 1, maxLength: 25 },
    );
    const rates = fc.record({
      perSecond: fc.double({ min: 0.1, max: 5_000, noNaN: true }),
      burst: fc.integer({ min: 1, max: 12 }),
    });

    await fc.assert(
      fc.asyncProperty(rates, arrivals, async (rate, pattern) => {
        const clock = manualClock(START);
        const limiter = createLimiter(rate, clock);
        const left: number[] = [];
        let gone = 0;
        for (const { gapMs, givesUp } of pattern) {
          await clock.advance(gapMs);
          const giveUp = new AbortController();
          limiter.take(giveUp.signal).then(
            () => left.push(clock.now()),
            () => gone++,
          );
          if (givesUp) giveUp.abort();
        }
        await clock.runAll();

        expect(left.length + gone).toBe(pattern.length);
        for (const [i, from] of left.entries()) {
          for (const [j, to] of left.entries()) {
            const most = (rate.perSecond * (to - from)) / 1000 + rate.burst;
            if (j >= i) expect(j - i + 1).toBeLessThanOrEqual(most + 0.01);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("createBucket", () => {
  it("says how long to wait, and takes nothing while it says so", () => {
    const bucket = createBucket({ perSecond: 4, burst: 1 });

    const answers = [bucket.take(0), bucket.take(0), bucket.take(100), bucket.take(250)];

    expect(answers).toEqual([0, 250, 150, 0]);
  });

  it("makes no tokens when the time runs backwards", () => {
    const bucket = createBucket({ perSecond: 1, burst: 1 });
    bucket.take(10_000);

    const answers = [bucket.take(0), bucket.take(10_000)];

    expect(answers).toEqual([1000, 1000]);
  });

  it.each([0, -1, NaN, Infinity])("refuses a rate of %f", (perSecond) => {
    expect(() => createBucket({ perSecond, burst: 1 })).toThrow(RangeError);
  });

  it.each([0, 0.5, -1, NaN])("refuses a burst of %f", (burst) => {
    expect(() => createBucket({ perSecond: 1, burst })).toThrow(RangeError);
  });
});
