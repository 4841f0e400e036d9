import {
  CreateThingTypeCommand,
  DeleteThingTypeCommand,
  DeprecateThingTypeCommand,
  DescribeThingTypeCommand,
  ListThingTypesCommand,
  UpdateThingTypeCommand,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { makeThing, makeType } from "./makers.js";
import { pagesOf } from "./paging.js";
import { answerOf, invalid, notFound, taken, uuid } from "./refused.js";
import { openTarget } from "./target.js";

const target = await openTarget();
const { iot } = target;

const look = (thingTypeName: string) => iot.send(new DescribeThingTypeCommand({ thingTypeName }));
const deprecate = (thingTypeName: string, undoDeprecate?: boolean) =>
  iot.send(new DeprecateThingTypeCommand({ thingTypeName, undoDeprecate }));
const remove = (thingTypeName: string) => iot.send(new DeleteThingTypeCommand({ thingTypeName }));

const thingTypeProperties = {
  thingTypeDescription: "A car of four seats",
  searchableAttributes: ["vin", "model"],
};

// https://docs.aws.amazon.com/iot/latest/apireference/API_CreateThingType.html
describe("CreateThingType", () => {
  it("answers with name, ARN and id, again for the same configuration", async () => {
    const thingTypeName = target.name("type");
    const make = () => makeType(target, { thingTypeName, thingTypeProperties });

    const first = answerOf(await make());
    const again = answerOf(await make());

    expect(first).toEqual({
      thingTypeName,
      thingTypeArn: target.arn(`thingtype/${thingTypeName}`),
      thingTypeId: expect.stringMatching(uuid),
    });
    expect(again).toEqual(first);
  });

  it("refuses the name for other properties with 409", async () => {
    const { thingTypeName } = await makeType(target, { thingTypeProperties });

    const again = iot.send(
      new CreateThingTypeCommand({
        thingTypeName,
        thingTypeProperties: { thingTypeDescription: "A bus" },
      }),
    );

    await expect(again).rejects.toMatchObject(taken);
  });

  it("refuses a name with a blank, and a description of 2,029 characters", async () => {
    const blank = iot.send(new CreateThingTypeCommand({ thingTypeName: "contract car" }));
    await expect(blank).rejects.toMatchObject(invalid);

    const thingTypeProperties = { thingTypeDescription: "x".repeat(2029) };
    await expect(makeType(target, { thingTypeProperties })).rejects.toMatchObject(invalid);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeThingType.html
describe("DescribeThingType", () => {
  it("tells the whole type", async () => {
    const made = answerOf(await makeType(target, { thingTypeProperties }));

    expect(answerOf(await look(made.thingTypeName ?? ""))).toMatchObject({
      ...made,
      thingTypeProperties: {
        thingTypeDescription: "A car of four seats",
        searchableAttributes: expect.arrayContaining(["vin", "model"]),
      },
      thingTypeMetadata: { deprecated: false, creationDate: expect.any(Date) },
    });
  });

  it("refuses an unknown type with 404", async () => {
    await expect(look(target.name("type"))).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateThingType.html
describe("UpdateThingType", () => {
  const mqtt5Configuration = {
    propagatingAttributes: [{ userPropertyKey: "vin", thingAttribute: "vin" }],
  };

  it("sets the settings for MQTT 5", async () => {
    const { thingTypeName = "" } = await makeType(target, { thingTypeProperties });

    await iot.send(
      new UpdateThingTypeCommand({ thingTypeName, thingTypeProperties: { mqtt5Configuration } }),
    );

    const { thingTypeProperties: after } = await look(thingTypeName);
    expect(after?.mqtt5Configuration).toMatchObject(mqtt5Configuration);
  });

  it("refuses an unknown type with 404", async () => {
    const thingTypeName = target.name("type");
    const updated = iot.send(
      new UpdateThingTypeCommand({ thingTypeName, thingTypeProperties: { mqtt5Configuration } }),
    );

    await expect(updated).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_DeprecateThingType.html
describe("DeprecateThingType", () => {
  it("keeps new things out, tells since when, and can be undone", async () => {
    const { thingTypeName = "" } = await makeType(target);

    await deprecate(thingTypeName);
    const deprecated = await look(thingTypeName);
    await expect(makeThing(target, { thingTypeName })).rejects.toMatchObject(invalid);
    await deprecate(thingTypeName, true);
    const undone = await look(thingTypeName);

    expect(deprecated.thingTypeMetadata).toMatchObject({
      deprecated: true,
      deprecationDate: expect.any(Date),
    });
    expect(undone.thingTypeMetadata).toMatchObject({ deprecated: false });
    await makeThing(target, { thingTypeName });
  });

  it("refuses an unknown type with 404", async () => {
    await expect(deprecate(target.name("type"))).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteThingType.html
describe("DeleteThingType", () => {
  it("refuses a type that is not deprecated with 400", async () => {
    const { thingTypeName = "" } = await makeType(target);

    await expect(remove(thingTypeName)).rejects.toMatchObject(invalid);
  });

  it("refuses a type that was deprecated a moment ago, with the wait", async () => {
    const { thingTypeName = "" } = await makeType(target);
    await deprecate(thingTypeName);

    await expect(remove(thingTypeName)).rejects.toMatchObject({
      ...invalid,
      message: expect.stringContaining("Please wait for 5 minutes after deprecation"),
    });
  });

  it.skipIf(!target.isSandbox)(
    "deletes five minutes after the deprecation (sandbox only: five minutes)",
    async () => {
      const { thingTypeName = "" } = await makeType(target);
      await deprecate(thingTypeName);

      await target.clock.sleep(5 * 60_000 - 1_000);
      await expect(remove(thingTypeName)).rejects.toMatchObject(invalid);
      await target.clock.sleep(1_000);
      await remove(thingTypeName);

      await expect(look(thingTypeName)).rejects.toMatchObject(notFound);
    },
  );

  it("refuses an unknown type with 404", async () => {
    await expect(remove(target.name("type"))).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_ListThingTypes.html
describe("ListThingTypes", () => {
  it("finds one type by its name", async () => {
    const { thingTypeName } = await makeType(target);

    const { thingTypes } = await target.eventually(async () => {
      const found = await iot.send(new ListThingTypesCommand({ thingTypeName }));
      expect(found.thingTypes).toHaveLength(1);
      return found;
    });

    expect(thingTypes).toMatchObject([
      { thingTypeName, thingTypeMetadata: { deprecated: false, creationDate: expect.any(Date) } },
    ]);
  });

  it("goes on with another type on the next page", async () => {
    for (let i = 0; i < 2; i++) await makeType(target);

    const pages = await pagesOf(async (nextToken) => {
      const page = await iot.send(new ListThingTypesCommand({ maxResults: 1, nextToken }));
      return { items: page.thingTypes?.map((type) => type.thingTypeName), next: page.nextToken };
    }, 2);

    expect(pages.map((page) => page.length)).toEqual([1, 1]);
    expect(new Set(pages.flat()).size).toBe(2);
  });
});
