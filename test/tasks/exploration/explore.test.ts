import { ListJobExecutionsForJobCommand, ResourceNotFoundException } from "@aws-sdk/client-iot";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it } from "vitest";
import { memoryOutput } from "../../../lib/aws/output.js";
import { countStatuses } from "../../../lib/fleet/jobs/execution-counts.js";
import { describeExecution } from "../../../lib/fleet/jobs/job-executions.js";
import { cancelJob } from "../../../lib/fleet/jobs/job-cancellation.js";
import { describeJob, listAllJobs } from "../../../lib/fleet/jobs/jobs.js";
import {
  jobHealth,
  showDocument,
  showExecution,
  showExecutionCounts,
  showHealth,
  showJob,
  showJobs,
} from "../../../lib/tasks/exploration/explore.js";
import { ACCOUNT, openTestFleet } from "../../fleet.js";
import { openJobFleet } from "../../fleet/jobs/job-fleet.js";

describe("showJobs", () => {
  it("is a table of at most eight jobs, newest first", async () => {
    const { fleet, settle, clock, create, lines } = await openJobFleet(1);
    for (let i = 1; i <= 9; i++) {
      await create(`job-${i}`);
      await clock.advance(1_000);
    }

    showJobs(fleet, await settle(listAllJobs(fleet)));

    const [, first = "", ...rest] = lines.at(-1)?.split("\n") ?? [];
    expect(first).toMatch(/^job-9 +IN_PROGRESS +SNAPSHOT +2026-01-01 00:0\d:\d\d$/);
    expect(rest.at(-1)).toBe("… and 1 more");
  });
});

describe("showJob", () => {
  it("says each setting in words, and leaves out what was not set", async () => {
    const { fleet, settle, create, createWithLink, lines } = await openJobFleet(2);
    const { roleArn } = await createWithLink("other");
    await create("job", {
      description: "Tires",
      jobExecutionsRolloutConfig: {
        maximumPerMinute: 1_000,
        exponentialRate: {
          baseRatePerMinute: 5,
          incrementFactor: 1.5,
          rateIncreaseCriteria: { numberOfNotifiedThings: 10 },
        },
      },
      abortConfig: {
        criteriaList: [
          {
            failureType: "ALL",
            action: "CANCEL",
            thresholdPercentage: 25,
            minNumberOfExecutedThings: 10,
          },
        ],
      },
      timeoutConfig: { inProgressTimeoutInMinutes: 90 },
      jobExecutionsRetryConfig: { criteriaList: [{ failureType: "FAILED", numberOfRetries: 2 }] },
      schedulingConfig: {
        startTime: "2026-01-01 05:00",
        endTime: "2026-01-02 05:00",
        endBehavior: "CANCEL",
      },
      presignedUrlConfig: { roleArn, expiresInSec: 600 },
    });

    showJob(fleet, await settle(describeJob(fleet, "job")));

    const shown = (lines.at(-1) ?? "").replace(/ {2,}/g, "  ");
    for (const line of [
      "Description  Tires",
      "Status  SCHEDULED",
      "Targets  group vans",
      "Rollout  5 a minute, × 1.5 with every 10 notified, at most 1,000 a minute",
      "Cancels itself  when 25 % do not succeed, after the first 10",
      "Timeout  90 min",
      "Retries  2 after FAILED",
      "Schedule  from 2026-01-01 05:00, to 2026-01-02 05:00, then CANCEL",
      "Download links  good for 600 s, signed by IoTJobsRole",
    ]) {
      expect(shown).toContain(line);
    }
    expect(shown).not.toMatch(/Completed|Why|Installs/);
  });

  it("says why a job was cancelled, and that it was by force", async () => {
    const { fleet, settle, create, lines } = await openJobFleet(1);
    await create();
    const why = { reasonCode: "TEST", comment: "by hand" };
    await settle(cancelJob(fleet, "job", { confirm: "CANCEL", isForced: true, ...why }));

    showJob(fleet, await settle(describeJob(fleet, "job")));

    expect(lines.at(-1)).toMatch(/Status +CANCELED, by force/);
    expect(lines.at(-1)).toMatch(/Why +TEST: by hand/);
  });
});

