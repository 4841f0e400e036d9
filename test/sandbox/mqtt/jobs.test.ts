import {
  CancelJobExecutionCommand,
  CreateJobCommand,
  CreateThingCommand,
  DeleteJobCommand,
  DescribeThingCommand,
} from "@aws-sdk/client-iot";
import { PublishCommand } from "@aws-sdk/client-iot-data-plane";
import { UpdateJobExecutionCommand } from "@aws-sdk/client-iot-jobs-data-plane";
import { describe, expect, it } from "vitest";
import { ARN, openBroker, type Broker, type Wire } from "./broker.js";

const J = "$aws/things/t/jobs";

/** A thing, its device, and someone who listens to its notifications. */
async function open(): Promise<{
  broker: Broker;
  device: Wire;
  watcher: Wire;
  job: (id: string) => Promise<void>;
}> {
  const broker = openBroker({ lags: { jobsMs: 0 } });
  await broker.iot.send(new CreateThingCommand({ thingName: "t" }));
  const device = await broker.client("t");
  const watcher = await broker.client("watcher");
  await watcher.subscribe([`${J}/notify`, `${J}/notify-next`]);
  const job = async (jobId: string): Promise<void> => {
    await broker.iot.send(
      new CreateJobCommand({ jobId, targets: [`${ARN}thing/t`], document: `{"job":"${jobId}"}` }),
    );
    // So that no two are queued at once.
    await broker.pass(1000);
  };
  return { broker, device, watcher, job };
}

