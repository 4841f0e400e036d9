import {
  AddThingToThingGroupCommand,
  AssociateTargetsWithJobCommand,
  CancelJobCommand,
  CreateJobCommand,
  DeleteJobCommand,
  DescribeJobCommand,
  DescribeJobExecutionCommand,
  GetJobDocumentCommand,
  ListJobsCommand,
  UpdateJobCommand,
  type CreateJobCommandInput,
} from "@aws-sdk/client-iot";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { queueContinuousJob } from "./job-words.js";
import { makeBucket, makeGroup, makeJob, makeRole, makeThing } from "./makers.js";
import { longest, pagesOf } from "./paging.js";
import { answerOf, invalid, notFound, refused, taken } from "./refused.js";
import { markTags, openTarget } from "./target.js";

const target = await openTarget();
const { iot, s3 } = target;

const badTransition = refused("InvalidStateTransitionException", 409);
const look = async (jobId: string) => (await iot.send(new DescribeJobCommand({ jobId }))).job;
const documentOf = async (jobId: string, beforeSubstitution?: boolean) =>
  (await iot.send(new GetJobDocumentCommand({ jobId, beforeSubstitution }))).document;
const cancel = (jobId: string, rest: { force?: boolean; reasonCode?: string } = {}) =>
  iot.send(new CancelJobCommand({ jobId, ...rest }));
const remove = (jobId: string, force?: boolean) => iot.send(new DeleteJobCommand({ jobId, force }));

/** Wait until a job is as it should be. */
const becomes = (jobId: string, expected: object) =>
  target.eventually(async () => expect(await look(jobId)).toMatchObject(expected));
const queued = { jobProcessDetails: { numberOfQueuedThings: 1 } };
const statusOf = async (jobId: string, thingName: string) => {
  const found = await iot.send(new DescribeJobExecutionCommand({ jobId, thingName }));
  return found.execution?.status;
};

/** A job for a thing of its own. */
async function withJob(rest: Partial<CreateJobCommandInput> = {}) {
  const thing = await makeThing(target);
  const job = await makeJob(target, { targets: [thing.thingArn], ...rest });
  return { ...thing, ...job };
}

/** `YYYY-MM-DD HH:MM` in UTC, so many minutes from now. */
const inMinutes = (minutes: number) =>
  new Date(target.clock.now() + minutes * 60_000).toISOString().slice(0, 16).replace("T", " ");

