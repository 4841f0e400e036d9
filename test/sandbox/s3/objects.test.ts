import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketOwnershipControlsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from "@aws-sdk/client-s3";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { manualClock } from "../../../lib/aws/clock.js";
import { createSandbox, type Sandbox } from "../../../lib/sandbox/index.js";
import { openStore } from "../../../lib/sandbox/state/store.js";
import { clientsOf } from "../clients.js";
import { Bucket, here, openBucket, put, raw, refusal, text, version } from "./bucket.js";

describe("PutObject https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html", () => {
  it("answers with the content's MD5 and the encryption", async () => {
    const { s3 } = await openBucket();
    expect(await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "hello" }))).toMatchObject({
      ETag: '"5d41402abc4b2a76b9719d911017c592"',
      ServerSideEncryption: "AES256",
    });
  });

  it("gives no version id in a bucket that never versioned", async () => {
    const { s3 } = await openBucket();
    const answer = await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "a" }));
    expect(answer.VersionId).toBeUndefined();
  });

  it("gives each put an id of its own in a versioned bucket", async () => {
    const { s3 } = await openBucket("Enabled");
    const ids = [await put(s3, "a", "1"), await put(s3, "a", "2")];
    expect(new Set(ids).size).toBe(2);
    expect(await text(s3, "a", ids[0])).toBe("1");
  });

  it("replaces the null version while versioning is suspended", async () => {
    const { s3 } = await openBucket("Enabled");
    const first = await put(s3, "a", "1");
    await version(s3, "Suspended");
    await put(s3, "a", "2");
    await put(s3, "a", "3");
    const { Versions } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    expect(Versions?.map(({ VersionId }) => VersionId)).toEqual(["null", first]);
  });

  it("keeps headers and metadata", async () => {
    const { s3 } = await openBucket();
    const kept = {
      ContentType: "application/zip",
      CacheControl: "no-store",
      ContentEncoding: "gzip",
      Metadata: { version: "1.0.0" },
    };
    await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "a", ...kept }));
    expect(await s3.send(new HeadObjectCommand({ Bucket, Key: "a" }))).toMatchObject(kept);
  });

  it("keeps keys of any characters", async () => {
    const { s3 } = await openBucket();
    const key = "dir/with space/ü+%2F&?=#€😀/'(x)*!~";
    await put(s3, key, "content");
    expect(await text(s3, key)).toBe("content");
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket }));
    expect(Contents?.map(({ Key }) => Key)).toEqual([key]);
  });

  it("takes an empty object", async () => {
    const { s3 } = await openBucket();
    await s3.send(new PutObjectCommand({ Bucket, Key: "empty", Body: new Uint8Array() }));
    expect(await text(s3, "empty")).toBe("");
  });

  it("refuses a key of more than 1,024 bytes", async () => {
    const { s3 } = await openBucket();
    await expect(put(s3, "é".repeat(513))).rejects.toMatchObject(refusal("KeyTooLongError", 400));
  });

  it("refuses metadata of more than 2 KB", async () => {
    const { s3 } = await openBucket();
    const Metadata = { note: "x".repeat(2048) };
    const put = new PutObjectCommand({ Bucket, Key: "a", Body: "a", Metadata });
    await expect(s3.send(put)).rejects.toMatchObject(refusal("MetadataTooLarge", 400));
  });

  it.each([
    { ACL: "public-read" as const },
    { GrantRead: "id=1" },
    { GrantFullControl: "id=1", ACL: "bucket-owner-full-control" as const },
  ])("does not lose an ACL without a word: %o", async (acl) => {
    const { s3 } = await openBucket();
    const put = new PutObjectCommand({ Bucket, Key: "a", Body: "a", ...acl });
    await expect(s3.send(put)).rejects.toMatchObject(refusal("AccessControlListNotSupported", 400));

    const OwnershipControls = { Rules: [{ ObjectOwnership: "ObjectWriter" as const }] };
    await s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));
    await expect(s3.send(put)).rejects.toMatchObject(refusal("NotImplemented", 501));
    await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "a", ACL: "private" }));

    const { ACL, ...grants } = acl as { ACL?: "public-read" };
    const ofBucket = ACL === "public-read" ? { ACL } : grants;
    const other = { Bucket: "other", ...ofBucket };
    await expect(s3.send(new CreateBucketCommand(other))).rejects.toMatchObject(
      refusal("InvalidBucketAclWithObjectOwnership", 400),
    );
    const owned = { ...other, ObjectOwnership: "BucketOwnerPreferred" as const };
    await expect(s3.send(new CreateBucketCommand(owned))).rejects.toMatchObject(
      refusal("NotImplemented", 501),
    );
  });

  it("writes only a new object with If-None-Match: *", async () => {
    const { s3 } = await openBucket();
    const put = new PutObjectCommand({ Bucket, Key: "a", Body: "a", IfNoneMatch: "*" });
    await s3.send(put);
    await expect(s3.send(put)).rejects.toMatchObject(refusal("PreconditionFailed", 412));
  });

  it.each(["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const)(
    "checks and keeps a %s checksum",
    async (ChecksumAlgorithm) => {
      const { s3 } = await openBucket();
      const sent = await s3.send(
        new PutObjectCommand({ Bucket, Key: "a", Body: "123456789", ChecksumAlgorithm }),
      );
      const member = `Checksum${ChecksumAlgorithm}` as const;
      const head = await s3.send(
        new HeadObjectCommand({ Bucket, Key: "a", ChecksumMode: "ENABLED" }),
      );
      expect(head[member]).toBe(sent[member]);
      expect(head.ChecksumType).toBe("FULL_OBJECT");
    },
  );

  it("refuses a checksum of other content", async () => {
    const { s3 } = await openBucket();
    const put = new PutObjectCommand({ Bucket, Key: "a", Body: "a", ChecksumCRC32: "AAAAAA==" });
    await expect(s3.send(put)).rejects.toMatchObject(refusal("BadDigest", 400));
  });

  it("refuses a Content-MD5 of other content, and one that is none", async () => {
    const { s3 } = await openBucket();
    const ofNothing = "1B2M2Y8AsgTpgAmY7PhCfg==";
    const put = (ContentMD5: string) =>
      s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "a", ContentMD5 }));
    await expect(put(ofNothing)).rejects.toMatchObject(refusal("BadDigest", 400));
    await expect(put("short")).rejects.toMatchObject(refusal("InvalidDigest", 400));
  });

  it("takes 64 MiB and no more", async () => {
    const { s3 } = await openBucket();
    const Body = Buffer.alloc(64 * 1024 * 1024 + 1);
    await expect(s3.send(new PutObjectCommand({ Bucket, Key: "big", Body }))).rejects.toMatchObject(
      refusal("EntityTooLarge", 400),
    );
  });
});

