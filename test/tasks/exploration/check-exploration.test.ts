import { describe, expect, it } from "vitest";
import { deleteJob, waitForJobDeleted } from "../../../lib/fleet/jobs/job-deletion.js";
import { checkExploration } from "../../../lib/tasks/exploration/check-exploration.js";
import { openJobFleet } from "../../fleet/jobs/job-fleet.js";

describe("checkExploration", () => {
  it("finds the explored jobs and how they did", async () => {
    const { fleet, settle, create, end, lines } = await openJobFleet(10);
    await create("upgrade");
    await end({ SUCCEEDED: 9, FAILED: 1 }, "upgrade");
    await create("waiting");

    const checks = await settle(checkExploration(fleet, ["upgrade", "waiting"]));

    expect(checks.map(({ isMet }) => isMet)).toEqual([true, true, true]);
    expect(checks.map(({ found }) => found)).toEqual([
      "COMPLETED, 9 of 10 finished vehicles succeeded: good",
      "IN_PROGRESS, nothing has finished",
      "none left",
    ]);
    expect(lines.at(-1)).toContain("✓");
  });

  it("misses a job that is gone, and says what to do", async () => {
    const { fleet, settle, create, end, lines } = await openJobFleet(1);
    await create("upgrade");
    await end({ SUCCEEDED: 1 }, "upgrade");
    await settle(deleteJob(fleet, "upgrade", { confirm: "DELETE" }));

    const [going] = await settle(checkExploration(fleet, ["upgrade"]));
    await settle(waitForJobDeleted(fleet, "upgrade"));
    const [gone] = await settle(checkExploration(fleet, ["upgrade"]));

    expect(going).toMatchObject({ isMet: false });
    expect(gone).toMatchObject({ isMet: false, found: "no such job" });
    expect(lines.at(-1)).toMatch(/✗.*catchUp\(\)/);
  });

  it("finds a try-out of ours that was left, and no one else's", async () => {
    const { fleet, settle, create } = await openJobFleet(1);
    await create("tryout-1");
    await create("tryout-2", { tags: [] });
    await create("tryouts");

    const checks = await settle(checkExploration(fleet, []));

    expect(checks).toMatchObject([{ isMet: false, found: "tryout-1 (IN_PROGRESS)" }]);
  });
});
