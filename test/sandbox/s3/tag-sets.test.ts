import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  GetBucketTaggingCommand,
  GetObjectTaggingCommand,
  PutBucketTaggingCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type Tag,
} from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { Bucket, here, openBucket, put, raw, refusal } from "./bucket.js";

const at = { Bucket, Key: "a" };

describe("tags https://docs.aws.amazon.com/AmazonS3/latest/API/API_Tag.html", () => {
  const reserved =
    'User-defined tag keys can\'t start with "aws:". This prefix is reserved for system tags. ' +
    'Remove "aws:" from your tag keys and try again.';

  it.each<[Tag[], string, string, string?]>([
    [[{ Key: "a,b", Value: "" }], "InvalidTag", "The TagKey you have provided is invalid"],
    [[{ Key: "", Value: "" }], "InvalidTag", "The TagKey you have provided is invalid"],
    [
      [{ Key: "k".repeat(129), Value: "" }],
      "InvalidTag",
      "The TagKey you have provided is invalid",
    ],
    [[{ Key: "k", Value: "a,b" }], "InvalidTag", "The TagValue you have provided is invalid"],
    [
      [{ Key: "k", Value: "v".repeat(257) }],
      "InvalidTag",
      "The TagValue you have provided is invalid",
    ],
    [
      [
        { Key: "k", Value: "1" },
        { Key: "k", Value: "2" },
      ],
      "InvalidTag",
      "Cannot provide multiple Tags with the same key",
    ],
    [
      [{ Key: "aws:k", Value: "" }],
      "InvalidTag",
      "Your TagKey cannot be prefixed with aws:",
      "System tags cannot be added/updated by requester",
    ],
  ])("are refused in AWS's words: %o", async (TagSet, name, message, ofBucket = message) => {
    const { s3 } = await openBucket();
    await put(s3, "a");
    const Tagging = { TagSet };
    const onObject = s3.send(new PutObjectTaggingCommand({ ...at, Tagging }));
    const TagKey = TagSet[0]?.Key;
    await expect(onObject).rejects.toMatchObject({ ...refusal(name, 400), message, TagKey });
    const onBucket = s3.send(new PutBucketTaggingCommand({ Bucket, Tagging }));
    await expect(onBucket).rejects.toMatchObject({
      ...refusal(name, 400),
      message: ofBucket,
      TagKey,
    });
    const CreateBucketConfiguration = { ...here, Tags: TagSet };
    const created = s3.send(
      new CreateBucketCommand({ Bucket: "other", CreateBucketConfiguration }),
    );
    await expect(created).rejects.toMatchObject({
      ...refusal(name, 400),
      message: TagKey === "aws:k" ? reserved : message,
    });
  });

  it.each(["k=1&k=2", "k=1,l=2", "=1", "k%2C=1"])(
    "in a header are refused: %s",
    async (Tagging) => {
      const { s3 } = await openBucket();
      const call = s3.send(new PutObjectCommand({ ...at, Body: "1", Tagging }));
      await expect(call).rejects.toMatchObject({
        ...refusal("InvalidArgument", 400),
        message:
          "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters " +
          "without tag name duplicates.",
        ArgumentName: "x-amz-tagging",
        ArgumentValue: Tagging,
      });
    },
  );

  it.each(["<TagSet></TagSet>", "<TagSet/>", ""])("may be none: %s", async (set) => {
    const { s3, sandbox } = await openBucket();
    const [Key, Value] = ["k", "v"];
    await s3.send(new PutObjectCommand({ ...at, Body: "1", Tagging: "k=v" }));
    await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key, Value }] } }));
    const body = `<Tagging>${set}</Tagging>`;
    const request = { method: "PUT", query: "tagging", body };
    expect(await raw(sandbox, { ...request, path: "/firmware/a" })).toMatchObject({ status: 200 });
    expect(await raw(sandbox, { ...request, path: "/firmware" })).toMatchObject({ status: 204 });
    expect((await s3.send(new GetObjectTaggingCommand(at))).TagSet).toEqual([]);
    await expect(s3.send(new GetBucketTaggingCommand({ Bucket }))).rejects.toMatchObject(
      refusal("NoSuchTagSet", 404),
    );
  });

  it("are not had by a delete marker, by its id or on top", async () => {
    const { s3 } = await openBucket("Enabled");
    await put(s3, "a");
    const { VersionId } = await s3.send(new DeleteObjectCommand(at));
    for (const input of [at, { ...at, VersionId }]) {
      for (const [Method, command] of [
        ["PUT", new PutObjectTaggingCommand({ ...input, Tagging: { TagSet: [] } })],
        ["GET", new GetObjectTaggingCommand(input)],
        ["DELETE", new DeleteObjectTaggingCommand(input)],
      ] as const) {
        await expect(s3.send(command as GetObjectTaggingCommand)).rejects.toMatchObject({
          ...refusal("MethodNotAllowed", 405),
          Method,
          ResourceType: "DeleteMarker",
        });
      }
    }
  });
});
