import {
  CancelJobCommand,
  DescribeJobCommand,
  InvalidRequestException,
  ListJobExecutionsForJobCommand,
  ListTagsForResourceCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-iot";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it } from "vitest";
import { NotConfirmedError } from "../../../lib/aws/confirm.js";
import { InvalidInputError, NotOursError, WaitTimeoutError } from "../../../lib/aws/errors.js";
import { countExecutions } from "../../../lib/fleet/jobs/job-executions.js";
import {
  cancelImpact,
  cancelJob,
  waitForJobCanceled,
} from "../../../lib/fleet/jobs/job-cancellation.js";
import { findJob } from "../../../lib/fleet/jobs/jobs.js";
import { loseFirstAnswer, openTestFleet } from "../../fleet.js";
import { CANCEL, FORCED, openJobFleet, underWay } from "./job-fleet.js";

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
