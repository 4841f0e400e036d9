import {
  CancelJobExecutionCommand,
  DeleteJobExecutionCommand,
  DeleteThingCommand,
  ListJobExecutionsForJobCommand,
  ListJobExecutionsForThingCommand,
  paginateListJobExecutionsForJob,
  paginateListJobExecutionsForThing,
  UpdateThingCommand,
  type CancelJobExecutionCommandInput,
  type ListJobExecutionsForThingCommandInput,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { MINUTE, openFleet, thingArn, type Fleet } from "./fleet.js";

const cancel = ({ iot }: Fleet, input: Partial<CancelJobExecutionCommandInput> = {}) =>
  iot.send(new CancelJobExecutionCommand({ jobId: "job", thingName: "car-001", ...input }));
const remove = ({ iot }: Fleet, executionNumber = 1, force?: boolean) =>
  iot.send(
    new DeleteJobExecutionCommand({ jobId: "job", thingName: "car-001", executionNumber, force }),
  );
const retrying = (numberOfRetries: number) => ({
  jobExecutionsRetryConfig: { criteriaList: [{ failureType: "ALL" as const, numberOfRetries }] },
});

describe("DescribeJobExecution (API_DescribeJobExecution)", () => {
  it("tells times as dates and details as a map, without a document", async () => {
    const { clock, begin, start, report, execution } = await openFleet(1);
    await begin({ timeoutConfig: { inProgressTimeoutInMinutes: 2 } });
    const queuedAt = new Date(clock.now());
    await clock.advance(1_500);
    await start("car-001");
    const startedAt = new Date(clock.now());
    await clock.advance(250);
    await report("car-001", "IN_PROGRESS", { statusDetails: { step: "download" } });

    expect(await execution("car-001")).toEqual({
      jobId: "job",
      status: "IN_PROGRESS",
      statusDetails: { detailsMap: { step: "download" } },
      thingArn: thingArn("car-001"),
      queuedAt,
      startedAt,
      lastUpdatedAt: new Date(clock.now()),
      executionNumber: 1,
      versionNumber: 3,
      approximateSecondsBeforeTimedOut: 120,
    });
  });

  // https://docs.aws.amazon.com/cli/latest/reference/iot/describe-job-execution.html, its example
  it("shows the details empty, without a map, as long as there are none", async () => {
    const { clock, begin, execution } = await openFleet(1);
    await begin();
    const at = new Date(clock.now());

    expect(await execution("car-001")).toEqual({
      jobId: "job",
      status: "QUEUED",
      statusDetails: {},
      thingArn: thingArn("car-001"),
      queuedAt: at,
      lastUpdatedAt: at,
      executionNumber: 1,
      versionNumber: 1,
    });
  });

  it("finds an earlier attempt by its number, and the latest without one", async () => {
    const { begin, report, execution } = await openFleet(1);
    await begin(retrying(1));
    await report("car-001", "FAILED");

    expect(await execution("car-001")).toMatchObject({ executionNumber: 2, status: "QUEUED" });
    expect(await execution("car-001", "job", 1)).toMatchObject({ status: "FAILED" });
    await expect(execution("car-001", "job", 3)).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });

  it.each([
    ["job", ["car-001", "nope"]],
    ["thing", ["nope", "job"]],
  ])("refuses an unknown %s with 404", async (_, [thingName = "", jobId]) => {
    const { begin, execution } = await openFleet(1);
    await begin();

    await expect(execution(thingName, jobId)).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      $metadata: { httpStatusCode: 404 },
    });
  });
});

