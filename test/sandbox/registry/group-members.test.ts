import {
  AddThingToThingGroupCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  ListThingGroupsForThingCommand,
  ListThingsInThingGroupCommand,
  paginateListThingGroupsForThing,
  paginateListThingsInThingGroup,
  RemoveThingFromThingGroupCommand,
  UpdateThingGroupsForThingCommand,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { ACCOUNT, openSandbox, REGION } from "../clients.js";

const arnOf = (kind: string, name: string) => `arn:aws:iot:${REGION}:${ACCOUNT}:${kind}/${name}`;

/** Things car-1 to car-3; groups world > america > (west, east), and other. */
async function withFleet() {
  const clients = openSandbox();
  const { iot } = clients;
  for (const thingName of ["car-1", "car-2", "car-3"]) {
    await iot.send(new CreateThingCommand({ thingName }));
  }
  const createGroup = (thingGroupName: string, parentGroupName?: string) =>
    iot.send(new CreateThingGroupCommand({ thingGroupName, parentGroupName }));
  await createGroup("world");
  await createGroup("america", "world");
  await createGroup("west", "america");
  await createGroup("east", "america");
  await createGroup("other");
  const add = (thingName: string, thingGroupName: string) =>
    iot.send(new AddThingToThingGroupCommand({ thingName, thingGroupName }));
  const remove = (thingName: string, thingGroupName: string) =>
    iot.send(new RemoveThingFromThingGroupCommand({ thingName, thingGroupName }));
  const groupsOf = async (thingName: string) => {
    const { thingGroups } = await iot.send(new ListThingGroupsForThingCommand({ thingName }));
    return (thingGroups ?? []).map(({ groupName }) => groupName);
  };
  const thingsIn = async (thingGroupName: string, recursive = false) => {
    const { things } = await iot.send(
      new ListThingsInThingGroupCommand({ thingGroupName, recursive }),
    );
    return things;
  };
  return { ...clients, createGroup, add, remove, groupsOf, thingsIn };
}

describe("AddThingToThingGroup (API_AddThingToThingGroup)", () => {
  it("adds, and changes nothing the second time", async () => {
    const { add, groupsOf, thingsIn } = await withFleet();

    await add("car-1", "west");
    await add("car-1", "west");

    expect(await groupsOf("car-1")).toEqual(["west"]);
    expect(await thingsIn("west")).toEqual(["car-1"]);
  });

  it("takes ARNs for names, also both when they agree", async () => {
    const { iot, groupsOf } = await withFleet();

    await iot.send(
      new AddThingToThingGroupCommand({
        thingArn: arnOf("thing", "car-1"),
        thingGroupName: "west",
        thingGroupArn: arnOf("thinggroup", "west"),
      }),
    );

    expect(await groupsOf("car-1")).toEqual(["west"]);
  });

  it.each([
    ["no thing", { thingGroupName: "west" }],
    ["no group", { thingName: "car-1" }],
    [
      "an ARN of another thing",
      { thingName: "car-1", thingArn: arnOf("thing", "car-2"), thingGroupName: "west" },
    ],
    [
      "an ARN of another account",
      { thingArn: `arn:aws:iot:${REGION}:999999999999:thing/car-1`, thingGroupName: "west" },
    ],
  ])("refuses %s", async (_, input) => {
    const { iot } = await withFleet();

    await expect(iot.send(new AddThingToThingGroupCommand(input))).rejects.toMatchObject({
      name: "InvalidRequestException",
      $metadata: { httpStatusCode: 400 },
    });
  });

  it("refuses an unknown thing and an unknown group with 404", async () => {
    const { add } = await withFleet();

    await expect(add("nope", "west")).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "Thing nope cannot be found",
    });
    await expect(add("car-1", "nope")).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "Thing group nope cannot be found",
    });
  });

  it.each([
    ["a sibling", "west", "east"],
    ["the parent", "west", "america"],
    ["a descendant", "world", "east"],
  ])("refuses a second group of one hierarchy: %s", async (_, first, second) => {
    const { add, groupsOf } = await withFleet();
    await add("car-1", first);

    await expect(add("car-1", second)).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: `Thing car-1 cannot be in two groups of one hierarchy: it is already in ${first}`,
    });
    await add("car-1", "other");

    expect(await groupsOf("car-1")).toEqual(["other", first].sort());
  });

  it("puts a thing in ten groups and not in an eleventh", async () => {
    const { createGroup, add } = await withFleet();
    for (let i = 1; i <= 11; i++) await createGroup(`group-${i}`);
    for (let i = 1; i <= 10; i++) await add("car-1", `group-${i}`);

    await expect(add("car-1", "group-11")).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: "Thing car-1 is already in 10 groups, which is the most it can be in",
    });
  });
});

