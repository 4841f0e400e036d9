import {
  DescribeJobExecutionCommand,
  GetJobDocumentCommand,
  ListJobExecutionsForJobCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-iot";
import {
  DescribeJobExecutionCommand as DescribeForDeviceCommand,
  TerminalStateException,
} from "@aws-sdk/client-iot-jobs-data-plane";
import { mockClient } from "aws-sdk-client-mock";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../../lib/aws/errors.js";
import { reportedCounts } from "../../../lib/fleet/jobs/execution-counts.js";
import {
  countExecutions,
  describeExecution,
  latestExecutions,
} from "../../../lib/fleet/jobs/job-executions.js";
import { findJob } from "../../../lib/fleet/jobs/jobs.js";
import { openTestFleet } from "../../fleet.js";
import { openJobFleet } from "./job-fleet.js";

const NONE = {
  QUEUED: 0,
  IN_PROGRESS: 0,
  SUCCEEDED: 0,
  FAILED: 0,
  TIMED_OUT: 0,
  REJECTED: 0,
  REMOVED: 0,
  CANCELED: 0,
};
const summary = (thing: string, executionNumber: number, status: "FAILED" | "SUCCEEDED") => ({
  thingArn: `arn:aws:iot:eu-west-1:111122223333:thing/${thing}`,
  jobExecutionSummary: { executionNumber, status },
});

describe("countExecutions", () => {
  it("counts every state from the executions themselves", async () => {
    const { fleet, settle, create, start, end, names } = await openJobFleet(5);
    await create();
    await start(names[4] as string);
    await end({ SUCCEEDED: 2, FAILED: 1 });

    const counts = await settle(countExecutions(fleet, "job"));

    expect(counts).toEqual({ ...NONE, QUEUED: 1, IN_PROGRESS: 1, SUCCEEDED: 2, FAILED: 1 });
  });

  it("D14: counts beyond the first page", async () => {
    const { fleet, settle, create, calls } = await openJobFleet(260);
    await create();

    const counts = await settle(countExecutions(fleet, "job"));

    expect(counts.QUEUED).toBe(260);
    expect(calls("ListJobExecutionsForJob")).toHaveLength(2);
  });

  it("counts a device that tried twice once, with its last attempt", async () => {
    const { fleet, settle, create, report, clock } = await openJobFleet(1);
    await create("job", {
      jobExecutionsRetryConfig: { criteriaList: [{ failureType: "FAILED", numberOfRetries: 1 }] },
    });
    await report("van-0001", "FAILED");
    await clock.advance(2_000);
    await report("van-0001", "SUCCEEDED");

    const counts = await settle(countExecutions(fleet, "job"));

    expect(counts).toEqual({ ...NONE, SUCCEEDED: 1 });
  });

  it("passes on that there is no such job", async () => {
    const { fleet, settle } = openTestFleet();

    await expect(settle(countExecutions(fleet, "none"))).rejects.toThrow(ResourceNotFoundException);
  });
});

describe("latestExecutions", () => {
  it("D13: is in the order of the devices' names, whatever order AWS lists in", async () => {
    const { fleet } = openTestFleet();
    mockClient(fleet.iot)
      .on(ListJobExecutionsForJobCommand)
      .resolves({
        executionSummaries: [
          summary("c", 2, "SUCCEEDED"),
          summary("a", 1, "FAILED"),
          summary("c", 1, "FAILED"),
        ],
      });

    const latest = await latestExecutions(fleet, "job");

    expect(latest.map(({ thing, status }) => `${thing} ${status}`)).toEqual([
      "a FAILED",
      "c SUCCEEDED",
    ]);
  });
});

describe("reportedCounts", () => {
  it("has AWS's numbers under the names of the states", async () => {
    const { fleet, settle, create, end } = await openJobFleet(4);
    await create();
    await end({ SUCCEEDED: 2, REJECTED: 1 });

    const job = await settle(findJob(fleet, "job"));

    expect(reportedCounts(job?.jobProcessDetails)).toEqual({
      ...NONE,
      QUEUED: 1,
      SUCCEEDED: 2,
      REJECTED: 1,
    });
    expect(reportedCounts(undefined)).toEqual(NONE);
  });
});

describe("describeExecution", () => {
  it("has state, number, times and the device's own words", async () => {
    const { fleet, settle, create, start, report } = await openJobFleet(1);
    await create("job", { timeoutConfig: { inProgressTimeoutInMinutes: 5 } });
    await start("van-0001");
    await report("van-0001", "IN_PROGRESS", "job", { step: "checking" });

    const execution = await settle(describeExecution(fleet, "job", "van-0001"));

    expect(execution).toMatchObject({
      jobId: "job",
      thing: "van-0001",
      status: "IN_PROGRESS",
      executionNumber: 1,
      versionNumber: 3,
      statusDetails: { step: "checking" },
      isForceCanceled: false,
      documentFrom: "device",
    });
    expect(execution.secondsLeft).toBeGreaterThan(0);
    expect(execution.queuedAt).toBeInstanceOf(Date);
    expect(execution.startedAt).toBeInstanceOf(Date);
  });

  it("D12: has the document of a pending execution as the device gets it, and of a finished one with its placeholder", async () => {
    const { fleet, settle, createWithLink, end } = await openJobFleet(2);
    const { url } = await createWithLink();
    await end({ FAILED: 1 });

    const pending = await settle(describeExecution(fleet, "job", "van-0002"));
    const finished = await settle(describeExecution(fleet, "job", "van-0001"));

    expect(pending.documentFrom).toBe("device");
    expect(pending.document["url"]).toMatch(/^https?:.*X-Amz-Signature=/);
    expect(finished).toMatchObject({ status: "FAILED", documentFrom: "job", document: { url } });
  });

  it("prints without the signature of a link", async () => {
    const { fleet, settle, createWithLink } = await openJobFleet(1);
    await createWithLink();

    const execution = await settle(describeExecution(fleet, "job", "van-0001"));

    expect(JSON.stringify(execution.document)).toContain("X-Amz-Signature");
    expect(inspect(execution)).not.toContain("X-Amz-Signature");
    expect(inspect(execution.document)).not.toContain("X-Amz-Signature");
  });

  it("asks the job for the document when the device finishes between two calls", async () => {
    const { fleet } = openTestFleet();
    const iot = mockClient(fleet.iot);
    iot.on(DescribeJobExecutionCommand).resolves({ execution: { status: "IN_PROGRESS" } });
    iot.on(GetJobDocumentCommand).resolves({ document: `{"a":1}` });
    mockClient(fleet.iotJobs)
      .on(DescribeForDeviceCommand)
      .rejects(new TerminalStateException({ message: "over", $metadata: {} }));

    const execution = await describeExecution(fleet, "job", "van");

    expect(execution).toMatchObject({ documentFrom: "job", document: { a: 1 } });
  });

  it("passes on any other error of the device's side", async () => {
    const { fleet } = openTestFleet();
    const denied = Object.assign(new Error("no"), { name: "AccessDeniedException" });
    mockClient(fleet.iot)
      .on(DescribeJobExecutionCommand)
      .resolves({ execution: { status: "QUEUED" } });
    mockClient(fleet.iotJobs).on(DescribeForDeviceCommand).rejects(denied);

    await expect(describeExecution(fleet, "job", "van")).rejects.toBe(denied);
  });

  it("has an earlier attempt when asked for it", async () => {
    const { fleet, settle, create, report, clock } = await openJobFleet(1);
    await create("job", {
      jobExecutionsRetryConfig: { criteriaList: [{ failureType: "FAILED", numberOfRetries: 1 }] },
    });
    await report("van-0001", "FAILED");
    await clock.advance(2_000);

    const first = await settle(describeExecution(fleet, "job", "van-0001", { executionNumber: 1 }));
    const latest = await settle(describeExecution(fleet, "job", "van-0001"));

    expect(first).toMatchObject({ executionNumber: 1, status: "FAILED" });
    expect(latest).toMatchObject({ executionNumber: 2, status: "QUEUED" });
  });

  it("refuses illegal names before any call", async () => {
    const { fleet, calls } = openTestFleet();

    await expect(describeExecution(fleet, "job", "no spaces")).rejects.toThrow(InvalidInputError);
    await expect(describeExecution(fleet, "", "van")).rejects.toThrow(InvalidInputError);
    expect(calls()).toEqual([]);
  });
});
