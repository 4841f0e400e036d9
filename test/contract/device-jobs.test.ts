import {
  DescribeJobExecutionCommand as DeviceDescribeJobExecutionCommand,
  GetPendingJobExecutionsCommand,
  StartNextPendingJobExecutionCommand,
} from "@aws-sdk/client-iot-jobs-data-plane";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { executionWords, queueJob } from "./job-words.js";
import { makeBucket, makeJob, makeRole, makeThing } from "./makers.js";
import { answerOf, invalid, notFound, refused } from "./refused.js";
import { openTarget } from "./target.js";

const target = await openTarget();
const { iotJobs, s3 } = target;
const none = { thingName: target.name("thing"), jobId: target.name("job") };

const badTransition = refused("InvalidStateTransitionException", 409);

/** Whole seconds since the epoch. */
const seconds = expect.toSatisfy(
  (value: unknown) => Number.isInteger(value) && (value as number) < 1e11,
);

// https://docs.aws.amazon.com/iot/latest/apireference/API_iot-jobs-data_GetPendingJobExecutions.html
describe("GetPendingJobExecutions", () => {
  it("lists what is in progress and what is queued, in whole seconds", async () => {
    const { jobId, thingName, thingArn, start } = await queueJob(target);
    await start();
    const { jobId: other } = await makeJob(target, { targets: [thingArn] });
    const summary = {
      queuedAt: seconds,
      lastUpdatedAt: seconds,
      executionNumber: expect.any(Number),
    };

    await target.eventually(async () => {
      const pending = await iotJobs.send(new GetPendingJobExecutionsCommand({ thingName }));
      expect(answerOf(pending)).toEqual({
        inProgressJobs: [{ jobId, startedAt: seconds, versionNumber: 2, ...summary }],
        queuedJobs: [{ jobId: other, versionNumber: 1, ...summary }],
      });
    });
  });

  it("refuses an unknown thing with 404", async () => {
    const { thingName } = none;
    const pending = iotJobs.send(new GetPendingJobExecutionsCommand({ thingName }));

    await expect(pending).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_iot-jobs-data_StartNextPendingJobExecution.html
describe("StartNextPendingJobExecution", () => {
  it("starts the oldest one with its document, and gives it again unchanged", async () => {
    const { jobId, thingName, thingArn, start } = await queueJob(target, 1, {
      document: '{"operation":"a"}',
    });
    await makeJob(target, { targets: [thingArn] });

    const { execution: first } = await start({ step: "1" });
    const { execution: again } = await start({ step: "2" });

    expect(first).toEqual({
      jobId,
      thingName,
      status: "IN_PROGRESS",
      statusDetails: { step: "1" },
      queuedAt: seconds,
      startedAt: seconds,
      lastUpdatedAt: seconds,
      versionNumber: 2,
      executionNumber: expect.any(Number),
      jobDocument: '{"operation":"a"}',
    });
    expect(again).toEqual(first);
  });

  it("answers nothing when nothing is pending", async () => {
    const { thingName } = await makeThing(target);

    const started = await iotJobs.send(new StartNextPendingJobExecutionCommand({ thingName }));

    expect(answerOf(started)).toEqual({});
  });

  it("puts a presigned link where the document has a placeholder", async () => {
    const Bucket = await makeBucket(target);
    await s3.send(new PutObjectCommand({ Bucket, Key: "app.bin", Body: "app" }));
    const { roleArn } = await makeRole(target, {
      Action: ["s3:GetObject"],
      Resource: `arn:aws:s3:::${Bucket}/*`,
    });
    const link = `\${aws:iot:s3-presigned-url:https://s3.amazonaws.com/${Bucket}/app.bin}`;
    const { start } = await target.eventually(() =>
      queueJob(target, 1, {
        document: JSON.stringify({ link }),
        presignedUrlConfig: { roleArn, expiresInSec: 120 },
      }),
    );

    const { execution } = await start();

    const filled = JSON.parse(execution?.jobDocument ?? "") as { link: string };
    const url = new URL(filled.link);
    expect(url.pathname).toMatch(/\/app\.bin$/);
    expect(url.searchParams.get("X-Amz-Expires")).toBe("120");
    expect(url.searchParams.get("X-Amz-Signature")).toMatch(/^[0-9a-f]{64}$/);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_iot-jobs-data_DescribeJobExecution.html
describe("DescribeJobExecution of the data plane", () => {
  // AWS's pages do not agree on what holds when it is not said whether the document is wanted.
  const deviceLook = (thingName: string, jobId: string, includeJobDocument = true) =>
    iotJobs.send(new DeviceDescribeJobExecutionCommand({ thingName, jobId, includeJobDocument }));

  it("changes nothing, and leaves the document out on demand", async () => {
    const { jobId, thingName } = await queueJob(target);

    const { execution } = await deviceLook(thingName, jobId);
    const { execution: without } = await deviceLook(thingName, jobId, false);

    expect(execution).toMatchObject({
      jobId,
      thingName,
      status: "QUEUED",
      queuedAt: seconds,
      versionNumber: 1,
      jobDocument: "{}",
    });
    expect({ ...without, jobDocument: "{}" }).toEqual(execution);
  });

  it("shows with $next what would be started", async () => {
    const { jobId, thingName } = await queueJob(target);
    const idle = await makeThing(target);

    expect(await deviceLook(thingName, "$next")).toMatchObject({
      execution: { jobId, status: "QUEUED" },
    });
    expect(answerOf(await deviceLook(idle.thingName, "$next"))).toEqual({});
  });

  it("refuses an unknown job and an unknown thing with 404", async () => {
    const { jobId, thingName } = await queueJob(target);

    await expect(deviceLook(thingName, none.jobId)).rejects.toMatchObject(notFound);
    await expect(deviceLook(none.thingName, jobId)).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_iot-jobs-data_UpdateJobExecution.html
describe("UpdateJobExecution", () => {
  it("answers nothing, or the state and the document on demand", async () => {
    const { start, report } = await queueJob(target);
    await start();

    const bare = await report("IN_PROGRESS", { statusDetails: { step: "1" } });
    const full = await report("IN_PROGRESS", {
      statusDetails: { step: "2" },
      includeJobExecutionState: true,
      includeJobDocument: true,
    });

    expect(answerOf(bare)).toEqual({});
    expect(answerOf(full)).toEqual({
      executionState: { status: "IN_PROGRESS", statusDetails: { step: "2" }, versionNumber: 4 },
      jobDocument: "{}",
    });
  });

  it.each(["SUCCEEDED", "FAILED", "REJECTED"] as const)(
    "ends with %s, and the job completes with it",
    async (status) => {
      const { start, report, look, job } = await queueJob(target);
      await start();

      await report(status, { expectedVersion: 2, statusDetails: { step: "last" } });

      expect(await look()).toMatchObject({
        status,
        statusDetails: { detailsMap: { step: "last" } },
        versionNumber: 3,
      });
      const count = `numberOf${status[0]}${status.slice(1).toLowerCase()}Things`;
      await target.eventually(async () =>
        expect(await job()).toMatchObject({
          status: "COMPLETED",
          completedAt: expect.any(Date),
          jobProcessDetails: { [count]: 1, numberOfInProgressThings: 0 },
        }),
      );
      await expect(report("IN_PROGRESS")).rejects.toMatchObject(badTransition);
    },
  );

  it("leaves details that are not sent, and replaces all when some are", async () => {
    const { start, report, look } = await queueJob(target);
    await start({ a: "1", b: "2" });

    await report("IN_PROGRESS");
    const kept = await look();
    await report("IN_PROGRESS", { statusDetails: { c: "3" } });
    const replaced = await look();

    expect(kept?.statusDetails?.detailsMap).toEqual({ a: "1", b: "2" });
    expect(replaced?.statusDetails?.detailsMap).toEqual({ c: "3" });
  });

  it("refuses a status that there is not, and a step of 0 minutes", async () => {
    const { start, report, look } = await queueJob(target);
    await start();

    await expect(report("DONE" as "FAILED")).rejects.toMatchObject(invalid);
    await expect(report("IN_PROGRESS", { stepTimeoutInMinutes: 0 })).rejects.toMatchObject(invalid);
    expect((await look())?.versionNumber).toBe(2);
  });

  it("refuses another version than the current one", async () => {
    const { start, report, look } = await queueJob(target);
    await start();

    // Over HTTP AWS models no exception of its own for it.
    await expect(report("SUCCEEDED", { expectedVersion: 7 })).rejects.toMatchObject({
      $fault: "client",
    });

    expect((await look())?.status).toBe("IN_PROGRESS");
  });

  it("refuses an unknown job and an unknown thing with 404", async () => {
    const { jobId, thingName } = await queueJob(target);

    for (const words of [
      executionWords(target, none.jobId, thingName),
      executionWords(target, jobId, none.thingName),
    ]) {
      await expect(words.report("IN_PROGRESS")).rejects.toMatchObject(notFound);
    }
  });
});
