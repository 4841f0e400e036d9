import {
  AddThingToThingGroupCommand,
  CancelJobCommand,
  CreateJobCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  CreateThingTypeCommand,
  DeleteJobCommand,
  DeleteThingCommand,
  DeleteThingGroupCommand,
  DeleteThingTypeCommand,
  DeprecateThingTypeCommand,
  DescribeEventConfigurationsCommand,
  UpdateEventConfigurationsCommand,
  UpdateThingCommand,
  UpdateThingGroupCommand,
  UpdateThingGroupsForThingCommand,
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
    await expect(set("CA_CERTIFICATE", true)).rejects.toThrow(/no events of type CA_CERTIFICATE/);
    await set("CA_CERTIFICATE", false);
    await expect(set("NOTHING", true)).rejects.toThrow();
  });

  it("of thing types, and of the things that have one", async () => {
    const { iot, pass, client } = openBroker();
    await iot.send(
      new UpdateEventConfigurationsCommand({
        eventConfigurations: {
          THING_TYPE: { Enabled: true },
          THING_TYPE_ASSOCIATION: { Enabled: true },
        },
      }),
    );
    const watcher = await client("watcher", { keepalive: 1200 });
    await watcher.subscribe(["$aws/events/thingType/#", "$aws/events/thingTypeAssociation/#"]);
    const next = () => watcher.document();
    const names = ["car", "van"];
    for (const thingTypeName of names) {
      const thingTypeProperties = { thingTypeDescription: "d", searchableAttributes: ["a"] };
      await iot.send(new CreateThingTypeCommand({ thingTypeName, thingTypeProperties }));
    }
    expect(await next()).toEqual([
      "$aws/events/thingType/car/created",
      {
        eventType: "THING_TYPE_EVENT",
        eventId: expect.any(String),
        timestamp: expect.any(Number),
        operation: "CREATED",
        accountId: "111122223333",
        thingTypeId: expect.any(String),
        thingTypeName: "car",
        isDeprecated: false,
        deprecationDate: null,
        searchableAttributes: ["a"],
        description: "d",
      },
    ]);
    expect((await next())[0]).toBe("$aws/events/thingType/van/created");

    const thing = { thingName: "t", thingTypeName: "car" };
    await iot.send(new CreateThingCommand(thing));
    expect(await next()).toMatchObject([
      "$aws/events/thingTypeAssociation/thing/t/thingType/car/added",
      { eventType: "THING_TYPE_ASSOCIATION_EVENT", operation: "ADDED", ...thing },
    ]);
    await iot.send(new UpdateThingCommand({ thingName: "t", thingTypeName: "van" }));
    expect((await next())[0]).toMatch(/thingType\/car\/removed$/);
    expect((await next())[0]).toMatch(/thingType\/van\/added$/);
    await iot.send(new DeleteThingCommand({ thingName: "t" }));
    expect((await next())[0]).toMatch(/thingType\/van\/removed$/);

    await iot.send(new DeprecateThingTypeCommand({ thingTypeName: "car" }));
    expect(await next()).toMatchObject([
      "$aws/events/thingType/car/updated",
      { isDeprecated: true, deprecationDate: expect.any(Number) },
    ]);
    await pass(300_000);
    await iot.send(new DeleteThingTypeCommand({ thingTypeName: "car" }));
    expect((await next())[0]).toBe("$aws/events/thingType/car/deleted");
  });

  it("of thing groups and their hierarchy", async () => {
    const { iot, client } = openBroker();
    await iot.send(
      new UpdateEventConfigurationsCommand({
        eventConfigurations: {
          THING_GROUP: { Enabled: true },
          THING_GROUP_HIERARCHY: { Enabled: true },
        },
      }),
    );
    const watcher = await client("watcher");
    await watcher.subscribe(["$aws/events/thingGroup/#", "$aws/events/thingGroupHierarchy/#"]);
    const next = () => watcher.document();
    const up = await iot.send(new CreateThingGroupCommand({ thingGroupName: "up" }));
    await iot.send(
      new CreateThingGroupCommand({
        thingGroupName: "down",
        parentGroupName: "up",
        thingGroupProperties: { thingGroupDescription: "d" },
      }),
    );

    expect(await next()).toMatchObject([
      "$aws/events/thingGroup/up/created",
      { parentGroupName: null, parentGroupId: null, rootToParentThingGroups: [], attributes: {} },
    ]);
    const [topic, { thingGroupId: downId, ...down }] = await next();
    expect([topic, down]).toEqual([
      "$aws/events/thingGroup/down/created",
      {
        eventType: "THING_GROUP_EVENT",
        eventId: expect.any(String),
        timestamp: expect.any(Number),
        operation: "CREATED",
        accountId: "111122223333",
        thingGroupName: "down",
        versionNumber: 1,
        parentGroupName: "up",
        parentGroupId: up.thingGroupId,
        description: "d",
        rootToParentThingGroups: [{ groupArn: up.thingGroupArn, groupId: up.thingGroupId }],
        attributes: {},
        dynamicGroupMappingId: null,
      },
    ]);
    expect(await next()).toMatchObject([
      "$aws/events/thingGroupHierarchy/thingGroup/up/childThingGroup/down/added",
      {
        eventType: "THING_GROUP_HIERARCHY_EVENT",
        operation: "ADDED",
        thingGroupId: up.thingGroupId,
        thingGroupName: "up",
        childGroupId: downId,
        childGroupName: "down",
      },
    ]);
    await iot.send(
      new UpdateThingGroupCommand({
        thingGroupName: "down",
        thingGroupProperties: { thingGroupDescription: "e" },
      }),
    );
    expect(await next()).toMatchObject([
      "$aws/events/thingGroup/down/updated",
      { versionNumber: 2, description: "e" },
    ]);
    await iot.send(new DeleteThingGroupCommand({ thingGroupName: "down" }));
    expect((await next())[0]).toBe("$aws/events/thingGroup/down/deleted");
    expect((await next())[0]).toMatch(/childThingGroup\/down\/removed$/);
  });

  it("of memberships in groups, however they begin and end", async () => {
    const { iot, client } = openBroker();
    const eventConfigurations = { THING_GROUP_MEMBERSHIP: { Enabled: true } };
    await iot.send(new UpdateEventConfigurationsCommand({ eventConfigurations }));
    const watcher = await client("watcher");
    await watcher.subscribe("$aws/events/thingGroupMembership/#");
    const groups = new Map<string, { groupArn: string; groupId: string }>();
    for (const thingGroupName of ["north", "south"]) {
      const made = await iot.send(new CreateThingGroupCommand({ thingGroupName }));
      const { thingGroupArn: groupArn = "", thingGroupId: groupId = "" } = made;
      groups.set(thingGroupName, { groupArn, groupId });
    }
    const { thingId } = await iot.send(new CreateThingCommand({ thingName: "t" }));
    const of = (name: string, how: string) =>
      `$aws/events/thingGroupMembership/thingGroup/${name}/thing/t/${how}`;
    const add = (thingGroupName: string) =>
      iot.send(new AddThingToThingGroupCommand({ thingGroupName, thingName: "t" }));

    await add("north");
    await add("north");
    const [topic, added] = await watcher.document();
    expect([topic, added]).toEqual([
      of("north", "added"),
      {
        eventType: "THING_GROUP_MEMBERSHIP_EVENT",
        eventId: expect.any(String),
        timestamp: NOW,
        operation: "ADDED",
        accountId: "111122223333",
        ...groups.get("north"),
        thingArn: `${ARN}thing/t`,
        thingId,
        membershipId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      },
    ]);
    await iot.send(
      new UpdateThingGroupsForThingCommand({
        thingName: "t",
        thingGroupsToRemove: ["north"],
        thingGroupsToAdd: ["south"],
      }),
    );
    expect(await watcher.document()).toMatchObject([
      of("north", "removed"),
      { operation: "REMOVED", membershipId: added["membershipId"] },
    ]);
    expect(await watcher.document()).toMatchObject([
      of("south", "added"),
      { membershipId: expect.not.stringContaining(String(added["membershipId"])) },
    ]);
    await iot.send(new DeleteThingGroupCommand({ thingGroupName: "south" }));
    expect(await watcher.rest()).toEqual([of("south", "removed")]);
    await add("north");
    await iot.send(new DeleteThingCommand({ thingName: "t" }));
    expect(await watcher.rest()).toEqual([of("north", "added"), of("north", "removed")]);
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