describe("GetObject https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html", () => {
  it("answers NoSuchKey with the key", async () => {
    const { s3 } = await openBucket();
    await expect(text(s3, "a/b")).rejects.toMatchObject({
      ...refusal("NoSuchKey", 404),
      Key: "a/b",
    });
  });

  it("says nothing of versions when it is put where they are suspended", async () => {
    const { s3 } = await openBucket("Suspended");
    const made = await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "1" }));
    expect(made.VersionId).toBeUndefined();
    const { VersionId } = await s3.send(new HeadObjectCommand({ Bucket, Key: "a" }));
    expect(VersionId).toBe("null");
  });

  it("tells a version that is gone from one that never was", async () => {
    const { s3 } = await openBucket("Enabled");
    const VersionId = await put(s3, "a");
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "a", VersionId }));
    await expect(text(s3, "a", VersionId)).rejects.toMatchObject(refusal("NoSuchVersion", 404));
    await expect(text(s3, "a", "null")).rejects.toMatchObject(refusal("NoSuchVersion", 404));
    for (const madeUp of ["x", "x".repeat(32), "HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD"]) {
      const call = text(s3, "a", madeUp);
      await expect(call).rejects.toMatchObject({
        ...refusal("InvalidArgument", 400),
        message: "Invalid version id specified",
      });
    }
    const empty = text(s3, "a", "");
    await expect(empty).rejects.toMatchObject(refusal("InvalidArgument", 400));
  });

  it.each([
    ["bytes=0-3", "0123", "bytes 0-3/10"],
    ["bytes=7-", "789", "bytes 7-9/10"],
    ["bytes=-2", "89", "bytes 8-9/10"],
    ["bytes=8-99", "89", "bytes 8-9/10"],
  ])("gives the range %s", async (Range, content, ContentRange) => {
    const { s3 } = await openBucket();
    await put(s3, "a", "0123456789");
    const answer = await s3.send(new GetObjectCommand({ Bucket, Key: "a", Range }));
    expect(await answer.Body?.transformToString()).toBe(content);
    expect(answer).toMatchObject({ ContentRange, $metadata: { httpStatusCode: 206 } });
  });

  it("refuses a range behind the end", async () => {
    const { s3 } = await openBucket();
    await put(s3, "a", "0123456789");
    const get = new GetObjectCommand({ Bucket, Key: "a", Range: "bytes=10-" });
    await expect(s3.send(get)).rejects.toMatchObject(refusal("InvalidRange", 416));
  });

  it("answers 304 for content that the client has", async () => {
    const { s3 } = await openBucket();
    const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "a" }));
    const get = new GetObjectCommand({ Bucket, Key: "a", IfNoneMatch: ETag });
    await expect(s3.send(get)).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
  });

  it("answers 412 when the content is another than expected", async () => {
    const { s3 } = await openBucket();
    await put(s3, "a");
    const get = new GetObjectCommand({ Bucket, Key: "a", IfMatch: '"other"' });
    await expect(s3.send(get)).rejects.toMatchObject(refusal("PreconditionFailed", 412));
  });

  it("sends the headers that the request asks for", async () => {
    const { s3 } = await openBucket();
    await put(s3, "a");
    const ResponseContentDisposition = 'attachment; filename="a.zip"';
    const get = (disposition: string) =>
      s3.send(new GetObjectCommand({ Bucket, Key: "a", ResponseContentDisposition: disposition }));
    expect((await get(ResponseContentDisposition)).ContentDisposition).toBe(
      ResponseContentDisposition,
    );
    await expect(get("a\r\nx-injected: 1")).rejects.toMatchObject(refusal("InvalidArgument", 400));
  });

  it("tells parts of an object by GetObjectAttributes", async () => {
    const { s3 } = await openBucket();
    await put(s3, "a", "hello");
    const answer = await s3.send(
      new GetObjectAttributesCommand({
        Bucket,
        Key: "a",
        ObjectAttributes: ["ETag", "ObjectSize", "Checksum"],
      }),
    );
    expect(answer).toMatchObject({
      ETag: "5d41402abc4b2a76b9719d911017c592",
      ObjectSize: 5,
      Checksum: { ChecksumType: "FULL_OBJECT" },
    });
    expect(answer.StorageClass).toBeUndefined();
  });
});

