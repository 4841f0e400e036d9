import {
  CancelJobCommand,
  CreateJobCommand,
  CreateThingCommand,
  DeleteJobCommand,
  DeleteThingCommand,
  DescribeEventConfigurationsCommand,
  UpdateEventConfigurationsCommand,
  UpdateThingCommand,
  type EventType,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { ARN, openBroker, type Broker, type Wire } from "./broker.js";

const NOW = Date.UTC(2026, 0, 1);

async function watched(...types: EventType[]): Promise<[Broker, Wire]> {
  const broker = openBroker();
  await broker.iot.send(
    new UpdateEventConfigurationsCommand({
      eventConfigurations: Object.fromEntries(types.map((type) => [type, { Enabled: true }])),
    }),
  );
  const watcher = await broker.client("watcher", { keepalive: 1200 });
  await watcher.subscribe([
    "$aws/events/thing/#",
    "$aws/events/job/#",
    "$aws/events/jobExecution/#",
  ]);
  return [broker, watcher];
}

describe("events that have to be asked for", () => {
  it("are off, one by one", async () => {
    const { iot } = openBroker();
    const enabled = async () => {
      const { eventConfigurations = {} } = await iot.send(
        new DescribeEventConfigurationsCommand({}),
      );
      expect(Object.keys(eventConfigurations)).toHaveLength(11);
      return Object.entries(eventConfigurations).flatMap(([type, { Enabled }]) =>
        Enabled ? [type] : [],
      );
    };
    const set = (type: string, Enabled: boolean) =>
      iot.send(
        new UpdateEventConfigurationsCommand({ eventConfigurations: { [type]: { Enabled } } }),
      );
    expect(await enabled()).toEqual([]);

    await set("JOB", true);
    await set("THING", true);
    await set("JOB", false);

    expect(await enabled()).toEqual(["THING"]);
    await expect(set("THING_GROUP", true)).rejects.toThrow(/no events of type THING_GROUP/);
    await set("THING_GROUP", false);
    await expect(set("NOTHING", true)).rejects.toThrow();
  });

  it("of things", async () => {
    const [{ iot }, watcher] = await watched("THING");
    await iot.send(
      new CreateThingCommand({ thingName: "t", attributePayload: { attributes: { a: "1" } } }),
    );
    const [topic, event] = await watcher.document();
    expect(topic).toBe("$aws/events/thing/t/created");
    expect(event).toEqual({
      eventType: "THING_EVENT",
      eventId: expect.any(String),
      timestamp: NOW,
      operation: "CREATED",
      accountId: "111122223333",
      thingId: expect.any(String),
      thingName: "t",
      versionNumber: 1,
      thingTypeName: null,
      attributes: { a: "1" },
    });
    await iot.send(
      new UpdateThingCommand({ thingName: "t", attributePayload: { attributes: {} } }),
    );
    expect(await watcher.document()).toMatchObject([
      "$aws/events/thing/t/updated",
      { operation: "UPDATED", versionNumber: 2 },
    ]);
    await iot.send(new DeleteThingCommand({ thingName: "t" }));
    expect((await watcher.document())[0]).toBe("$aws/events/thing/t/deleted");
    await iot.send(new DeleteThingCommand({ thingName: "t" }));
    expect(await watcher.rest()).toEqual([]);
  });

  it("of jobs and their executions", async () => {
    const [broker, watcher] = await watched("JOB", "JOB_EXECUTION");
    const { iot } = broker;
    await iot.send(new CreateThingCommand({ thingName: "t" }));
    for (const jobId of ["done", "ended"]) {
      await iot.send(new CreateJobCommand({ jobId, targets: [`${ARN}thing/t`], document: "{}" }));
    }
    await broker.pass(1000);
    expect(await watcher.rest()).toEqual([]);

    const device = await broker.client("t", { keepalive: 1200 });
    await device.publish("$aws/things/t/jobs/done/update", {
      status: "SUCCEEDED",
      statusDetails: { how: "well" },
    });
    expect(await watcher.document()).toEqual([
      "$aws/events/jobExecution/done/succeeded",
      {
        eventType: "JOB_EXECUTION",
        eventId: expect.any(String),
        timestamp: NOW / 1000 + 1,
        operation: "succeeded",
        jobId: "done",
        thingArn: `${ARN}thing/t`,
        status: "SUCCEEDED",
        statusDetails: { how: "well" },
      },
    ]);
    expect(await watcher.document()).toMatchObject([
      "$aws/events/job/done/completed",
      {
        eventType: "JOB",
        operation: "completed",
        status: "COMPLETED",
        targets: [`${ARN}thing/t`],
        createdAt: NOW,
        completedAt: NOW + 1000,
        jobProcessDetails: { numberOfSucceededThings: 1, numberOfFailedThings: 0 },
      },
    ]);

    await iot.send(new CancelJobCommand({ jobId: "ended" }));
    expect(await watcher.rest()).toEqual(["$aws/events/job/ended/cancellation_in_progress"]);
    await broker.pass(1000);
    expect(await watcher.rest()).toEqual([
      "$aws/events/jobExecution/ended/canceled",
      "$aws/events/job/ended/canceled",
    ]);
    await iot.send(new DeleteJobCommand({ jobId: "ended" }));
    await broker.pass(1000);
    expect(await watcher.rest()).toEqual([
      "$aws/events/job/ended/deletion_in_progress",
      "$aws/events/job/ended/deleted",
    ]);
  });

  it("are not published when they are off", async () => {
    const [{ iot }, watcher] = await watched();
    await iot.send(new CreateThingCommand({ thingName: "t" }));

    expect(await watcher.rest()).toEqual([]);
  });
});
