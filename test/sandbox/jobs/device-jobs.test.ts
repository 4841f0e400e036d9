import {
  DescribeJobExecutionCommand,
  GetPendingJobExecutionsCommand,
  StartNextPendingJobExecutionCommand,
  type DescribeJobExecutionCommandInput,
  type StartNextPendingJobExecutionCommandInput,
} from "@aws-sdk/client-iot-jobs-data-plane";
import { DeleteThingCommand } from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { MINUTE, openFleet } from "./fleet.js";

/** One car, and its end of the line. */
async function openCar() {
  const fleet = await openFleet(1);
  const { iotJobs } = fleet;
  const thingName = "car-001";
  return {
    ...fleet,
    thingName,
    pending: () => iotJobs.send(new GetPendingJobExecutionsCommand({ thingName })),
    startNext: (input: Partial<StartNextPendingJobExecutionCommandInput> = {}) =>
      iotJobs.send(new StartNextPendingJobExecutionCommand({ thingName, ...input })),
    look: (input: Partial<DescribeJobExecutionCommandInput> = {}) =>
      iotJobs.send(new DescribeJobExecutionCommand({ thingName, jobId: "job", ...input })),
  };
}

const refused = (name: string, httpStatusCode: number) => ({ name, $metadata: { httpStatusCode } });
/** When the fixture's job has its executions: one second after midnight. */
const QUEUED = Date.UTC(2026, 0, 1) / 1000 + 1;

describe("GetPendingJobExecutions (API_iotdata_GetPendingJobExecutions)", () => {
  it("lists what is in progress and what is queued, in epoch seconds", async () => {
    const { clock, begin, pending, startNext } = await openCar();
    await begin({ jobId: "first" });
    await begin({ jobId: "second" });
    await clock.advance(2_700);
    await startNext();

    const { $metadata: _, ...found } = await pending();

    expect(found).toEqual({
      inProgressJobs: [
        {
          jobId: "first",
          queuedAt: QUEUED,
          startedAt: QUEUED + 3,
          lastUpdatedAt: QUEUED + 3,
          versionNumber: 2,
          executionNumber: 1,
        },
      ],
      queuedJobs: [
        {
          jobId: "second",
          queuedAt: QUEUED + 1,
          lastUpdatedAt: QUEUED + 1,
          versionNumber: 1,
          executionNumber: 1,
        },
      ],
    });
  });

  it("lists ten", async () => {
    const { begin, pending } = await openCar();
    for (let i = 0; i < 11; i++) await begin({ jobId: `job-${i}` });

    const { queuedJobs } = await pending();

    expect(queuedJobs?.map(({ jobId }) => jobId)).toEqual(
      Array.from({ length: 10 }, (_, i) => `job-${i}`),
    );
  });

  it("is empty for an idle thing, and 404 for an unknown one", async () => {
    const { iotJobs, pending } = await openCar();

    expect(await pending()).toMatchObject({ inProgressJobs: [], queuedJobs: [] });
    await expect(
      iotJobs.send(new GetPendingJobExecutionsCommand({ thingName: "nope" })),
    ).rejects.toMatchObject(refused("ResourceNotFoundException", 404));
  });
});

