import {
  DeleteJobCommand,
  DescribeJobCommand,
  InvalidStateTransitionException,
  LimitExceededException,
  ListJobExecutionsForJobCommand,
  ListTagsForResourceCommand,
} from "@aws-sdk/client-iot";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it } from "vitest";
import { NotConfirmedError } from "../../../lib/aws/confirm.js";
import { NotOursError, WaitTimeoutError } from "../../../lib/aws/errors.js";
import { cancelJob, waitForJobCanceled } from "../../../lib/fleet/jobs/job-cancellation.js";
import {
  deleteImpact,
  deleteJob,
  waitForJobDeleted,
} from "../../../lib/fleet/jobs/job-deletion.js";
import { findJob } from "../../../lib/fleet/jobs/jobs.js";
import { loseFirstAnswer, openTestFleet } from "../../fleet.js";
import { CANCEL, DELETE, FORCED, openJobFleet, underWay } from "./job-fleet.js";

describe("deleteImpact", () => {
  it("D28: asks for force while the job is live, and not for its history", async () => {
    const { fleet, settle } = await underWay();

    const live = await settle(deleteImpact(fleet, "job"));
    await settle(cancelJob(fleet, "job", { ...CANCEL, ...FORCED }));
    await settle(waitForJobCanceled(fleet, "job"));
    const over = await settle(deleteImpact(fleet, "job"));

    expect(live).toMatchObject({ erased: 5, stopped: 4 });
    expect(live.says).toMatch(/AWS does that only by force/);
    expect(over).toMatchObject({ erased: 5, stopped: 0 });
    expect(over.says).not.toMatch(/force|could no longer report/);
  });
});

describe("deleteJob", () => {
  it("says what would happen until it is confirmed", async () => {
    const { fleet, settle, calls } = await underWay();

    const unconfirmed = settle(deleteJob(fleet, "job"));

    await expect(unconfirmed).rejects.toThrow(NotConfirmedError);
    await expect(unconfirmed).rejects.toThrow(/records of 5 executions.*confirm: "DELETE"/);
    expect(calls("DeleteJob")).toEqual([]);
  });

  it("D28: needs no force for a job that is over, however long its history", async () => {
    const { fleet, settle, create, end } = await openJobFleet(2);
    await create();
    await end({ SUCCEEDED: 1, FAILED: 1 });

    expect(await settle(deleteJob(fleet, "job", DELETE))).toBe(true);
    const atOnce = await settle(findJob(fleet, "job"));
    await settle(waitForJobDeleted(fleet, "job"));

    expect(atOnce).toMatchObject({ status: "DELETION_IN_PROGRESS" });
    expect(await settle(findJob(fleet, "job"))).toBeUndefined();
  });

  it("D28: passes on that a live job needs force, and takes it", async () => {
    const { fleet, settle } = await underWay();

    await expect(settle(deleteJob(fleet, "job", DELETE))).rejects.toThrow(
      InvalidStateTransitionException,
    );
    expect(await settle(deleteJob(fleet, "job", { ...DELETE, ...FORCED }))).toBe(true);
  });

  it("changes nothing the second time, neither while it is going nor when it is gone", async () => {
    const { fleet, settle, create, end, calls } = await openJobFleet(1);
    await create();
    await end({ SUCCEEDED: 1 });
    await settle(deleteJob(fleet, "job", DELETE));

    const going = await settle(deleteJob(fleet, "job", DELETE));
    await settle(waitForJobDeleted(fleet, "job"));
    const gone = await settle(deleteJob(fleet, "job", DELETE));

    expect([going, gone]).toEqual([false, false]);
    expect(calls("DeleteJob")).toHaveLength(1);
  });

  it("knows its own deletion when the answer was lost", async () => {
    const { fleet, settle, create, end, calls } = await openJobFleet(1);
    await create();
    await end({ SUCCEEDED: 1 });
    loseFirstAnswer(fleet.iot, "DeleteJob");

    expect(await settle(deleteJob(fleet, "job", DELETE))).toBe(true);
    expect(calls("DeleteJob")).toHaveLength(2);
  });

  it("waits for a place when ten jobs are being deleted", async () => {
    // Slow to delete, so that the eleventh comes while ten are on their way.
    const slow = { sandbox: { lags: { jobsMs: 30_000 } } };
    const { fleet, settle, create, end, lines, clock } = await openJobFleet(1, slow);
    const ids = Array.from({ length: 12 }, (_, i) => `job-${i}`);
    for (const id of ids) {
      await create(id);
      await clock.advance(30_000);
      await end({ SUCCEEDED: 1 }, id);
    }

    const begun = await settle(Promise.all(ids.map((id) => deleteJob(fleet, id, DELETE))));
    await settle(Promise.all(ids.map((id) => waitForJobDeleted(fleet, id))));

    expect(begun).toEqual(ids.map(() => true));
    expect(await settle(findJob(fleet, "job-11"))).toBeUndefined();
    expect(lines.join("\n")).toContain("ten jobs are being deleted, which is the most");
  });

  it("gives up when no place comes free", async () => {
    const { fleet, settle } = openTestFleet();
    const iot = mockClient(fleet.iot);
    iot.on(DescribeJobCommand).resolves({ job: { status: "COMPLETED" } });
    iot.on(ListTagsForResourceCommand).resolves({ tags: [{ Key: "workshop", Value: "fleetlab" }] });
    iot.on(ListJobExecutionsForJobCommand).resolves({});
    iot.on(DeleteJobCommand).rejects(new LimitExceededException({ message: "ten", $metadata: {} }));

    const gaveUp = settle(deleteJob(fleet, "job", DELETE));

    await expect(gaveUp).rejects.toThrow(WaitTimeoutError);
    await expect(gaveUp).rejects.toThrow("ten jobs are being deleted");
  });

  it("leaves alone a job that somebody else made", async () => {
    const { fleet, settle, create, calls } = await openJobFleet(1);
    await create("foreign", { tags: [] });

    const refused = settle(deleteJob(fleet, "foreign", { ...DELETE, ...FORCED }));

    await expect(refused).rejects.toThrow(NotOursError);
    expect(calls("DeleteJob")).toEqual([]);
  });
});

describe("waitForJobDeleted", () => {
  it("gives up with the status that the job has", async () => {
    const { fleet, settle, create } = await openJobFleet(1);
    await create();

    const gaveUp = settle(waitForJobDeleted(fleet, "job", { timeoutMs: 10_000 }));

    await expect(gaveUp).rejects.toThrow("it is IN_PROGRESS");
  });
});