describe("RemoveThingFromThingGroup (API_RemoveThingFromThingGroup)", () => {
  it("removes, and succeeds for a thing that is not in the group", async () => {
    const { add, remove, groupsOf, thingsIn } = await withFleet();
    await add("car-1", "west");
    await add("car-1", "other");
    await add("car-2", "west");

    await remove("car-1", "west");
    await remove("car-1", "west");

    expect(await groupsOf("car-1")).toEqual(["other"]);
    expect(await thingsIn("west")).toEqual(["car-2"]);
  });

  it("refuses an unknown thing and an unknown group", async () => {
    const { remove } = await withFleet();

    await expect(remove("nope", "west")).rejects.toThrow("Thing nope cannot be found");
    await expect(remove("car-1", "nope")).rejects.toThrow("Thing group nope cannot be found");
  });
});

describe("UpdateThingGroupsForThing (API_UpdateThingGroupsForThing)", () => {
  it("moves a thing within a hierarchy", async () => {
    const { iot, add, groupsOf } = await withFleet();
    await add("car-1", "west");

    await iot.send(
      new UpdateThingGroupsForThingCommand({
        thingName: "car-1",
        thingGroupsToAdd: ["east", "other"],
        thingGroupsToRemove: ["west"],
      }),
    );

    expect(await groupsOf("car-1")).toEqual(["east", "other"]);
  });

  it("does all or nothing", async () => {
    const { iot, add, groupsOf } = await withFleet();
    await add("car-1", "west");

    await expect(
      iot.send(
        new UpdateThingGroupsForThingCommand({
          thingName: "car-1",
          thingGroupsToAdd: ["other", "nope"],
          thingGroupsToRemove: ["west"],
        }),
      ),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException" });

    expect(await groupsOf("car-1")).toEqual(["west"]);
  });

  it("needs the thing", async () => {
    const { iot } = await withFleet();

    await expect(
      iot.send(new UpdateThingGroupsForThingCommand({ thingGroupsToAdd: ["west"] })),
    ).rejects.toMatchObject({ name: "InvalidRequestException" });
    await expect(
      iot.send(new UpdateThingGroupsForThingCommand({ thingName: "nope" })),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});

describe("ListThingsInThingGroup (API_ListThingsInThingGroup)", () => {
  it("lists things of the group itself, and of those below it when recursive", async () => {
    const { add, thingsIn } = await withFleet();
    await add("car-1", "america");
    await add("car-2", "west");
    await add("car-3", "east");

    expect(await thingsIn("world")).toEqual([]);
    expect(await thingsIn("america")).toEqual(["car-1"]);
    expect((await thingsIn("world", true))?.sort()).toEqual(["car-1", "car-2", "car-3"]);
  });

  it.each([false, true])("pages without loss or repetition (recursive: %s)", async (recursive) => {
    const { iot, add } = await withFleet();
    await add("car-1", "west");
    await add("car-2", recursive ? "east" : "west");
    await add("car-3", recursive ? "america" : "west");

    const pages: string[][] = [];
    for await (const page of paginateListThingsInThingGroup(
      { client: iot, pageSize: 1 },
      { thingGroupName: recursive ? "world" : "west", recursive },
    )) {
      pages.push(page.things ?? []);
    }

    expect(pages.map((page) => page.length)).toEqual([1, 1, 1]);
    expect(pages.flat().sort()).toEqual(["car-1", "car-2", "car-3"]);
  });

  it("refuses an unknown group", async () => {
    const { thingsIn } = await withFleet();

    await expect(thingsIn("nope")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});

describe("ListThingGroupsForThing (API_ListThingGroupsForThing)", () => {
  it("lists names and ARNs of direct memberships in pages", async () => {
    const { iot, add } = await withFleet();
    await add("car-1", "west");
    await add("car-1", "other");

    const pages = [];
    for await (const page of paginateListThingGroupsForThing(
      { client: iot, pageSize: 1 },
      { thingName: "car-1" },
    )) {
      pages.push(page.thingGroups);
    }

    expect(pages).toEqual([
      [{ groupName: "other", groupArn: arnOf("thinggroup", "other") }],
      [{ groupName: "west", groupArn: arnOf("thinggroup", "west") }],
    ]);
  });

  it("refuses an unknown thing", async () => {
    const { groupsOf } = await withFleet();

    await expect(groupsOf("nope")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});
