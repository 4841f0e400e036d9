import {
  DescribeJobCommand,
  GetJobDocumentCommand,
  InvalidRequestException,
  ListJobsCommand,
  ResourceNotFoundException,
  type JobStatus,
} from "@aws-sdk/client-iot";
import { mockClient } from "aws-sdk-client-mock";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { collect } from "../../../lib/aws/collect.js";
import { InvalidInputError, NotOursError } from "../../../lib/aws/errors.js";
import { updateJob } from "../../../lib/fleet/jobs/job-changes.js";
import {
  describeJob,
  findJob,
  datedJobId,
  jobDocument,
  listAllJobs,
  listOurJobs,
} from "../../../lib/fleet/jobs/jobs.js";
import { jobsRoleName } from "../../../lib/fleet/software/roles.js";
import { ACCOUNT, openTestFleet } from "../../fleet.js";
import { DOCUMENT, openJobFleet } from "./job-fleet.js";

const FUTURE = { startTime: "2026-01-01 05:00" };

describe("listAllJobs", () => {
  it("finds jobs of every status, newest first and by id within one moment", async () => {
    const { fleet, settle, clock, create } = await openJobFleet(1);
    for (const id of ["b-old", "a-old"]) await create(id);
    await clock.advance(60_000);
    await create("scheduled", { schedulingConfig: FUTURE });

    const jobs = await settle(listAllJobs(fleet));
    const live = await settle(listAllJobs(fleet, { statuses: ["SCHEDULED"] }));

    expect(jobs.map(({ jobId, status }) => `${jobId} ${status}`)).toEqual([
      "scheduled SCHEDULED",
      "a-old IN_PROGRESS",
      "b-old IN_PROGRESS",
    ]);
    expect(live.map(({ jobId }) => jobId)).toEqual(["scheduled"]);
  });

  it("D13: gives the same order whatever order AWS lists in", async () => {
    const { fleet } = openTestFleet();
    const createdAt = new Date(0);
    const jobs = ["c", "a", "b"].map((jobId) => ({ jobId, createdAt }));
    const iot = mockClient(fleet.iot);
    iot.on(ListJobsCommand).resolves({ jobs: [] });
    iot.on(ListJobsCommand, { status: "COMPLETED" }).resolvesOnce({ jobs });
    iot.on(ListJobsCommand, { status: "CANCELED" }).resolves({
      jobs: [{ jobId: "d", createdAt: new Date(1) }],
    });

    const listed = await listAllJobs(fleet);

    expect(listed.map(({ jobId }) => jobId)).toEqual(["d", "a", "b", "c"]);
  });

  it("D14: reads every page of every status", async () => {
    const { fleet } = openTestFleet();
    const iot = mockClient(fleet.iot);
    const page = (status: JobStatus, part: number, nextToken?: string) =>
      iot
        .on(ListJobsCommand, {
          status,
          ...(part > 0 && { nextToken: `${status}${part}` }),
        })
        .resolves({ jobs: [{ jobId: `${status}-${part}` }], ...(nextToken && { nextToken }) });
    iot.on(ListJobsCommand).resolves({ jobs: [] });
    page("COMPLETED", 0, "COMPLETED1");
    page("COMPLETED", 1, "COMPLETED2");
    page("COMPLETED", 2);

    const listed = await listAllJobs(fleet);

    expect(listed).toHaveLength(3);
  });

  it("lists a job that changes its status meanwhile once, as it was seen last", async () => {
    const { fleet } = openTestFleet();
    const seen = (status: JobStatus, at: number) => ({
      jobs: [{ jobId: "moving", status, createdAt: new Date(0), lastUpdatedAt: new Date(at) }],
    });
    const iot = mockClient(fleet.iot);
    iot.on(ListJobsCommand).resolves({ jobs: [] });
    iot.on(ListJobsCommand, { status: "IN_PROGRESS" }).resolves(seen("IN_PROGRESS", 1));
    iot.on(ListJobsCommand, { status: "COMPLETED" }).resolves(seen("COMPLETED", 2));

    const listed = await listAllJobs(fleet);

    expect(listed.map(({ status }) => status)).toEqual(["COMPLETED"]);
  });

  it("passes on AWS's error instead of an empty list", async () => {
    const { fleet } = openTestFleet();
    const denied = Object.assign(new Error("no"), { name: "AccessDeniedException" });
    mockClient(fleet.iot).on(ListJobsCommand).rejects(denied);

    await expect(listAllJobs(fleet)).rejects.toBe(denied);
  });
});

describe("listOurJobs", () => {
  it("goes by the tag, not by the name", async () => {
    const { fleet, settle, create } = await openJobFleet(1);
    await create("upgrade-foreign", { tags: [{ Key: "team", Value: "other" }] });
    await create("unlikely-name");

    const ours = await settle(collect(listOurJobs(fleet)));

    expect(ours.map(({ jobId }) => jobId)).toEqual(["unlikely-name"]);
  });
});