// https://docs.aws.amazon.com/iot/latest/apireference/API_CreateJob.html
describe("CreateJob", () => {
  it("answers with ARN, id and description", async () => {
    const { thingArn } = await makeThing(target);
    const jobId = target.name("job");
    target.cleanUp(`job ${jobId}`, () => remove(jobId, true));

    const made = await iot.send(
      new CreateJobCommand({
        jobId,
        targets: [thingArn],
        document: "{}",
        description: "Reboot",
        tags: markTags,
      }),
    );

    expect(answerOf(made)).toEqual({
      jobId,
      jobArn: target.arn(`job/${jobId}`),
      description: "Reboot",
    });
  });

  it("makes one execution for each thing, also when several targets mean it", async () => {
    const { thingName, thingArn } = await makeThing(target);
    const { thingGroupName, thingGroupArn } = await makeGroup(target);
    await iot.send(new AddThingToThingGroupCommand({ thingName, thingGroupName }));

    const { jobId } = await makeJob(target, { targets: [thingArn, thingGroupArn] });

    await becomes(jobId, queued);
    expect(await statusOf(jobId, thingName)).toBe("QUEUED");
  });

  it("reads a document from S3 once", async () => {
    const Bucket = await makeBucket(target);
    const put = (Body: string) =>
      s3.send(new PutObjectCommand({ Bucket, Key: "document.json", Body }));
    await put('{"operation":"reboot"}');
    const documentSource = `https://s3.${target.region}.amazonaws.com/${Bucket}/document.json`;

    const { jobId } = await withJob({ documentSource });
    await put('{"operation":"install"}');

    expect(await documentOf(jobId)).toBe('{"operation":"reboot"}');
    expect(await iot.send(new DescribeJobCommand({ jobId }))).toMatchObject({ documentSource });
  });

  it("refuses an id that is taken with 409", async () => {
    const { jobId, thingArn } = await withJob();

    const again = iot.send(
      new CreateJobCommand({ jobId, targets: [thingArn], document: '{"other":1}' }),
    );

    await expect(again).rejects.toMatchObject(taken);
  });

  it("refuses an unknown thing with 404", async () => {
    const nobody = target.arn(`thing/${target.name("thing")}`);

    await expect(makeJob(target, { targets: [nobody] })).rejects.toMatchObject(notFound);
  });

  const retry = (numberOfRetries: number) => ({
    jobExecutionsRetryConfig: { criteriaList: [{ failureType: "ALL" as const, numberOfRetries }] },
  });
  const presign = (expiresInSec: number) => ({
    presignedUrlConfig: { roleArn: `arn:aws:iam::${target.account}:role/none`, expiresInSec },
  });
  it.each<[string, Partial<CreateJobCommandInput>]>([
    ["a document that is no JSON", { document: "reboot" }],
    ["a document of more than 32,768 bytes", { document: `"${"x".repeat(32_768)}"` }],
    ["0 executions per minute", { jobExecutionsRolloutConfig: { maximumPerMinute: 0 } }],
    ["1,001 executions per minute", { jobExecutionsRolloutConfig: { maximumPerMinute: 1_001 } }],
    ["a timeout of 0 minutes", { timeoutConfig: { inProgressTimeoutInMinutes: 0 } }],
    ["a timeout of 10,081 minutes", { timeoutConfig: { inProgressTimeoutInMinutes: 10_081 } }],
    ["eleven retries", retry(11)],
    ["links for 59 seconds", presign(59)],
    ["links for 3,601 seconds", presign(3_601)],
    ["a start in ten minutes", { schedulingConfig: { startTime: inMinutes(10) } }],
    ["a description with a control character", { description: "a\u0007b" }],
  ])("refuses %s with 400", async (_, rest) => {
    await expect(withJob(rest)).rejects.toMatchObject(invalid);
  });

  it.each(["contract job", "x".repeat(65)])("refuses the id %j with 400", async (jobId) => {
    const { thingArn } = await makeThing(target);

    const made = iot.send(new CreateJobCommand({ jobId, targets: [thingArn], document: "{}" }));

    await expect(made).rejects.toMatchObject(invalid);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeJob.html
describe("DescribeJob", () => {
  it("tells the whole job", async () => {
    const given = {
      description: "Reboot",
      jobExecutionsRolloutConfig: { maximumPerMinute: 50 },
      abortConfig: {
        criteriaList: [
          {
            failureType: "FAILED" as const,
            action: "CANCEL" as const,
            thresholdPercentage: 50,
            minNumberOfExecutedThings: 1,
          },
        ],
      },
      timeoutConfig: { inProgressTimeoutInMinutes: 5 },
      jobExecutionsRetryConfig: {
        criteriaList: [{ failureType: "FAILED" as const, numberOfRetries: 2 }],
      },
    };
    const { jobId, jobArn, thingArn } = await withJob(given);

    await becomes(jobId, {
      jobId,
      jobArn,
      status: "IN_PROGRESS",
      targetSelection: "SNAPSHOT",
      targets: [thingArn],
      ...given,
      createdAt: expect.any(Date),
      lastUpdatedAt: expect.any(Date),
      jobProcessDetails: {
        numberOfCanceledThings: 0,
        numberOfSucceededThings: 0,
        numberOfFailedThings: 0,
        numberOfRejectedThings: 0,
        numberOfQueuedThings: 1,
        numberOfInProgressThings: 0,
        numberOfRemovedThings: 0,
        numberOfTimedOutThings: 0,
      },
    });
  });

  it("refuses an unknown job with 404", async () => {
    await expect(look(target.name("job"))).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_GetJobDocument.html
describe("GetJobDocument", () => {
  it("gives the document back, links to S3 still as placeholders", async () => {
    const Bucket = await makeBucket(target);
    await s3.send(new PutObjectCommand({ Bucket, Key: "app.bin", Body: "app" }));
    const { roleArn } = await makeRole(target, {
      Action: ["s3:GetObject"],
      Resource: `arn:aws:s3:::${Bucket}/*`,
    });
    const link = `\${aws:iot:s3-presigned-url:https://s3.amazonaws.com/${Bucket}/app.bin}`;
    const document = JSON.stringify({ operation: "install", link });

    // AWS IoT believes in a new role some seconds late.
    const { jobId } = await target.eventually(() =>
      withJob({ document, presignedUrlConfig: { roleArn, expiresInSec: 60 } }),
    );

    expect(await documentOf(jobId)).toBe(document);
    expect(await documentOf(jobId, true)).toBe(document);
  });

  it("refuses an unknown job with 404", async () => {
    await expect(documentOf(target.name("job"))).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateJob.html
describe("UpdateJob", () => {
  const update = (jobId: string) =>
    iot.send(
      new UpdateJobCommand({
        jobId,
        description: "Reboot slowly",
        timeoutConfig: { inProgressTimeoutInMinutes: 7 },
      }),
    );

  it("changes description and configurations", async () => {
    const { jobId } = await queueContinuousJob(target);

    expect(answerOf(await update(jobId))).toEqual({});

    expect(await look(jobId)).toMatchObject({
      description: "Reboot slowly",
      timeoutConfig: { inProgressTimeoutInMinutes: 7 },
    });
  });

  it("refuses an unknown job with 404", async () => {
    await expect(update(target.name("job"))).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_AssociateTargetsWithJob.html
describe("AssociateTargetsWithJob", () => {
  const associate = (jobId: string, targets: string[]) =>
    iot.send(new AssociateTargetsWithJobCommand({ jobId, targets }));

  it("adds a group to a continuous job, and its things get executions", async () => {
    const { jobId, jobArn, thingGroupArn } = await queueContinuousJob(target);
    const more = await makeGroup(target);
    const { thingName } = await makeThing(target);
    const { thingGroupName } = more;
    await iot.send(new AddThingToThingGroupCommand({ thingName, thingGroupName }));

    const answer = await associate(jobId, [more.thingGroupArn]);

    expect(answer).toMatchObject({ jobId, jobArn });
    expect((await look(jobId))?.targets?.sort()).toEqual(
      [thingGroupArn, more.thingGroupArn].sort(),
    );
    await target.eventually(async () => expect(await statusOf(jobId, thingName)).toBe("QUEUED"));
  });

  it("refuses a snapshot with 400, and an unknown job with 404", async () => {
    const { jobId } = await withJob();
    const { thingGroupArn } = await makeGroup(target);

    await expect(associate(jobId, [thingGroupArn])).rejects.toMatchObject(invalid);
    await expect(associate(target.name("job"), [thingGroupArn])).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_ListJobs.html
describe("ListJobs", () => {
  it("pages through the jobs of a group, and filters by status and selection", async () => {
    const {
      jobId: first,
      jobArn,
      thingGroupName,
      thingGroupArn,
    } = await queueContinuousJob(target);
    const { jobId: second } = await makeJob(target, { targets: [thingGroupArn] });
    const list = (rest: object = {}) =>
      pagesOf(async (nextToken) => {
        const input = { thingGroupName, maxResults: 1, nextToken, ...rest };
        const page = await iot.send(new ListJobsCommand(input));
        return { items: page.jobs, next: page.nextToken };
      });
    const ids = async (rest?: object) => (await list(rest)).flat().map(({ jobId }) => jobId);

    await target.eventually(async () =>
      expect((await ids()).sort()).toEqual([first, second].sort()),
    );

    expect(longest(await list())).toBeLessThanOrEqual(1);
    expect(await ids({ status: "COMPLETED" })).toEqual([]);
    expect((await list({ targetSelection: "CONTINUOUS" })).flat()).toMatchObject([
      {
        jobId: first,
        jobArn,
        targetSelection: "CONTINUOUS",
        status: "IN_PROGRESS",
        createdAt: expect.any(Date),
        lastUpdatedAt: expect.any(Date),
      },
    ]);
  });

  it("refuses a page of 251", async () => {
    const listed = iot.send(new ListJobsCommand({ maxResults: 251 }));

    await expect(listed).rejects.toMatchObject(invalid);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_CancelJob.html
describe("CancelJob", () => {
  it("cancels what is queued, and keeps the reason", async () => {
    const { jobId, jobArn, thingName } = await queueContinuousJob(target);

    const answer = await cancel(jobId, { reasonCode: "RECALLED" });

    expect(answer).toMatchObject({ jobId, jobArn });
    await becomes(jobId, {
      status: "CANCELED",
      reasonCode: "RECALLED",
      jobProcessDetails: { numberOfCanceledThings: 1, numberOfQueuedThings: 0 },
    });
    expect(await statusOf(jobId, thingName)).toBe("CANCELED");
  });

  it("refuses a reason in small letters with 400, and an unknown job with 404", async () => {
    const { jobId } = await withJob();

    await expect(cancel(jobId, { reasonCode: "recalled" })).rejects.toMatchObject(invalid);
    await expect(cancel(target.name("job"))).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteJob.html
describe("DeleteJob", () => {
  it("needs force for a job in progress", async () => {
    const { jobId } = await queueContinuousJob(target);

    await expect(remove(jobId)).rejects.toMatchObject(badTransition);
    await remove(jobId, true);

    await target.eventually(() => expect(look(jobId)).rejects.toMatchObject(notFound));
  });

  it("deletes a cancelled job without", async () => {
    const { jobId } = await queueContinuousJob(target);
    await cancel(jobId);
    await becomes(jobId, { status: "CANCELED" });

    await remove(jobId);

    await target.eventually(() => expect(look(jobId)).rejects.toMatchObject(notFound));
  });

  it("refuses an unknown job with 404", async () => {
    await expect(remove(target.name("job"))).rejects.toMatchObject(notFound);
  });
});