describe("showDocument", () => {
  it("is JSON with placeholders as they are, and without account numbers", () => {
    const { fleet, lines } = openTestFleet();
    const url = "${aws:iot:s3-presigned-url:https://s3.amazonaws.com/b/k}";

    showDocument(fleet, { url, topic: `a/${ACCOUNT}/b` });

    expect(JSON.parse(lines.at(-1) ?? "")).toEqual({ url, topic: "a/********3333/b" });
  });

  it("keeps brackets of a document from becoming tags of the notebook", () => {
    const shown: string[] = [];
    const output = { ...memoryOutput(), show: ({ html }: { html: string }) => shown.push(html) };
    const { fleet } = openTestFleet({ output });

    showDocument(fleet, { note: "<script>" });

    expect(shown.join()).toMatch(/^<pre[^>]*>(<div[^>]*>[^<]*<\/div>\n?)+<\/pre>$/);
  });
});

describe("showExecution", () => {
  it("has the device's own words", async () => {
    const { fleet, settle, create, report, lines } = await openJobFleet(1);
    await create();
    await report("van-0001", "FAILED", "job", { reason: "flat battery" });

    showExecution(fleet, await settle(describeExecution(fleet, "job", "van-0001")));

    expect(lines.at(-1)).toMatch(/Status +FAILED/);
    expect(lines.at(-1)).toMatch(/Attempt +1/);
    expect(lines.at(-1)).toMatch(/Vehicle says: reason +flat battery/);
  });
});

describe("showExecutionCounts", () => {
  it("has a bar for each state that occurs, in the order of an execution's life", async () => {
    const { fleet, lines } = openTestFleet();

    await showExecutionCounts(
      fleet,
      { ...countStatuses([]), CANCELED: 1, QUEUED: 2, SUCCEEDED: 3 },
      { title: "Now" },
    );

    expect(
      lines
        .at(-1)
        ?.split("\n")
        .map((line) => line.split(/ +/)[0]),
    ).toEqual(["Now", "state", "QUEUED", "SUCCEEDED", "CANCELED"]);
  });

  it("says when there are none", async () => {
    const { fleet, lines } = openTestFleet();

    await showExecutionCounts(fleet, countStatuses([]));

    expect(lines.at(-1)).toBe("Executions by state: there are none.");
  });
});

describe("jobHealth", () => {
  it("judges a job from its executions, and shows what to do", async () => {
    const { fleet, settle, create, end, lines } = await openJobFleet(10);
    await create();
    await end({ SUCCEEDED: 3, FAILED: 2 });

    const report = await settle(jobHealth(fleet, "job"));
    showHealth(fleet, [report]);

    expect(report).toMatchObject({
      jobId: "job",
      status: "IN_PROGRESS",
      state: "in progress",
      band: "poor",
      successPercent: 60,
      finished: 5,
      pending: 5,
    });
    expect(lines.at(-2)).toMatch(/job +in progress +5 +5 +60 +poor/);
    expect(lines.at(-1)).toContain("Consider cancelling the job");
  });

  it("shows no advice where there is none to give", async () => {
    const { fleet, settle, create, end, lines } = await openJobFleet(1);
    await create();
    await end({ SUCCEEDED: 1 });
    const before = lines.length;

    showHealth(fleet, [await settle(jobHealth(fleet, "job"))]);

    expect(lines.length).toBe(before + 1);
    expect(lines.at(-1)).toMatch(/job +finished +0 +1 +100 +excellent/);
  });

  it("passes on that there is no such job", async () => {
    const { fleet } = openTestFleet();
    mockClient(fleet.iot)
      .on(ListJobExecutionsForJobCommand)
      .rejects(new ResourceNotFoundException({ message: "none", $metadata: {} }));

    await expect(jobHealth(fleet, "none")).rejects.toThrow(ResourceNotFoundException);
  });
});
