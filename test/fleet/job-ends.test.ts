import {
  CancelJobCommand,
  DeleteJobCommand,
  DescribeJobCommand,
  InvalidRequestException,
  InvalidStateTransitionException,
  LimitExceededException,
  ListJobExecutionsForJobCommand,
  ListTagsForResourceCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-iot";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it } from "vitest";
import { NotConfirmedError } from "../../lib/aws/confirm.js";
import { InvalidInputError, NotOursError, WaitTimeoutError } from "../../lib/aws/errors.js";
import { countExecutions } from "../../lib/fleet/job-executions.js";
import {
  cancelImpact,
  cancelJob,
  deleteImpact,
  deleteJob,
  waitForJobCanceled,
  waitForJobDeleted,
} from "../../lib/fleet/job-ends.js";
import { findJob } from "../../lib/fleet/jobs.js";
import { loseFirstAnswer, openTestFleet } from "../fleet.js";
import { openJobFleet } from "./job-fleet.js";

const CANCEL = { confirm: "CANCEL" } as const;
const DELETE = { confirm: "DELETE" } as const;
const FORCED = { isForced: true } as const;

/** One vehicle has succeeded, two are at it, two have not begun. */
async function underWay() {
  const test = await openJobFleet(5);
  await test.create();
  await test.end({ SUCCEEDED: 1, IN_PROGRESS: 2 });
  return test;
}

describe("cancelImpact", () => {
  it("says what would end and what goes on, and changes nothing", async () => {
    const { fleet, settle } = await underWay();

    const gentle = await settle(cancelImpact(fleet, "job"));
    const forced = await settle(cancelImpact(fleet, "job", FORCED));

    expect(gentle).toMatchObject({ status: "IN_PROGRESS", stopped: 2, leftRunning: 2, erased: 0 });
    expect(gentle.says).toContain("2 queued would never start, 2 in progress would be left");
    expect(forced).toMatchObject({ stopped: 4, leftRunning: 0, erased: 0 });
    expect(forced.says).toContain("2 in progress would be ended under their devices");
    expect(await settle(findJob(fleet, "job"))).toMatchObject({ status: "IN_PROGRESS" });
  });
});

describe("cancelJob", () => {
  it("says what would happen until it is confirmed", async () => {
    const { fleet, settle, calls } = await underWay();

    const unconfirmed = settle(cancelJob(fleet, "job"));

    await expect(unconfirmed).rejects.toThrow(NotConfirmedError);
    await expect(unconfirmed).rejects.toThrow(/2 queued would never start.*confirm: "CANCEL"/);
    expect(calls("CancelJob")).toEqual([]);
  });

  it("cancels what is queued over time, and lets the rest finish", async () => {
    const { fleet, settle, report } = await underWay();

    const cancelled = await settle(
      cancelJob(fleet, "job", { ...CANCEL, reasonCode: "BAD_FIRMWARE", comment: "Too hot" }),
    );
    const atOnce = await settle(countExecutions(fleet, "job"));
    await settle(waitForJobCanceled(fleet, "job"));
    await report("van-0002", "SUCCEEDED");

    expect(cancelled).toMatchObject({ status: "CANCELED", wasCanceled: false, failed: [] });
    expect(cancelled).toMatchObject({ stopped: 2, leftRunning: 2 });
    expect(atOnce.QUEUED).toBe(2);
    expect(await settle(countExecutions(fleet, "job"))).toMatchObject({
      QUEUED: 0,
      CANCELED: 2,
      IN_PROGRESS: 1,
      SUCCEEDED: 2,
    });
    expect(await settle(findJob(fleet, "job"))).toMatchObject({
      status: "CANCELED",
      reasonCode: "BAD_FIRMWARE",
      comment: "Too hot",
    });
  });

  it("ends what is in progress when forced", async () => {
    const { fleet, settle } = await underWay();

    await settle(cancelJob(fleet, "job", { ...CANCEL, ...FORCED }));
    await settle(waitForJobCanceled(fleet, "job"));

    const counts = await settle(countExecutions(fleet, "job"));
    expect(counts).toMatchObject({ QUEUED: 0, IN_PROGRESS: 0, CANCELED: 4, SUCCEEDED: 1 });
  });

  it("changes nothing the second time, and forces what a gentle cancel left running", async () => {
    const { fleet, settle, calls } = await underWay();
    await settle(cancelJob(fleet, "job", CANCEL));
    await settle(waitForJobCanceled(fleet, "job"));

    const again = await settle(cancelJob(fleet, "job", CANCEL));
    const left = (await settle(countExecutions(fleet, "job"))).IN_PROGRESS;
    const forced = await settle(cancelJob(fleet, "job", { ...CANCEL, ...FORCED }));

    expect(again).toMatchObject({ wasCanceled: true, status: "CANCELED" });
    expect(left).toBe(2);
    expect(forced).toMatchObject({ wasCanceled: true, stopped: 2, failed: [] });
    expect((await settle(countExecutions(fleet, "job"))).IN_PROGRESS).toBe(0);
    expect(calls("CancelJob")).toHaveLength(1);
  });

  it.each([{}, FORCED])("knows its own cancellation when the answer was lost: %j", async (how) => {
    const { fleet, settle, calls } = await underWay();
    loseFirstAnswer(fleet.iot, "CancelJob");

    const canceled = await settle(cancelJob(fleet, "job", { ...CANCEL, ...how }));

    expect(canceled).toMatchObject({ status: "CANCELED", wasCanceled: false, failed: [] });
    expect(calls("CancelJob")).toHaveLength(2);
  });

  it("leaves alone a job that somebody else made, whatever its name", async () => {
    const { fleet, settle, create, calls } = await openJobFleet(1);
    await create("upgrade-SedanVehicle", { tags: [] });

    await expect(settle(cancelJob(fleet, "upgrade-SedanVehicle", CANCEL))).rejects.toThrow(
      NotOursError,
    );
    expect(calls("CancelJob")).toEqual([]);
  });

  it("passes on that a job is complete, or not there", async () => {
    const { fleet, settle, create, end } = await openJobFleet(1);
    await create();
    await end({ SUCCEEDED: 1 });

    await expect(settle(cancelJob(fleet, "job", CANCEL))).rejects.toThrow(InvalidRequestException);
    await expect(settle(cancelJob(fleet, "none", CANCEL))).rejects.toThrow(
      ResourceNotFoundException,
    );
  });

  it.each([
    ["job id", "no spaces", {}],
    ["comment", "job", { comment: "two\nlines" }],
    ["comment", "job", { comment: "" }],
    ["reason", "job", { reasonCode: "too hot" }],
    ["reason", "job", { reasonCode: "X".repeat(129) }],
  ])("refuses a wrong %s before any call", async (_, jobId, options) => {
    const { fleet, calls } = openTestFleet();

    const refused = cancelJob(fleet, jobId, { ...CANCEL, ...options });

    await expect(refused).rejects.toThrow(InvalidInputError);
    expect(calls()).toEqual([]);
  });
});

describe("waitForJobCanceled", () => {
  it("gives up with what is still there", async () => {
    const { fleet, settle, create } = await openJobFleet(1);
    await create();

    const gaveUp = settle(waitForJobCanceled(fleet, "job", { timeoutMs: 10_000 }));

    await expect(gaveUp).rejects.toThrow(WaitTimeoutError);
    await expect(gaveUp).rejects.toThrow("executions are still QUEUED");
  });
});

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

describe("the calls behind a cancellation", () => {
  it("sends force only when it was asked for", async () => {
    const { fleet, settle } = openTestFleet();
    const iot = mockClient(fleet.iot);
    iot.on(DescribeJobCommand).resolves({ job: { status: "IN_PROGRESS" } });
    iot.on(ListTagsForResourceCommand).resolves({ tags: [{ Key: "workshop", Value: "fleetlab" }] });
    iot.on(ListJobExecutionsForJobCommand).resolves({});
    iot.on(CancelJobCommand).resolves({});

    await settle(cancelJob(fleet, "job", CANCEL));
    await settle(cancelJob(fleet, "job", { ...CANCEL, ...FORCED }));

    const forces = iot.commandCalls(CancelJobCommand).map(({ args }) => args[0].input.force);
    expect(forces).toEqual([false, true]);
  });
});
