import {
  AddThingToThingGroupCommand,
  CreateDynamicThingGroupCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  DeleteDynamicThingGroupCommand,
  DeleteThingCommand,
  DeleteThingGroupCommand,
  DescribeThingGroupCommand,
  ListTagsForResourceCommand,
  ListThingGroupsCommand,
  ListThingGroupsForThingCommand,
  ListThingsInThingGroupCommand,
  RemoveThingFromThingGroupCommand,
  SearchIndexCommand,
  UpdateDynamicThingGroupCommand,
  UpdateIndexingConfigurationCommand,
  UpdateThingCommand,
  UpdateThingGroupCommand,
  UpdateThingGroupsForThingCommand,
  type CreateDynamicThingGroupCommandInput,
  type UpdateDynamicThingGroupCommandInput,
} from "@aws-sdk/client-iot";
import { UpdateThingShadowCommand } from "@aws-sdk/client-iot-data-plane";
import { describe, expect, it } from "vitest";
import { ACCOUNT, openSandbox, REGION } from "../clients.js";

const arnOf = (name: string) => `arn:aws:iot:${REGION}:${ACCOUNT}:thinggroup/${name}`;

/** The sandbox's default lags: of a change, and of a build of the index or of a group. */
const LAG = 1_500;
const BUILD = 5_000;

/** Three cars, car-1 and car-3 in the US, and an index that is ready. */
async function withFleet() {
  const clients = openSandbox();
  const { iot, iotData, clock } = clients;
  const register = (thingName: string, country: string) =>
    iot.send(new CreateThingCommand({ thingName, attributePayload: { attributes: { country } } }));
  const move = (thingName: string, country: string) =>
    iot.send(new UpdateThingCommand({ thingName, attributePayload: { attributes: { country } } }));
  const report = (thingName: string, reported: object) =>
    iotData.send(
      new UpdateThingShadowCommand({
        thingName,
        payload: JSON.stringify({ state: { reported } }),
      }),
    );
  const create = (
    thingGroupName: string,
    queryString: string,
    rest: Partial<CreateDynamicThingGroupCommandInput> = {},
  ) => iot.send(new CreateDynamicThingGroupCommand({ thingGroupName, queryString, ...rest }));
  /** Create a dynamic group and wait until it is ACTIVE. */
  const build = async (thingGroupName: string, queryString: string) => {
    await create(thingGroupName, queryString);
    await clock.advance(BUILD);
  };
  const describeOne = (thingGroupName: string) =>
    iot.send(new DescribeThingGroupCommand({ thingGroupName }));
  const update = (rest: Partial<UpdateDynamicThingGroupCommandInput>, thingGroupName = "us") =>
    iot.send(
      new UpdateDynamicThingGroupCommand({ thingGroupName, thingGroupProperties: {}, ...rest }),
    );
  const members = async (thingGroupName: string, input: object = {}) => {
    const { things } = await iot.send(
      new ListThingsInThingGroupCommand({ thingGroupName, ...input }),
    );
    return things;
  };
  const groupsOf = async (thingName: string) => {
    const { thingGroups } = await iot.send(new ListThingGroupsForThingCommand({ thingName }));
    return (thingGroups ?? []).map(({ groupName }) => groupName);
  };
  const search = async (queryString: string) => {
    const { things } = await iot.send(new SearchIndexCommand({ queryString }));
    return (things ?? []).map(({ thingName }) => thingName);
  };
  const join = async (thingName: string, thingGroupName: string, overrideDynamicGroups = false) => {
    await iot.send(new CreateThingGroupCommand({ thingGroupName }));
    await iot.send(
      new AddThingToThingGroupCommand({ thingName, thingGroupName, overrideDynamicGroups }),
    );
  };

  await register("car-1", "US");
  await register("car-2", "CA");
  await register("car-3", "US");
  await iot.send(
    new UpdateIndexingConfigurationCommand({
      thingIndexingConfiguration: { thingIndexingMode: "REGISTRY_AND_SHADOW" },
    }),
  );
  await clock.advance(BUILD);
  return {
    ...clients,
    ...{ register, move, report, create, build, describeOne, update, members, groupsOf, search },
    join,
  };
}

const US = "attributes.country:US";

