import {
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  paginateListObjectsV2,
} from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { Bucket, openBucket, put, refusal, versionPages } from "./bucket.js";

describe("ListObjectVersions https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html", () => {
  it("lists versions newest first, and says which is the latest", async () => {
    const { s3 } = await openBucket("Enabled");
    const [old, young] = [await put(s3, "a", "1"), await put(s3, "a", "22")];
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
    await put(s3, "b");

    const { Versions, DeleteMarkers } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    expect(Versions).toMatchObject([
      { Key: "a", VersionId: young, IsLatest: false, Size: 2 },
      { Key: "a", VersionId: old, IsLatest: false, Size: 1 },
      { Key: "b", IsLatest: true },
    ]);
    expect(DeleteMarkers).toMatchObject([{ Key: "a", IsLatest: true }]);
  });

  it("pages by both markers", async () => {
    const { s3 } = await openBucket("Enabled");
    for (const key of ["a", "a", "a", "b", "c"]) await put(s3, key);
    const seen: string[] = [];
    for await (const { Versions = [] } of versionPages(s3, 2)) {
      seen.push(Versions.map(({ Key }) => Key).join(""));
    }
    expect(seen).toEqual(["aa", "ab", "c"]);
  });

  it("lets a bucket be emptied page by page", async () => {
    const { s3 } = await openBucket("Enabled");
    for (const key of ["a", "a", "a", "a", "b"]) await put(s3, key);
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "a" }));

    for await (const page of versionPages(s3, 2)) {
      const Objects = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(
        ({ Key, VersionId }) => ({ Key, VersionId }),
      );
      await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    }

    await s3.send(new DeleteBucketCommand({ Bucket }));
  });

  it("refuses a version marker without a key marker", async () => {
    const { s3 } = await openBucket("Enabled");
    const list = new ListObjectVersionsCommand({ Bucket, VersionIdMarker: "x".repeat(32) });
    await expect(s3.send(list)).rejects.toMatchObject(refusal("InvalidArgument", 400));
  });

  it("rolls up keys behind a delimiter", async () => {
    const { s3 } = await openBucket("Enabled");
    for (const key of ["a/1", "a/2", "b"]) await put(s3, key);
    const { Versions, CommonPrefixes } = await s3.send(
      new ListObjectVersionsCommand({ Bucket, Delimiter: "/" }),
    );
    expect(Versions?.map(({ Key }) => Key)).toEqual(["b"]);
    expect(CommonPrefixes).toEqual([{ Prefix: "a/" }]);
  });
});

describe("ListObjectsV2 https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html", () => {
  it("lists in key order what is not deleted", async () => {
    const { s3 } = await openBucket("Enabled");
    for (const key of ["c", "a", "b", "a"]) await put(s3, key);
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "b" }));
    const { Contents, KeyCount } = await s3.send(new ListObjectsV2Command({ Bucket }));
    expect(Contents?.map(({ Key }) => Key)).toEqual(["a", "c"]);
    expect(KeyCount).toBe(2);
  });

  it("pages, with prefixes counted as keys", async () => {
    const { s3 } = await openBucket();
    for (const key of ["a/1", "a/2", "b/1", "c", "d/1", "e"]) await put(s3, key);
    const pages: string[][] = [];
    const input = { Bucket, Delimiter: "/" };
    for await (const page of paginateListObjectsV2({ client: s3, pageSize: 2 }, input)) {
      pages.push([
        ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix ?? ""),
        ...(page.Contents ?? []).map(({ Key }) => Key ?? ""),
      ]);
    }
    expect(pages).toEqual([["a/", "b/"], ["d/", "c"], ["e"]]);
  });

  it("begins behind StartAfter, within a prefix", async () => {
    const { s3 } = await openBucket();
    for (const key of ["a", "x1", "x2", "x3", "y"]) await put(s3, key);
    const list = new ListObjectsV2Command({ Bucket, Prefix: "x", StartAfter: "x1" });
    expect((await s3.send(list)).Contents?.map(({ Key }) => Key)).toEqual(["x2", "x3"]);
  });

  it("encodes keys on demand", async () => {
    const { s3 } = await openBucket();
    await put(s3, "a b/ü");
    const list = new ListObjectsV2Command({ Bucket, EncodingType: "url" });
    expect((await s3.send(list)).Contents?.[0]?.Key).toBe("a+b/%C3%BC");
  });

  it("refuses a token that is not its own", async () => {
    const { s3 } = await openBucket();
    const list = new ListObjectsV2Command({ Bucket, ContinuationToken: "abc" });
    await expect(s3.send(list)).rejects.toMatchObject(refusal("InvalidArgument", 400));
  });

  it("refuses a negative page size", async () => {
    const { s3 } = await openBucket();
    const list = new ListObjectsV2Command({ Bucket, MaxKeys: -1 });
    await expect(s3.send(list)).rejects.toMatchObject(refusal("InvalidArgument", 400));
  });
});

describe("ListObjects https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html", () => {
  it("tells the next marker only with a delimiter", async () => {
    const { s3 } = await openBucket();
    for (const key of ["a/1", "a/2", "b"]) await put(s3, key);
    const plain = await s3.send(new ListObjectsCommand({ Bucket, MaxKeys: 1 }));
    expect(plain).toMatchObject({ IsTruncated: true });
    expect(plain.NextMarker).toBeUndefined();
    const rolled = await s3.send(new ListObjectsCommand({ Bucket, MaxKeys: 1, Delimiter: "/" }));
    expect(rolled.NextMarker).toBe("a/");
    const next = await s3.send(
      new ListObjectsCommand({ Bucket, Delimiter: "/", Marker: rolled.NextMarker }),
    );
    expect(next.Contents?.map(({ Key }) => Key)).toEqual(["b"]);
  });
});