describe("StartNextPendingJobExecution (API_iotdata_StartNextPendingJobExecution)", () => {
  it("starts the longest queued one and hands out the document", async () => {
    const { begin, startNext } = await openCar();
    await begin({ jobId: "z-first", document: '{"operation":"reboot"}' });
    await begin({ jobId: "a-second" });

    const { execution } = await startNext({ statusDetails: { step: "1" } });

    expect(execution).toEqual({
      jobId: "z-first",
      thingName: "car-001",
      status: "IN_PROGRESS",
      statusDetails: { step: "1" },
      queuedAt: QUEUED,
      startedAt: QUEUED + 1,
      lastUpdatedAt: QUEUED + 1,
      versionNumber: 2,
      executionNumber: 1,
      jobDocument: '{"operation":"reboot"}',
    });
  });

  it("gives what is in progress again, unchanged", async () => {
    const { begin, startNext } = await openCar();
    await begin({ jobId: "first" });
    await begin({ jobId: "second" });
    const { execution: first } = await startNext({ statusDetails: { step: "1" } });

    const { execution: again } = await startNext({
      statusDetails: { step: "2" },
      stepTimeoutInMinutes: 1,
    });

    expect(again).toEqual(first);
  });

  it("answers nothing when nothing is pending", async () => {
    const { startNext } = await openCar();

    const { $metadata: _, ...answer } = await startNext();

    expect(answer).toEqual({});
  });

  it("begins a step that times out, and none for 0 or -1 minutes", async () => {
    const { begin, startNext, look } = await openCar();
    await begin();

    for (const stepTimeoutInMinutes of [0, -1, 1.5, 10_081]) {
      await expect(startNext({ stepTimeoutInMinutes })).rejects.toMatchObject(
        refused("InvalidRequestException", 400),
      );
    }
    await startNext({ stepTimeoutInMinutes: 2 });

    expect(await look()).toMatchObject({ execution: { approximateSecondsBeforeTimedOut: 120 } });
  });
});

describe("DescribeJobExecution (API_iotdata_DescribeJobExecution)", () => {
  it("changes nothing, and leaves the document out on demand", async () => {
    const { begin, look } = await openCar();
    await begin({ document: '{"a":1}' });

    const { execution: withDocument } = await look();
    const { execution: without } = await look({ includeJobDocument: false });

    expect(withDocument).toMatchObject({
      status: "QUEUED",
      versionNumber: 1,
      jobDocument: '{"a":1}',
    });
    expect(without).not.toHaveProperty("jobDocument");
    expect({ ...without, jobDocument: '{"a":1}' }).toEqual(withDocument);
  });

  it("shows with $next what would be started", async () => {
    const { begin, look, startNext, report } = await openCar();
    expect(await look({ jobId: "$next" })).not.toHaveProperty("execution");
    await begin({ jobId: "job" });
    await begin({ jobId: "a-second" });

    expect(await look({ jobId: "$next" })).toMatchObject({
      execution: { jobId: "job", status: "QUEUED", jobDocument: "{}" },
    });
    await startNext();
    expect(await look({ jobId: "$next", includeJobDocument: false })).toMatchObject({
      execution: { jobId: "job", status: "IN_PROGRESS" },
    });
    await report("car-001", "SUCCEEDED");
    expect(await look({ jobId: "$next" })).toMatchObject({ execution: { jobId: "a-second" } });
  });

  it("refuses a finished execution with 410", async () => {
    const { begin, look, report } = await openCar();
    await begin();
    await report("car-001", "SUCCEEDED");

    await expect(look()).rejects.toMatchObject(refused("TerminalStateException", 410));
  });

  it("refuses an unknown job, thing or number with 404", async () => {
    const { begin, look } = await openCar();
    await begin();

    for (const input of [{ jobId: "nope" }, { thingName: "nope" }, { executionNumber: 2 }]) {
      await expect(look(input)).rejects.toMatchObject(refused("ResourceNotFoundException", 404));
    }
  });
});

