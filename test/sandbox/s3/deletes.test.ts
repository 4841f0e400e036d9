import {
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  HeadObjectCommand,
} from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { Bucket, openBucket, put, refusal, text } from "./bucket.js";

describe("delete markers https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html", () => {
  it("hide the object and say so", async () => {
    const { s3 } = await openBucket("Enabled");
    await put(s3, "a");
    const { VersionId, DeleteMarker } = await s3.send(
      new DeleteObjectCommand({ Bucket, Key: "a" }),
    );
    expect(DeleteMarker).toBe(true);
    const error: unknown = await text(s3, "a").catch((caught: unknown) => caught);
    expect(error).toMatchObject(refusal("NoSuchKey", 404));
    expect(error).toHaveProperty(["$response", "headers", "x-amz-delete-marker"], "true");
    expect(error).toHaveProperty(["$response", "headers", "x-amz-version-id"], VersionId);
  });

  it("are not to be read by their id", async () => {
    const { s3 } = await openBucket("Enabled");
    const { VersionId } = await s3.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
    await expect(text(s3, "a", VersionId)).rejects.toMatchObject(refusal("MethodNotAllowed", 405));
    const head = new HeadObjectCommand({ Bucket, Key: "a", VersionId });
    await expect(s3.send(head)).rejects.toMatchObject({ $metadata: { httpStatusCode: 405 } });
  });

  it("give the object back when they are deleted", async () => {
    const { s3 } = await openBucket("Enabled");
    await put(s3, "a", "content");
    const { VersionId } = await s3.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
    const answer = await s3.send(new DeleteObjectCommand({ Bucket, Key: "a", VersionId }));
    expect(answer).toMatchObject({ DeleteMarker: true, VersionId });
    expect(await text(s3, "a")).toBe("content");
  });

  it("are not made in a bucket that never versioned", async () => {
    const { s3 } = await openBucket();
    await put(s3, "a");
    const answer = await s3.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
    expect(answer.DeleteMarker).toBeUndefined();
    await s3.send(new DeleteBucketCommand({ Bucket }));
  });
});

describe("DeleteObjects https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html", () => {
  it("tells what became of each key", async () => {
    const { s3 } = await openBucket("Enabled");
    const VersionId = await put(s3, "a");
    const Objects = [{ Key: "a", VersionId }, { Key: "missing" }, { Key: "a", VersionId: "bad" }];
    const { Deleted, Errors } = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects } }),
    );
    expect(Deleted).toMatchObject([
      { Key: "a", VersionId },
      { Key: "missing", DeleteMarker: true, DeleteMarkerVersionId: expect.any(String) as string },
    ]);
    expect(Errors).toMatchObject([{ Key: "a", VersionId: "bad", Code: "NoSuchVersion" }]);
  });

  it("spares what is not as the client believes, and names it", async () => {
    const { s3 } = await openBucket();
    await put(s3, "a");
    await put(s3, "b");
    const { ETag } = await s3.send(new HeadObjectCommand({ Bucket, Key: "b" }));
    const Objects = [
      { Key: "a", ETag: '"0123456789abcdef0123456789abcdef"' },
      { Key: "b", ETag },
      { Key: "c", ETag },
      { Key: "a", Size: 1 },
      { Key: "a", LastModifiedTime: new Date(0) },
    ];
    const { Deleted, Errors } = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: false } }),
    );
    expect(Deleted).toEqual([{ Key: "b" }]);
    expect(Errors?.map(({ Key, Code }) => [Key, Code])).toEqual([
      ["a", "PreconditionFailed"],
      ["c", "NoSuchKey"],
      ["a", "NotImplemented"],
      ["a", "NotImplemented"],
    ]);
    expect(await text(s3, "a")).toBe("a");
  });

  it("lists errors only when it is to be quiet", async () => {
    const { s3 } = await openBucket();
    await put(s3, "a");
    const { Deleted } = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "a" }], Quiet: true } }),
    );
    expect(Deleted).toBeUndefined();
    await expect(text(s3, "a")).rejects.toMatchObject(refusal("NoSuchKey", 404));
  });

  it("takes 1,000 keys and no more", async () => {
    const { s3 } = await openBucket();
    const remove = (count: number) => {
      const Objects = Array.from({ length: count }, (_, i) => ({ Key: `key-${i}` }));
      return s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    };
    expect((await remove(1000)).Deleted).toHaveLength(1000);
    await expect(remove(1001)).rejects.toMatchObject(refusal("MalformedXML", 400));
  });
});

describe("DeleteObject https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html", () => {
  it("obeys If-Match, on the version that is meant", async () => {
    const { s3 } = await openBucket("Enabled");
    const VersionId = await put(s3, "a", "1");
    const { ETag } = await s3.send(new HeadObjectCommand({ Bucket, Key: "a" }));
    await put(s3, "a", "2");
    const remove = (input: object) =>
      s3.send(new DeleteObjectCommand({ Bucket, Key: "a", ...input }));
    await expect(remove({ IfMatch: ETag })).rejects.toMatchObject(
      refusal("PreconditionFailed", 412),
    );
    await remove({ IfMatch: ETag, VersionId });
    await remove({ IfMatch: "*" });
    await expect(remove({ IfMatch: "*" })).rejects.toMatchObject(refusal("NoSuchKey", 404));
  });

  it.each([
    [{ IfMatchSize: 1 }, "NotImplemented", 501],
    [{ IfMatchLastModifiedTime: new Date(0) }, "NotImplemented", 501],
    [{ BypassGovernanceRetention: true }, "InvalidArgument", 400],
  ])("refuses what only other buckets have: %o", async (input, name, status) => {
    const { s3 } = await openBucket();
    await put(s3, "a");
    const call = s3.send(new DeleteObjectCommand({ Bucket, Key: "a", ...input }));
    await expect(call).rejects.toMatchObject(refusal(name, status));
  });

  it.each(["", "x", "x".repeat(32)])(
    "refuses a version id that never was: %s",
    async (VersionId) => {
      const { s3 } = await openBucket();
      const call = s3.send(new DeleteObjectCommand({ Bucket, Key: "a", VersionId }));
      await expect(call).rejects.toMatchObject(refusal("InvalidArgument", 400));
    },
  );
});
