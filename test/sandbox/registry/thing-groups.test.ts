import {
  AddThingToThingGroupCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  DeleteThingGroupCommand,
  DescribeThingGroupCommand,
  ListTagsForResourceCommand,
  ListThingGroupsCommand,
  ListThingGroupsForThingCommand,
  paginateListThingGroups,
  UpdateThingGroupCommand,
  type CreateThingGroupCommandInput,
  type ListThingGroupsCommandInput,
  type ThingGroupProperties,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { ACCOUNT, openSandbox, REGION } from "../clients.js";

const arnOf = (name: string) => `arn:aws:iot:${REGION}:${ACCOUNT}:thinggroup/${name}`;

function open() {
  const clients = openSandbox();
  const { iot } = clients;
  const create = (
    thingGroupName: string,
    parentGroupName?: string,
    rest: Partial<CreateThingGroupCommandInput> = {},
  ) => iot.send(new CreateThingGroupCommand({ thingGroupName, parentGroupName, ...rest }));
  const describeOne = (thingGroupName: string) =>
    iot.send(new DescribeThingGroupCommand({ thingGroupName }));
  const remove = (thingGroupName: string, expectedVersion?: number) =>
    iot.send(new DeleteThingGroupCommand({ thingGroupName, expectedVersion }));
  return { ...clients, create, describeOne, remove };
}

describe("CreateThingGroup (API_CreateThingGroup)", () => {
  const thingGroupProperties = {
    thingGroupDescription: "West coast",
    attributePayload: { attributes: { region: "west" } },
  };

  it("answers with name, ARN and id, and keeps the tags", async () => {
    const { iot, create } = open();

    const group = await create("west", undefined, { tags: [{ Key: "k", Value: "v" }] });
    const { tags } = await iot.send(
      new ListTagsForResourceCommand({ resourceArn: group.thingGroupArn }),
    );

    expect(group).toMatchObject({ thingGroupName: "west", thingGroupArn: arnOf("west") });
    expect(group.thingGroupId).toHaveLength(36);
    expect(tags).toEqual([{ Key: "k", Value: "v" }]);
  });

  it("succeeds again with exactly the same properties, tags aside", async () => {
    const { create } = open();
    const first = await create("west", undefined, { thingGroupProperties });

    const again = await create("west", undefined, {
      thingGroupProperties,
      tags: [{ Key: "k", Value: "v" }],
    });

    expect(again.thingGroupId).toBe(first.thingGroupId);
  });

  it.each([
    ["properties", undefined, {}],
    ["parent", "world", { thingGroupProperties }],
  ])("refuses an existing name with another %s", async (_, parent, rest) => {
    const { create } = open();
    await create("world");
    const first = await create("west", undefined, { thingGroupProperties });

    await expect(create("west", parent, rest)).rejects.toMatchObject({
      name: "ResourceAlreadyExistsException",
      message: "Thing Group west already exists in current account with different properties",
      resourceId: first.thingGroupId,
      resourceArn: arnOf("west"),
      $metadata: { httpStatusCode: 409 },
    });
  });

  it("refuses an unknown parent", async () => {
    const { create } = open();

    await expect(create("west", "nope")).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "Thing group nope cannot be found",
    });
  });

  it("builds seven levels and not an eighth", async () => {
    const { create } = open();
    for (let level = 1; level <= 7; level++) {
      await create(`level-${level}`, level > 1 ? `level-${level - 1}` : undefined);
    }

    await expect(create("level-8", "level-7")).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: "A hierarchy of thing groups can have 7 levels; level-7 is on the last one",
    });
  });

  it("gives a parent a hundred children and not one more", async () => {
    const { create } = open();
    await create("world");
    for (let i = 0; i < 100; i++) await create(`child-${i}`, "world");

    await expect(create("child-100", "world")).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
    await create("grandchild", "child-0");
  });

  it("refuses more than fifty attributes", async () => {
    const { create } = open();
    const attributes = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`a${i}`, "x"]));

    await expect(
      create("west", undefined, { thingGroupProperties: { attributePayload: { attributes } } }),
    ).rejects.toMatchObject({ name: "InvalidRequestException" });
  });
});

describe("DescribeThingGroup (API_DescribeThingGroup)", () => {
  // https://docs.aws.amazon.com/cli/latest/reference/iot/describe-thing-group.html, its example
  it.each<[string, ThingGroupProperties | undefined, ThingGroupProperties]>([
    ["nothing", undefined, {}],
    ["an empty payload", { attributePayload: { attributes: {} } }, {}],
    ["an attribute without a value", { attributePayload: { attributes: { a: "" } } }, {}],
    ["a description only", { thingGroupDescription: "West" }, { thingGroupDescription: "West" }],
  ])("shows no payload of a group made with %s", async (_, thingGroupProperties, expected) => {
    const { create, describeOne } = open();
    await create("west", undefined, { thingGroupProperties });

    expect((await describeOne("west")).thingGroupProperties).toEqual(expected);
  });

  it("shows no payload any more when the last attribute goes", async () => {
    const { iot, create, describeOne } = open();
    const attributes = { a: "1" };
    await create("west", undefined, { thingGroupProperties: { attributePayload: { attributes } } });
    await iot.send(
      new UpdateThingGroupCommand({
        thingGroupName: "west",
        thingGroupProperties: { attributePayload: { attributes: { a: "" }, merge: true } },
      }),
    );

    expect((await describeOne("west")).thingGroupProperties).toEqual({});
    // The same group again, whichever way its emptiness is said.
    await create("west");
  });

  it("tells properties, version and the way from the root", async () => {
    const { clock, create, describeOne } = open();
    await create("world");
    await create("america", "world");
    const made = await create("west", "america", {
      thingGroupProperties: {
        thingGroupDescription: "West coast",
        attributePayload: { attributes: { region: "west" } },
      },
    });

    const { $metadata: _, ...group } = await describeOne("west");

    expect(group).toEqual({
      thingGroupName: "west",
      thingGroupId: made.thingGroupId,
      thingGroupArn: arnOf("west"),
      version: 1,
      thingGroupProperties: {
        thingGroupDescription: "West coast",
        attributePayload: { attributes: { region: "west" } },
      },
      thingGroupMetadata: {
        creationDate: new Date(clock.now()),
        parentGroupName: "america",
        rootToParentThingGroups: [
          { groupName: "world", groupArn: arnOf("world") },
          { groupName: "america", groupArn: arnOf("america") },
        ],
      },
    });
  });

  it("refuses an unknown group", async () => {
    const { describeOne } = open();

    await expect(describeOne("nope")).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      $metadata: { httpStatusCode: 404 },
    });
  });
});

