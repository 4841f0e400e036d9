import {
  AddThingToBillingGroupCommand,
  CreateBillingGroupCommand,
  CreateThingCommand,
  DeleteBillingGroupCommand,
  DeleteThingCommand,
  DescribeBillingGroupCommand,
  DescribeThingCommand,
  ListBillingGroupsCommand,
  ListTagsForResourceCommand,
  ListThingsInBillingGroupCommand,
  paginateListBillingGroups,
  paginateListThingsInBillingGroup,
  RemoveThingFromBillingGroupCommand,
  UpdateBillingGroupCommand,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { ACCOUNT, openSandbox, REGION } from "../clients.js";

const arnOf = (name: string) => `arn:aws:iot:${REGION}:${ACCOUNT}:billinggroup/${name}`;

/** A sandbox with the billing groups `a` and `b` and the thing `car-1` in none. */
async function withGroups() {
  const clients = openSandbox();
  const { iot } = clients;
  const create = (billingGroupName: string, billingGroupDescription?: string) =>
    iot.send(
      new CreateBillingGroupCommand({
        billingGroupName,
        ...(billingGroupDescription !== undefined && {
          billingGroupProperties: { billingGroupDescription },
        }),
      }),
    );
  const made = await create("a", "first");
  await create("b");
  await iot.send(new CreateThingCommand({ thingName: "car-1" }));
  const add = (thingName: string, billingGroupName: string) =>
    iot.send(new AddThingToBillingGroupCommand({ thingName, billingGroupName }));
  const remove = (thingName: string, billingGroupName: string) =>
    iot.send(new RemoveThingFromBillingGroupCommand({ thingName, billingGroupName }));
  const thingsIn = async (billingGroupName: string) =>
    (await iot.send(new ListThingsInBillingGroupCommand({ billingGroupName }))).things;
  const groupOf = async (thingName: string) =>
    (await iot.send(new DescribeThingCommand({ thingName }))).billingGroupName;
  return { ...clients, made, create, add, remove, thingsIn, groupOf };
}

describe("CreateBillingGroup (API_CreateBillingGroup)", () => {
  it("answers with name, ARN and id, the same ones when made again", async () => {
    const { made, create } = await withGroups();

    const again = await create("a", "first");

    expect(made).toMatchObject({ billingGroupName: "a", billingGroupArn: arnOf("a") });
    expect(again.billingGroupId).toBe(made.billingGroupId);
  });

  it("refuses an existing name with another description", async () => {
    const { made, create } = await withGroups();

    await expect(create("a", "other")).rejects.toMatchObject({
      name: "ResourceAlreadyExistsException",
      resourceId: made.billingGroupId,
      resourceArn: made.billingGroupArn,
      $metadata: { httpStatusCode: 409 },
    });
  });

  it("keeps tags, which go with it", async () => {
    const { iot } = await withGroups();
    const tags = [{ Key: "k", Value: "v" }];
    await iot.send(new CreateBillingGroupCommand({ billingGroupName: "c", tags }));
    const list = () => iot.send(new ListTagsForResourceCommand({ resourceArn: arnOf("c") }));

    expect((await list()).tags).toEqual(tags);
    await iot.send(new DeleteBillingGroupCommand({ billingGroupName: "c" }));
    await expect(list()).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});

describe("DescribeBillingGroup (API_DescribeBillingGroup)", () => {
  it("tells the whole group", async () => {
    const { iot, clock, made } = await withGroups();

    const { $metadata: _, ...group } = await iot.send(
      new DescribeBillingGroupCommand({ billingGroupName: "a" }),
    );

    expect(group).toEqual({
      billingGroupName: "a",
      billingGroupId: made.billingGroupId,
      billingGroupArn: made.billingGroupArn,
      version: 1,
      billingGroupProperties: { billingGroupDescription: "first" },
      billingGroupMetadata: { creationDate: new Date(clock.now()) },
    });
  });

  it("refuses an unknown group with 404", async () => {
    const { iot } = await withGroups();

    await expect(
      iot.send(new DescribeBillingGroupCommand({ billingGroupName: "nope" })),
    ).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      $metadata: { httpStatusCode: 404 },
    });
  });
});

describe("UpdateBillingGroup (API_UpdateBillingGroup)", () => {
  it("changes the description and counts the version, which may be expected", async () => {
    const { iot } = await withGroups();
    const update = (expectedVersion?: number) =>
      iot.send(
        new UpdateBillingGroupCommand({
          billingGroupName: "a",
          billingGroupProperties: { billingGroupDescription: "second" },
          expectedVersion,
        }),
      );

    expect((await update(1)).version).toBe(2);
    await expect(update(1)).rejects.toMatchObject({
      name: "VersionConflictException",
      $metadata: { httpStatusCode: 409 },
    });

    const group = await iot.send(new DescribeBillingGroupCommand({ billingGroupName: "a" }));
    expect(group.billingGroupProperties?.billingGroupDescription).toBe("second");
  });
});

describe("DeleteBillingGroup (API_DeleteBillingGroup)", () => {
  it("lets its things go, and succeeds again", async () => {
    const { iot, add, groupOf } = await withGroups();
    await add("car-1", "a");
    const remove = () => iot.send(new DeleteBillingGroupCommand({ billingGroupName: "a" }));

    await remove();
    await remove();

    expect(await groupOf("car-1")).toBeUndefined();
    await add("car-1", "b");
  });

  it("refuses another version than the expected one", async () => {
    const { iot } = await withGroups();

    await expect(
      iot.send(new DeleteBillingGroupCommand({ billingGroupName: "a", expectedVersion: 2 })),
    ).rejects.toMatchObject({ name: "VersionConflictException" });
  });
});

describe("ListBillingGroups (API_ListBillingGroups)", () => {
  it("pages names and ARNs, of those that begin with a prefix", async () => {
    const { iot, create } = await withGroups();
    await create("ab");

    const pages = [];
    for await (const page of paginateListBillingGroups({ client: iot, pageSize: 2 }, {}))
      pages.push(page.billingGroups);
    const some = await iot.send(new ListBillingGroupsCommand({ namePrefixFilter: "ab" }));

    const shown = (name: string) => ({ groupName: name, groupArn: arnOf(name) });
    expect(pages).toEqual([[shown("a"), shown("ab")], [shown("b")]]);
    expect(some.billingGroups).toEqual([shown("ab")]);
  });
});

describe("AddThingToBillingGroup (API_AddThingToBillingGroup)", () => {
  it("adds once, by name or ARN, and shows in DescribeThing without a new version", async () => {
    const { iot, add, groupOf, thingsIn } = await withGroups();

    await add("car-1", "a");
    await iot.send(
      new AddThingToBillingGroupCommand({
        thingArn: `arn:aws:iot:${REGION}:${ACCOUNT}:thing/car-1`,
        billingGroupArn: arnOf("a"),
      }),
    );

    expect(await groupOf("car-1")).toBe("a");
    expect(await thingsIn("a")).toEqual(["car-1"]);
    expect(await iot.send(new DescribeThingCommand({ thingName: "car-1" }))).toMatchObject({
      version: 1,
    });
  });

  it("refuses a thing that is in another group", async () => {
    const { add, groupOf } = await withGroups();
    await add("car-1", "a");

    await expect(add("car-1", "b")).rejects.toMatchObject({ name: "InvalidRequestException" });

    expect(await groupOf("car-1")).toBe("a");
  });

  it("refuses unknown names with 404, and no names with 400", async () => {
    const { iot, add } = await withGroups();

    await expect(add("nope", "a")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await expect(add("car-1", "nope")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await expect(iot.send(new AddThingToBillingGroupCommand({}))).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
  });
});

describe("RemoveThingFromBillingGroup (API_RemoveThingFromBillingGroup)", () => {
  it("removes, and succeeds for a thing that is not in the group", async () => {
    const { add, remove, groupOf, thingsIn } = await withGroups();
    await add("car-1", "a");

    await remove("car-1", "b");
    expect(await groupOf("car-1")).toBe("a");
    await remove("car-1", "a");
    await remove("car-1", "a");

    expect(await groupOf("car-1")).toBeUndefined();
    expect(await thingsIn("a")).toEqual([]);
  });
});

describe("ListThingsInBillingGroup (API_ListThingsInBillingGroup)", () => {
  it("pages names", async () => {
    const { iot, add } = await withGroups();
    await iot.send(new CreateThingCommand({ thingName: "car-2" }));
    await add("car-1", "a");
    await add("car-2", "a");

    const pages = [];
    const input = { billingGroupName: "a" };
    for await (const page of paginateListThingsInBillingGroup({ client: iot, pageSize: 1 }, input))
      pages.push(page.things);

    expect(pages).toEqual([["car-1"], ["car-2"]]);
  });

  it("refuses an unknown group", async () => {
    const { thingsIn } = await withGroups();

    await expect(thingsIn("nope")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});

describe("a thing made in a billing group (API_CreateThing)", () => {
  it("is in it, is the same only with it, and leaves it when deleted", async () => {
    const { iot, groupOf, thingsIn } = await withGroups();
    const create = (billingGroupName?: string) =>
      iot.send(new CreateThingCommand({ thingName: "car-2", billingGroupName }));

    const first = await create("a");
    const again = await create("a");

    expect(again.thingId).toBe(first.thingId);
    await expect(create("b")).rejects.toMatchObject({ name: "ResourceAlreadyExistsException" });
    expect(await groupOf("car-2")).toBe("a");
    expect(await thingsIn("a")).toEqual(["car-2"]);
    await iot.send(new DeleteThingCommand({ thingName: "car-2" }));
    expect(await thingsIn("a")).toEqual([]);
  });
});