describe("a request to jobs", () => {
  it("is answered to its connection alone, subscribed or not", async () => {
    const { broker, device, watcher, job } = await open();
    await watcher.subscribe([`${J}/get/+`, `${J}/start-next/+`, `${J}/+/get/+`, `${J}/+/update/+`]);
    await job("one");
    await watcher.rest();

    await device.publish(`${J}/get`, { clientToken: "a" });
    expect(await device.document()).toEqual([
      `${J}/get/accepted`,
      {
        timestamp: expect.any(Number),
        inProgressJobs: [],
        queuedJobs: [
          expect.objectContaining({ jobId: "one", versionNumber: 1, executionNumber: 1 }),
        ],
        clientToken: "a",
      },
    ]);
    await device.publish(`${J}/$next/get`, {});
    expect(await device.document()).toMatchObject([
      `${J}/$next/get/accepted`,
      { execution: { jobId: "one", status: "QUEUED", jobDocument: { job: "one" } } },
    ]);
    await device.publish(`${J}/start-next`, { statusDetails: { step: "1" } });
    expect(await device.document()).toMatchObject([
      `${J}/start-next/accepted`,
      { execution: { jobId: "one", status: "IN_PROGRESS", statusDetails: { step: "1" } } },
    ]);
    await device.publish(`${J}/one/get`, { includeJobDocument: false });
    const [, { execution }] = await device.document();
    expect(execution).not.toHaveProperty("jobDocument");
    const seconds = execution as Record<string, number>;
    for (const time of ["queuedAt", "startedAt", "lastUpdatedAt"]) {
      expect(Number.isSafeInteger(seconds[time]) && Number(seconds[time]) < 1e10).toBe(true);
    }
    await device.publish(`${J}/one/update`, {
      status: "IN_PROGRESS",
      expectedVersion: 2,
      includeJobExecutionState: true,
      includeJobDocument: true,
      clientToken: "b",
    });
    expect(await device.document()).toEqual([
      `${J}/one/update/accepted`,
      {
        timestamp: expect.any(Number),
        executionState: { status: "IN_PROGRESS", statusDetails: { step: "1" }, versionNumber: 3 },
        jobDocument: { job: "one" },
        clientToken: "b",
      },
    ]);
    await device.publish(`${J}/one/update`, { status: "SUCCEEDED", clientToken: "c" });
    expect(await device.document()).toEqual([
      `${J}/one/update/accepted`,
      { timestamp: expect.any(Number), clientToken: "c" },
    ]);
    for (const verb of ["start-next", "$next/get"]) {
      await device.publish(`${J}/${verb}`, {});
      expect(await device.document()).toEqual([
        `${J}/${verb}/accepted`,
        { timestamp: expect.any(Number) },
      ]);
    }
    expect(await watcher.rest()).toEqual([`${J}/notify`, `${J}/notify-next`]);
    expect(broker.lines).toEqual([]);
  });

  it("is answered once to who has subscribed, in the quality of that", async () => {
    const { device } = await open();
    await device.subscribe(`${J}/get/+`, 0);

    await device.publish(`${J}/get`, {});

    expect(await device.message()).toMatchObject({ topic: `${J}/get/accepted`, qos: 0 });
    expect(await device.rest()).toEqual([]);
    await device.unsubscribe(`${J}/get/+`);
    await device.publish(`${J}/get`, {});
    expect(await device.message()).toMatchObject({ topic: `${J}/get/accepted`, qos: 1 });
  });

  it("that was published over HTTP is answered to whoever has subscribed", async () => {
    const { broker, device } = await open();
    await device.subscribe(`${J}/get/accepted`);

    await broker.iotData.send(
      new PublishCommand({ topic: `${J}/get`, payload: Buffer.from("{}") }),
    );

    expect((await device.document())[0]).toBe(`${J}/get/accepted`);
  });

  it("is rejected in words of its own", async () => {
    const { broker, device, job } = await open();
    await job("one");
    const reject = async (topic: string, payload: string | Buffer | object) => {
      await device.publish(`${J}/${topic}`, payload);
      const [answered, document] = await device.document();
      expect(answered).toBe(`${J}/${topic}/rejected`);
      return document;
    };

    expect(await reject("nothing/here/at-all", {})).toMatchObject({ code: "InvalidTopic" });
    expect(await reject("get", "[1]")).toEqual({
      code: "InvalidJson",
      message: expect.any(String),
      timestamp: expect.any(Number),
    });
    expect(await reject("get", Buffer.from([0xff]))).toMatchObject({ code: "InvalidJson" });
    expect(await reject("two/get", { clientToken: "x" })).toMatchObject({
      code: "ResourceNotFound",
      clientToken: "x",
    });
    expect(await reject("one/update", { status: 5 })).toMatchObject({ code: "InvalidRequest" });
    for (const status of ["TIMED_OUT", "CANCELED", "REMOVED", "nonsense"]) {
      expect(await reject("one/update", { status })).toMatchObject({ code: "InvalidRequest" });
    }
    expect(
      await reject("one/update", { status: "IN_PROGRESS", expectedVersion: 99 }),
    ).toMatchObject({
      code: "VersionMismatch",
      message: "Expected version 99 but found version 1",
      executionState: { status: "QUEUED", versionNumber: 1 },
    });
    await device.publish(`${J}/one/update`, { status: "FAILED" });
    await device.document();
    expect(await reject("one/update", { status: "SUCCEEDED" })).toMatchObject({
      code: "InvalidStateTransition",
      executionState: { status: "FAILED", versionNumber: 2 },
    });
    // As its HTTP twin.
    expect(await reject("one/get", {})).toMatchObject({ code: "TerminalStateReached" });
    expect(broker.lines).toEqual([]);
  });

  it("is rejected when it comes too often", async () => {
    const broker = openBroker({ quotas: { GetPendingJobExecutions: { perSecond: 1 } } });
    const device = await broker.client("t");
    await broker.iot.send(new CreateThingCommand({ thingName: "t" }));

    for (const clientToken of ["a", "b"]) await device.publish(`${J}/get`, { clientToken });

    expect((await device.document())[0]).toBe(`${J}/get/accepted`);
    expect(await device.document()).toMatchObject([
      `${J}/get/rejected`,
      { code: "RequestThrottled", clientToken: "b" },
    ]);
  });

  it("can set a timer, which every later answer tells of", async () => {
    const { device, job } = await open();
    await job("one");

    await device.publish(`${J}/start-next`, { stepTimeoutInMinutes: 2 });
    expect((await device.document())[1]).toMatchObject({
      execution: { executionNumber: 1, approximateSecondsBeforeTimedOut: 120 },
    });
    await device.publish(`${J}/one/get`, { executionNumber: 1 });
    expect((await device.document())[1]).toMatchObject({
      execution: { jobId: "one", approximateSecondsBeforeTimedOut: 120, thingName: "t" },
    });
    await device.publish(`${J}/one/update`, { status: "IN_PROGRESS", executionNumber: 2 });
    expect((await device.document())[1]).toMatchObject({ code: "ResourceNotFound" });
  });

  it("smuggles no other thing in", async () => {
    const { broker, device, job } = await open();
    await job("one");
    await broker.iot.send(new CreateThingCommand({ thingName: "other" }));

    await device.publish("$aws/things/other/jobs/get", { thingName: "t", jobId: "one" });

    expect((await device.document())[1]).toMatchObject({ queuedJobs: [] });
  });
});

