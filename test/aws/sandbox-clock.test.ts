import { describe, expect, it } from "vitest";
import { manualClock } from "../../lib/aws/clock.js";
import { FleetError } from "../../lib/aws/errors.js";
import { movableClock, moveSandboxClock } from "../../lib/aws/sandbox-clock.js";

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

describe("moveSandboxClock", () => {
  it("says what to do when the sandbox is gone", async () => {
    const credentials = { account: "1", accessKeyId: "a", secretAccessKey: "b" };
    // Nobody listens on port 1.
    const gone = moveSandboxClock({ url: "http://127.0.0.1:1", credentials }, 0);

    await expect(gone).rejects.toThrow(FleetError);
    await expect(gone).rejects.toThrow("Run the cell with connect() again");
  });
});