describe("object tags https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html", () => {
  it("come with the object or later, and are counted", async () => {
    const { s3 } = await openBucket();
    await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "a", Tagging: "x=1&y=a%20b" }));
    const { TagSet } = await s3.send(new GetObjectTaggingCommand({ Bucket, Key: "a" }));
    expect(TagSet).toEqual([
      { Key: "x", Value: "1" },
      { Key: "y", Value: "a b" },
    ]);
    const Tagging = { TagSet: [{ Key: "z", Value: "3" }] };
    await s3.send(new PutObjectTaggingCommand({ Bucket, Key: "a", Tagging }));
    expect((await s3.send(new HeadObjectCommand({ Bucket, Key: "a" }))).TagCount).toBe(1);
  });

  it("are at most ten", async () => {
    const { s3 } = await openBucket();
    const TagSet = Array.from({ length: 11 }, (_, i) => ({ Key: `k${i}`, Value: "" }));
    await put(s3, "a");
    const tag = new PutObjectTaggingCommand({ Bucket, Key: "a", Tagging: { TagSet } });
    await expect(s3.send(tag)).rejects.toMatchObject(refusal("BadRequest", 400));
  });
});

describe("uploads in chunks https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html", () => {
  const streamed = {
    "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "content-encoding": "aws-chunked",
    "x-amz-trailer": "x-amz-checksum-crc32",
    "x-amz-decoded-content-length": "9",
  };
  const upload = (sandbox: Sandbox, body: string, headers: object = {}) =>
    raw(sandbox, {
      method: "PUT",
      path: "/firmware/a",
      headers: { ...streamed, ...headers },
      body,
    });

  it("are joined, and checked by their trailer", async () => {
    const { s3, sandbox } = await openBucket();
    const body = "4\r\n1234\r\n5\r\n56789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n";
    expect(await upload(sandbox, body)).toMatchObject({
      status: 200,
      headers: { "x-amz-checksum-crc32": "y/Q5Jg==" },
    });
    expect(await text(s3, "a")).toBe("123456789");
    const { ContentEncoding } = await s3.send(new HeadObjectCommand({ Bucket, Key: "a" }));
    expect(ContentEncoding).toBeUndefined();
  });

  it.each([
    [
      "a wrong trailer",
      "9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
      "BadDigest",
    ],
    [
      "an unannounced trailer",
      "9\r\n123456789\r\n0\r\nx-amz-tagging:a=b\r\n\r\n",
      "MalformedTrailer",
    ],
    ["an early end", "9\r\n1234", "IncompleteBody"],
    ["no last chunk", "9\r\n123456789\r\n", "IncompleteBody"],
    ["another length", "4\r\n1234\r\n0\r\n\r\n", "IncompleteBody"],
    ["no chunks at all", "123456789", "IncompleteBody"],
    ["a size that is none", "-9\r\n123456789\r\n0\r\n\r\n", "IncompleteBody"],
  ])("are refused with %s", async (_, body, code) => {
    const { sandbox } = await openBucket();
    const answer = await upload(sandbox, body);
    expect(answer.status).toBe(400);
    expect(answer.body).toContain(`<Code>${code}`);
  });
});

describe("operations that are not written", () => {
  it("answer 501 with their name", async () => {
    const { s3 } = await openBucket();
    const { RestoreObjectCommand } = await import("@aws-sdk/client-s3");
    await expect(s3.send(new RestoreObjectCommand({ Bucket, Key: "a" }))).rejects.toMatchObject({
      message: expect.stringContaining("s3:RestoreObject") as string,
    });
  });
});

describe("what was acknowledged", () => {
  it("is there again in a new process", async () => {
    const path = mkdtempSync(join(tmpdir(), "fleetlab-s3-"));
    const clock = manualClock();
    const open = () => {
      const sandbox = createSandbox({ clock, store: openStore(path), quotas: "off" });
      return { sandbox, s3: clientsOf(sandbox).s3 };
    };
    const before = open();
    await before.s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: here }));
    await version(before.s3, "Enabled");
    const first = await put(before.s3, "a/ü", "1");
    await put(before.s3, "a/ü", "2");
    await before.sandbox.close();

    const after = open();
    expect(await text(after.s3, "a/ü")).toBe("2");
    expect(await text(after.s3, "a/ü", first)).toBe("1");
    await after.sandbox.close();
    rmSync(path, { recursive: true });
  });
});
