import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
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

describe("ListObjectsV2's StartAfter", () => {
  it("is told on the first page only", async () => {
    const { s3 } = await openBucket();
    for (const key of ["a", "b", "c"]) await put(s3, key);
    const input = { Bucket, StartAfter: "a", MaxKeys: 1 };
    const first = await s3.send(new ListObjectsV2Command(input));
    expect(first).toMatchObject({ StartAfter: "a", Contents: [{ Key: "b" }] });
    const ContinuationToken = first.NextContinuationToken;
    const next = await s3.send(new ListObjectsV2Command({ ...input, ContinuationToken }));
    expect(next).toMatchObject({ ContinuationToken, Contents: [{ Key: "c" }] });
    expect(next).not.toHaveProperty("StartAfter");
  });
});

describe("ListMultipartUploads https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html", () => {
  async function openUploads(...keys: string[]) {
    const { s3, clock } = await openBucket();
    const ids: string[] = [];
    for (const Key of keys) {
      const { UploadId = "" } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
      ids.push(UploadId);
      // Uploads of one key are in the order of their time.
      await clock.advance(1000);
    }
    const list = (input: object) => s3.send(new ListMultipartUploadsCommand({ Bucket, ...input }));
    return { s3, ids, list };
  }

  it("marks the end of every page", async () => {
    const { ids, list } = await openUploads("a", "b");
    const all = await list({});
    expect(all).toMatchObject({
      IsTruncated: false,
      KeyMarker: "",
      UploadIdMarker: "",
      NextKeyMarker: "b",
      NextUploadIdMarker: ids[1],
    });
    expect(all).not.toHaveProperty("Prefix");
    expect(await list({ MaxUploads: 1 })).toMatchObject({
      IsTruncated: true,
      NextKeyMarker: "a",
      NextUploadIdMarker: ids[0],
    });
    expect(await list({ Prefix: "x" })).toMatchObject({
      Prefix: "x",
      NextKeyMarker: "",
      NextUploadIdMarker: "",
    });
  });

  it("goes on behind a key, or an upload of it that may be gone", async () => {
    const { s3, ids, list } = await openUploads("a", "a", "b");
    const keys = async (input: object) =>
      (await list(input)).Uploads?.map(({ Key, UploadId }) => [Key, UploadId]);
    const [UploadId = ""] = ids;
    expect(await keys({ KeyMarker: "a" })).toEqual([["b", ids[2]]]);
    const behind = [
      ["a", ids[1]],
      ["b", ids[2]],
    ];
    expect(await keys({ KeyMarker: "a", UploadIdMarker: UploadId })).toEqual(behind);
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: "a", UploadId }));
    expect(await keys({ KeyMarker: "a", UploadIdMarker: UploadId })).toEqual(behind);
    for (const UploadIdMarker of ["x", ids[2]]) {
      await expect(list({ KeyMarker: "a", UploadIdMarker })).rejects.toMatchObject({
        ...refusal("InvalidArgument", 400),
        message: "Invalid uploadId marker",
      });
    }
  });

  it("rolls up folders", async () => {
    const { list } = await openUploads("f/a/1", "f/a/2", "f/b", "f/c d");
    const input = { Prefix: "f/", Delimiter: "/", EncodingType: "url" };
    const all = await list(input);
    expect(all).toMatchObject({
      ...input,
      CommonPrefixes: [{ Prefix: "f/a/" }],
      Uploads: [{ Key: "f/b" }, { Key: "f/c+d" }],
    });
    const first = await list({ ...input, MaxUploads: 1 });
    expect(first).toMatchObject({ IsTruncated: true, NextKeyMarker: "", NextUploadIdMarker: "" });
    const next = await list({ ...input, MaxUploads: 1, KeyMarker: "f/a/" });
    expect(next).toMatchObject({ Uploads: [{ Key: "f/b" }], NextKeyMarker: "f/b" });
    expect(next).not.toHaveProperty("CommonPrefixes");
    const wrong = list({ EncodingType: "value" });
    await expect(wrong).rejects.toMatchObject(refusal("InvalidArgument", 400));
  });
});