describe("CreateDynamicThingGroup (API_CreateDynamicThingGroup)", () => {
  it("answers with the group and its query, and keeps the tags", async () => {
    const { iot, create } = await withFleet();

    const { $metadata: _, ...group } = await create("us", US, {
      tags: [{ Key: "k", Value: "v" }],
    });
    const { tags } = await iot.send(new ListTagsForResourceCommand({ resourceArn: arnOf("us") }));

    expect(group).toEqual({
      thingGroupName: "us",
      thingGroupArn: arnOf("us"),
      thingGroupId: expect.any(String),
      indexName: "AWS_Things",
      queryString: US,
      queryVersion: "2017-09-30",
    });
    expect(tags).toEqual([{ Key: "k", Value: "v" }]);
  });

  it("succeeds again when query, description and attributes are the same", async () => {
    const { create } = await withFleet();
    const first = await create("us", US);

    const again = await create("us", US);

    expect(again.thingGroupId).toBe(first.thingGroupId);
  });

  it("refuses an existing name with another query, also of a static group", async () => {
    const { iot, create } = await withFleet();
    await create("us", US);
    await iot.send(new CreateThingGroupCommand({ thingGroupName: "static" }));

    for (const name of ["us", "static"]) {
      await expect(create(name, "*")).rejects.toMatchObject({
        name: "ResourceAlreadyExistsException",
        resourceArn: arnOf(name),
        $metadata: { httpStatusCode: 409 },
      });
    }
    await expect(
      iot.send(new CreateThingGroupCommand({ thingGroupName: "us" })),
    ).rejects.toMatchObject({ name: "ResourceAlreadyExistsException" });
  });

  it("refuses a bad query, and takes a bare word", async () => {
    const { create } = await withFleet();

    await expect(create("bad", "attributes.country:(US OR")).rejects.toMatchObject({
      name: "InvalidQueryException",
      $metadata: { httpStatusCode: 400 },
    });
    await expect(create("bad", US, { queryVersion: "1" })).rejects.toMatchObject({
      name: "InvalidQueryException",
    });
    await create("word", "comet");
  });

  it("needs the index of things, built", async () => {
    const { iot } = openSandbox();
    const create = (indexName?: string) =>
      iot.send(
        new CreateDynamicThingGroupCommand({ thingGroupName: "us", queryString: US, indexName }),
      );

    await expect(create()).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await iot.send(
      new UpdateIndexingConfigurationCommand({
        thingIndexingConfiguration: { thingIndexingMode: "REGISTRY" },
      }),
    );
    await expect(create()).rejects.toMatchObject({ name: "InvalidRequestException" });
    await expect(create("AWS_ThingGroups")).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
  });

  it("refuses the hundred and first with 410", async () => {
    const { create } = await withFleet();
    for (let i = 1; i <= 100; i++) await create(`group-${i}`, `thingName:car-${i}`);

    await expect(create("group-101", "*")).rejects.toMatchObject({
      name: "LimitExceededException",
      $metadata: { httpStatusCode: 410 },
    });
  });
});

describe("DescribeThingGroup of a dynamic group", () => {
  it("tells the query, and BUILDING until it is ACTIVE", async () => {
    const { clock, create, describeOne } = await withFleet();
    await create("us", US);

    const building = await describeOne("us");
    await clock.advance(BUILD);
    const active = await describeOne("us");

    expect(building).toMatchObject({
      version: 1,
      indexName: "AWS_Things",
      queryString: US,
      queryVersion: "2017-09-30",
      status: "BUILDING",
    });
    expect(active.status).toBe("ACTIVE");
  });

  it("tells no status of a static group", async () => {
    const { iot, describeOne } = await withFleet();
    await iot.send(new CreateThingGroupCommand({ thingGroupName: "static" }));

    expect(await describeOne("static")).not.toHaveProperty("status");
  });
});

