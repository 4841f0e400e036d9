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
