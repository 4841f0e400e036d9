import { describe, expect, it } from "vitest";
import { requireConfirmation } from "../../lib/aws/confirm.js";
import { letTimePass } from "../../lib/aws/time.js";
import { waitUntil } from "../../lib/aws/wait.js";
import { openTestFleet } from "../fleet.js";

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
