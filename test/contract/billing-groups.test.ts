import {
  AddThingToBillingGroupCommand,
  CreateBillingGroupCommand,
  DeleteBillingGroupCommand,
  DescribeBillingGroupCommand,
  DescribeThingCommand,
  ListBillingGroupsCommand,
  ListThingsInBillingGroupCommand,
  RemoveThingFromBillingGroupCommand,
  UpdateBillingGroupCommand,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { makeThing } from "./makers.js";
import { longest, pagesOf } from "./paging.js";
import { answerOf, invalid, notFound, otherVersion, taken, uuid } from "./refused.js";
import { markTags, openTarget } from "./target.js";

const target = await openTarget();
const { iot } = target;

const billingGroupProperties = { billingGroupDescription: "Cars of the north" };
const look = (billingGroupName: string) =>
  iot.send(new DescribeBillingGroupCommand({ billingGroupName }));
const remove = (billingGroupName: string, expectedVersion?: number) =>
  iot.send(new DeleteBillingGroupCommand({ billingGroupName, expectedVersion }));
const join = (thingName: string, billingGroupName: string) =>
  iot.send(new AddThingToBillingGroupCommand({ thingName, billingGroupName }));
const leave = (thingName: string, billingGroupName: string) =>
  iot.send(new RemoveThingFromBillingGroupCommand({ thingName, billingGroupName }));
const billingOf = async (thingName: string) =>
  (await iot.send(new DescribeThingCommand({ thingName }))).billingGroupName;

async function make(billingGroupName = target.name("billing")) {
  target.cleanUp(`billing group ${billingGroupName}`, () => remove(billingGroupName));
  const made = await iot.send(
    new CreateBillingGroupCommand({ billingGroupName, billingGroupProperties, tags: markTags }),
  );
  return { ...answerOf(made), billingGroupName };
}

// https://docs.aws.amazon.com/iot/latest/apireference/API_CreateBillingGroup.html
describe("CreateBillingGroup", () => {
  it("answers with name, ARN and id, again for the same configuration", async () => {
    const made = await make();

    expect(made).toEqual({
      billingGroupName: made.billingGroupName,
      billingGroupArn: target.arn(`billinggroup/${made.billingGroupName}`),
      billingGroupId: expect.stringMatching(uuid),
    });
    expect(await make(made.billingGroupName)).toEqual(made);
  });

  it("refuses the name for another description with 409", async () => {
    const { billingGroupName } = await make();

    const again = iot.send(
      new CreateBillingGroupCommand({
        billingGroupName,
        billingGroupProperties: { billingGroupDescription: "Cars of the south" },
      }),
    );

    await expect(again).rejects.toMatchObject(taken);
  });

  it("refuses a name with a blank with 400", async () => {
    const blank = iot.send(new CreateBillingGroupCommand({ billingGroupName: "contract cars" }));

    await expect(blank).rejects.toMatchObject(invalid);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeBillingGroup.html
describe("DescribeBillingGroup", () => {
  it("tells the whole group", async () => {
    const made = await make();

    expect(answerOf(await look(made.billingGroupName))).toEqual({
      ...made,
      version: 1,
      billingGroupProperties,
      billingGroupMetadata: { creationDate: expect.any(Date) },
    });
  });

  it("refuses an unknown group with 404", async () => {
    await expect(look(target.name("billing"))).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateBillingGroup.html
describe("UpdateBillingGroup", () => {
  const update = (billingGroupName: string, expectedVersion?: number) =>
    iot.send(
      new UpdateBillingGroupCommand({
        billingGroupName,
        expectedVersion,
        billingGroupProperties: { billingGroupDescription: "Cars of the south" },
      }),
    );

  it("answers with the new version", async () => {
    const { billingGroupName } = await make();

    expect(answerOf(await update(billingGroupName, 1))).toEqual({ version: 2 });

    expect(await look(billingGroupName)).toMatchObject({
      version: 2,
      billingGroupProperties: { billingGroupDescription: "Cars of the south" },
    });
  });

  it("refuses another version with 409, and an unknown group with 404", async () => {
    const { billingGroupName } = await make();

    await expect(update(billingGroupName, 2)).rejects.toMatchObject(otherVersion);
    await expect(update(target.name("billing"))).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_AddThingToBillingGroup.html
// https://docs.aws.amazon.com/iot/latest/apireference/API_RemoveThingFromBillingGroup.html
describe("AddThingToBillingGroup and RemoveThingFromBillingGroup", () => {
  it("show on the thing, and change nothing the second time", async () => {
    const { thingName } = await makeThing(target);
    const { billingGroupName } = await make();

    for (let i = 0; i < 2; i++) await join(thingName, billingGroupName);
    const inside = await billingOf(thingName);
    for (let i = 0; i < 2; i++) await leave(thingName, billingGroupName);

    expect(inside).toBe(billingGroupName);
    expect(await billingOf(thingName)).toBeUndefined();
  });

  it("refuse an unknown thing and an unknown group with 404", async () => {
    const { thingName } = await makeThing(target);
    const { billingGroupName } = await make();

    for (const change of [join, leave]) {
      await expect(change(thingName, target.name("billing"))).rejects.toMatchObject(notFound);
      await expect(change(target.name("thing"), billingGroupName)).rejects.toMatchObject(notFound);
    }
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_ListThingsInBillingGroup.html
describe("ListThingsInBillingGroup", () => {
  it("pages through the things of a group, each once", async () => {
    const { billingGroupName } = await make();
    const names: string[] = [];
    for (let i = 0; i < 3; i++) names.push((await makeThing(target)).thingName);
    for (const name of names) await join(name, billingGroupName);

    await target.eventually(async () => {
      const pages = await pagesOf(async (nextToken) => {
        const page = await iot.send(
          new ListThingsInBillingGroupCommand({ billingGroupName, maxResults: 2, nextToken }),
        );
        return { items: page.things, next: page.nextToken };
      });
      expect(longest(pages)).toBeLessThanOrEqual(2);
      expect(pages.flat().sort()).toEqual(names.sort());
    });
  });

  it("refuses an unknown group with 404", async () => {
    const billingGroupName = target.name("billing");
    const listed = iot.send(new ListThingsInBillingGroupCommand({ billingGroupName }));

    await expect(listed).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_ListBillingGroups.html
describe("ListBillingGroups", () => {
  it("pages through the groups whose names begin so", async () => {
    const prefix = target.name("billing");
    const made = [await make(`${prefix}-a`), await make(`${prefix}-b`)];

    await target.eventually(async () => {
      const pages = await pagesOf(async (nextToken) => {
        const input = { namePrefixFilter: prefix, maxResults: 1, nextToken };
        const page = await iot.send(new ListBillingGroupsCommand(input));
        return { items: page.billingGroups, next: page.nextToken };
      });
      expect(longest(pages)).toBeLessThanOrEqual(1);
      expect(pages.flat()).toHaveLength(2);
      expect(pages.flat()).toEqual(
        expect.arrayContaining(
          made.map((group) => ({
            groupName: group.billingGroupName,
            groupArn: group.billingGroupArn,
          })),
        ),
      );
    });
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteBillingGroup.html
describe("DeleteBillingGroup", () => {
  it("takes the group off its things", async () => {
    const { thingName } = await makeThing(target);
    const { billingGroupName } = await make();
    await join(thingName, billingGroupName);

    await remove(billingGroupName, 1);

    await expect(look(billingGroupName)).rejects.toMatchObject(notFound);
    await target.eventually(async () => expect(await billingOf(thingName)).toBeUndefined());
  });

  it("refuses another version with 409", async () => {
    const { billingGroupName } = await make();

    await expect(remove(billingGroupName, 2)).rejects.toMatchObject(otherVersion);
  });
});
