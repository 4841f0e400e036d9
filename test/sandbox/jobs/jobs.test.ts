import {
  CreateThingGroupCommand,
  DescribeThingGroupCommand,
  GetJobDocumentCommand,
  ListJobsCommand,
  ListTagsForResourceCommand,
  paginateListJobs,
  TagResourceCommand,
  type CreateJobCommandInput,
  type ListJobsCommandInput,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { ACCOUNT, clientsOf, REGION } from "../clients.js";
import { storeWith } from "../records.js";
import { abort, exponential, retry } from "./configurations.js";
import { createRole, groupArn, LAG, openFleet, roleArn, thingArn } from "./fleet.js";

const jobArn = `arn:aws:iot:${REGION}:${ACCOUNT}:job/job`;

describe("CreateJob (API_CreateJob)", () => {
  it("answers with ARN, id and description, and keeps the tags", async () => {
    const { iot, create } = await openFleet(1);

    const { $metadata: _, ...made } = await create({
      description: "Update the cars",
      tags: [{ Key: "k", Value: "v" }],
    });
    await iot.send(
      new TagResourceCommand({ resourceArn: jobArn, tags: [{ Key: "l", Value: "w" }] }),
    );
    const { tags } = await iot.send(new ListTagsForResourceCommand({ resourceArn: jobArn }));

    expect(made).toEqual({ jobArn, jobId: "job", description: "Update the cars" });
    expect(tags).toEqual([
      { Key: "k", Value: "v" },
      { Key: "l", Value: "w" },
    ]);
  });

  it("makes executions a moment later and says meanwhile which targets it works on", async () => {
    const { clock, create, job, execution, attempts } = await openFleet(2);
    await create();

    const before = await job();
    await expect(execution("car-001")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await clock.advance(LAG);
    const after = await job();

    expect(before).toMatchObject({
      status: "IN_PROGRESS",
      isConcurrent: true,
      jobProcessDetails: { processingTargets: [groupArn("cars")], numberOfQueuedThings: 0 },
    });
    expect(after).toMatchObject({
      isConcurrent: false,
      jobProcessDetails: { numberOfQueuedThings: 2 },
    });
    expect(after?.jobProcessDetails).not.toHaveProperty("processingTargets");
    expect(await attempts()).toEqual(["car-001 1 QUEUED", "car-002 1 QUEUED"]);
  });

  it("gives a thing of several targets one execution", async () => {
    const { begin, attempts } = await openFleet(2);

    await begin({ targets: [thingArn("car-002"), groupArn("cars")] });

    expect(await attempts()).toEqual(["car-001 1 QUEUED", "car-002 1 QUEUED"]);
  });

  it("is for the things in the groups below a group as well", async () => {
    const { iot, register, join, begin, attempts } = await openFleet(1);
    await iot.send(
      new CreateThingGroupCommand({ thingGroupName: "vans", parentGroupName: "cars" }),
    );
    await register("van-1");
    await join("van-1", "vans");

    await begin();

    expect(await attempts()).toEqual(["car-001 1 QUEUED", "van-1 1 QUEUED"]);
  });

  it("fixes the members of a snapshot when it is created", async () => {
    const { create, join, leave, register, clock, attempts } = await openFleet(2);
    await create();
    await leave("car-001");
    await register("late");
    await join("late");

    await clock.advance(LAG);

    expect(await attempts()).toEqual(["car-001 1 QUEUED", "car-002 1 QUEUED"]);
  });

  it("completes over an empty group once that is clear", async () => {
    const { begin, job } = await openFleet(0);

    await begin();

    expect(await job()).toMatchObject({ status: "COMPLETED", completedAt: expect.any(Date) });
  });

  it("refuses a job id that is taken, also with the same content", async () => {
    const { create } = await openFleet(0);
    await create();

    await expect(create()).rejects.toMatchObject({
      name: "ResourceAlreadyExistsException",
      resourceId: "job",
      resourceArn: jobArn,
      $metadata: { httpStatusCode: 409 },
    });
  });

  it.each([
    ["an unknown thing", thingArn("nope")],
    ["an unknown group", groupArn("nope")],
  ])("refuses %s with 404", async (_, target) => {
    const { create } = await openFleet(0);

    await expect(create({ targets: [target] })).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      $metadata: { httpStatusCode: 404 },
    });
  });

  it.each([
    ["no target", { targets: [] }],
    ["a target of another account", { targets: [`arn:aws:iot:${REGION}:444455556666:thing/t`] }],
    ["a target of another Region", { targets: [`arn:aws:iot:us-east-1:${ACCOUNT}:thing/t`] }],
    ["a target that is no thing", { targets: [`arn:aws:iot:${REGION}:${ACCOUNT}:policy/p`] }],
    ["a job id with a dot", { jobId: "1.0" }],
    ["a job id of 65 characters", { jobId: "x".repeat(65) }],
    ["a description with a line break", { description: "a\nb" }],
    ["a description of 2,029 characters", { description: "x".repeat(2029) }],
    ["no document", { document: undefined }],
    ["a document that is not JSON", { document: "{" }],
    ["a document of 32,769 bytes", { document: JSON.stringify("x".repeat(32_767)) }],
    ["document and documentSource", { documentSource: "https://s3.amazonaws.com/b/k" }],
    ["parameters without a managed template", { documentParameters: { a: "b" } }],
    ["an unknown target selection", { targetSelection: "ONCE" as "SNAPSHOT" }],
    ["a rate of 0", { jobExecutionsRolloutConfig: { maximumPerMinute: 0 } }],
    ["a rate of 1,001", { jobExecutionsRolloutConfig: { maximumPerMinute: 1001 } }],
    ["a rate of 1.5", { jobExecutionsRolloutConfig: { maximumPerMinute: 1.5 } }],
    ["an exponential rate without criteria", exponential({ rateIncreaseCriteria: {} })],
    ["a base rate of 1,001", exponential({ baseRatePerMinute: 1001 })],
    ["a factor of 1", exponential({ incrementFactor: 1 })],
    ["a factor of 5.1", exponential({ incrementFactor: 5.1 })],
    ["a factor of two decimals", exponential({ incrementFactor: 1.55 })],
    [
      "a criterion of no things",
      exponential({ rateIncreaseCriteria: { numberOfNotifiedThings: 0 } }),
    ],
    ["an abort without criteria", { abortConfig: { criteriaList: [] } }],
    ["an abort above 100 %", abort({ thresholdPercentage: 100.01 })],
    ["an abort of 0 %", abort({ thresholdPercentage: 0 })],
    ["an abort of three decimals", abort({ thresholdPercentage: 10.999 })],
    ["an abort after no things", abort({ minNumberOfExecutedThings: 0 })],
    ["an abort by another action", abort({ action: "PAUSE" as "CANCEL" })],
    ["an abort for another failure", abort({ failureType: "CANCELED" as "FAILED" })],
    ["a timeout of 0 minutes", { timeoutConfig: { inProgressTimeoutInMinutes: 0 } }],
    ["a timeout of 10,081 minutes", { timeoutConfig: { inProgressTimeoutInMinutes: 10_081 } }],
    ["no retry criteria", { jobExecutionsRetryConfig: { criteriaList: [] } }],
    ["11 retries", retry(["FAILED", 11])],
    ["11 retries in all", retry(["FAILED", 6], ["TIMED_OUT", 5])],
    ["retries of a rejection", retry(["REJECTED" as "FAILED", 1])],
    ["two criteria for one failure", retry(["FAILED", 1], ["FAILED", 2])],
    ["criteria for all and for one", retry(["ALL", 1], ["FAILED", 2])],
    ["a presigned URL for 59 seconds", { presignedUrlConfig: { roleArn, expiresInSec: 59 } }],
    ["a presigned URL for 3,601 seconds", { presignedUrlConfig: { roleArn, expiresInSec: 3601 } }],
    ["a role that does not exist", { presignedUrlConfig: { roleArn } }],
    ["presigned URLs without a role", { presignedUrlConfig: { expiresInSec: 60 } }],
    ["a role ARN that is none", { presignedUrlConfig: { roleArn: "x".repeat(20) } }],
  ] satisfies [string, { [K in keyof CreateJobCommandInput]?: CreateJobCommandInput[K] }][])(
    "refuses %s as invalid",
    async (_, input) => {
      const { create, job } = await openFleet(1);

      await expect(create(input)).rejects.toMatchObject({
        name: "InvalidRequestException",
        $metadata: { httpStatusCode: 400 },
      });
      await expect(job()).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    },
  );

  it("takes the largest of everything", async () => {
    const { create } = await openFleet(1);

    await create({
      jobId: "x".repeat(64),
      description: "ä€ ".repeat(676),
      document: JSON.stringify("x".repeat(32_766)),
      jobExecutionsRolloutConfig: {
        maximumPerMinute: 1000,
        exponentialRate: {
          baseRatePerMinute: 1000,
          incrementFactor: 5,
          rateIncreaseCriteria: { numberOfNotifiedThings: 1, numberOfSucceededThings: 1 },
        },
      },
      ...abort({ thresholdPercentage: 99.99 }),
      ...retry(["FAILED", 5], ["TIMED_OUT", 5]),
      timeoutConfig: { inProgressTimeoutInMinutes: 10_080 },
    });
  });

  it("refuses a 101st target as beyond the limit", async () => {
    const { create } = await openFleet(1);
    const targets = Array.from({ length: 101 }, () => thingArn("car-001"));

    await create({ targets: targets.slice(1) });

    await expect(create({ jobId: "more", targets })).rejects.toMatchObject({
      name: "LimitExceededException",
      $metadata: { httpStatusCode: 410 },
    });
  });

  it("refuses another job while 1,000 roll out", async () => {
    const scope = `${ACCOUNT}/${REGION}`;
    const records = Array.from({ length: 1_000 }, (_, i) => String(i)).flatMap((jobId) => [
      { table: `${scope}/jobs`, key: jobId, record: { jobId, status: "IN_PROGRESS" } },
      {
        table: `${scope}/jobProgress`,
        key: jobId,
        record: { counts: {}, waiting: {}, isRollingOut: true, timers: {} },
      },
    ]);
    const { create } = await openFleet(0, { store: storeWith(records) });

    await expect(create()).rejects.toMatchObject({ name: "LimitExceededException" });
  });

  it("refuses a role that was made a moment ago, and takes it later", async () => {
    const fleet = await openFleet(1);
    await createRole(fleet, { fresh: true });
    const presignedUrlConfig = { roleArn, expiresInSec: 60 };

    await expect(fleet.create({ presignedUrlConfig })).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: expect.stringContaining("is unable to assume role"),
    });
    await fleet.clock.advance(4_000);

    await fleet.create({ presignedUrlConfig });
    expect(await fleet.job()).toMatchObject({ presignedUrlConfig });
  });

  it("keeps accounts and Regions apart", async () => {
    const { sandbox, create } = await openFleet(1);
    await create();

    for (const [account, region] of [
      ["444455556666", REGION],
      [ACCOUNT, "us-east-1"],
    ]) {
      const { jobs } = await clientsOf(sandbox, account, region).iot.send(new ListJobsCommand({}));
      expect(jobs).toEqual([]);
    }
  });
});

