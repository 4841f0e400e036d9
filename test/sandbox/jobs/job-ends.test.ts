import {
  CancelJobCommand,
  DeleteJobCommand,
  ListTagsForResourceCommand,
  type CancelJobCommandInput,
} from "@aws-sdk/client-iot";
import { GetPendingJobExecutionsCommand } from "@aws-sdk/client-iot-jobs-data-plane";
import { describe, expect, it } from "vitest";
import { ACCOUNT, REGION } from "../clients.js";
import { LAG, MINUTE, openFleet, type Fleet } from "./fleet.js";

const cancel = ({ iot }: Fleet, input: Partial<CancelJobCommandInput> = {}) =>
  iot.send(new CancelJobCommand({ jobId: "job", ...input }));
const remove = ({ iot }: Fleet, force?: boolean, jobId = "job") =>
  iot.send(new DeleteJobCommand({ jobId, force }));

/** One car has succeeded, one is at it, one has not begun. */
async function underWay() {
  const fleet = await openFleet(3);
  await fleet.begin({ description: "d" });
  await fleet.report("car-001", "SUCCEEDED");
  await fleet.start("car-002");
  return fleet;
}

describe("CancelJob (API_CancelJob)", () => {
  it("cancels what is queued, and lets the rest finish", async () => {
    const fleet = await underWay();

    const { $metadata: _, ...made } = await cancel(fleet, {
      reasonCode: "BAD_UPDATE",
      comment: "Too early",
    });
    const meanwhile = await fleet.job();
    await fleet.clock.advance(LAG);
    const after = await fleet.attempts();
    await fleet.report("car-002", "SUCCEEDED");

    expect(made).toEqual({
      jobArn: `arn:aws:iot:${REGION}:${ACCOUNT}:job/job`,
      jobId: "job",
      description: "d",
    });
    expect(meanwhile).toMatchObject({
      status: "CANCELED",
      isConcurrent: true,
      reasonCode: "BAD_UPDATE",
      comment: "Too early",
    });
    expect(meanwhile).not.toHaveProperty("forceCanceled");
    expect(after).toEqual(["car-001 1 SUCCEEDED", "car-002 1 IN_PROGRESS", "car-003 1 CANCELED"]);
    expect(await fleet.counts()).toEqual({ Succeeded: 2, Canceled: 1 });
    expect(await fleet.job()).toMatchObject({ status: "CANCELED", isConcurrent: false });
  });

  it("cancels what is in progress when forced", async () => {
    const fleet = await underWay();

    await cancel(fleet, { force: true });
    await fleet.clock.advance(LAG);

    expect(await fleet.job()).toMatchObject({ status: "CANCELED", forceCanceled: true });
    expect(await fleet.execution("car-002")).toMatchObject({
      status: "CANCELED",
      forceCanceled: true,
      versionNumber: 3,
    });
    expect(await fleet.execution("car-003")).not.toHaveProperty("forceCanceled");
    await expect(fleet.report("car-002", "SUCCEEDED")).rejects.toMatchObject({
      name: "InvalidStateTransitionException",
    });
  });

  it("stops the rollout", async () => {
    const fleet = await openFleet(3);
    await fleet.begin({ jobExecutionsRolloutConfig: { maximumPerMinute: 1 } });

    await cancel(fleet);
    await fleet.clock.advance(5 * MINUTE);

    expect(await fleet.attempts()).toEqual(["car-001 1 CANCELED"]);
  });

  it("ends retries", async () => {
    const fleet = await openFleet(1);
    const criteria = { failureType: "ALL" as const, numberOfRetries: 5 };
    await fleet.begin({ jobExecutionsRetryConfig: { criteriaList: [criteria] } });
    await fleet.start("car-001");

    await cancel(fleet);
    await fleet.report("car-001", "FAILED");

    expect(await fleet.attempts()).toEqual(["car-001 1 FAILED"]);
  });

  it("refuses a job that is over, cancelled or not there", async () => {
    const over = await openFleet(0);
    await over.begin();
    await expect(cancel(over)).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: "Job job is COMPLETED and cannot be cancelled",
      $metadata: { httpStatusCode: 400 },
    });

    const cancelled = await underWay();
    await cancel(cancelled);
    await expect(cancel(cancelled)).rejects.toMatchObject({ name: "InvalidRequestException" });
    await expect(cancel(cancelled, { jobId: "nope" })).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });

  it.each([
    ["a reason in small letters", { reasonCode: "bad" }],
    ["a reason of 129 characters", { reasonCode: "X".repeat(129) }],
    ["a comment with a line break", { comment: "a\nb" }],
  ])("refuses %s", async (_, input) => {
    const fleet = await underWay();

    await expect(cancel(fleet, input)).rejects.toMatchObject({ name: "InvalidRequestException" });
  });
});

describe("DeleteJob (API_DeleteJob)", () => {
  it("deletes a finished job in a moment, with its executions and tags", async () => {
    const fleet = await openFleet(1);
    await fleet.begin();
    await fleet.report("car-001", "SUCCEEDED");

    await remove(fleet);
    const meanwhile = await fleet.job();
    await expect(fleet.create()).rejects.toMatchObject({ name: "ResourceAlreadyExistsException" });
    await fleet.clock.advance(LAG);

    expect(meanwhile).toMatchObject({ status: "DELETION_IN_PROGRESS" });
    await expect(fleet.job()).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await expect(fleet.execution("car-001")).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
    await expect(
      fleet.iot.send(
        new ListTagsForResourceCommand({
          resourceArn: `arn:aws:iot:${REGION}:${ACCOUNT}:job/job`,
        }),
      ),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await fleet.begin();
    expect(await fleet.attempts()).toEqual(["car-001 1 QUEUED"]);
  });

  it("deletes a cancelled job without force", async () => {
    const fleet = await underWay();
    await fleet.iot.send(new CancelJobCommand({ jobId: "job" }));

    await remove(fleet);
    await fleet.clock.advance(LAG);

    await expect(fleet.job()).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  it("needs force for a job in progress, and hides it from devices at once", async () => {
    const fleet = await underWay();
    const { iotJobs } = fleet;

    await expect(remove(fleet)).rejects.toMatchObject({
      name: "InvalidStateTransitionException",
      $metadata: { httpStatusCode: 409 },
    });
    await remove(fleet, true);

    const pending = await iotJobs.send(
      new GetPendingJobExecutionsCommand({ thingName: "car-002" }),
    );
    expect(pending).toMatchObject({ inProgressJobs: [], queuedJobs: [] });
    await expect(fleet.report("car-002", "SUCCEEDED")).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });

  it("refuses a job that is being deleted or not there", async () => {
    const fleet = await underWay();
    await remove(fleet, true);

    await expect(remove(fleet, true)).rejects.toMatchObject({
      name: "InvalidStateTransitionException",
    });
    await expect(remove(fleet, true, "nope")).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });

  it("deletes ten jobs at a time", async () => {
    const fleet = await openFleet(0);
    const ids = Array.from({ length: 11 }, (_, i) => `job-${i}`);
    for (const jobId of ids) await fleet.create({ jobId });
    for (const jobId of ids.slice(1)) await remove(fleet, true, jobId);

    await expect(remove(fleet, true, "job-0")).rejects.toMatchObject({
      name: "LimitExceededException",
      $metadata: { httpStatusCode: 410 },
    });
    await fleet.clock.advance(LAG);
    await remove(fleet, true, "job-0");
  });
});
