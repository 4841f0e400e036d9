import {
  AddThingToThingGroupCommand,
  CreateDynamicThingGroupCommand,
  DeleteDynamicThingGroupCommand,
  DeleteThingGroupCommand,
  DescribeThingGroupCommand,
  ListThingsInThingGroupCommand,
  RemoveThingFromThingGroupCommand,
  UpdateDynamicThingGroupCommand,
  UpdateThingCommand,
  type UpdateDynamicThingGroupCommandInput,
} from "@aws-sdk/client-iot";
import { beforeAll, describe, expect, it } from "vitest";
import { makeDynamicGroup, makeThing } from "./makers.js";
import { answerOf, invalid, notFound, otherVersion, refused, taken, uuid } from "./refused.js";
import { enableIndexing } from "./settings.js";
import { mark, openTarget } from "./target.js";

const target = await openTarget();
const { iot } = target;

beforeAll(() => enableIndexing(target));

const invalidQuery = refused("InvalidQueryException", 400);
const thingGroupProperties = { thingGroupDescription: "Comets" };
const look = (thingGroupName: string) =>
  iot.send(new DescribeThingGroupCommand({ thingGroupName }));
const update = (thingGroupName: string, rest: Partial<UpdateDynamicThingGroupCommandInput> = {}) =>
  iot.send(new UpdateDynamicThingGroupCommand({ thingGroupName, thingGroupProperties, ...rest }));
const remove = (thingGroupName: string, expectedVersion?: number) =>
  iot.send(new DeleteDynamicThingGroupCommand({ thingGroupName, expectedVersion }));

/** A thing that only its own query finds. */
async function makeModel() {
  const model = target.name("model");
  const { thingName } = await makeThing(target, {
    attributePayload: { attributes: { ...mark, model } },
  });
  return { thingName, model, queryString: `attributes.model:${model}` };
}

async function make(queryString?: string) {
  const query = queryString ?? `attributes.model:${target.name("model")}`;
  const made = await makeDynamicGroup(target, { queryString: query, thingGroupProperties });
  return { ...made, thingGroupName: made.thingGroupName as string };
}

const holds = (thingGroupName: string, names: string[]) =>
  target.eventually(async () => {
    const { things } = await iot.send(new ListThingsInThingGroupCommand({ thingGroupName }));
    expect(things).toEqual(names);
  });

// https://docs.aws.amazon.com/iot/latest/apireference/API_CreateDynamicThingGroup.html
describe("CreateDynamicThingGroup", () => {
  it("answers with name, ARN, id and query", async () => {
    const queryString = "attributes.model:contract-comet";

    const made = await make(queryString);

    expect(answerOf(made)).toEqual({
      thingGroupName: made.thingGroupName,
      thingGroupArn: target.arn(`thinggroup/${made.thingGroupName}`),
      thingGroupId: expect.stringMatching(uuid),
      indexName: "AWS_Things",
      queryString,
      queryVersion: "2017-09-30",
    });
  });

  it("refuses the name for another query with 409", async () => {
    const { thingGroupName } = await make();

    const again = iot.send(
      new CreateDynamicThingGroupCommand({ thingGroupName, queryString: "attributes.model:other" }),
    );

    await expect(again).rejects.toMatchObject(taken);
  });

  it.each(["attributes.country:(US OR", "thingTypeName:", "AND attributes.country:US"])(
    "refuses the query %s with 400",
    async (queryString) => {
      await expect(makeDynamicGroup(target, { queryString })).rejects.toMatchObject(invalidQuery);
    },
  );
});

// https://docs.aws.amazon.com/iot/latest/developerguide/dynamic-thing-groups.html
describe("A dynamic group", () => {
  it("is described with its query and its status", async () => {
    const made = await make();

    const found = await target.eventually(async () => {
      const group = await look(made.thingGroupName);
      expect(group.status).toBe("ACTIVE");
      return group;
    });

    expect(answerOf(found)).toMatchObject({
      ...answerOf(made),
      version: 1,
      thingGroupProperties,
      thingGroupMetadata: { creationDate: expect.any(Date) },
    });
  });

  it("follows its things in and out", async () => {
    const { thingName, queryString } = await makeModel();
    const { thingGroupName } = await make(queryString);

    await holds(thingGroupName, [thingName]);
    await iot.send(new UpdateThingCommand({ thingName, attributePayload: { attributes: mark } }));
    await holds(thingGroupName, []);
  });

  it("cannot be changed by hand", async () => {
    const { thingName, queryString } = await makeModel();
    const { thingGroupName } = await make(queryString);

    for (const Change of [AddThingToThingGroupCommand, RemoveThingFromThingGroupCommand]) {
      const changed = iot.send(new Change({ thingName, thingGroupName }));
      await expect(changed).rejects.toMatchObject(invalid);
    }
  });

  it("cannot be deleted as a static one", async () => {
    const { thingGroupName, thingGroupArn } = await make();

    const deleted = iot.send(new DeleteThingGroupCommand({ thingGroupName }));

    await expect(deleted).rejects.toMatchObject({
      ...invalid,
      message: `This operation does not support dynamic thing groups. Thing group arn: ${thingGroupArn}`,
    });
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateDynamicThingGroup.html
describe("UpdateDynamicThingGroup", () => {
  it("answers with the new version, and follows the new query", async () => {
    const before = await makeModel();
    const after = await makeModel();
    const { thingGroupName } = await make(before.queryString);
    await holds(thingGroupName, [before.thingName]);

    const updated = await update(thingGroupName, { queryString: after.queryString });

    expect(answerOf(updated)).toEqual({ version: 2 });
    await holds(thingGroupName, [after.thingName]);
    expect(await look(thingGroupName)).toMatchObject({
      queryString: after.queryString,
      version: 2,
    });
  });

  it("refuses another version, a broken query, and an unknown group", async () => {
    const { thingGroupName } = await make();

    await expect(update(thingGroupName, { expectedVersion: 2 })).rejects.toMatchObject(
      otherVersion,
    );
    await expect(update(thingGroupName, { queryString: "thingTypeName:" })).rejects.toMatchObject(
      invalidQuery,
    );
    await expect(update(target.name("dynamic"))).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteDynamicThingGroup.html
describe("DeleteDynamicThingGroup", () => {
  it("succeeds also when there is nothing to delete", async () => {
    const { thingGroupName } = await make();

    await remove(thingGroupName, 1);
    await remove(thingGroupName);

    await expect(look(thingGroupName)).rejects.toMatchObject(notFound);
  });

  it("refuses another version with 409", async () => {
    const { thingGroupName } = await make();

    await expect(remove(thingGroupName, 2)).rejects.toMatchObject(otherVersion);
  });
});
