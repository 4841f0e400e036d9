import {
  AddThingToThingGroupCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  CreateThingTypeCommand,
  DeleteThingCommand,
  DeprecateThingTypeCommand,
  DescribeThingCommand,
  ListThingGroupsForThingCommand,
  ListThingsCommand,
  paginateListThings,
  ResourceAlreadyExistsException,
  UpdateThingCommand,
  type CreateThingCommandInput,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { ACCOUNT, clientsOf, openSandbox, REGION } from "../clients.js";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A sandbox with one type and a way to make things in it. */
async function withType() {
  const clients = openSandbox();
  const { iot } = clients;
  await iot.send(new CreateThingTypeCommand({ thingTypeName: "Sedan" }));
  const create = (thingName: string, rest: Partial<CreateThingCommandInput> = {}) =>
    iot.send(new CreateThingCommand({ thingName, ...rest }));
  const describeOne = (thingName: string) => iot.send(new DescribeThingCommand({ thingName }));
  return { ...clients, create, describeOne };
}

describe("CreateThing (API_CreateThing)", () => {
  it("answers with name, ARN and id", async () => {
    const { create } = await withType();

    const thing = await create("car-1");

    expect(thing.thingName).toBe("car-1");
    expect(thing.thingArn).toBe(`arn:aws:iot:${REGION}:${ACCOUNT}:thing/car-1`);
    expect(thing.thingId).toMatch(uuid);
  });

  it("succeeds again with the same type and attributes, in whatever order", async () => {
    const { create } = await withType();
    const first = await create("car-1", {
      thingTypeName: "Sedan",
      attributePayload: { attributes: { a: "1", b: "2" } },
    });

    const second = await create("car-1", {
      thingTypeName: "Sedan",
      attributePayload: { attributes: { b: "2", a: "1" }, merge: true },
    });

    expect(second.thingId).toBe(first.thingId);
  });

  it("takes no attributes and an empty payload for the same", async () => {
    const { create } = await withType();
    const first = await create("car-1");

    const second = await create("car-1", { attributePayload: {} });

    expect(second.thingId).toBe(first.thingId);
  });

  it.each([
    ["attributes", { attributePayload: { attributes: { a: "2" } } }],
    ["type", { attributePayload: { attributes: { a: "1" } }, thingTypeName: "Sedan" }],
  ])("refuses an existing name with other %s", async (_, rest) => {
    const { create } = await withType();
    const first = await create("car-1", { attributePayload: { attributes: { a: "1" } } });

    const again = create("car-1", rest);

    await expect(again).rejects.toBeInstanceOf(ResourceAlreadyExistsException);
    await expect(again).rejects.toMatchObject({
      message: "Thing car-1 already exists in account with different attributes",
      resourceId: first.thingId,
      resourceArn: first.thingArn,
      $metadata: { httpStatusCode: 409 },
    });
  });

  it("refuses an unknown type", async () => {
    const { create } = await withType();

    await expect(create("car-1", { thingTypeName: "Nope" })).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "Thing type Nope cannot be found",
    });
  });

  it("refuses a deprecated type", async () => {
    const { iot, create } = await withType();
    await iot.send(new DeprecateThingTypeCommand({ thingTypeName: "Sedan" }));

    await expect(create("car-1", { thingTypeName: "Sedan" })).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: "Thing type Sedan is deprecated",
    });
  });

  it("keeps three attributes without a type and fifty with one", async () => {
    const { create } = await withType();
    const attributes = (count: number) => ({
      attributePayload: {
        attributes: Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${i}`, "x"])),
      },
    });

    await create("three", attributes(3));
    await create("fifty", { thingTypeName: "Sedan", ...attributes(50) });

    await expect(create("four", attributes(4))).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: "Thing four without a thing type can have at most 3 attributes, this would make 4",
    });
    await expect(
      create("many", { thingTypeName: "Sedan", ...attributes(51) }),
    ).rejects.toMatchObject({ name: "InvalidRequestException" });
  });

  it("refuses an attribute value with a blank, quoting the pattern", async () => {
    const { create } = await withType();

    await expect(
      create("car-1", { attributePayload: { attributes: { city: "San Diego" } } }),
    ).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: expect.stringContaining("[a-zA-Z0-9_.,@/:#=\\[\\]-]*"),
    });
  });

  it("refuses an unknown billing group", async () => {
    const { create } = await withType();

    await expect(create("car-1", { billingGroupName: "b" })).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "Billing group b cannot be found",
    });
  });

  it("is apart from other accounts and Regions", async () => {
    const { sandbox, create } = await withType();
    await create("car-1");

    const elsewhere = clientsOf(sandbox, ACCOUNT, "us-east-1").iot;
    const others = clientsOf(sandbox, "999999999999", REGION).iot;

    const name = { thingName: "car-1" };
    await expect(elsewhere.send(new DescribeThingCommand(name))).rejects.toThrow("cannot be found");
    await expect(others.send(new DescribeThingCommand(name))).rejects.toThrow("cannot be found");
  });
});

describe("DescribeThing (API_DescribeThing)", () => {
  it("tells the whole thing", async () => {
    const { create, describeOne } = await withType();
    const made = await create("car-1", {
      thingTypeName: "Sedan",
      attributePayload: { attributes: { country: "US" } },
    });

    const { $metadata: _, ...thing } = await describeOne("car-1");

    expect(thing).toEqual({
      defaultClientId: "car-1",
      thingName: "car-1",
      thingId: made.thingId,
      thingArn: made.thingArn,
      thingTypeName: "Sedan",
      attributes: { country: "US" },
      version: 1,
    });
  });

  it("refuses an unknown thing with 404", async () => {
    const { describeOne } = await withType();

    await expect(describeOne("nope")).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "Thing nope cannot be found",
      $metadata: { httpStatusCode: 404 },
    });
  });
});

describe("UpdateThing (API_UpdateThing)", () => {
  const attributePayload = { attributes: { a: "1", b: "2" } };

  it("replaces all attributes unless it merges, and counts the version", async () => {
    const { iot, create, describeOne } = await withType();
    await create("car-1", { attributePayload });

    await iot.send(
      new UpdateThingCommand({
        thingName: "car-1",
        attributePayload: { attributes: { b: "3" }, merge: true },
      }),
    );
    const merged = await describeOne("car-1");
    await iot.send(
      new UpdateThingCommand({
        thingName: "car-1",
        attributePayload: { attributes: { c: "4" } },
      }),
    );
    const replaced = await describeOne("car-1");

    expect(merged).toMatchObject({ attributes: { a: "1", b: "3" }, version: 2 });
    expect(replaced).toMatchObject({ attributes: { c: "4" }, version: 3 });
    expect(replaced.attributes).not.toHaveProperty("a");
  });

  it("removes an attribute that is set to the empty text", async () => {
    const { iot, create, describeOne } = await withType();
    await create("car-1", { attributePayload });

    await iot.send(
      new UpdateThingCommand({
        thingName: "car-1",
        attributePayload: { attributes: { a: "" }, merge: true },
      }),
    );

    expect((await describeOne("car-1")).attributes).toEqual({ b: "2" });
  });

  it("leaves the attributes alone when none are sent", async () => {
    const { iot, create, describeOne } = await withType();
    await create("car-1", { attributePayload });

    await iot.send(new UpdateThingCommand({ thingName: "car-1", thingTypeName: "Sedan" }));

    expect(await describeOne("car-1")).toMatchObject({
      thingTypeName: "Sedan",
      attributes: { a: "1", b: "2" },
    });
  });

  it("drops the type, unless too many attributes stay behind", async () => {
    const { iot, create, describeOne } = await withType();
    await create("few", { thingTypeName: "Sedan", attributePayload });
    await create("many", {
      thingTypeName: "Sedan",
      attributePayload: { attributes: { a: "1", b: "2", c: "3", d: "4" } },
    });

    await iot.send(new UpdateThingCommand({ thingName: "few", removeThingType: true }));

    expect((await describeOne("few")).thingTypeName).toBeUndefined();
    await expect(
      iot.send(new UpdateThingCommand({ thingName: "many", removeThingType: true })),
    ).rejects.toMatchObject({ name: "InvalidRequestException" });
  });

  it("refuses to set and remove the type at once", async () => {
    const { iot, create } = await withType();
    await create("car-1");

    await expect(
      iot.send(
        new UpdateThingCommand({
          thingName: "car-1",
          thingTypeName: "Sedan",
          removeThingType: true,
        }),
      ),
    ).rejects.toMatchObject({ name: "InvalidRequestException" });
  });

  it("refuses another version than the expected one with 409", async () => {
    const { iot, create } = await withType();
    await create("car-1");
    const update = (expectedVersion: number) =>
      iot.send(new UpdateThingCommand({ thingName: "car-1", expectedVersion }));

    await update(1);

    await expect(update(1)).rejects.toMatchObject({
      name: "VersionConflictException",
      message: "Thing car-1 has version 2, not the expected version 1",
      $metadata: { httpStatusCode: 409 },
    });
  });

  it("lets a thing keep its type after that is deprecated", async () => {
    const { iot, create, describeOne } = await withType();
    await create("car-1", { thingTypeName: "Sedan" });
    await iot.send(new DeprecateThingTypeCommand({ thingTypeName: "Sedan" }));

    await iot.send(
      new UpdateThingCommand({ thingName: "car-1", thingTypeName: "Sedan", attributePayload }),
    );

    expect(await describeOne("car-1")).toMatchObject({ thingTypeName: "Sedan", version: 2 });
  });

  it("refuses an unknown thing", async () => {
    const { iot } = openSandbox();

    await expect(iot.send(new UpdateThingCommand({ thingName: "nope" }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
});

describe("DeleteThing (API_DeleteThing)", () => {
  it("deletes, and succeeds again for what is gone", async () => {
    const { iot, create, describeOne } = await withType();
    await create("car-1");

    await iot.send(new DeleteThingCommand({ thingName: "car-1" }));
    await iot.send(new DeleteThingCommand({ thingName: "car-1" }));

    await expect(describeOne("car-1")).rejects.toThrow("cannot be found");
  });

  it("refuses another version than the expected one", async () => {
    const { iot, create } = await withType();
    await create("car-1");

    await expect(
      iot.send(new DeleteThingCommand({ thingName: "car-1", expectedVersion: 7 })),
    ).rejects.toMatchObject({ name: "VersionConflictException" });
  });

  it("ends the thing's memberships, so one made anew has none", async () => {
    const { iot, create } = await withType();
    await create("car-1");
    await iot.send(new CreateThingGroupCommand({ thingGroupName: "west" }));
    await iot.send(new AddThingToThingGroupCommand({ thingName: "car-1", thingGroupName: "west" }));

    await iot.send(new DeleteThingCommand({ thingName: "car-1" }));
    await create("car-1");

    const { thingGroups } = await iot.send(
      new ListThingGroupsForThingCommand({ thingName: "car-1" }),
    );
    expect(thingGroups).toEqual([]);
  });
});

describe("ListThings (API_ListThings)", () => {
  async function withFleet() {
    const clients = await withType();
    const country = (value: string) => ({ attributePayload: { attributes: { country: value } } });
    await clients.create("car-1", { thingTypeName: "Sedan", ...country("US") });
    await clients.create("car-2", { ...country("CA") });
    await clients.create("car-3", { thingTypeName: "Sedan", ...country("UK") });
    await clients.create("car-4");
    return clients;
  }

  it.each([
    [{}, ["car-1", "car-2", "car-3", "car-4"]],
    [{ thingTypeName: "Sedan" }, ["car-1", "car-3"]],
    [{ attributeName: "country" }, ["car-1", "car-2", "car-3"]],
    [{ attributeName: "country", attributeValue: "US" }, ["car-1"]],
    [{ attributeName: "country", attributeValue: "U" }, []],
    [
      { attributeName: "country", attributeValue: "U", usePrefixAttributeValue: true },
      ["car-1", "car-3"],
    ],
    [{ thingTypeName: "Nope" }, []],
  ])("filters by %j", async (filter, expected) => {
    const { iot } = await withFleet();

    const { things } = await iot.send(new ListThingsCommand(filter));

    expect(things?.map(({ thingName }) => thingName)).toEqual(expected);
  });

  // https://github.com/aws/aws-sdk-js/issues/4237
  it.each([
    { attributeName: "country" },
    { attributeName: "country", attributeValue: "UK" },
    { attributeName: "country", attributeValue: "U", usePrefixAttributeValue: true },
  ])("refuses a type together with %j", async (attribute) => {
    const { iot } = await withFleet();

    await expect(
      iot.send(new ListThingsCommand({ thingTypeName: "Sedan", ...attribute })),
    ).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: "Listing things by the combination of attribute and thing type is not supported",
      $metadata: { httpStatusCode: 400 },
    });
  });

  it("tells name, type, ARN, attributes and version", async () => {
    const { iot } = await withFleet();

    const { things } = await iot.send(new ListThingsCommand({ maxResults: 1 }));

    expect(things).toEqual([
      {
        thingName: "car-1",
        thingTypeName: "Sedan",
        thingArn: `arn:aws:iot:${REGION}:${ACCOUNT}:thing/car-1`,
        attributes: { country: "US" },
        version: 1,
      },
    ]);
  });

  it("refuses a value without a name", async () => {
    const { iot } = await withFleet();

    await expect(iot.send(new ListThingsCommand({ attributeValue: "US" }))).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
  });

  it("pages in order without loss or repetition, and has no token on the last page", async () => {
    const { iot } = await withFleet();

    const pages: (string | undefined)[][] = [];
    for await (const page of paginateListThings({ client: iot, pageSize: 2 }, {})) {
      pages.push((page.things ?? []).map(({ thingName }) => thingName));
    }
    const last = await iot.send(new ListThingsCommand({ maxResults: 4 }));

    expect(pages).toEqual([
      ["car-1", "car-2"],
      ["car-3", "car-4"],
    ]);
    expect(last).not.toHaveProperty("nextToken");
  });

  it("goes on behind the last name when things come and go between pages", async () => {
    const { iot, create } = await withFleet();
    const { nextToken } = await iot.send(new ListThingsCommand({ maxResults: 2 }));
    await create("car-2-and-a-half");
    await iot.send(new DeleteThingCommand({ thingName: "car-2" }));

    const { things } = await iot.send(new ListThingsCommand({ nextToken }));

    expect(things?.map(({ thingName }) => thingName)).toEqual([
      "car-2-and-a-half",
      "car-3",
      "car-4",
    ]);
  });

  it("refuses a token of another question, and one that is none", async () => {
    const { iot } = await withFleet();
    const { nextToken } = await iot.send(new ListThingsCommand({ maxResults: 1 }));

    const other = iot.send(new ListThingsCommand({ nextToken, thingTypeName: "Sedan" }));
    const none = iot.send(new ListThingsCommand({ nextToken: "nonsense" }));

    await expect(other).rejects.toMatchObject({ name: "InvalidRequestException" });
    await expect(none).rejects.toMatchObject({ name: "InvalidRequestException" });
  });

  it("refuses a page of more than 250", async () => {
    const { iot } = openSandbox();

    await expect(iot.send(new ListThingsCommand({ maxResults: 251 }))).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: expect.stringContaining("Member must have value less than or equal to 250"),
    });
  });
});