describe("UpdateJobExecution (API_iotdata_UpdateJobExecution)", () => {
  it("answers nothing unless it is asked to", async () => {
    const { begin, report } = await openCar();
    await begin();

    const { $metadata: _, ...bare } = await report("car-001", "IN_PROGRESS");
    const { $metadata: __, ...full } = await report("car-001", "IN_PROGRESS", {
      statusDetails: { step: "2" },
      includeJobExecutionState: true,
      includeJobDocument: true,
    });

    expect(bare).toEqual({});
    expect(full).toEqual({
      executionState: { status: "IN_PROGRESS", statusDetails: { step: "2" }, versionNumber: 3 },
      jobDocument: "{}",
    });
  });

  it("leaves details that are not sent, and replaces all when some are", async () => {
    const { begin, report, execution } = await openCar();
    await begin();
    await report("car-001", "IN_PROGRESS", { statusDetails: { a: "1", b: "2" } });

    await report("car-001", "IN_PROGRESS");
    const kept = (await execution("car-001"))?.statusDetails?.detailsMap;
    await report("car-001", "IN_PROGRESS", { statusDetails: { c: "3" } });
    const replaced = (await execution("car-001"))?.statusDetails?.detailsMap;

    expect([kept, replaced]).toEqual([{ a: "1", b: "2" }, { c: "3" }]);
  });

  it.each(["IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED"] as const)(
    "goes from QUEUED straight to %s",
    async (status) => {
      const { begin, report, execution } = await openCar();
      await begin();

      await report("car-001", status);

      expect(await execution("car-001")).toMatchObject({ status, versionNumber: 2 });
    },
  );

  it.each(["QUEUED", "TIMED_OUT", "REMOVED", "CANCELED", "DONE"] as const)(
    "refuses the status %s",
    async (status) => {
      const { begin, report } = await openCar();
      await begin();

      await expect(report("car-001", status as "QUEUED")).rejects.toMatchObject(
        refused("InvalidRequestException", 400),
      );
    },
  );

  it.each(["SUCCEEDED", "FAILED", "REJECTED"] as const)("changes nothing after %s", async (end) => {
    const { begin, report, execution } = await openCar();
    await begin();
    await report("car-001", end);

    await expect(report("car-001", "IN_PROGRESS")).rejects.toMatchObject(
      refused("InvalidStateTransitionException", 409),
    );

    expect(await execution("car-001")).toMatchObject({ status: end, versionNumber: 2 });
  });

  it("refuses a version that is not the current one", async () => {
    const { begin, report } = await openCar();
    await begin();
    await report("car-001", "IN_PROGRESS", { expectedVersion: 1 });

    await expect(report("car-001", "SUCCEEDED", { expectedVersion: 1 })).rejects.toMatchObject({
      ...refused("InvalidStateTransitionException", 409),
      message: expect.stringContaining("VersionMismatch"),
    });
    await report("car-001", "SUCCEEDED", { expectedVersion: 2 });
  });

  it("refuses an unknown job, another attempt, and $next", async () => {
    const { begin, report } = await openCar();
    await begin();

    for (const input of [{ jobId: "nope" }, { executionNumber: 2 }]) {
      await expect(report("car-001", "IN_PROGRESS", input)).rejects.toMatchObject(
        refused("ResourceNotFoundException", 404),
      );
    }
    await expect(report("car-001", "IN_PROGRESS", { jobId: "$next" })).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
  });

  it("sets, moves and clears the timer of a step", async () => {
    const { clock, begin, report, look, execution } = await openCar();
    const left = async () => (await look()).execution?.approximateSecondsBeforeTimedOut;
    await begin();
    await report("car-001", "IN_PROGRESS", { stepTimeoutInMinutes: 1 });
    expect(await left()).toBe(60);
    await clock.advance(MINUTE / 2);
    await report("car-001", "IN_PROGRESS");
    expect(await left()).toBe(30);
    await report("car-001", "IN_PROGRESS", { stepTimeoutInMinutes: 2 });
    expect(await left()).toBe(120);
    await report("car-001", "IN_PROGRESS", { stepTimeoutInMinutes: -1 });
    expect(await left()).toBeUndefined();

    await clock.advance(60 * MINUTE);
    expect(await execution("car-001")).toMatchObject({ status: "IN_PROGRESS" });
    await report("car-001", "IN_PROGRESS", { stepTimeoutInMinutes: 1 });
    await clock.advance(MINUTE);
    expect(await execution("car-001")).toMatchObject({ status: "TIMED_OUT", versionNumber: 7 });
  });

  it("refuses a thing that was deleted meanwhile", async () => {
    const { iot, begin, report } = await openCar();
    await begin();
    await iot.send(new DeleteThingCommand({ thingName: "car-001" }));

    await expect(report("car-001", "SUCCEEDED")).rejects.toMatchObject(
      refused("InvalidStateTransitionException", 409),
    );
  });
});