describe("DescribeJob (API_DescribeJob)", () => {
  it("tells everything that the job was given", async () => {
    const { clock, create, job } = await openFleet(1);
    const given = {
      description: "d",
      namespaceId: "ns",
      timeoutConfig: { inProgressTimeoutInMinutes: 5 },
      ...abort({}),
      ...retry(["ALL", 2]),
      jobExecutionsRolloutConfig: { maximumPerMinute: 10 },
    };

    await create({ targetSelection: "CONTINUOUS", ...given });

    expect(await job()).toEqual({
      jobArn,
      jobId: "job",
      status: "IN_PROGRESS",
      targetSelection: "CONTINUOUS",
      targets: [groupArn("cars")],
      ...given,
      presignedUrlConfig: {},
      createdAt: new Date(clock.now()),
      lastUpdatedAt: new Date(clock.now()),
      isConcurrent: true,
      jobProcessDetails: expect.objectContaining({ numberOfQueuedThings: 0 }),
    });
  });

  // https://docs.aws.amazon.com/cli/latest/reference/iot/describe-job.html, its example
  it("shows what a job without settings has empty, not missing", async () => {
    const { create, job } = await openFleet(1);
    await create();

    const {
      jobProcessDetails: _,
      createdAt: __,
      lastUpdatedAt: ___,
      ...shown
    } = (await job()) ?? {};

    expect(shown).toEqual({
      jobArn,
      jobId: "job",
      targetSelection: "SNAPSHOT",
      status: "IN_PROGRESS",
      targets: [groupArn("cars")],
      presignedUrlConfig: {},
      jobExecutionsRolloutConfig: {},
      timeoutConfig: {},
      isConcurrent: true,
    });
  });

  it("refuses an unknown job with 404", async () => {
    const { job } = await openFleet(0);

    await expect(job("nope")).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      $metadata: { httpStatusCode: 404 },
    });
  });
});