describe("members of a dynamic group", () => {
  it("are there when it is ACTIVE, in order and in pages", async () => {
    const { iot, clock, create, members, groupsOf } = await withFleet();
    await create("us", US);

    const early = await members("us");
    await clock.advance(BUILD);
    const first = await iot.send(
      new ListThingsInThingGroupCommand({ thingGroupName: "us", maxResults: 1 }),
    );

    expect(early).toEqual([]);
    expect(await members("us")).toEqual(["car-1", "car-3"]);
    expect(first.things).toEqual(["car-1"]);
    expect(await members("us", { nextToken: first.nextToken })).toEqual(["car-3"]);
    expect(await groupsOf("car-1")).toEqual(["us"]);
    expect(await groupsOf("car-2")).toEqual([]);
  });

  it("follow the registry after the index's lag", async () => {
    const { iot, clock, register, move, build, members } = await withFleet();
    await build("us", US);

    await move("car-1", "CA");
    await move("car-2", "US");
    await register("car-4", "US");
    await iot.send(new DeleteThingCommand({ thingName: "car-3" }));
    await clock.advance(LAG - 1);
    const before = await members("us");
    await clock.advance(1);

    // A thing that is gone is not listed, however late the index is.
    expect(before).toEqual(["car-1"]);
    expect(await members("us")).toEqual(["car-2", "car-4"]);
  });

  it("follow shadows", async () => {
    const { clock, report, build, members } = await withFleet();
    await build("low", "shadow.reported.battery<20");

    await report("car-1", { battery: 10 });
    await clock.advance(LAG);
    const low = await members("low");
    await report("car-1", { battery: 90 });
    await clock.advance(LAG);

    expect(low).toEqual(["car-1"]);
    expect(await members("low")).toEqual([]);
  });

  it("are found by the group's name one lag later still", async () => {
    const { clock, move, build, members, search } = await withFleet();
    await build("us", US);
    await clock.advance(LAG);
    await move("car-2", "US");

    await clock.advance(LAG);
    const listed = await members("us");
    const notYet = await search("thingGroupNames:us");
    await clock.advance(LAG);

    expect(listed).toEqual(["car-1", "car-2", "car-3"]);
    expect(notYet).toEqual(["car-1", "car-3"]);
    expect(await search("thingGroupNames:us")).toEqual(["car-1", "car-2", "car-3"]);
  });

  it("come to the same when nobody asked for a day", async () => {
    const { clock, move, create, members, search } = await withFleet();
    await create("us", US);
    await move("car-2", "US");
    await clock.advance(24 * 60 * 60_000);

    expect(await search("thingGroupNames:us")).toEqual(["car-1", "car-2", "car-3"]);
    expect(await members("us")).toEqual(["car-1", "car-2", "car-3"]);
  });

  it("may follow from another group, and a group that asks for itself hangs nothing", async () => {
    const { clock, build, members, join } = await withFleet();
    await join("car-2", "fleet");
    await clock.advance(LAG);
    await build("inner", "thingGroupNames:fleet");
    await build("never", "NOT thingGroupNames:never");
    await clock.advance(24 * 60 * 60_000);

    expect(await members("inner")).toEqual(["car-2"]);
    expect(await members("never")).toBeDefined();
  });

  it("are there at once in a sandbox without lags, and still nothing hangs", async () => {
    const { iot } = openSandbox({ lags: { indexMs: 0, indexBuildMs: 0 } });
    await iot.send(
      new UpdateIndexingConfigurationCommand({
        thingIndexingConfiguration: { thingIndexingMode: "REGISTRY" },
      }),
    );
    const create = (thingGroupName: string, queryString: string) =>
      iot.send(new CreateDynamicThingGroupCommand({ thingGroupName, queryString }));
    await create("cars", "thingName:car*");
    await create("never", "NOT thingGroupNames:never");
    await iot.send(new CreateThingCommand({ thingName: "car-1" }));

    const { things } = await iot.send(
      new SearchIndexCommand({ queryString: "thingGroupNames:cars" }),
    );

    expect(things).toMatchObject([{ thingName: "car-1" }]);
  });

  it("are not changed by hand", async () => {
    const { iot, build } = await withFleet();
    await build("us", US);
    const pair = { thingName: "car-2", thingGroupName: "us" };

    for (const command of [
      new AddThingToThingGroupCommand(pair),
      new RemoveThingFromThingGroupCommand(pair),
      new UpdateThingGroupsForThingCommand({ thingName: "car-2", thingGroupsToAdd: ["us"] }),
      new UpdateThingGroupsForThingCommand({ thingName: "car-2", thingGroupsToRemove: ["us"] }),
    ]) {
      await expect(iot.send(command as AddThingToThingGroupCommand)).rejects.toMatchObject({
        name: "InvalidRequestException",
        message: `This operation does not support dynamic thing groups. Thing group arn: ${arnOf("us")}`,
      });
    }
  });
});

describe("the ten groups of a thing", () => {
  it("count dynamic ones, of which the newest give way", async () => {
    const { clock, create, members, groupsOf, join } = await withFleet();
    for (let i = 1; i <= 8; i++) await join("car-1", `static-${i}`);
    for (const name of ["old", "middle", "new"]) {
      await create(name, US);
      await clock.advance(BUILD);
    }

    const groups = await groupsOf("car-1");

    expect(groups).toHaveLength(10);
    expect(groups).toEqual(expect.arrayContaining(["old", "middle"]));
    expect(await members("new")).toEqual(["car-3"]);
  });

  it("refuse an eleventh static one, unless it may push out the newest dynamic one", async () => {
    const { build, groupsOf, members, join } = await withFleet();
    for (let i = 1; i <= 8; i++) await join("car-1", `static-${i}`);
    await build("old", US);
    await build("new", US);

    await expect(join("car-1", "static-9")).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: "Thing car-1 is already in 10 groups, which is the most it can be in",
    });
    await join("car-1", "static-9", true);

    const groups = await groupsOf("car-1");
    expect(groups).toContain("static-9");
    expect(groups).toContain("old");
    expect(groups).not.toContain("new");
    expect(await members("new")).toEqual(["car-3"]);
    await join("car-1", "static-10", true);
    await expect(join("car-1", "static-11", true)).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
  });
});

