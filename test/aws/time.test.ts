import { describe, expect, it } from "vitest";
import { manualClock } from "../../lib/aws/clock.js";
import { requireConfirmation } from "../../lib/aws/confirm.js";
import { FleetError } from "../../lib/aws/errors.js";
import { letTimePass, movableClock, moveSandboxClock } from "../../lib/aws/time.js";
import { waitUntil } from "../../lib/aws/wait.js";
import { openTestFleet } from "../fleet.js";

describe("movableClock", () => {
  it("runs with its base, ahead of it by what it was set", async () => {
    const base = manualClock(1_000);
    const clock = movableClock(base);

    clock.moveTo(61_000);
    await base.advance(500);

    expect(clock.now()).toBe(61_500);
  });

  it("never goes back", () => {
    const clock = movableClock(manualClock(1_000));

    clock.moveTo(5_000);
    clock.moveTo(2_000);

    expect(clock.now()).toBe(5_000);
  });
});

describe("letTimePass", () => {
  it("passes the time in minutes and seconds, and says so", async () => {
    const passed: number[] = [];
    const { fleet, lines } = openTestFleet({
      passTime: (ms) => Promise.resolve(void passed.push(ms)),
    });

    await letTimePass(fleet, { minutes: 5, seconds: 30 });

    expect(passed).toEqual([330_000]);
    expect(lines.join()).toContain("5 min 30 s");
  });

  it.each([{ minutes: -1 }, { seconds: Number.NaN }, { minutes: 32 * 24 * 60 }])(
    "refuses %o before anything passes",
    async (time) => {
      const { fleet } = openTestFleet();

      await expect(letTimePass(fleet, time)).rejects.toThrow("from 0 seconds to 31 days");
    },
  );
});

describe("moveSandboxClock", () => {
  it("says what to do when the sandbox is gone", async () => {
    const credentials = { account: "1", accessKeyId: "a", secretAccessKey: "b" };
    // Nobody listens on port 1.
    const gone = moveSandboxClock({ url: "http://127.0.0.1:1", credentials }, 0);

    await expect(gone).rejects.toThrow(FleetError);
    await expect(gone).rejects.toThrow("Run the cell with connect() again");
  });
});

describe("waitUntil", () => {
  it("lets time pass instead of waiting for it, where only time is missing", async () => {
    const passed: number[] = [];
    const { fleet } = openTestFleet({
      passTime: (ms) => Promise.resolve(void passed.push(ms)),
    });

    await waitUntil(
      fleet,
      { until: "it is so", everyMs: 30_000, timeoutMs: 300_000, isPassable: true },
      () => Promise.resolve(passed.length === 3 ? { ready: true } : { waiting: "not yet" }),
    );

    expect(passed).toEqual([30_000, 30_000, 30_000]);
  });
});

describe("requireConfirmation", () => {
  it("lets the right word through", () => {
    expect(() => requireConfirmation("DELETE", "DELETE", "This deletes it.")).not.toThrow();
  });

  it.each([undefined, "delete", "YES"])("refuses %s, and says what to pass", (given) => {
    expect(() => requireConfirmation(given, "DELETE", "This deletes it.")).toThrow(
      'This deletes it. Nothing has been done yet: pass { confirm: "DELETE" }',
    );
  });
});
