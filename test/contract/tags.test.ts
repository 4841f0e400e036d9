import {
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
  type Tag,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import {
  makeGroup,
  makeJob,
  makePackage,
  makePolicy,
  makeThing,
  makeType,
  makeVersion,
} from "./makers.js";
import { pagesOf } from "./paging.js";
import { answerOf, invalid, notFound, refused } from "./refused.js";
import { markTags, openTarget } from "./target.js";

const target = await openTarget();
const { iot } = target;

const tag = (resourceArn: string, tags: Tag[]) =>
  iot.send(new TagResourceCommand({ resourceArn, tags }));
const untag = (resourceArn: string, tagKeys: string[]) =>
  iot.send(new UntagResourceCommand({ resourceArn, tagKeys }));
const tagsOf = async (resourceArn: string) => {
  const pages = await pagesOf(async (nextToken) => {
    const page = await iot.send(new ListTagsForResourceCommand({ resourceArn, nextToken }));
    return { items: page.tags, next: page.nextToken };
  });
  return pages.flat().sort((a, b) => (String(a.Key) < String(b.Key) ? -1 : 1));
};

// https://docs.aws.amazon.com/iot/latest/developerguide/tagging-iot.html
describe("Tags given at the creation", () => {
  const makers: Record<string, () => Promise<string | undefined>> = {
    "a thing type": async () => (await makeType(target)).thingTypeArn,
    "a thing group": async () => (await makeGroup(target)).thingGroupArn,
    "a package": async () => target.arn(`package/${await makePackage(target)}`),
    "a package version": async () => {
      const packageName = await makePackage(target);
      return (await makeVersion(target, { packageName })).packageVersionArn;
    },
    "a policy": async () => target.arn(`policy/${await makePolicy(target)}`),
    "a job": async () => {
      const { thingArn } = await makeThing(target);
      return (await makeJob(target, { targets: [thingArn] })).jobArn;
    },
  };

  it.each(Object.entries(makers))("are there on %s", async (_, make) => {
    const arn = (await make()) ?? "";

    expect(await tagsOf(arn)).toEqual(markTags);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_TagResource.html
// https://docs.aws.amazon.com/iot/latest/apireference/API_UntagResource.html
// https://docs.aws.amazon.com/iot/latest/apireference/API_ListTagsForResource.html
describe("TagResource, UntagResource and ListTagsForResource", () => {
  it("add tags, overwrite values, and remove by key", async () => {
    const { thingGroupArn } = await makeGroup(target);

    const added = await tag(thingGroupArn, [
      { Key: "colour", Value: "red" },
      { Key: "size", Value: "" },
    ]);
    await tag(thingGroupArn, [{ Key: "colour", Value: "blue" }]);
    const tagged = await tagsOf(thingGroupArn);
    const removed = await untag(thingGroupArn, ["colour", "size"]);

    expect(answerOf(added)).toEqual({});
    expect(tagged).toEqual([
      { Key: "colour", Value: "blue" },
      { Key: "size", Value: "" },
      ...markTags,
    ]);
    expect(answerOf(removed)).toEqual({});
    expect(await tagsOf(thingGroupArn)).toEqual(markTags);
  });

  it("refuse a group that is not there with 404", async () => {
    const arn = target.arn(`thinggroup/${target.name("group")}`);

    await expect(tag(arn, markTags)).rejects.toMatchObject(notFound);
    await expect(untag(arn, ["workshop"])).rejects.toMatchObject(notFound);
    await expect(tagsOf(arn)).rejects.toMatchObject(notFound);
  });

  it("refuse a key of 129 characters and one that AWS reserves with 400", async () => {
    const { thingGroupArn } = await makeGroup(target);

    for (const Key of ["x".repeat(129), "aws:mine"]) {
      await expect(tag(thingGroupArn, [{ Key, Value: "v" }])).rejects.toMatchObject(invalid);
    }
  });

  it("keep fifty tags of a resource, and refuse the 51st with 410", async () => {
    const { thingGroupArn } = await makeGroup(target);
    const more = Array.from({ length: 49 }, (_, i) => ({ Key: `k${i}`, Value: "v" }));
    await tag(thingGroupArn, more);

    await expect(tag(thingGroupArn, [{ Key: "last", Value: "v" }])).rejects.toMatchObject(
      refused("LimitExceededException", 410),
    );

    expect(await tagsOf(thingGroupArn)).toHaveLength(50);
  });
});