describe("UpdateDynamicThingGroup (API_UpdateDynamicThingGroup)", () => {
  it("rebuilds for a new query, with the old members until then", async () => {
    const { clock, build, update, describeOne, members } = await withFleet();
    await build("us", US);

    const { version } = await update({ queryString: "attributes.country:CA" });
    const rebuilding = [(await describeOne("us")).status, await members("us")];
    await clock.advance(BUILD);

    expect(version).toBe(2);
    expect(rebuilding).toEqual(["REBUILDING", ["car-1", "car-3"]]);
    expect(await describeOne("us")).toMatchObject({
      status: "ACTIVE",
      queryString: "attributes.country:CA",
    });
    expect(await members("us")).toEqual(["car-2"]);
  });

  it("changes properties without a rebuild", async () => {
    const { build, update, describeOne } = await withFleet();
    await build("us", US);

    await update({ thingGroupProperties: { thingGroupDescription: "All of the US" } });

    expect(await describeOne("us")).toMatchObject({
      status: "ACTIVE",
      queryString: US,
      thingGroupProperties: { thingGroupDescription: "All of the US" },
    });
  });

  it("refuses another version than the expected one, a bad query and an unknown group", async () => {
    const { build, update } = await withFleet();
    await build("us", US);

    await expect(update({ expectedVersion: 7 })).rejects.toMatchObject({
      name: "VersionConflictException",
    });
    await expect(update({ queryString: "(" })).rejects.toMatchObject({
      name: "InvalidQueryException",
    });
    await expect(update({}, "nope")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  it("is for dynamic groups, and UpdateThingGroup for static ones", async () => {
    const { iot, build, update } = await withFleet();
    await build("us", US);
    await iot.send(new CreateThingGroupCommand({ thingGroupName: "static" }));

    await expect(update({}, "static")).rejects.toMatchObject({ name: "InvalidRequestException" });
    await expect(
      iot.send(new UpdateThingGroupCommand({ thingGroupName: "us", thingGroupProperties: {} })),
    ).rejects.toThrow("does not support dynamic thing groups");
  });
});

describe("DeleteDynamicThingGroup (API_DeleteDynamicThingGroup)", () => {
  it("deletes with the memberships, and succeeds again for what is gone", async () => {
    const { iot, clock, build, groupsOf, search } = await withFleet();
    await build("us", US);
    await clock.advance(LAG);
    const remove = () => iot.send(new DeleteDynamicThingGroupCommand({ thingGroupName: "us" }));

    await remove();
    await remove();

    expect(await groupsOf("car-1")).toEqual([]);
    expect(await search("thingGroupNames:us")).toEqual(["car-1", "car-3"]);
    await clock.advance(LAG);
    expect(await search("thingGroupNames:us")).toEqual([]);
  });

  it("refuses a static group and another version, as DeleteThingGroup refuses a dynamic one", async () => {
    const { iot, build } = await withFleet();
    await build("us", US);
    await iot.send(new CreateThingGroupCommand({ thingGroupName: "static" }));
    const remove = (thingGroupName: string, expectedVersion?: number) =>
      iot.send(new DeleteDynamicThingGroupCommand({ thingGroupName, expectedVersion }));

    await expect(remove("static")).rejects.toMatchObject({ name: "InvalidRequestException" });
    await expect(remove("us", 7)).rejects.toMatchObject({ name: "VersionConflictException" });
    await expect(
      iot.send(new DeleteThingGroupCommand({ thingGroupName: "us" })),
    ).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: `This operation does not support dynamic thing groups. Thing group arn: ${arnOf("us")}`,
    });
  });
});

describe("hierarchies and lists", () => {
  it("have no dynamic parents, and list dynamic groups beside static ones", async () => {
    const { iot, build } = await withFleet();
    await build("us", US);

    await expect(
      iot.send(new CreateThingGroupCommand({ thingGroupName: "child", parentGroupName: "us" })),
    ).rejects.toMatchObject({ name: "InvalidRequestException" });
    const { thingGroups } = await iot.send(new ListThingGroupsCommand({}));

    expect(thingGroups).toEqual([{ groupName: "us", groupArn: arnOf("us") }]);
  });
});
