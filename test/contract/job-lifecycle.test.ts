import {
  AddThingToThingGroupCommand,
  DeleteThingCommand,
  DescribeJobCommand,
  RemoveThingFromThingGroupCommand,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { queueContinuousJob, queueJob } from "./job-words.js";
import { makeJob, makeThing } from "./makers.js";
import { openTarget } from "./target.js";

const target = await openTarget();
const { iot } = target;

// https://docs.aws.amazon.com/iot/latest/developerguide/iot-jobs-lifecycle.html
describe("A continuous job", () => {
  it("follows things into its group, and out of it", async () => {
    const { thingName: leaver, thingGroupName, look, job } = await queueContinuousJob(target);
    const { thingName } = await makeThing(target);

    await iot.send(new AddThingToThingGroupCommand({ thingName, thingGroupName }));
    await target.eventually(async () => expect((await look({ thingName }))?.status).toBe("QUEUED"));
    await iot.send(new RemoveThingFromThingGroupCommand({ thingName: leaver, thingGroupName }));

    await target.eventually(async () =>
      expect(await job()).toMatchObject({
        status: "IN_PROGRESS",
        jobProcessDetails: { numberOfQueuedThings: 1, numberOfRemovedThings: 1 },
      }),
    );
  });
});

// https://docs.aws.amazon.com/iot/latest/developerguide/jobs-configurations-details.html
describe("A scheduled job", () => {
  /** A job that starts in three quarters of an hour; AWS takes half an hour at least. */
  async function schedule() {
    const start = new Date(target.clock.now() + 45 * 60_000);
    const startTime = start.toISOString().slice(0, 16).replace("T", " ");
    const { thingArn } = await makeThing(target);
    const { jobId } = await makeJob(target, {
      targets: [thingArn],
      schedulingConfig: { startTime },
    });
    return async () => (await iot.send(new DescribeJobCommand({ jobId }))).job;
  }

  it("waits for its start", async () => {
    const job = await schedule();

    expect(await job()).toMatchObject({ status: "SCHEDULED" });
  });

  it.skipIf(!target.isSandbox)("starts in time (sandbox only: half an hour)", async () => {
    const job = await schedule();

    await target.clock.sleep(46 * 60_000);

    expect(await job()).toMatchObject({
      status: "IN_PROGRESS",
      jobProcessDetails: { numberOfQueuedThings: 1 },
    });
  });
});

// https://docs.aws.amazon.com/iot/latest/developerguide/jobs-configurations-details.html
describe("Timeout, retry, abort", () => {
  const anyFailure = (numberOfRetries: number) => ({
    jobExecutionsRetryConfig: { criteriaList: [{ failureType: "ALL" as const, numberOfRetries }] },
  });

  it("times out what takes longer than it may", async () => {
    const timeoutConfig = { inProgressTimeoutInMinutes: 1 };
    const { start, look } = await queueJob(target, 1, { timeoutConfig });
    await start();

    expect((await look())?.approximateSecondsBeforeTimedOut).toBeLessThanOrEqual(60);

    // AWS may be a minute late.
    await target.eventually(
      async () => expect((await look())?.status).toBe("TIMED_OUT"),
      4 * 60_000,
    );
  });

  it("queues a failed execution again, as often as told", async () => {
    const { report, look, job } = await queueJob(target, 1, anyFailure(1));

    await report("FAILED");
    await target.eventually(async () => expect((await look())?.status).toBe("QUEUED"));
    await report("FAILED");

    await target.eventually(async () => expect((await job())?.status).toBe("COMPLETED"));
    expect((await look())?.status).toBe("FAILED");
  });

  it("cancels a job when too many fail", async () => {
    const { names, report, look, job } = await queueJob(target, 2, {
      abortConfig: {
        criteriaList: [
          {
            failureType: "FAILED",
            action: "CANCEL",
            thresholdPercentage: 50,
            minNumberOfExecutedThings: 1,
          },
        ],
      },
    });

    await report("FAILED");

    await target.eventually(async () => expect((await job())?.status).toBe("CANCELED"));
    const [, thingName = ""] = names;
    await target.eventually(async () =>
      expect((await look({ thingName }))?.status).toBe("CANCELED"),
    );
  });

  it("removes the execution of a thing that is deleted", async () => {
    const { thingName, job } = await queueJob(target);

    await iot.send(new DeleteThingCommand({ thingName }));

    await target.eventually(async () =>
      expect(await job()).toMatchObject({ jobProcessDetails: { numberOfRemovedThings: 1 } }),
    );
  });
});
