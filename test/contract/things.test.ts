import {
  CreateThingCommand,
  DeleteThingCommand,
  DescribeThingCommand,
  ListThingsCommand,
  UpdateThingCommand,
  type CreateThingCommandInput,
  type UpdateThingCommandInput,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { makeThing, makeType } from "./makers.js";
import { longest, pagesOf } from "./paging.js";
import { answerOf, invalid, notFound, otherVersion, taken, uuid } from "./refused.js";
import { mark, openTarget } from "./target.js";

const target = await openTarget();
const { iot } = target;

const create = (thingName: string, rest: Partial<CreateThingCommandInput> = {}) =>
  iot.send(new CreateThingCommand({ thingName, ...rest }));
const look = (thingName: string) => iot.send(new DescribeThingCommand({ thingName }));
const update = (thingName: string, rest: Partial<UpdateThingCommandInput>) =>
  iot.send(new UpdateThingCommand({ thingName, ...rest }));
const attributes = (given: Record<string, string>, merge?: boolean) => ({
  attributePayload: { attributes: { ...mark, ...given }, ...(merge !== undefined && { merge }) },
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_CreateThing.html
describe("CreateThing", () => {
  it("answers with name, ARN and id", async () => {
    const thingName = target.name("thing");

    const made = await makeThing(target, { thingName });

    expect(made).toEqual({
      thingName,
      thingArn: target.arn(`thing/${thingName}`),
      thingId: expect.stringMatching(uuid),
    });
  });

  it("gives the same thing again for the same configuration", async () => {
    const first = await makeThing(target, attributes({ a: "1", b: "2" }));

    const again = await create(first.thingName, attributes({ b: "2", a: "1" }, true));

    expect(answerOf(again)).toEqual(first);
  });

  it("refuses the name for other attributes", async () => {
    const { thingName } = await makeThing(target, attributes({ a: "1" }));

    const again = create(thingName, attributes({ a: "2" }));

    await expect(again).rejects.toMatchObject({
      ...taken,
      message: `Thing ${thingName} already exists in account with different attributes`,
      resourceId: expect.any(String),
      resourceArn: target.arn(`thing/${thingName}`),
    });
  });

  it("refuses an unknown type with 404", async () => {
    const thingTypeName = target.name("type");

    await expect(makeThing(target, { thingTypeName })).rejects.toMatchObject(notFound);
  });

  it.each([
    ["an attribute value with a blank", attributes({ city: "San Diego" })],
    ["an attribute name with a blank", attributes({ "a b": "1" })],
    ["a value of 801 characters", attributes({ a: "x".repeat(801) })],
    ["four attributes without a type", attributes({ a: "1", b: "2", c: "3" })],
  ])("refuses %s with 400", async (_, rest) => {
    await expect(makeThing(target, rest)).rejects.toMatchObject(invalid);
  });

  it.each(["contract car", "x".repeat(129)])("refuses the name %j with 400", async (thingName) => {
    await expect(create(thingName)).rejects.toMatchObject(invalid);
  });

  it("keeps fifty attributes of a thing with a type, and refuses the 51st", async () => {
    const { thingTypeName } = await makeType(target);
    const many = (count: number) =>
      attributes(Object.fromEntries(Array.from({ length: count - 1 }, (_, i) => [`a${i}`, "x"])));

    const { thingName } = await makeThing(target, { thingTypeName, ...many(50) });

    expect(Object.keys((await look(thingName)).attributes ?? {})).toHaveLength(50);
    await expect(makeThing(target, { thingTypeName, ...many(51) })).rejects.toMatchObject(invalid);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeThing.html
describe("DescribeThing", () => {
  it("tells the whole thing, with its name for the client id", async () => {
    const { thingTypeName } = await makeType(target);
    const made = await makeThing(target, { thingTypeName });

    expect(answerOf(await look(made.thingName))).toEqual({
      ...made,
      defaultClientId: made.thingName,
      thingTypeName,
      attributes: mark,
      version: 1,
    });
  });

  it("refuses an unknown thing with 404", async () => {
    await expect(look(target.name("thing"))).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateThing.html
describe("UpdateThing", () => {
  it("replaces all attributes unless it merges, and counts the version", async () => {
    const { thingName } = await makeThing(target, attributes({ a: "1", b: "2" }));

    await update(thingName, { attributePayload: { attributes: { b: "3" }, merge: true } });
    const merged = await look(thingName);
    await update(thingName, attributes({ c: "4" }));
    const replaced = await look(thingName);

    expect(merged).toMatchObject({ attributes: { a: "1", b: "3" }, version: 2 });
    expect(replaced.attributes).toEqual({ ...mark, c: "4" });
    expect(replaced.version).toBe(3);
  });

  it("removes an attribute that is set to the empty text", async () => {
    const { thingName } = await makeThing(target, attributes({ a: "1" }));

    await update(thingName, { attributePayload: { attributes: { a: "" }, merge: true } });

    expect((await look(thingName)).attributes).toEqual(mark);
  });

  it("gives a type and takes it away", async () => {
    const { thingTypeName } = await makeType(target);
    const { thingName } = await makeThing(target);

    await update(thingName, { thingTypeName });
    const typed = await look(thingName);
    await update(thingName, { removeThingType: true });
    const untyped = await look(thingName);

    expect(typed.thingTypeName).toBe(thingTypeName);
    expect(untyped).not.toHaveProperty("thingTypeName");
  });

  it("refuses another version than the expected one with 409", async () => {
    const { thingName } = await makeThing(target);

    await update(thingName, { expectedVersion: 1, ...attributes({ a: "1" }) });

    await expect(
      update(thingName, { expectedVersion: 1, ...attributes({ a: "2" }) }),
    ).rejects.toMatchObject(otherVersion);
  });

  it("refuses an unknown thing and an unknown type with 404", async () => {
    const { thingName } = await makeThing(target);

    await expect(update(target.name("thing"), attributes({}))).rejects.toMatchObject(notFound);
    await expect(update(thingName, { thingTypeName: target.name("type") })).rejects.toMatchObject(
      notFound,
    );
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteThing.html
describe("DeleteThing", () => {
  it("succeeds also when there is nothing to delete", async () => {
    const { thingName } = await makeThing(target);

    await iot.send(new DeleteThingCommand({ thingName }));
    await iot.send(new DeleteThingCommand({ thingName }));

    await expect(look(thingName)).rejects.toMatchObject(notFound);
  });

  it("refuses another version than the expected one with 409", async () => {
    const { thingName } = await makeThing(target);

    const deleted = iot.send(new DeleteThingCommand({ thingName, expectedVersion: 2 }));

    await expect(deleted).rejects.toMatchObject(otherVersion);
    expect((await look(thingName)).version).toBe(1);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_ListThings.html
describe("ListThings", () => {
  it("pages through the things of a type, each once", async () => {
    const { thingTypeName } = await makeType(target);
    const made = [];
    for (let i = 0; i < 3; i++) made.push(await makeThing(target, { thingTypeName }));

    const pages = await target.eventually(async () => {
      const found = await pagesOf(async (nextToken) => {
        const page = await iot.send(
          new ListThingsCommand({ thingTypeName, maxResults: 2, nextToken }),
        );
        return { items: page.things, next: page.nextToken };
      });
      expect(found.flat()).toHaveLength(3);
      return found;
    });

    expect(longest(pages)).toBeLessThanOrEqual(2);
    expect(pages.flat()).toEqual(
      expect.arrayContaining(
        made.map(({ thingName, thingArn }) => ({
          thingName,
          thingArn,
          thingTypeName,
          attributes: mark,
          version: 1,
        })),
      ),
    );
  });

  it("finds things by an attribute, and by how its value begins", async () => {
    const vin = target.name("vin");
    const { thingTypeName } = await makeType(target, {
      thingTypeProperties: { searchableAttributes: ["vin"] },
    });
    const { thingName } = await makeThing(target, { thingTypeName, ...attributes({ vin }) });
    const find = async (attributeValue: string, usePrefixAttributeValue?: boolean) => {
      const { things } = await iot.send(
        new ListThingsCommand({ attributeName: "vin", attributeValue, usePrefixAttributeValue }),
      );
      return things?.map((thing) => thing.thingName);
    };

    await target.eventually(async () => expect(await find(vin)).toEqual([thingName]));

    expect(await find(vin.slice(0, -1), true)).toContain(thingName);
    expect(await find(vin.slice(0, -1))).toEqual([]);
  });

  it.each([0, 251])("refuses a page of %i", async (maxResults) => {
    await expect(iot.send(new ListThingsCommand({ maxResults }))).rejects.toMatchObject(invalid);
  });
});