describe("describeJob", () => {
  it("has names for ARNs, every setting, and the document that DescribeJob lacks (D12)", async () => {
    const { fleet, settle, create, createWithLink } = await openJobFleet(2);
    const { roleArn } = await createWithLink("other");
    await create("job", {
      description: "Tires",
      presignedUrlConfig: { roleArn, expiresInSec: 600 },
      jobExecutionsRolloutConfig: { maximumPerMinute: 5 },
      timeoutConfig: { inProgressTimeoutInMinutes: 7 },
      jobExecutionsRetryConfig: { criteriaList: [{ failureType: "FAILED", numberOfRetries: 2 }] },
    });

    const job = await settle(describeJob(fleet, "job"));

    expect(job).toMatchObject({
      jobId: "job",
      status: "IN_PROGRESS",
      description: "Tires",
      selection: "SNAPSHOT",
      targets: [{ kind: "group", name: "vans" }],
      packageVersions: [],
      rollout: { maximumPerMinute: 5 },
      abort: [],
      timeoutMinutes: 7,
      retries: [{ failureType: "FAILED", numberOfRetries: 2 }],
      presign: { role: jobsRoleName(fleet), seconds: 600 },
      isForceCanceled: false,
      reported: { QUEUED: 2, SUCCEEDED: 0 },
      document: DOCUMENT,
    });
    expect(job.createdAt).toBeInstanceOf(Date);
  });

  it("names package versions as people do", async () => {
    const { fleet } = openTestFleet();
    const iot = mockClient(fleet.iot);
    iot.on(DescribeJobCommand).resolves({
      job: {
        targets: ["arn:aws:iot:eu-west-1:111122223333:thing/van-1"],
        destinationPackageVersions: [
          "arn:aws:iot:eu-west-1:111122223333:package/Van/version/1.1.0",
        ],
      },
    });
    iot.on(GetJobDocumentCommand).resolves({ document: "{}" });

    const job = await describeJob(fleet, "job");

    expect(job.packageVersions).toEqual(["Van 1.1.0"]);
    expect(job.targets).toEqual([{ kind: "thing", name: "van-1" }]);
  });

  it("prints without account numbers", async () => {
    const { fleet, settle, create } = await openJobFleet(1);
    await create("job", { document: JSON.stringify({ topic: `a/${ACCOUNT}/b` }) });

    const job = await settle(describeJob(fleet, "job"));

    expect(job.document).toEqual({ topic: `a/${ACCOUNT}/b` });
    expect(inspect(job)).not.toContain(ACCOUNT);
  });

  it("refuses an illegal id before any call, and passes on that there is none", async () => {
    const { fleet, settle, calls } = openTestFleet();

    await expect(describeJob(fleet, "no spaces")).rejects.toThrow(InvalidInputError);
    expect(calls()).toEqual([]);
    await expect(settle(describeJob(fleet, "none"))).rejects.toThrow(ResourceNotFoundException);
  });
});

describe("findJob", () => {
  it("is undefined for a job that is not there", async () => {
    const { fleet, settle } = openTestFleet();

    expect(await settle(findJob(fleet, "none"))).toBeUndefined();
  });
});

describe("datedJobId", () => {
  it("is another one a second later, and never an illegal one", async () => {
    const { fleet, clock } = openTestFleet();

    const first = datedJobId(fleet, "tryout");
    await clock.advance(1_000);

    expect(first).toBe("tryout-2026-01-01-00-00-00");
    expect(datedJobId(fleet, "tryout")).toBe("tryout-2026-01-01-00-00-01");
    expect(() => datedJobId(fleet, "")).toThrow(InvalidInputError);
    expect(datedJobId(fleet, "x".repeat(44))).toHaveLength(64);
    expect(() => datedJobId(fleet, "x".repeat(45))).toThrow(InvalidInputError);
  });
});

describe("jobDocument", () => {
  it("D12: still has the document when the job is over, with its placeholders", async () => {
    const { fleet, settle, createWithLink, end } = await openJobFleet(1);
    const { url } = await createWithLink("job");
    await end({ SUCCEEDED: 1 });

    const document = await settle(jobDocument(fleet, "job"));

    expect(await settle(findJob(fleet, "job"))).toMatchObject({ status: "COMPLETED" });
    expect(document).toEqual({ url });
  });
});

describe("updateJob", () => {
  it("changes what is given and leaves the rest", async () => {
    const { fleet, settle, create } = await openJobFleet(1);
    await create("job", { timeoutConfig: { inProgressTimeoutInMinutes: 7 } });

    await settle(
      updateJob(fleet, "job", { description: "Slower", rollout: { maximumPerMinute: 2 } }),
    );

    expect(await settle(describeJob(fleet, "job"))).toMatchObject({
      description: "Slower",
      rollout: { maximumPerMinute: 2 },
      timeoutMinutes: 7,
    });
  });

  it.each([
    ["description", { description: "two\nlines" }],
    ["timeout", { timeoutMinutes: 0 }],
    ["rollout", { rollout: { maximumPerMinute: 1_001 } }],
    [
      "abort rule",
      {
        abort: [
          {
            failureType: "ALL" as const,
            thresholdPercentage: 101,
            minNumberOfExecutedThings: 1,
          },
        ],
      },
    ],
    ["retries", { retry: [{ failureType: "ALL" as const, numberOfRetries: 11 }] }],
  ])("refuses a wrong %s before any call", async (_, changes) => {
    const { fleet, calls } = openTestFleet();

    await expect(updateJob(fleet, "job", changes)).rejects.toThrow(InvalidInputError);
    expect(calls()).toEqual([]);
  });

  it("leaves alone what is not ours, and what is over", async () => {
    const { fleet, settle, create, end, calls } = await openJobFleet(1);
    await create("foreign", { tags: [] });
    await create("job");
    await end({ SUCCEEDED: 1 });

    await expect(settle(updateJob(fleet, "foreign", { description: "x" }))).rejects.toThrow(
      NotOursError,
    );
    expect(calls("UpdateJob")).toEqual([]);
    await expect(settle(updateJob(fleet, "job", { description: "x" }))).rejects.toThrow(
      InvalidRequestException,
    );
  });
});
