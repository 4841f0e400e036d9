import {
  CreateThingCommand,
  CreateThingTypeCommand,
  DeleteThingCommand,
  DeleteThingTypeCommand,
  DeprecateThingTypeCommand,
  DescribeThingTypeCommand,
  ListTagsForResourceCommand,
  ListThingTypesCommand,
  paginateListThingTypes,
  UpdateThingTypeCommand,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { ACCOUNT, openSandbox, REGION } from "../clients.js";

const thingTypeName = "Sedan";
const properties = { thingTypeDescription: "Four doors", searchableAttributes: ["country"] };
const minute = 60_000;

async function withType() {
  const clients = openSandbox();
  const made = await clients.iot.send(
    new CreateThingTypeCommand({ thingTypeName, thingTypeProperties: properties }),
  );
  const describeIt = () => clients.iot.send(new DescribeThingTypeCommand({ thingTypeName }));
  const deprecate = (undoDeprecate = false) =>
    clients.iot.send(new DeprecateThingTypeCommand({ thingTypeName, undoDeprecate }));
  const deleteIt = () => clients.iot.send(new DeleteThingTypeCommand({ thingTypeName }));
  return { ...clients, made, describeIt, deprecate, deleteIt };
}

describe("CreateThingType (API_CreateThingType)", () => {
  it("answers with name, ARN and id", async () => {
    const { made } = await withType();

    expect(made.thingTypeName).toBe(thingTypeName);
    expect(made.thingTypeArn).toBe(`arn:aws:iot:${REGION}:${ACCOUNT}:thingtype/Sedan`);
    expect(made.thingTypeId).toHaveLength(36);
  });

  it("succeeds again with the same properties, tags aside", async () => {
    const { iot, made } = await withType();

    const again = await iot.send(
      new CreateThingTypeCommand({
        thingTypeName,
        thingTypeProperties: properties,
        tags: [{ Key: "k", Value: "v" }],
      }),
    );

    expect(again.thingTypeId).toBe(made.thingTypeId);
  });

  it("refuses an existing name with other properties", async () => {
    const { iot, made } = await withType();

    await expect(iot.send(new CreateThingTypeCommand({ thingTypeName }))).rejects.toMatchObject({
      name: "ResourceAlreadyExistsException",
      resourceId: made.thingTypeId,
      resourceArn: made.thingTypeArn,
      $metadata: { httpStatusCode: 409 },
    });
  });

  it("refuses a fourth searchable attribute", async () => {
    const { iot } = openSandbox();

    await expect(
      iot.send(
        new CreateThingTypeCommand({
          thingTypeName,
          thingTypeProperties: { searchableAttributes: ["a", "b", "c", "d"] },
        }),
      ),
    ).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: "A thing type can have at most 3 searchable attributes",
    });
  });

  it("keeps the tags given", async () => {
    const { iot } = openSandbox();
    const { thingTypeArn: resourceArn } = await iot.send(
      new CreateThingTypeCommand({ thingTypeName, tags: [{ Key: "workshop", Value: "yes" }] }),
    );

    const { tags } = await iot.send(new ListTagsForResourceCommand({ resourceArn }));

    expect(tags).toEqual([{ Key: "workshop", Value: "yes" }]);
  });
});

