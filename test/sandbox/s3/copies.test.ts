import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  PutBucketEncryptionCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CopyObjectCommandInput,
  type S3Client,
} from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { checksum } from "../../../lib/sandbox/http/checksums.js";
import { Bucket, openBucket, put, refusal, text } from "./bucket.js";

const copy = (s3: S3Client, Key: string, input: Partial<CopyObjectCommandInput> = {}) =>
  s3.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/a`, ...input }));
const head = (s3: S3Client, Key: string) =>
  s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));

describe("CopyObject https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html", () => {
  it("copies an old version on top of the object", async () => {
    const { s3 } = await openBucket("Enabled");
    const old = await put(s3, "dir/a b", "1");
    await put(s3, "dir/a b", "2");
    const CopySource = `${Bucket}/dir/a%20b?versionId=${old}`;
    const { CopySourceVersionId } = await s3.send(
      new CopyObjectCommand({ Bucket, Key: "dir/a b", CopySource }),
    );
    expect(CopySourceVersionId).toBe(old);
    expect(await text(s3, "dir/a b")).toBe("1");
  });

  it("refuses to copy an object onto itself unchanged", async () => {
    const { s3 } = await openBucket();
    await put(s3, "a");
    const copy = new CopyObjectCommand({ Bucket, Key: "a", CopySource: `${Bucket}/a` });
    await expect(s3.send(copy)).rejects.toMatchObject(refusal("InvalidRequest", 400));
  });

  it.each([
    { MetadataDirective: "REPLACE" },
    { StorageClass: "STANDARD" },
    { WebsiteRedirectLocation: "/elsewhere" },
    { ServerSideEncryption: "AES256" },
  ] as const)("copies an object onto itself with %o", async (input) => {
    const { s3 } = await openBucket();
    await put(s3, "a", "content");
    await copy(s3, "a", input);
    expect(await text(s3, "a")).toBe("content");
  });

  it("copies an object onto itself for the encryption that its bucket asks for", async () => {
    const { s3 } = await openBucket();
    const ServerSideEncryptionConfiguration = {
      Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms" as const } }],
    };
    await put(s3, "a");
    await s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration }));
    expect(await copy(s3, "a")).toMatchObject({ ServerSideEncryption: "aws:kms" });
  });

  it("does not take a storage class or a redirect along, unless asked to", async () => {
    const { s3 } = await openBucket();
    const kept = { StorageClass: "STANDARD_IA", WebsiteRedirectLocation: "/x" } as const;
    const about = { ContentType: "text/x", CacheControl: "no-store", Metadata: { a: "b" } };
    await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "1", ...kept, ...about }));
    await copy(s3, "b");
    await copy(s3, "c", kept);
    const copied = await head(s3, "b");
    expect(copied).toMatchObject(about);
    expect(copied).not.toHaveProperty("StorageClass");
    expect(copied).not.toHaveProperty("WebsiteRedirectLocation");
    expect(await head(s3, "c")).toMatchObject({ ...kept, ...about });
  });

  it.each(["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const)(
    "makes the checksum that is asked for, %s, else the source's kind",
    async (ChecksumAlgorithm) => {
      const { s3 } = await openBucket();
      await s3.send(
        new PutObjectCommand({ Bucket, Key: "a", Body: "1", ChecksumAlgorithm: "SHA1" }),
      );
      const SHA1 = checksum("SHA1", Buffer.from("1"));
      const asked = {
        [`Checksum${ChecksumAlgorithm}`]: checksum(ChecksumAlgorithm, Buffer.from("1")),
        ChecksumType: "FULL_OBJECT",
      };
      expect((await copy(s3, "b", { ChecksumAlgorithm })).CopyObjectResult).toMatchObject(asked);
      expect(await head(s3, "b")).toMatchObject(asked);
      expect((await copy(s3, "c")).CopyObjectResult).toMatchObject({ ChecksumSHA1: SHA1 });
    },
  );

  it.each(["COMPOSITE", "FULL_OBJECT"] as const)(
    "makes one piece of an object in parts, %s",
    async (ChecksumType) => {
      const { s3 } = await openBucket();
      const at = { Bucket, Key: "a" };
      const { UploadId } = await s3.send(
        new CreateMultipartUploadCommand({ ...at, ChecksumAlgorithm: "CRC32", ChecksumType }),
      );
      const part = { ...at, UploadId, PartNumber: 1 };
      const sent = await s3.send(new UploadPartCommand({ ...part, Body: "content" }));
      const Parts = [{ ...sent, PartNumber: 1 }];
      await s3.send(
        new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }),
      );
      const { CopyObjectResult } = await copy(s3, "b");
      expect(CopyObjectResult).toMatchObject({
        ETag: `"${createHash("md5").update("content").digest("hex")}"`,
        ChecksumCRC32: checksum("CRC32", Buffer.from("content")),
        ChecksumType: "FULL_OBJECT",
      });
      expect(await head(s3, "b")).toMatchObject(CopyObjectResult ?? {});
    },
  );

  it.each([
    [{ CopySourceIfMatch: '"x"' }, "x-amz-copy-source-If-Match"],
    [{ CopySourceIfNoneMatch: "*" }, "x-amz-copy-source-If-None-Match"],
    [{ CopySourceIfUnmodifiedSince: new Date(0) }, "x-amz-copy-source-If-Unmodified-Since"],
    [{ CopySourceIfModifiedSince: new Date("2026-01-01") }, "x-amz-copy-source-If-Modified-Since"],
  ])("names the condition on its source that does not hold: %o", async (input, Condition) => {
    const { s3 } = await openBucket();
    await put(s3, "a");
    const call = copy(s3, "b", input);
    await expect(call).rejects.toMatchObject({ ...refusal("PreconditionFailed", 412), Condition });
  });

  it.each<[Partial<CopyObjectCommandInput>, string, number]>([
    [{ CopySource: `${Bucket}/a?versionId=MARKER` }, "InvalidRequest", 400],
    [{ CopySource: `${Bucket}/a?versionId=${"x".repeat(32)}` }, "InvalidArgument", 400],
    [{ CopySource: `${Bucket}/a` }, "NoSuchKey", 404],
    [{ CopySource: `${Bucket}/cold` }, "InvalidObjectState", 403],
    [{ MetadataDirective: "MERGE" as "COPY" }, "InvalidArgument", 400],
    [{ TaggingDirective: "MERGE" as "COPY" }, "InvalidArgument", 400],
    [{ ChecksumAlgorithm: "CRC" as "CRC32" }, "InvalidRequest", 400],
    [{ IfNoneMatch: '"x"' }, "NotImplemented", 501],
  ])("refuses %o with %s", async (input, name, status) => {
    const { s3 } = await openBucket("Enabled");
    await put(s3, "b");
    await s3.send(
      new PutObjectCommand({ Bucket, Key: "cold", Body: "1", StorageClass: "GLACIER" }),
    );
    const { VersionId = "" } = await s3.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
    const CopySource = (input.CopySource ?? `${Bucket}/b`).replace("MARKER", VersionId);
    const call = copy(s3, "c", { ...input, CopySource });
    await expect(call).rejects.toMatchObject(refusal(name, status));
  });
});
