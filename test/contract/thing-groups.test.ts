import {
  AddThingToThingGroupCommand,
  CreateThingGroupCommand,
  DeleteThingGroupCommand,
  DescribeThingGroupCommand,
  ListThingGroupsCommand,
  ListThingGroupsForThingCommand,
  ListThingsInThingGroupCommand,
  RemoveThingFromThingGroupCommand,
  UpdateThingGroupCommand,
  UpdateThingGroupsForThingCommand,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { makeGroup, makeThing } from "./makers.js";
import { longest, pagesOf } from "./paging.js";
import { answerOf, invalid, notFound, otherVersion, taken, uuid } from "./refused.js";
import { openTarget } from "./target.js";

const target = await openTarget();
const { iot } = target;

const look = (thingGroupName: string) =>
  iot.send(new DescribeThingGroupCommand({ thingGroupName }));
const join = (thingName: string, thingGroupName: string) =>
  iot.send(new AddThingToThingGroupCommand({ thingName, thingGroupName }));
const leave = (thingName: string, thingGroupName: string) =>
  iot.send(new RemoveThingFromThingGroupCommand({ thingName, thingGroupName }));
const groupsOf = async (thingName: string) => {
  const { thingGroups } = await iot.send(new ListThingGroupsForThingCommand({ thingName }));
  return thingGroups?.map(({ groupName }) => groupName).sort();
};
const thingsIn = async (thingGroupName: string, recursive?: boolean) => {
  const { things } = await iot.send(
    new ListThingsInThingGroupCommand({ thingGroupName, recursive }),
  );
  return things?.sort();
};
const remove = (thingGroupName: string, expectedVersion?: number) =>
  iot.send(new DeleteThingGroupCommand({ thingGroupName, expectedVersion }));

const thingGroupProperties = {
  thingGroupDescription: "Cars of the north",
  attributePayload: { attributes: { region: "north" } },
};

// https://docs.aws.amazon.com/iot/latest/apireference/API_CreateThingGroup.html
describe("CreateThingGroup", () => {
  it("answers with name, ARN and id, again for the same configuration", async () => {
    const thingGroupName = target.name("group");
    const make = () => makeGroup(target, { thingGroupName, thingGroupProperties });

    const first = await make();

    expect(first).toEqual({
      thingGroupName,
      thingGroupArn: target.arn(`thinggroup/${thingGroupName}`),
      thingGroupId: expect.stringMatching(uuid),
    });
    expect(await make()).toEqual(first);
  });

  it("refuses the name for other properties with 409", async () => {
    const { thingGroupName } = await makeGroup(target, { thingGroupProperties });

    const again = iot.send(
      new CreateThingGroupCommand({
        thingGroupName,
        thingGroupProperties: { thingGroupDescription: "Cars of the south" },
      }),
    );

    await expect(again).rejects.toMatchObject({
      ...taken,
      message: `Thing Group ${thingGroupName} already exists in current account with different properties`,
    });
  });

  it("refuses a name with a blank with 400", async () => {
    const blank = iot.send(new CreateThingGroupCommand({ thingGroupName: "contract cars" }));

    await expect(blank).rejects.toMatchObject(invalid);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeThingGroup.html
describe("DescribeThingGroup", () => {
  it("tells the whole group, with the way down from the root", async () => {
    const root = await makeGroup(target);
    const made = await makeGroup(target, {
      parentGroupName: root.thingGroupName,
      thingGroupProperties,
    });

    expect(answerOf(await look(made.thingGroupName))).toEqual({
      ...made,
      version: 1,
      thingGroupProperties,
      thingGroupMetadata: {
        creationDate: expect.any(Date),
        parentGroupName: root.thingGroupName,
        rootToParentThingGroups: [{ groupName: root.thingGroupName, groupArn: root.thingGroupArn }],
      },
    });
  });

  it("refuses an unknown group with 404", async () => {
    await expect(look(target.name("group"))).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateThingGroup.html
describe("UpdateThingGroup", () => {
  const update = (thingGroupName: string, expectedVersion?: number) =>
    iot.send(
      new UpdateThingGroupCommand({ thingGroupName, thingGroupProperties, expectedVersion }),
    );

  it("answers with the new version", async () => {
    const { thingGroupName } = await makeGroup(target);

    expect(answerOf(await update(thingGroupName, 1))).toEqual({ version: 2 });

    expect(await look(thingGroupName)).toMatchObject({ thingGroupProperties, version: 2 });
  });

  it("refuses another version with 409, and an unknown group with 404", async () => {
    const { thingGroupName } = await makeGroup(target);

    await expect(update(thingGroupName, 2)).rejects.toMatchObject(otherVersion);
    await expect(update(target.name("group"))).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_AddThingToThingGroup.html
// https://docs.aws.amazon.com/iot/latest/apireference/API_RemoveThingFromThingGroup.html
describe("AddThingToThingGroup and RemoveThingFromThingGroup", () => {
  it("change nothing the second time", async () => {
    const { thingName } = await makeThing(target);
    const { thingGroupName } = await makeGroup(target);

    for (let i = 0; i < 2; i++) await join(thingName, thingGroupName);
    await target.eventually(async () =>
      expect(await groupsOf(thingName)).toEqual([thingGroupName]),
    );
    for (let i = 0; i < 2; i++) await leave(thingName, thingGroupName);
    await target.eventually(async () => expect(await groupsOf(thingName)).toEqual([]));
  });

  it("take ARNs for names", async () => {
    const { thingName, thingArn } = await makeThing(target);
    const { thingGroupName, thingGroupArn } = await makeGroup(target);

    await iot.send(new AddThingToThingGroupCommand({ thingArn, thingGroupArn }));
    await target.eventually(async () =>
      expect(await groupsOf(thingName)).toEqual([thingGroupName]),
    );
    await iot.send(new RemoveThingFromThingGroupCommand({ thingArn, thingGroupArn }));
    await target.eventually(async () => expect(await groupsOf(thingName)).toEqual([]));
  });

  it("refuse an unknown thing and an unknown group with 404", async () => {
    const { thingName } = await makeThing(target);
    const { thingGroupName } = await makeGroup(target);

    for (const change of [join, leave]) {
      await expect(change(thingName, target.name("group"))).rejects.toMatchObject(notFound);
      await expect(change(target.name("thing"), thingGroupName)).rejects.toMatchObject(notFound);
    }
  });

  it("keep a thing out of two groups of one hierarchy", async () => {
    const { thingName } = await makeThing(target);
    const { thingGroupName: parentGroupName } = await makeGroup(target);
    const { thingGroupName } = await makeGroup(target, { parentGroupName });
    await join(thingName, parentGroupName);

    await expect(join(thingName, thingGroupName)).rejects.toMatchObject(invalid);
  });

  it("keep a thing in ten groups at most", async () => {
    const { thingName } = await makeThing(target);
    for (let i = 0; i < 10; i++) await join(thingName, (await makeGroup(target)).thingGroupName);

    const { thingGroupName } = await makeGroup(target);

    await expect(join(thingName, thingGroupName)).rejects.toMatchObject(invalid);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateThingGroupsForThing.html
describe("UpdateThingGroupsForThing", () => {
  it("adds and removes at once", async () => {
    const { thingName } = await makeThing(target);
    const before = await makeGroup(target);
    const after = await makeGroup(target);
    await join(thingName, before.thingGroupName);

    await iot.send(
      new UpdateThingGroupsForThingCommand({
        thingName,
        thingGroupsToAdd: [after.thingGroupName],
        thingGroupsToRemove: [before.thingGroupName],
      }),
    );

    await target.eventually(async () =>
      expect(await groupsOf(thingName)).toEqual([after.thingGroupName]),
    );
  });

  it("refuses an unknown thing with 404", async () => {
    const { thingGroupName } = await makeGroup(target);
    const moved = iot.send(
      new UpdateThingGroupsForThingCommand({
        thingName: target.name("thing"),
        thingGroupsToAdd: [thingGroupName],
      }),
    );

    await expect(moved).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_ListThingGroups.html
describe("ListThingGroups", () => {
  it("lists children, and with recursive all below, page by page", async () => {
    const { thingGroupName: root } = await makeGroup(target);
    const { thingGroupName: child } = await makeGroup(target, { parentGroupName: root });
    const { thingGroupName: grandchild } = await makeGroup(target, { parentGroupName: child });
    const below = async (recursive: boolean) => {
      const pages = await pagesOf(async (nextToken) => {
        const input = { parentGroup: root, recursive, maxResults: 1, nextToken };
        const page = await iot.send(new ListThingGroupsCommand(input));
        return { items: page.thingGroups, next: page.nextToken };
      });
      expect(longest(pages)).toBeLessThanOrEqual(1);
      return pages.flat().map(({ groupName }) => groupName);
    };

    await target.eventually(async () => expect(await below(false)).toEqual([child]));
    await target.eventually(async () =>
      expect((await below(true)).sort()).toEqual([child, grandchild].sort()),
    );
  });

  it("finds groups by how their names begin, with their ARNs", async () => {
    const { thingGroupName, thingGroupArn } = await makeGroup(target);

    await target.eventually(async () => {
      const { thingGroups } = await iot.send(
        new ListThingGroupsCommand({ namePrefixFilter: thingGroupName }),
      );
      expect(thingGroups).toEqual([{ groupName: thingGroupName, groupArn: thingGroupArn }]);
    });
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_ListThingGroupsForThing.html
describe("ListThingGroupsForThing", () => {
  it("pages through the groups of a thing, each once", async () => {
    const { thingName } = await makeThing(target);
    const names: string[] = [];
    for (let i = 0; i < 3; i++) names.push((await makeGroup(target)).thingGroupName);
    for (const name of names) await join(thingName, name);

    await target.eventually(async () => {
      const pages = await pagesOf(async (nextToken) => {
        const page = await iot.send(
          new ListThingGroupsForThingCommand({ thingName, maxResults: 2, nextToken }),
        );
        return { items: page.thingGroups, next: page.nextToken };
      });
      expect(longest(pages)).toBeLessThanOrEqual(2);
      expect(
        pages
          .flat()
          .map(({ groupName }) => groupName)
          .sort(),
      ).toEqual(names.sort());
    });
  });

  it("refuses an unknown thing with 404", async () => {
    await expect(groupsOf(target.name("thing"))).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_ListThingsInThingGroup.html
describe("ListThingsInThingGroup", () => {
  it("lists members, with recursive also those of the groups below, page by page", async () => {
    const { thingGroupName: parent } = await makeGroup(target);
    const { thingGroupName: child } = await makeGroup(target, { parentGroupName: parent });
    const above = await makeThing(target);
    const below = await makeThing(target);
    await join(above.thingName, parent);
    await join(below.thingName, child);

    await target.eventually(async () => expect(await thingsIn(parent)).toEqual([above.thingName]));
    await target.eventually(async () => {
      const pages = await pagesOf(async (nextToken) => {
        const input = { thingGroupName: parent, recursive: true, maxResults: 1, nextToken };
        const page = await iot.send(new ListThingsInThingGroupCommand(input));
        return { items: page.things, next: page.nextToken };
      });
      expect(longest(pages)).toBeLessThanOrEqual(1);
      expect(pages.flat().sort()).toEqual([above.thingName, below.thingName].sort());
    });
  });

  it("refuses an unknown group with 404", async () => {
    await expect(thingsIn(target.name("group"))).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteThingGroup.html
describe("DeleteThingGroup", () => {
  it("takes the members' membership along, and succeeds a second time", async () => {
    const { thingName } = await makeThing(target);
    const { thingGroupName } = await makeGroup(target);
    await join(thingName, thingGroupName);

    await remove(thingGroupName);
    await remove(thingGroupName);

    await expect(look(thingGroupName)).rejects.toMatchObject(notFound);
    await target.eventually(async () => expect(await groupsOf(thingName)).toEqual([]));
  });

  it("refuses a group with children, and another version", async () => {
    const { thingGroupName: parent } = await makeGroup(target);
    const { thingGroupName: child } = await makeGroup(target, { parentGroupName: parent });

    await expect(remove(child, 2)).rejects.toMatchObject(otherVersion);
    await expect(remove(parent)).rejects.toMatchObject({
      ...invalid,
      message: `Cannot delete thing group : ${parent} when there are still child groups attached to it.`,
    });
  });
});
