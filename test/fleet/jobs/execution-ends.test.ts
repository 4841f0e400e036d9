import { InvalidStateTransitionException, ResourceNotFoundException } from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { NotConfirmedError } from "../../../lib/aws/confirm.js";
import { NotOursError } from "../../../lib/aws/errors.js";
import { cancelExecution, deleteExecution } from "../../../lib/fleet/jobs/execution-ends.js";
import { describeExecution } from "../../../lib/fleet/jobs/job-executions.js";
import { loseFirstAnswer } from "../../fleet.js";
import { CANCEL, DELETE, openJobFleet } from "./job-fleet.js";

const VAN = "van-0001";

async function withJob(input = {}) {
  const test = await openJobFleet(2);
  await test.create("job", input);
  return test;
}

describe("cancelExecution", () => {
  it("takes the job back from one device and no other, once", async () => {
    const { fleet, settle, calls } = await withJob();

    const first = await settle(cancelExecution(fleet, "job", VAN, CANCEL));
    const second = await settle(cancelExecution(fleet, "job", VAN, CANCEL));

    expect([first, second]).toEqual([true, false]);
    expect(calls("CancelJobExecution")).toHaveLength(1);
    expect(await settle(describeExecution(fleet, "job", VAN))).toMatchObject({
      status: "CANCELED",
    });
    expect(await settle(describeExecution(fleet, "job", "van-0002"))).toMatchObject({
      status: "QUEUED",
    });
  });

  it("knows its own cancellation when the answer was lost", async () => {
    const { fleet, settle, calls } = await withJob();
    loseFirstAnswer(fleet.iot, "CancelJobExecution");

    expect(await settle(cancelExecution(fleet, "job", VAN, CANCEL))).toBe(true);
    expect(calls("CancelJobExecution")).toHaveLength(2);
  });

  it("needs force for a device that has begun", async () => {
    const { fleet, settle, start } = await withJob();
    await start(VAN);

    await expect(settle(cancelExecution(fleet, "job", VAN, CANCEL))).rejects.toThrow(
      InvalidStateTransitionException,
    );
    await settle(cancelExecution(fleet, "job", VAN, { ...CANCEL, isForced: true }));

    expect(await settle(describeExecution(fleet, "job", VAN))).toMatchObject({
      status: "CANCELED",
      isForceCanceled: true,
    });
  });

  it("asks first, says where the execution is, and leaves foreign jobs alone", async () => {
    const { fleet, settle, create, calls } = await withJob();
    await create("foreign", { tags: [] });

    await expect(settle(cancelExecution(fleet, "job", VAN))).rejects.toThrow(NotConfirmedError);
    await expect(settle(cancelExecution(fleet, "job", VAN))).rejects.toThrow("where it is QUEUED");
    await expect(settle(cancelExecution(fleet, "foreign", VAN, CANCEL))).rejects.toThrow(
      NotOursError,
    );
    await expect(settle(cancelExecution(fleet, "job", "van-9999", CANCEL))).rejects.toThrow(
      ResourceNotFoundException,
    );
    expect(calls("CancelJobExecution")).toEqual([]);
  });
});

describe("deleteExecution", () => {
  it("erases one record, once", async () => {
    const { fleet, settle, report, calls } = await withJob();
    await report(VAN, "FAILED");

    const first = await settle(deleteExecution(fleet, "job", VAN, DELETE));
    const second = await settle(deleteExecution(fleet, "job", VAN, DELETE));

    expect([first, second]).toEqual([true, false]);
    expect(calls("DeleteJobExecution")).toHaveLength(1);
    await expect(settle(describeExecution(fleet, "job", VAN))).rejects.toThrow(
      ResourceNotFoundException,
    );
  });

  it("knows its own deletion when the answer was lost", async () => {
    const { fleet, settle, calls } = await withJob();
    loseFirstAnswer(fleet.iot, "DeleteJobExecution");

    const isDeleted = settle(deleteExecution(fleet, "job", VAN, { ...DELETE, isForced: true }));

    expect(await isDeleted).toBe(true);
    expect(calls("DeleteJobExecution")).toHaveLength(2);
  });

  it("needs force while the device is at it", async () => {
    const { fleet, settle, start } = await withJob();
    await start(VAN);

    await expect(settle(deleteExecution(fleet, "job", VAN, DELETE))).rejects.toThrow(
      InvalidStateTransitionException,
    );
    expect(await settle(deleteExecution(fleet, "job", VAN, { ...DELETE, isForced: true }))).toBe(
      true,
    );
  });

  it("asks first, and leaves foreign jobs alone", async () => {
    const { fleet, settle, create, calls } = await withJob();
    await create("foreign", { tags: [] });

    await expect(settle(deleteExecution(fleet, "job", VAN))).rejects.toThrow(/attempt 1, QUEUED/);
    await expect(settle(deleteExecution(fleet, "foreign", VAN, DELETE))).rejects.toThrow(
      NotOursError,
    );
    expect(calls("DeleteJobExecution")).toEqual([]);
  });
});