describe("UpdateThingGroup (API_UpdateThingGroup)", () => {
  it("changes what is sent, merges attributes on demand, and answers with the version", async () => {
    const { iot, create, describeOne } = open();
    await create("west", undefined, {
      thingGroupProperties: {
        thingGroupDescription: "West coast",
        attributePayload: { attributes: { region: "west", a: "1" } },
      },
    });

    const first = await iot.send(
      new UpdateThingGroupCommand({
        thingGroupName: "west",
        thingGroupProperties: { attributePayload: { attributes: { a: "2" }, merge: true } },
      }),
    );
    const merged = await describeOne("west");
    const second = await iot.send(
      new UpdateThingGroupCommand({
        thingGroupName: "west",
        thingGroupProperties: { attributePayload: { attributes: { b: "3" } } },
        expectedVersion: 2,
      }),
    );
    const replaced = await describeOne("west");

    expect([first.version, second.version]).toEqual([2, 3]);
    expect(merged.thingGroupProperties).toEqual({
      thingGroupDescription: "West coast",
      attributePayload: { attributes: { region: "west", a: "2" } },
    });
    expect(replaced.thingGroupProperties?.attributePayload?.attributes).toEqual({ b: "3" });
  });

  it("refuses another version than the expected one", async () => {
    const { iot, create } = open();
    await create("west");

    await expect(
      iot.send(
        new UpdateThingGroupCommand({
          thingGroupName: "west",
          thingGroupProperties: {},
          expectedVersion: 5,
        }),
      ),
    ).rejects.toMatchObject({
      name: "VersionConflictException",
      $metadata: { httpStatusCode: 409 },
    });
  });

  it("refuses an unknown group", async () => {
    const { iot } = open();

    await expect(
      iot.send(new UpdateThingGroupCommand({ thingGroupName: "x", thingGroupProperties: {} })),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});

describe("DeleteThingGroup (API_DeleteThingGroup)", () => {
  it("deletes a group with things in it, and succeeds again for what is gone", async () => {
    const { iot, create, remove, describeOne } = open();
    await create("west");
    await iot.send(new CreateThingCommand({ thingName: "car-1" }));
    await iot.send(new AddThingToThingGroupCommand({ thingName: "car-1", thingGroupName: "west" }));

    await remove("west");
    await remove("west");

    await expect(describeOne("west")).rejects.toThrow("cannot be found");
    const { thingGroups } = await iot.send(
      new ListThingGroupsForThingCommand({ thingName: "car-1" }),
    );
    expect(thingGroups).toEqual([]);
  });

  it("refuses while there are child groups", async () => {
    const { create, remove } = open();
    await create("world");
    await create("west", "world");

    await expect(remove("world")).rejects.toMatchObject({
      name: "InvalidRequestException",
      message:
        "Cannot delete thing group : world when there are still child groups attached to it.",
    });
    await remove("west");
    await remove("world");
  });

  it("refuses another version than the expected one", async () => {
    const { create, remove } = open();
    await create("west");

    await expect(remove("west", 3)).rejects.toMatchObject({ name: "VersionConflictException" });
  });
});

describe("ListThingGroups (API_ListThingGroups)", () => {
  async function withTree() {
    const clients = open();
    await clients.create("world");
    await clients.create("america", "world");
    await clients.create("west", "america");
    await clients.create("east", "america");
    await clients.create("other");
    return clients;
  }

  it.each<[ListThingGroupsCommandInput, string[]]>([
    [{}, ["america", "east", "other", "west", "world"]],
    [{ namePrefixFilter: "w" }, ["west", "world"]],
    [{ parentGroup: "world" }, ["america"]],
    [{ parentGroup: "world", recursive: true }, ["america", "east", "west"]],
    [{ parentGroup: "world", recursive: true, namePrefixFilter: "we" }, ["west"]],
    [{ parentGroup: "other" }, []],
  ])("lists by %j", async (filter, expected) => {
    const { iot } = await withTree();

    const { thingGroups } = await iot.send(new ListThingGroupsCommand(filter));

    expect(thingGroups).toEqual(
      expected.map((name) => ({ groupName: name, groupArn: arnOf(name) })),
    );
  });

  it("pages in order", async () => {
    const { iot } = await withTree();

    const pages: (string | undefined)[][] = [];
    for await (const page of paginateListThingGroups({ client: iot, pageSize: 2 }, {})) {
      pages.push((page.thingGroups ?? []).map(({ groupName }) => groupName));
    }

    expect(pages).toEqual([["america", "east"], ["other", "west"], ["world"]]);
  });

  it("refuses an unknown parent", async () => {
    const { iot } = open();

    await expect(
      iot.send(new ListThingGroupsCommand({ parentGroup: "nope" })),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});
