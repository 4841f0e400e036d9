import {
  ListJobExecutionsForJobCommand,
  ListJobExecutionsForThingCommand,
  type JobExecutionStatus,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { executionWords, queueJob } from "./job-words.js";
import { makeJob } from "./makers.js";
import { longest, pagesOf } from "./paging.js";
import { notFound, otherVersion, refused } from "./refused.js";
import { openTarget } from "./target.js";

const target = await openTarget();
const { iot } = target;
const none = { thingName: target.name("thing"), jobId: target.name("job") };

const badTransition = refused("InvalidStateTransitionException", 409);

// https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeJobExecution.html
describe("DescribeJobExecution", () => {
  it("tells the whole execution, times as dates", async () => {
    const { jobId, thingArn, look, start } = await queueJob(target);
    await start({ step: "download" });

    expect(await look()).toEqual({
      jobId,
      status: "IN_PROGRESS",
      statusDetails: { detailsMap: { step: "download" } },
      thingArn,
      queuedAt: expect.any(Date),
      startedAt: expect.any(Date),
      lastUpdatedAt: expect.any(Date),
      executionNumber: expect.any(Number),
      versionNumber: 2,
    });
  });

  it("refuses an unknown job, thing and number with 404", async () => {
    const { jobId, thingName, look } = await queueJob(target);

    await expect(executionWords(target, none.jobId, thingName).look()).rejects.toMatchObject(
      notFound,
    );
    await expect(executionWords(target, jobId, none.thingName).look()).rejects.toMatchObject(
      notFound,
    );
    await expect(look({ executionNumber: 99 })).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_ListJobExecutionsForJob.html
describe("ListJobExecutionsForJob", () => {
  it("pages through the things, and filters by status", async () => {
    const { jobId, thingArn, names, report } = await queueJob(target, 3);
    await report("REJECTED");
    const list = (status?: JobExecutionStatus) =>
      pagesOf(async (nextToken) => {
        const input = { jobId, status, maxResults: 2, nextToken };
        const page = await iot.send(new ListJobExecutionsForJobCommand(input));
        return { items: page.executionSummaries, next: page.nextToken };
      });

    const rejected = await target.eventually(async () => {
      const found = (await list("REJECTED")).flat();
      expect(found).toHaveLength(1);
      return found;
    });

    expect(rejected).toMatchObject([
      {
        thingArn,
        jobExecutionSummary: {
          status: "REJECTED",
          queuedAt: expect.any(Date),
          lastUpdatedAt: expect.any(Date),
          executionNumber: expect.any(Number),
        },
      },
    ]);
    const all = await list();
    expect(longest(all)).toBeLessThanOrEqual(2);
    expect(
      all
        .flat()
        .map((one) => one.thingArn)
        .sort(),
    ).toEqual(names.map((name) => target.arn(`thing/${name}`)).sort());
  });

  it("refuses an unknown job with 404", async () => {
    const listed = iot.send(new ListJobExecutionsForJobCommand({ jobId: none.jobId }));

    await expect(listed).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_ListJobExecutionsForThing.html
describe("ListJobExecutionsForThing", () => {
  it("pages through the jobs of a thing, and filters by status and job", async () => {
    const { jobId, thingName, thingArn, report } = await queueJob(target);
    const { jobId: other } = await makeJob(target, { targets: [thingArn] });
    await report("REJECTED");
    const list = (rest: { status?: JobExecutionStatus; jobId?: string } = {}) =>
      pagesOf(async (nextToken) => {
        const input = { thingName, maxResults: 1, nextToken, ...rest };
        const page = await iot.send(new ListJobExecutionsForThingCommand(input));
        return { items: page.executionSummaries, next: page.nextToken };
      });
    const ids = async (rest?: Parameters<typeof list>[0]) =>
      (await list(rest)).flat().map((one) => one.jobId);

    await target.eventually(async () =>
      expect((await ids()).sort()).toEqual([jobId, other].sort()),
    );
    await target.eventually(async () => expect(await ids({ status: "REJECTED" })).toEqual([jobId]));

    expect(await ids({ jobId: other })).toEqual([other]);
    expect(longest(await list())).toBeLessThanOrEqual(1);
  });

  it("refuses an unknown thing with 404", async () => {
    const { thingName } = none;
    const listed = iot.send(new ListJobExecutionsForThingCommand({ thingName }));

    await expect(listed).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_CancelJobExecution.html
describe("CancelJobExecution", () => {
  it("cancels a queued one, and the job completes without it", async () => {
    const { look, job, cancel } = await queueJob(target);

    await cancel({ statusDetails: { why: "sold" }, expectedVersion: 1 });

    expect(await look()).toMatchObject({
      status: "CANCELED",
      versionNumber: 2,
      statusDetails: { detailsMap: { why: "sold" } },
    });
    await target.eventually(async () =>
      expect(await job()).toMatchObject({
        status: "COMPLETED",
        jobProcessDetails: { numberOfCanceledThings: 1 },
      }),
    );
  });

  it("needs force for one in progress", async () => {
    const { look, start, cancel } = await queueJob(target);
    await start();

    await expect(cancel()).rejects.toMatchObject(badTransition);
    await cancel({ force: true });

    expect(await look()).toMatchObject({ status: "CANCELED", forceCanceled: true });
  });

  it("refuses a finished one, another version, and an unknown one", async () => {
    const { report, cancel, thingName } = await queueJob(target);

    await expect(cancel({ expectedVersion: 2 })).rejects.toMatchObject(otherVersion);
    await report("REJECTED");
    await expect(cancel({ force: true })).rejects.toMatchObject(badTransition);
    await expect(executionWords(target, none.jobId, thingName).cancel()).rejects.toMatchObject(
      notFound,
    );
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteJobExecution.html
describe("DeleteJobExecution", () => {
  it("removes a finished one", async () => {
    const { look, report, remove } = await queueJob(target);
    await report("REJECTED");

    await remove((await look())?.executionNumber ?? 0);

    await target.eventually(() => expect(look()).rejects.toMatchObject(notFound));
  });

  it("needs force for one in progress", async () => {
    const { look, start, remove } = await queueJob(target);
    await start();
    const executionNumber = (await look())?.executionNumber ?? 0;

    await expect(remove(executionNumber)).rejects.toMatchObject(badTransition);
    await remove(executionNumber, true);

    await target.eventually(() => expect(look()).rejects.toMatchObject(notFound));
  });

  it("refuses an unknown one with 404", async () => {
    const { remove } = await queueJob(target);

    await expect(remove(99)).rejects.toMatchObject(notFound);
  });
});