describe("ListJobExecutionsForJob (API_ListJobExecutionsForJob)", () => {
  it("pages in the order of things, with and without a status", async () => {
    const { iot, begin, report } = await openFleet(5);
    await begin();
    for (const name of ["car-004", "car-002"]) await report(name, "FAILED");
    const pagesOf = async (status?: "QUEUED") => {
      const pages = [];
      const input = { jobId: "job", status };
      const paged = paginateListJobExecutionsForJob({ client: iot, pageSize: 2 }, input);
      for await (const { executionSummaries } of paged) {
        pages.push(executionSummaries?.map((one) => one.thingArn?.split("/")[1]));
      }
      return pages;
    };

    expect(await pagesOf()).toEqual([["car-001", "car-002"], ["car-003", "car-004"], ["car-005"]]);
    expect(await pagesOf("QUEUED")).toEqual([["car-001", "car-003"], ["car-005"]]);
  });

  it("tells each attempt apart", async () => {
    const { iot, clock, begin, start, report } = await openFleet(1);
    await begin(retrying(2));
    await start("car-001");
    await report("car-001", "FAILED");

    const { executionSummaries } = await iot.send(
      new ListJobExecutionsForJobCommand({ jobId: "job" }),
    );

    const now = new Date(clock.now());
    expect(executionSummaries).toEqual([
      {
        thingArn: thingArn("car-001"),
        jobExecutionSummary: {
          status: "FAILED",
          queuedAt: now,
          startedAt: now,
          lastUpdatedAt: now,
          executionNumber: 1,
          retryAttempt: 0,
        },
      },
      {
        thingArn: thingArn("car-001"),
        jobExecutionSummary: {
          status: "QUEUED",
          queuedAt: now,
          lastUpdatedAt: now,
          executionNumber: 2,
          retryAttempt: 1,
        },
      },
    ]);
  });

  it("refuses an unknown job, an unknown status and a foreign token", async () => {
    const { iot, begin } = await openFleet(2);
    await begin();
    const list = (input: { jobId?: string; status?: "QUEUED"; nextToken?: string | undefined }) =>
      iot.send(new ListJobExecutionsForJobCommand({ jobId: "job", ...input }));
    const { nextToken } = await iot.send(
      new ListJobExecutionsForJobCommand({ jobId: "job", maxResults: 1 }),
    );

    await expect(list({ jobId: "nope" })).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
    await expect(list({ status: "DONE" as "QUEUED" })).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
    await expect(list({ status: "QUEUED", nextToken })).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
  });
});