describe("GetJobDocument (API_GetJobDocument)", () => {
  it("gives the document back as it was given", async () => {
    const { iot, create } = await openFleet(1);
    const document = '{ "operation" : "reboot",\n "unknown": "${thingName}" }';
    await create({ document });

    expect(await iot.send(new GetJobDocumentCommand({ jobId: "job" }))).toMatchObject({ document });
    await expect(iot.send(new GetJobDocumentCommand({ jobId: "nope" }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
});

describe("ListJobs (API_ListJobs)", () => {
  it("pages in order and tells of each job what it is", async () => {
    const { iot, clock, create } = await openFleet(1);
    for (const jobId of ["c", "a", "b"]) await create({ jobId });

    const pages = [];
    for await (const { jobs } of paginateListJobs({ client: iot, pageSize: 2 }, {}))
      pages.push(jobs);

    expect(pages.map((page) => page?.map(({ jobId }) => jobId))).toEqual([["a", "b"], ["c"]]);
    expect(pages[0]?.[0]).toEqual({
      jobArn: `arn:aws:iot:${REGION}:${ACCOUNT}:job/a`,
      jobId: "a",
      targetSelection: "SNAPSHOT",
      status: "IN_PROGRESS",
      createdAt: new Date(clock.now()),
      lastUpdatedAt: new Date(clock.now()),
      isConcurrent: true,
    });
  });

  it("filters by status, selection, namespace and group", async () => {
    const { iot, create, begin } = await openFleet(1);
    await iot.send(new CreateThingGroupCommand({ thingGroupName: "empty" }));
    await create({ jobId: "a", targetSelection: "CONTINUOUS" });
    await create({ jobId: "b", targets: [thingArn("car-001")], namespaceId: "ns" });
    await begin({ jobId: "c", targets: [groupArn("empty")] });
    const { thingGroupId } = await iot.send(
      new DescribeThingGroupCommand({ thingGroupName: "cars" }),
    );
    const ids = async (input: ListJobsCommandInput) =>
      (await iot.send(new ListJobsCommand(input))).jobs?.map(({ jobId }) => jobId);

    expect(await ids({ status: "COMPLETED" })).toEqual(["c"]);
    expect(await ids({ status: "IN_PROGRESS", targetSelection: "SNAPSHOT" })).toEqual(["b"]);
    expect(await ids({ namespaceId: "ns" })).toEqual(["b"]);
    expect(await ids({ thingGroupName: "cars" })).toEqual(["a"]);
    expect(await ids({ thingGroupId })).toEqual(["a"]);
    const { jobs } = await iot.send(new ListJobsCommand({ thingGroupName: "cars" }));
    expect(jobs).toMatchObject([{ jobId: "a", thingGroupId }]);
  });

  it("refuses an unknown status, an unknown group, and a token of another question", async () => {
    const { iot, create } = await openFleet(1);
    for (const jobId of ["a", "b"]) await create({ jobId });
    const { nextToken } = await iot.send(new ListJobsCommand({ maxResults: 1 }));
    const refused = (input: ListJobsCommandInput, name: string) =>
      expect(iot.send(new ListJobsCommand(input))).rejects.toMatchObject({ name });

    await refused({ status: "QUEUED" as "COMPLETED" }, "InvalidRequestException");
    await refused({ thingGroupName: "nope" }, "ResourceNotFoundException");
    await refused({ nextToken, status: "COMPLETED" }, "InvalidRequestException");
    await refused({ maxResults: 251 }, "InvalidRequestException");
  });
});