describe("DescribeThingType (API_DescribeThingType)", () => {
  it("tells properties and metadata", async () => {
    const { clock, made, describeIt } = await withType();

    const { $metadata: _, ...type } = await describeIt();

    expect(type).toEqual({
      thingTypeName,
      thingTypeArn: made.thingTypeArn,
      thingTypeId: made.thingTypeId,
      thingTypeProperties: properties,
      thingTypeMetadata: { deprecated: false, creationDate: new Date(clock.now()) },
    });
  });

  it("refuses an unknown type", async () => {
    const { iot } = openSandbox();

    await expect(iot.send(new DescribeThingTypeCommand({ thingTypeName }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "Thing type Sedan cannot be found",
    });
  });
});

describe("UpdateThingType (API_UpdateThingType)", () => {
  const mqtt5Configuration = {
    propagatingAttributes: [{ userPropertyKey: "vin", thingAttribute: "vin" }],
  };

  it("sets the settings for MQTT 5 and keeps the rest", async () => {
    const { iot, describeIt } = await withType();
    const update = (thingTypeProperties: object) =>
      iot.send(new UpdateThingTypeCommand({ thingTypeName, thingTypeProperties }));

    await update({ mqtt5Configuration });
    await update({});

    expect((await describeIt()).thingTypeProperties).toEqual({ ...properties, mqtt5Configuration });
  });

  // https://github.com/aws/aws-cli/issues/9884
  it.each([
    { searchableAttributes: ["model"] },
    { thingTypeDescription: "Five doors" },
    { thingTypeDescription: "Five doors", mqtt5Configuration },
  ])("refuses to change %j", async (thingTypeProperties) => {
    const { iot, describeIt } = await withType();

    await expect(
      iot.send(new UpdateThingTypeCommand({ thingTypeName, thingTypeProperties })),
    ).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: "Can only update mqtt5Configuration.",
      $metadata: { httpStatusCode: 400 },
    });

    expect((await describeIt()).thingTypeProperties).toEqual(properties);
  });

  it("refuses an unknown type", async () => {
    const { iot } = openSandbox();

    await expect(iot.send(new UpdateThingTypeCommand({ thingTypeName }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
});

describe("DeprecateThingType (API_DeprecateThingType)", () => {
  it("notes the date, keeps it when repeated, and forgets it when undone", async () => {
    const { clock, describeIt, deprecate } = await withType();
    const at = new Date(clock.now());

    await deprecate();
    await clock.advance(minute);
    await deprecate();
    const deprecated = await describeIt();
    await deprecate(true);
    const undone = await describeIt();

    expect(deprecated.thingTypeMetadata).toEqual({
      deprecated: true,
      creationDate: at,
      deprecationDate: at,
    });
    expect(undone.thingTypeMetadata).toEqual({ deprecated: false, creationDate: at });
  });

  it("refuses an unknown type", async () => {
    const { iot } = openSandbox();

    await expect(iot.send(new DeprecateThingTypeCommand({ thingTypeName }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
});

describe("DeleteThingType (API_DeleteThingType)", () => {
  it("needs the deprecation first", async () => {
    const { deleteIt } = await withType();

    await expect(deleteIt()).rejects.toMatchObject({ name: "InvalidRequestException" });
  });

  it("needs five minutes after the deprecation, and no more", async () => {
    const { clock, describeIt, deprecate, deleteIt } = await withType();
    await deprecate();

    await clock.advance(5 * minute - 1);
    const early = deleteIt();
    await expect(early).rejects.toMatchObject({
      name: "InvalidRequestException",
      message:
        "Cannot delete thing type : Sedan. Please wait for 5 minutes after deprecation and then retry",
      $metadata: { httpStatusCode: 400 },
    });
    await clock.advance(1);
    await deleteIt();

    await expect(describeIt()).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  it("counts from the latest deprecation", async () => {
    const { clock, deprecate, deleteIt } = await withType();
    await deprecate();
    await clock.advance(4 * minute);
    await deprecate(true);
    await deprecate();
    await clock.advance(4 * minute);

    await expect(deleteIt()).rejects.toThrow("Please wait for 5 minutes");
  });

  it("refuses while things have the type", async () => {
    const { iot, clock, deprecate, deleteIt } = await withType();
    await iot.send(new CreateThingCommand({ thingName: "car-1", thingTypeName }));
    await deprecate();
    await clock.advance(5 * minute);

    await expect(deleteIt()).rejects.toMatchObject({ name: "InvalidRequestException" });
    await iot.send(new DeleteThingCommand({ thingName: "car-1" }));

    await deleteIt();
  });

  it("refuses an unknown type with 404", async () => {
    const { iot } = openSandbox();

    await expect(iot.send(new DeleteThingTypeCommand({ thingTypeName }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
});

describe("ListThingTypes (API_ListThingTypes)", () => {
  it("pages in order and tells the metadata", async () => {
    const { iot } = openSandbox();
    for (const name of ["b", "a", "c"]) {
      await iot.send(new CreateThingTypeCommand({ thingTypeName: name }));
    }

    const pages: (string | undefined)[][] = [];
    for await (const page of paginateListThingTypes({ client: iot, pageSize: 2 }, {})) {
      pages.push((page.thingTypes ?? []).map((type) => type.thingTypeName));
      expect(page.thingTypes?.[0]?.thingTypeMetadata?.deprecated).toBe(false);
    }

    expect(pages).toEqual([["a", "b"], ["c"]]);
  });

  it("filters by name", async () => {
    const { iot } = await withType();
    await iot.send(new CreateThingTypeCommand({ thingTypeName: "SedanPlus" }));

    const { thingTypes } = await iot.send(new ListThingTypesCommand({ thingTypeName }));

    expect(thingTypes?.map((type) => type.thingTypeName)).toEqual(["Sedan"]);
  });
});
