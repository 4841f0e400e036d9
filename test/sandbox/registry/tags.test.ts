import {
  CreateDynamicThingGroupCommand,
  CreatePackageCommand,
  CreatePackageVersionCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  CreateThingTypeCommand,
  DeleteThingGroupCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateIndexingConfigurationCommand,
  type IoTClient,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { ACCOUNT, openSandbox, REGION } from "../clients.js";

const arn = (tail: string) => `arn:aws:iot:${REGION}:${ACCOUNT}:${tail}`;

async function tagsOf(iot: IoTClient, resourceArn: string) {
  const { tags } = await iot.send(new ListTagsForResourceCommand({ resourceArn }));
  return Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key, Value]));
}

/** A sandbox with the group `west`, tagged a=1. */
async function withGroup() {
  const clients = openSandbox();
  const tags = [{ Key: "a", Value: "1" }];
  await clients.iot.send(new CreateThingGroupCommand({ thingGroupName: "west", tags }));
  const resourceArn = arn("thinggroup/west");
  const tag = (pairs: Record<string, string>) =>
    clients.iot.send(
      new TagResourceCommand({
        resourceArn,
        tags: Object.entries(pairs).map(([Key, Value]) => ({ Key, Value })),
      }),
    );
  return { ...clients, resourceArn, tag };
}

describe("TagResource (API_TagResource)", () => {
  it("adds keys, overwrites values, and allows empty ones", async () => {
    const { iot, resourceArn, tag } = await withGroup();

    await tag({ a: "2", b: "" });

    expect(await tagsOf(iot, resourceArn)).toEqual({ a: "2", b: "" });
  });

  it("tags everything that can have tags", async () => {
    const { iot, clock } = openSandbox();
    await iot.send(
      new UpdateIndexingConfigurationCommand({
        thingIndexingConfiguration: { thingIndexingMode: "REGISTRY" },
      }),
    );
    await clock.advance(5_000);
    await iot.send(new CreateThingTypeCommand({ thingTypeName: "Sedan" }));
    await iot.send(new CreateThingGroupCommand({ thingGroupName: "west" }));
    await iot.send(new CreateDynamicThingGroupCommand({ thingGroupName: "all", queryString: "*" }));
    await iot.send(new CreatePackageCommand({ packageName: "app", tags: { from: "map" } }));
    await iot.send(new CreatePackageVersionCommand({ packageName: "app", versionName: "1.0.0" }));

    for (const tail of [
      "thingtype/Sedan",
      "thinggroup/west",
      "thinggroup/all",
      "package/app",
      "package/app/version/1.0.0",
    ]) {
      const resourceArn = arn(tail);
      await iot.send(new TagResourceCommand({ resourceArn, tags: [{ Key: "k", Value: tail }] }));
      expect(await tagsOf(iot, resourceArn)).toMatchObject({ k: tail });
    }
    expect(await tagsOf(iot, arn("package/app"))).toEqual({ from: "map", k: "package/app" });
  });

  it("refuses what does not exist, also what no longer does", async () => {
    const { iot, tag } = await withGroup();
    await iot.send(new DeleteThingGroupCommand({ thingGroupName: "west" }));

    await expect(tag({ b: "2" })).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      $metadata: { httpStatusCode: 404 },
    });
  });

  it("refuses things, which cannot be tagged", async () => {
    const { iot } = openSandbox();
    await iot.send(new CreateThingCommand({ thingName: "car-1" }));

    await expect(
      iot.send(
        new TagResourceCommand({
          resourceArn: arn("thing/car-1"),
          tags: [{ Key: "a", Value: "1" }],
        }),
      ),
    ).rejects.toMatchObject({ name: "InvalidRequestException" });
  });

  it("refuses what is no ARN", async () => {
    const { iot } = openSandbox();

    await expect(
      iot.send(new TagResourceCommand({ resourceArn: "west", tags: [] })),
    ).rejects.toMatchObject({ name: "InvalidRequestException" });
  });

  it("refuses a fifty-first tag with 410 and keeps none of the request", async () => {
    const { iot, resourceArn, tag } = await withGroup();
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, "v"]));

    await expect(tag(many)).rejects.toMatchObject({
      name: "LimitExceededException",
      $metadata: { httpStatusCode: 410 },
    });

    expect(await tagsOf(iot, resourceArn)).toEqual({ a: "1" });
  });

  it("refuses keys that AWS reserves", async () => {
    const { tag } = await withGroup();

    await expect(tag({ "aws:mine": "1" })).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
  });

  it("refuses an empty key and a value that is too long", async () => {
    const { tag } = await withGroup();

    await expect(tag({ "": "1" })).rejects.toThrow("length greater than or equal to 1");
    await expect(tag({ k: "x".repeat(257) })).rejects.toThrow("length less than or equal to 256");
  });
});

describe("UntagResource (API_UntagResource)", () => {
  it("removes keys, and does not mind those that are not there", async () => {
    const { iot, resourceArn, tag } = await withGroup();
    await tag({ b: "2" });

    await iot.send(new UntagResourceCommand({ resourceArn, tagKeys: ["a", "nope"] }));

    expect(await tagsOf(iot, resourceArn)).toEqual({ b: "2" });
  });

  it("refuses what does not exist", async () => {
    const { iot } = openSandbox();

    await expect(
      iot.send(new UntagResourceCommand({ resourceArn: arn("thinggroup/nope"), tagKeys: ["a"] })),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});

describe("ListTagsForResource (API_ListTagsForResource)", () => {
  it("lists keys in order", async () => {
    const { iot, resourceArn, tag } = await withGroup();
    await tag({ c: "3", b: "2" });

    const { tags } = await iot.send(new ListTagsForResourceCommand({ resourceArn }));

    expect(tags).toEqual([
      { Key: "a", Value: "1" },
      { Key: "b", Value: "2" },
      { Key: "c", Value: "3" },
    ]);
  });

  it("lists nothing for a resource without tags", async () => {
    const { iot } = openSandbox();
    await iot.send(new CreateThingTypeCommand({ thingTypeName: "Sedan" }));

    expect(await tagsOf(iot, arn("thingtype/Sedan"))).toEqual({});
  });

  it("refuses what does not exist", async () => {
    const { iot } = openSandbox();

    await expect(tagsOf(iot, arn("thingtype/nope"))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
});