describe("ListJobExecutionsForThing (API_ListJobExecutionsForThing)", () => {
  it("pages over jobs and filters by status, job and namespace", async () => {
    const { iot, begin, report } = await openFleet(1);
    for (const jobId of ["c", "a", "b"]) await begin({ jobId });
    await begin({ jobId: "job", namespaceId: "ns" });
    await report("car-001", "FAILED", { jobId: "b" });
    const ids = async (input: Partial<ListJobExecutionsForThingCommandInput> = {}) => {
      const found = [];
      const of = { thingName: "car-001", ...input };
      const paged = paginateListJobExecutionsForThing({ client: iot, pageSize: 2 }, of);
      for await (const { executionSummaries = [] } of paged) {
        found.push(...executionSummaries.map(({ jobId }) => jobId));
      }
      return found;
    };

    expect(await ids()).toEqual(["a", "b", "c", "job"]);
    expect(await ids({ status: "QUEUED" })).toEqual(["a", "c", "job"]);
    expect(await ids({ jobId: "b" })).toEqual(["b"]);
    expect(await ids({ namespaceId: "ns" })).toEqual(["job"]);
  });

  it("refuses an unknown thing, but remembers a deleted one", async () => {
    const { iot, begin } = await openFleet(1);
    await begin();
    await iot.send(new DeleteThingCommand({ thingName: "car-001" }));
    const list = (thingName: string) =>
      iot.send(new ListJobExecutionsForThingCommand({ thingName }));

    expect((await list("car-001")).executionSummaries).toMatchObject([
      { jobId: "job", jobExecutionSummary: { status: "REMOVED" } },
    ]);
    await expect(list("nope")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});

describe("CancelJobExecution (API_CancelJobExecution)", () => {
  it("cancels a queued one, and the job completes without it", async () => {
    const fleet = await openFleet(1);
    await fleet.begin();

    await cancel(fleet, { statusDetails: { why: "sold" }, expectedVersion: 1 });

    expect(await fleet.execution("car-001")).toMatchObject({
      status: "CANCELED",
      versionNumber: 2,
      statusDetails: { detailsMap: { why: "sold" } },
    });
    expect(await fleet.job()).toMatchObject({ status: "COMPLETED" });
  });

  it("needs force for one in progress", async () => {
    const fleet = await openFleet(1);
    await fleet.begin();
    await fleet.start("car-001");

    await expect(cancel(fleet)).rejects.toMatchObject({
      name: "InvalidStateTransitionException",
      $metadata: { httpStatusCode: 409 },
    });
    await cancel(fleet, { force: true });

    expect(await fleet.execution("car-001")).toMatchObject({
      status: "CANCELED",
      forceCanceled: true,
    });
  });

  it("refuses a finished one, another version and an unknown one", async () => {
    const fleet = await openFleet(1);
    await fleet.begin();

    await expect(cancel(fleet, { expectedVersion: 2 })).rejects.toMatchObject({
      name: "VersionConflictException",
      $metadata: { httpStatusCode: 409 },
    });
    await fleet.report("car-001", "REJECTED");
    await expect(cancel(fleet, { force: true })).rejects.toMatchObject({
      name: "InvalidStateTransitionException",
    });
    await expect(cancel(fleet, { thingName: "nope" })).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });

  it.each([
    ["11 details", Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`k${i}`, "v"]))],
    ["a detail of 1,025 characters", { k: "x".repeat(1025) }],
    ["an empty detail", { k: "" }],
    ["a detail's name with a blank", { "a b": "v" }],
  ])("refuses %s", async (_, statusDetails) => {
    const fleet = await openFleet(1);
    await fleet.begin();

    await expect(cancel(fleet, { statusDetails })).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
  });
});

describe("DeleteJobExecution (API_DeleteJobExecution)", () => {
  it("removes a finished one from the lists and the counters", async () => {
    const fleet = await openFleet(2);
    await fleet.begin();
    await fleet.report("car-001", "FAILED");

    await remove(fleet);

    expect(await fleet.attempts()).toEqual(["car-002 1 QUEUED"]);
    expect(await fleet.counts()).toEqual({ Queued: 1 });
    await expect(remove(fleet)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  it("needs force for one in progress, and the job completes without it", async () => {
    const fleet = await openFleet(1);
    await fleet.begin({ timeoutConfig: { inProgressTimeoutInMinutes: 1 } });
    await fleet.start("car-001");

    await expect(remove(fleet)).rejects.toMatchObject({
      name: "InvalidStateTransitionException",
      $metadata: { httpStatusCode: 409 },
    });
    await remove(fleet, 1, true);
    await fleet.clock.advance(2 * MINUTE);

    expect(await fleet.job()).toMatchObject({ status: "COMPLETED" });
    expect(await fleet.counts()).toEqual({});
  });

  it("lets the thing count by the attempt before", async () => {
    const fleet = await openFleet(1);
    await fleet.begin(retrying(1));
    await fleet.report("car-001", "FAILED");

    await remove(fleet, 2);

    expect(await fleet.attempts()).toEqual(["car-001 1 FAILED"]);
    expect(await fleet.counts()).toEqual({ Failed: 1 });
  });

  it("is not made up for in a continuous job", async () => {
    const fleet = await openFleet(1);
    await fleet.begin({ targetSelection: "CONTINUOUS" });

    await remove(fleet);
    await fleet.iot.send(new UpdateThingCommand({ thingName: "car-001" }));
    const before = await fleet.attempts();
    await fleet.leave("car-001");
    await fleet.join("car-001");

    // Joining again is what makes a new one.
    expect(before).toEqual([]);
    expect(await fleet.attempts()).toEqual(["car-001 1 QUEUED"]);
  });
});