describe("notifications", () => {
  it("come as AWS's table says", async () => {
    const { broker, device, watcher, job } = await open();
    const told = async () => (await watcher.rest()).map((topic) => topic.slice(J.length + 1));
    const report = async (jobId: string, status: string) => {
      await device.publish(`${J}/${jobId}/update`, { status });
      await device.document();
      return told();
    };

    await job("one");
    const [topic, document] = await watcher.document();
    expect([topic, document]).toEqual([
      `${J}/notify`,
      {
        timestamp: expect.any(Number),
        jobs: { QUEUED: [expect.objectContaining({ jobId: "one" })] },
      },
    ]);
    expect(await watcher.document()).toMatchObject([
      `${J}/notify-next`,
      { execution: { jobId: "one", status: "QUEUED", jobDocument: { job: "one" } } },
    ]);
    await job("two");
    expect(await told()).toEqual(["notify"]);
    await job("three");
    expect(await told()).toEqual(["notify"]);

    await device.publish(`${J}/start-next`, {});
    await device.document();
    expect(await told()).toEqual([]);
    await device.publish(`${J}/start-next`, {});
    expect((await device.document())[1]).toMatchObject({
      execution: { jobId: "one", versionNumber: 2 },
    });
    expect(await told()).toEqual([]);
    expect(await report("one", "IN_PROGRESS")).toEqual([]);
    // Not the front one.
    expect(await report("three", "SUCCEEDED")).toEqual(["notify"]);
    await job("four");
    await told();
    await device.publish(`${J}/one/update`, { status: "SUCCEEDED" });
    await device.document();
    expect(await watcher.document()).toMatchObject([
      `${J}/notify`,
      { jobs: { QUEUED: [{ jobId: "two" }, { jobId: "four" }] } },
    ]);
    expect(await watcher.document()).toMatchObject([
      `${J}/notify-next`,
      { execution: { jobId: "two" } },
    ]);

    // A later one is begun first: it goes before those that are queued.
    await device.publish(`${J}/four/update`, { status: "IN_PROGRESS" });
    await device.document();
    expect(await watcher.document()).toMatchObject([
      `${J}/notify-next`,
      { execution: { jobId: "four" } },
    ]);
    await broker.iot.send(
      new CancelJobExecutionCommand({ jobId: "four", thingName: "t", force: true }),
    );
    expect(await told()).toEqual(["notify", "notify-next"]);
    await broker.iot.send(new DeleteJobCommand({ jobId: "two", force: true }));
    expect(await watcher.document()).toMatchObject([`${J}/notify`, { jobs: {} }]);
    expect(await watcher.document()).toEqual([
      `${J}/notify-next`,
      { timestamp: expect.any(Number) },
    ]);
    await broker.pass(1000);
    expect(await told()).toEqual([]);
  });

  it("list ten at most, what is in progress first", async () => {
    const { device, watcher, job } = await open();
    for (let i = 1; i <= 11; i++) await job(`job-${i}`);
    await device.publish(`${J}/job-11/update`, { status: "IN_PROGRESS" });
    await device.publish(`${J}/job-10/update`, { status: "SUCCEEDED" });
    await watcher.rest();
    await job("job-12");

    const [, { jobs }] = await watcher.document();
    const named = Object.entries(jobs as Record<string, { jobId: string }[]>).map(
      ([status, list]) => [status, list.map(({ jobId }) => jobId)],
    );
    expect(named).toEqual([
      ["IN_PROGRESS", ["job-11"]],
      ["QUEUED", [1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => `job-${i}`)],
    ]);
  });

  it("say nothing of the next one when another is cancelled", async () => {
    const { broker, watcher, job } = await open();
    await job("front");
    await job("behind");
    await watcher.rest();

    await broker.iot.send(new CancelJobExecutionCommand({ jobId: "behind", thingName: "t" }));

    expect(await watcher.rest()).toEqual([`${J}/notify`]);
  });

  it("say nothing to who comes later: a device must ask", async () => {
    const { broker, job } = await open();
    await job("one");

    const late = await broker.client("late");
    await late.subscribe([`${J}/notify`, `${J}/notify-next`]);

    expect(await late.rest()).toEqual([]);
  });

  it("come behind the answer to the report that has caused them", async () => {
    const { device, job } = await open();
    await device.subscribe([`${J}/notify`, `${J}/notify-next`]);
    await job("one");
    await device.rest();

    await device.publish(`${J}/one/update`, { status: "SUCCEEDED" });

    expect(await device.rest()).toEqual([
      `${J}/one/update/accepted`,
      `${J}/notify`,
      `${J}/notify-next`,
    ]);
  });

  it("come of what HTTP does too, and of time that passes while nobody asks", async () => {
    const { broker, watcher } = await open();
    await broker.iot.send(
      new CreateJobCommand({
        jobId: "slow",
        targets: [`${ARN}thing/t`],
        document: "{}",
        timeoutConfig: { inProgressTimeoutInMinutes: 1 },
      }),
    );
    await broker.pass(0);
    expect(await watcher.rest()).toEqual([`${J}/notify`, `${J}/notify-next`]);
    await broker.iotJobs.send(
      new UpdateJobExecutionCommand({ jobId: "slow", thingName: "t", status: "IN_PROGRESS" }),
    );
    expect(await watcher.rest()).toEqual([]);

    await broker.pass(59_000);
    watcher.send({ cmd: "pingreq" });
    await broker.pass(1_000);

    expect(await watcher.rest()).toEqual([`${J}/notify`, `${J}/notify-next`]);
  });

  it("are not made when an operation fails, nor when nobody listens", async () => {
    const { broker, watcher } = await open();
    await watcher.unsubscribe(`${J}/notify`);
    await expect(
      broker.iotJobs.send(
        new UpdateJobExecutionCommand({ jobId: "none", thingName: "t", status: "FAILED" }),
      ),
    ).rejects.toThrow(/no execution/);
    await broker.iot.send(new DescribeThingCommand({ thingName: "t" }));
    expect(await watcher.rest()).toEqual([]);
  });
});
