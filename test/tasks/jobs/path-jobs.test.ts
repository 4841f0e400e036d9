import { describe, expect, it } from "vitest";
import { NotConfirmedError } from "../../../lib/aws/confirm.js";
import { createDynamicGroup, waitForMembers } from "../../../lib/fleet/search/dynamic-groups.js";
import { countExecutions } from "../../../lib/fleet/jobs/job-executions.js";
import { findJob } from "../../../lib/fleet/jobs/jobs.js";
import { createPathJob, restartUpgrade } from "../../../lib/tasks/jobs/path-jobs.js";
import { pathOf } from "../../../lib/tasks/path/path.js";
import { openProvisionedFleet } from "../groups/groups.js";

/** A fleet whose upgrade has waited for so long that it has reached everybody. */
async function openWaitingUpgrade() {
  const test = await openProvisionedFleet();
  const path = pathOf(test.plan);
  const { fleet, settle, clock } = test;
  await settle(
    createDynamicGroup(fleet, { name: path.groups.all, query: `thingTypeName:${path.typeA}` }),
  );
  await settle(waitForMembers(fleet, path.groups.all));
  const jobId = await settle(createPathJob(fleet, path, "upgrade"));
  await clock.advance(30 * 60_000);
  return { ...test, path, jobId };
}

describe("restartUpgrade", () => {
  it("cancels the one that waits, and begins a new one whose rollout has reached nobody", async () => {
    const { fleet, settle, path, jobId } = await openWaitingUpgrade();
    const reached = (await settle(countExecutions(fleet, jobId))).QUEUED;

    const again = await settle(restartUpgrade(fleet, path, { confirm: "CANCEL" }));

    expect(reached).toBeGreaterThan(0);
    expect(again).toBe(`${jobId}-2`);
    expect((await settle(findJob(fleet, jobId)))?.status).toBe("CANCELED");
    expect((await settle(findJob(fleet, again)))?.status).toBe("IN_PROGRESS");
  });

  it("does nothing without the word", async () => {
    const { fleet, settle, path, jobId } = await openWaitingUpgrade();

    await expect(settle(restartUpgrade(fleet, path))).rejects.toThrow(NotConfirmedError);

    expect((await settle(findJob(fleet, jobId)))?.status).toBe("IN_PROGRESS");
    expect(await settle(findJob(fleet, `${jobId}-2`))).toBeUndefined();
  });
});
