import { describe, expect, it } from "vitest";
import { InterruptedError, WaitTimeoutError } from "../../lib/aws/errors.js";
import { waitUntil, type Probe } from "../../lib/aws/wait.js";
import { openTestFleet } from "../fleet.js";
import { turns } from "./wire.js";

const until = "the fleet index is ACTIVE";

/** A probe that is ready at its `nth` look. */
function readyAt(nth: number) {
  const looks: number[] = [];
  const probe = (now: () => number) => async (): Promise<Probe<string>> => {
    looks.push(now());
    return looks.length < nth ? { waiting: "it is BUILDING" } : { ready: "index" };
  };
  return { looks, probe };
}

describe("waitUntil", () => {
  it("is back at once when it is so already, and says nothing", async () => {
    const { fleet, clock, lines } = openTestFleet();
    const { looks, probe } = readyAt(1);

    const found = await waitUntil(fleet, { until, timeoutMs: 60_000 }, probe(clock.now));

    expect(found).toBe("index");
    expect(looks).toHaveLength(1);
    expect(lines).toEqual([]);
  });

  it("looks every two seconds until it is so, and says once why it waits", async () => {
    const { fleet, clock, lines, settle } = openTestFleet();
    const { looks, probe } = readyAt(4);
    const start = clock.now();

    const found = await settle(waitUntil(fleet, { until, timeoutMs: 60_000 }, probe(clock.now)));

    expect(found).toBe("index");
    expect(looks.map((at) => at - start)).toEqual([0, 2_000, 4_000, 6_000]);
    expect(lines).toEqual(["Waiting until the fleet index is ACTIVE: it is BUILDING …"]);
  });

  it("says so when it waits for another reason", async () => {
    const { fleet, lines, settle } = openTestFleet();
    const reasons = ["it is BUILDING", "it is BUILDING", "it is REBUILDING"];
    let look = 0;

    await settle(
      waitUntil(fleet, { until, timeoutMs: 60_000 }, async () => {
        const waiting = reasons[look++];
        return waiting ? { waiting } : { ready: true };
      }),
    );

    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain("it is REBUILDING");
  });

  it("looks a last time at the very end, also when the interval does not divide the time", async () => {
    const { fleet, clock, settle } = openTestFleet();
    const { looks, probe } = readyAt(Infinity);
    const start = clock.now();

    const gaveUp = settle(
      waitUntil(fleet, { until, everyMs: 4_000, timeoutMs: 10_000 }, probe(clock.now)),
    );

    await expect(gaveUp).rejects.toThrow(WaitTimeoutError);
    expect(looks.map((at) => at - start)).toEqual([0, 4_000, 8_000, 10_000]);
  });

  it("gives up in time, and says after what, on what, and what it saw last", async () => {
    const { fleet, clock, settle } = openTestFleet();
    const { looks, probe } = readyAt(Infinity);
    const start = clock.now();

    const gaveUp = settle(
      waitUntil(fleet, { until, everyMs: 5_000, timeoutMs: 60_000 }, probe(clock.now)),
    );

    await expect(gaveUp).rejects.toThrow(WaitTimeoutError);
    await expect(gaveUp).rejects.toThrow(
      "Gave up waiting until the fleet index is ACTIVE, after 1 min: it is BUILDING.",
    );
    expect(looks).toHaveLength(13);
    expect((looks.at(-1) ?? 0) - start).toBe(60_000);
  });

  it("passes on what the probe throws", async () => {
    const { fleet } = openTestFleet();

    const failed = waitUntil(fleet, { until, timeoutMs: 60_000 }, async () => {
      throw new TypeError("not that");
    });

    await expect(failed).rejects.toThrow(TypeError);
  });

  it("stops at an interrupt, and looks no more", async () => {
    const { fleet, clock } = openTestFleet();
    const { looks, probe } = readyAt(Infinity);
    const before = process.listenerCount("SIGINT");
    const waiting = waitUntil(fleet, { until, timeoutMs: 60_000 }, probe(clock.now)).catch(
      (error: unknown) => error,
    );
    await turns();

    process.emit("SIGINT");

    expect(await waiting).toBeInstanceOf(InterruptedError);
    await clock.runAll();
    expect(looks).toHaveLength(1);
    expect(process.listenerCount("SIGINT")).toBe(before);
  });
});
