import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { makeBucket } from "./makers.js";
import { longest, pagesOf } from "./paging.js";
import { refused } from "./refused.js";
import { openTarget } from "./target.js";

const target = await openTarget();
const { s3 } = target;

// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
const noKey = refused("NoSuchKey", 404);

/** A bucket that never was versioned, and one that is. */
let Bucket = "";
let Versioned = "";
beforeAll(async () => {
  Bucket = await makeBucket(target);
  Versioned = await makeBucket(target);
  const VersioningConfiguration = { Status: "Enabled" } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket: Versioned, VersioningConfiguration }));
  // AWS begins to keep versions a while after it was told to.
  await target.eventually(async () =>
    expect(await put("probe", "probe", Versioned)).toHaveProperty("VersionId"),
  );
});

const put = async (Key: string, Body = "content", bucket = Bucket) =>
  s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
const text = async (Key: string, bucket = Bucket, VersionId?: string) => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key, VersionId }));
  return Body?.transformToString();
};
const md5 = (bytes: string | Uint8Array) => createHash("md5").update(bytes).digest("hex");

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
describe("PutObject, GetObject and HeadObject", () => {
  it("keep content, type and metadata", async () => {
    const Key = "a folder/ä+%.bin";
    const made = await s3.send(
      new PutObjectCommand({
        Bucket,
        Key,
        Body: "content",
        ContentType: "text/plain",
        Metadata: { build: "7" },
      }),
    );

    const about = {
      ContentLength: 7,
      ContentType: "text/plain",
      ETag: `"${md5("content")}"`,
      Metadata: { build: "7" },
      LastModified: expect.any(Date),
      ServerSideEncryption: "AES256",
    };
    expect(made).toMatchObject({ ETag: about.ETag, ServerSideEncryption: "AES256" });
    expect(made).not.toHaveProperty("VersionId");
    expect(await text(Key)).toBe("content");
    expect(await s3.send(new GetObjectCommand({ Bucket, Key }))).toMatchObject(about);
    expect(await s3.send(new HeadObjectCommand({ Bucket, Key }))).toMatchObject(about);
  });

  it("give a range, and refuse one outside with 416", async () => {
    await put("range", "0123456789");
    const get = (Range: string) => s3.send(new GetObjectCommand({ Bucket, Key: "range", Range }));

    const part = await get("bytes=2-4");

    expect(part).toMatchObject({ ContentRange: "bytes 2-4/10", ContentLength: 3 });
    expect(await part.Body?.transformToString()).toBe("234");
    await expect(get("bytes=20-30")).rejects.toMatchObject(refused("InvalidRange", 416));
  });

  it("keep conditions", async () => {
    const { ETag } = await put("conditions");
    const get = (rest: object) =>
      s3.send(new GetObjectCommand({ Bucket, Key: "conditions", ...rest }));

    await expect(get({ IfMatch: '"other"' })).rejects.toMatchObject(
      refused("PreconditionFailed", 412),
    );
    await expect(get({ IfNoneMatch: ETag })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 304 },
    });
    const once = new PutObjectCommand({ Bucket, Key: "conditions", Body: "b", IfNoneMatch: "*" });
    await expect(s3.send(once)).rejects.toMatchObject(refused("PreconditionFailed", 412));
  });

  it("refuse an unknown key and an unknown bucket with 404", async () => {
    await expect(text("none")).rejects.toMatchObject(noKey);
    await expect(s3.send(new HeadObjectCommand({ Bucket, Key: "none" }))).rejects.toMatchObject(
      refused("NotFound", 404),
    );
    const noBucket = refused("NoSuchBucket", 404);
    await expect(put("a", "a", target.name("bucket"))).rejects.toMatchObject(noBucket);
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
describe("GetObjectAttributes", () => {
  it("tells what it is asked for", async () => {
    const Key = "attributes";
    await put(Key);

    const found = await s3.send(
      new GetObjectAttributesCommand({
        Bucket,
        Key,
        ObjectAttributes: ["ETag", "ObjectSize", "StorageClass"],
      }),
    );

    expect(found).toMatchObject({
      ETag: md5("content"),
      ObjectSize: 7,
      StorageClass: "STANDARD",
      LastModified: expect.any(Date),
    });
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
describe("CopyObject", () => {
  const copy = (from: string, Key: string, rest: object = {}) =>
    s3.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/${from}`, ...rest }));

  it("copies content and metadata, unless they are replaced", async () => {
    const from = new PutObjectCommand({
      Bucket,
      Key: "from",
      Body: "content",
      Metadata: { a: "1" },
    });
    await s3.send(from);

    const { CopyObjectResult } = await copy("from", "copy");
    await copy("from", "changed", { MetadataDirective: "REPLACE", Metadata: { b: "2" } });

    expect(CopyObjectResult).toMatchObject({
      ETag: `"${md5("content")}"`,
      LastModified: expect.any(Date),
    });
    expect(await text("copy")).toBe("content");
    const metadata = async (Key: string) =>
      (await s3.send(new HeadObjectCommand({ Bucket, Key }))).Metadata;
    expect(await metadata("copy")).toEqual({ a: "1" });
    expect(await metadata("changed")).toEqual({ b: "2" });
  });

  it("refuses an unknown key with 404, and a copy to itself with 400", async () => {
    await put("self");

    await expect(copy("none", "copy")).rejects.toMatchObject(noKey);
    await expect(copy("self", "self")).rejects.toMatchObject(refused("InvalidRequest", 400));
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
describe("PutObjectTagging, GetObjectTagging and DeleteObjectTagging", () => {
  it("replace the whole set, and empty it", async () => {
    const Key = "tagged";
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: "a", Tagging: "colour=red&size=1" }));
    const tags = async () => (await s3.send(new GetObjectTaggingCommand({ Bucket, Key }))).TagSet;
    const TagSet = [{ Key: "colour", Value: "blue" }];

    expect(await tags()).toHaveLength(2);
    await s3.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet } }));
    await target.eventually(async () => expect(await tags()).toEqual(TagSet));
    await s3.send(new DeleteObjectTaggingCommand({ Bucket, Key }));

    await target.eventually(async () => expect(await tags()).toEqual([]));
  });

  it("refuse an unknown key with 404", async () => {
    const found = s3.send(new GetObjectTaggingCommand({ Bucket, Key: "none" }));

    await expect(found).rejects.toMatchObject(noKey);
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html
describe("ListObjectsV2 and ListObjects", () => {
  const keys = ["list/a", "list/b", "list/c/d", "list/c/e"];

  beforeAll(async () => {
    for (const key of keys) await put(key);
  });

  it("page in the order of keys", async () => {
    const pages = await pagesOf(async (ContinuationToken) => {
      const input = { Bucket, Prefix: "list/", MaxKeys: 3, ContinuationToken };
      const page = await s3.send(new ListObjectsV2Command(input));
      expect(page.KeyCount).toBe(page.Contents?.length);
      expect(page.IsTruncated).toBe(page.NextContinuationToken !== undefined);
      return { items: page.Contents, next: page.NextContinuationToken };
    });

    expect(longest(pages)).toBe(3);
    expect(pages.flat().map(({ Key }) => Key)).toEqual(keys);
    expect(pages.flat()[0]).toMatchObject({
      ETag: `"${md5("content")}"`,
      Size: 7,
      StorageClass: "STANDARD",
      LastModified: expect.any(Date),
    });
  });

  it("roll up what is behind a delimiter", async () => {
    const input = { Bucket, Prefix: "list/", Delimiter: "/" };

    const answers = [
      await s3.send(new ListObjectsV2Command(input)),
      await s3.send(new ListObjectsCommand(input)),
    ];

    for (const { Contents, CommonPrefixes } of answers) {
      expect(Contents?.map(({ Key }) => Key)).toEqual(["list/a", "list/b"]);
      expect(CommonPrefixes).toEqual([{ Prefix: "list/c/" }]);
    }
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
describe("DeleteObject and DeleteObjects", () => {
  it("succeed also when there is nothing to delete", async () => {
    await put("gone");

    for (let i = 0; i < 2; i++) {
      const { $metadata } = await s3.send(new DeleteObjectCommand({ Bucket, Key: "gone" }));
      expect($metadata.httpStatusCode).toBe(204);
    }

    await expect(text("gone")).rejects.toMatchObject(noKey);
  });

  it("delete many, and tell of each or of none", async () => {
    for (const key of ["many/a", "many/b"]) await put(key);
    const remove = (Quiet: boolean, ...keys: string[]) =>
      s3.send(
        new DeleteObjectsCommand({
          Bucket,
          Delete: { Quiet, Objects: keys.map((Key) => ({ Key })) },
        }),
      );

    const told = await remove(false, "many/a", "many/none");
    const quiet = await remove(true, "many/b");

    expect(told.Deleted?.map(({ Key }) => Key).sort()).toEqual(["many/a", "many/none"]);
    expect(told.Errors ?? []).toEqual([]);
    expect(quiet.Deleted ?? []).toEqual([]);
    await expect(text("many/b")).rejects.toMatchObject(noKey);
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html
describe("Versions", () => {
  const Key = "versions/app.bin";
  const remove = (VersionId?: string) =>
    s3.send(new DeleteObjectCommand({ Bucket: Versioned, Key, VersionId }));

  it("stay behind new content and delete markers", async () => {
    const { VersionId: first = "" } = await put(Key, "one", Versioned);
    const { VersionId: second = "" } = await put(Key, "two", Versioned);
    const marked = await remove();
    const marker = marked.VersionId ?? "";

    expect(new Set([first, second, marker]).size).toBe(3);
    expect(marked.DeleteMarker).toBe(true);
    await expect(text(Key, Versioned)).rejects.toMatchObject(noKey);
    expect(await text(Key, Versioned, first)).toBe("one");
    await expect(text(Key, Versioned, marker)).rejects.toMatchObject(
      refused("MethodNotAllowed", 405),
    );

    await remove(marker);
    expect(await text(Key, Versioned)).toBe("two");
    await remove(second);
    expect(await text(Key, Versioned)).toBe("one");
  });

  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
  it("are listed with their markers, the newest first, page by page", async () => {
    const listed = "versions/listed";
    const made = [];
    for (const body of ["one", "two"]) made.unshift((await put(listed, body, Versioned)).VersionId);
    const gone = await s3.send(new DeleteObjectCommand({ Bucket: Versioned, Key: listed }));

    const pages = await pagesOf(async (token) => {
      const [KeyMarker, VersionIdMarker] = token?.split("\n") ?? [];
      const input = { Bucket: Versioned, Prefix: listed, MaxKeys: 1, KeyMarker, VersionIdMarker };
      const page = await s3.send(new ListObjectVersionsCommand(input));
      const { Versions = [], DeleteMarkers = [] } = page;
      return {
        items: [...DeleteMarkers, ...Versions],
        next: page.IsTruncated ? `${page.NextKeyMarker}\n${page.NextVersionIdMarker}` : undefined,
      };
    });

    expect(longest(pages)).toBe(1);
    expect(pages.flat().map(({ VersionId }) => VersionId)).toEqual([gone.VersionId, ...made]);
    expect(pages.flat().map(({ IsLatest }) => IsLatest)).toEqual([true, false, false]);
  });
});
