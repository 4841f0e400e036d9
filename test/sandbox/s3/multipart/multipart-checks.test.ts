import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CompletedPart,
  type CompleteMultipartUploadCommandInput,
  type CreateMultipartUploadCommandInput,
} from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { checksum } from "../../../../lib/sandbox/http/checksums.js";
import { Bucket, openBucket, put, refusal } from "../bucket.js";

const at = { Bucket, Key: "a" };
const body = Buffer.from("abc");
const CRC32 = { ChecksumCRC32: checksum("CRC32", body) };

/** An upload of one part, and its completion with whatever a test says of part and whole. */
async function openUpload(
  begun: Partial<CreateMultipartUploadCommandInput> = {},
  versioning?: "Enabled",
) {
  const { s3 } = await openBucket(versioning);
  const begin = async () => {
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...at, ...begun }));
    const { ChecksumAlgorithm } = begun;
    const part = { ...at, UploadId, PartNumber: 1, Body: body, ChecksumAlgorithm };
    const { ETag } = await s3.send(new UploadPartCommand(part));
    const complete = (
      ofPart: CompletedPart = {},
      ofWhole: Partial<CompleteMultipartUploadCommandInput> = {},
    ) =>
      s3.send(
        new CompleteMultipartUploadCommand({
          ...at,
          UploadId,
          MultipartUpload: { Parts: [{ PartNumber: 1, ETag, ...ofPart }] },
          ...ofWhole,
        }),
      );
    return { UploadId, complete };
  };
  return { s3, begin, ...(await begin()) };
}

const none = {};
const composite = { ChecksumAlgorithm: "CRC32", ChecksumType: "COMPOSITE" } as const;
const whole = { ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" } as const;
const other = { ChecksumSHA256: checksum("SHA256", body) };
const wrong = { ChecksumCRC32: checksum("CRC32", Buffer.from("x")) };

describe("CompleteMultipartUpload https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html", () => {
  it.each([
    ["none", none, CRC32, {}, "InvalidPart"],
    ["none", none, other, {}, "InvalidPart"],
    ["composite", composite, wrong, {}, "InvalidPart"],
    ["composite", composite, {}, {}, "InvalidRequest"],
    ["composite", composite, other, {}, "BadDigest"],
    ["composite", composite, CRC32, wrong, "BadDigest"],
    ["whole", whole, wrong, {}, "InvalidPart"],
    ["whole", whole, other, {}, "InvalidPart"],
    ["whole", whole, CRC32, { ...wrong, ChecksumType: "FULL_OBJECT" }, "BadDigest"],
    ["whole", whole, CRC32, { ...other, ChecksumType: "FULL_OBJECT" }, "BadDigest"],
    ["whole", whole, CRC32, CRC32, "BadDigest"],
    ["none", none, {}, { ChecksumCRC64NVME: "AAAAAAAAAAA=" }, "BadDigest"],
    ["none", none, {}, { ChecksumType: "FULL_OBJECT" }, "InvalidRequest"],
    ["none", none, {}, { ChecksumType: "COMPOSITE" }, "InvalidRequest"],
    ["composite", composite, CRC32, { ChecksumType: "FULL_OBJECT" }, "InvalidRequest"],
    ["whole", whole, CRC32, { ChecksumType: "COMPOSITE" }, "InvalidRequest"],
    ["none", none, {}, { MpuObjectSize: 4 }, "InvalidRequest"],
  ] as const)(
    "of an upload with checksum %s refuses %#: %o, %o, %o",
    async (_, begun, ofPart, ofWhole, name) => {
      const { complete, s3 } = await openUpload(begun);
      await expect(complete(ofPart, ofWhole)).rejects.toMatchObject(refusal(name, 400));
      await expect(s3.send(new HeadObjectCommand(at))).rejects.toMatchObject(
        refusal("NotFound", 404),
      );
    },
  );

  it.each([
    ["none", none, {}, {}],
    ["none", none, {}, wrong],
    ["none", none, {}, { ChecksumCRC64NVME: checksum("CRC64NVME", body), MpuObjectSize: 3 }],
    ["composite", composite, CRC32, { ChecksumType: "COMPOSITE" }],
    ["whole", whole, {}, {}],
    ["whole", whole, CRC32, { ...CRC32, ChecksumType: "FULL_OBJECT" }],
  ] as const)(
    "of an upload with checksum %s takes %#: %o, %o, %o",
    async (_, begun, ofPart, ofWhole) => {
      const { complete, s3 } = await openUpload(begun);
      await complete(ofPart, ofWhole);
      expect((await s3.send(new HeadObjectCommand(at))).ContentLength).toBe(3);
    },
  );

  it("says which part and which checksum it means", async () => {
    const { complete } = await openUpload(composite);
    const missing =
      "The upload was created using a crc32 checksum. The complete request must include the " +
      "checksum for each part. It was missing for part 1 in the request.";
    await expect(complete()).rejects.toThrow(missing);
    await expect(complete(other)).rejects.toThrow(
      "The sha256 you specified for part 1 did not match what we received.",
    );
    await expect(complete(wrong)).rejects.toMatchObject({
      PartNumber: "1",
      ETag: "900150983cd24fb0d6963f7d28e17f72",
    });
  });
});

describe("a condition at the end of an upload https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html", () => {
  const conflict = refusal("ConditionalRequestConflict", 409);
  const failed = refusal("PreconditionFailed", 412);

  it.each([undefined, "Enabled"] as const)(
    "has held all the time, or there is a conflict (versioning %s)",
    async (versioning) => {
      const { s3, begin, complete } = await openUpload({}, versioning);
      const { ETag } = await s3.send(new PutObjectCommand({ ...at, Body: "1" }));
      await expect(complete({}, { IfMatch: '"x"' })).rejects.toMatchObject(failed);
      await expect(complete({}, { IfMatch: ETag })).rejects.toMatchObject({
        ...conflict,
        Condition: "If-Match",
        Key: "a",
      });
      await expect(complete({}, { IfNoneMatch: "*" })).rejects.toMatchObject(failed);
      await s3.send(new DeleteObjectCommand(at));
      await expect(complete({}, { IfMatch: ETag })).rejects.toMatchObject(
        refusal("NoSuchKey", 404),
      );
      await expect(complete({}, { IfNoneMatch: "*" })).rejects.toMatchObject({
        ...conflict,
        Condition: "If-None-Match",
      });
      const again = await begin();
      await again.complete({}, { IfNoneMatch: "*" });
    },
  );

  it("knows of no other key, and of no part", async () => {
    const { s3, begin } = await openUpload();
    await put(s3, "a", "1");
    const { complete } = await begin();
    await put(s3, "ab", "1");
    const { ETag } = await s3.send(new HeadObjectCommand(at));
    await complete({}, { IfMatch: ETag });
  });

  it("is broken by another upload's end", async () => {
    const { s3, begin, complete } = await openUpload();
    const second = await begin();
    await complete();
    const { ETag } = await s3.send(new HeadObjectCommand(at));
    await expect(second.complete({}, { IfMatch: ETag })).rejects.toMatchObject(conflict);
  });

  it.each([
    [{ IfMatch: "*" }, "If-Match"],
    [{ IfNoneMatch: '"x"' }, "If-None-Match"],
    [{ IfMatch: '"x"', IfNoneMatch: "*" }, "If-Match,If-None-Match"],
  ])("is one that AWS knows: not %o", async (condition, Header) => {
    const { s3, complete } = await openUpload();
    const unknown = { ...refusal("NotImplemented", 501), Header };
    await expect(complete({}, condition)).rejects.toMatchObject(unknown);
    const written = s3.send(new PutObjectCommand({ ...at, Body: "1", ...condition }));
    await expect(written).rejects.toMatchObject(unknown);
  });
});

describe("a part's checksum", () => {
  it("is listed only where the upload was begun with one", async () => {
    for (const [begun, listed] of [
      [none, undefined],
      [composite, CRC32.ChecksumCRC32],
      [whole, CRC32.ChecksumCRC32],
    ] as const) {
      const { s3, UploadId } = await openUpload(begun);
      const { Parts } = await s3.send(new ListPartsCommand({ ...at, UploadId }));
      expect(Parts?.[0]?.ChecksumCRC32).toBe(listed);
    }
  });

  it.each([
    [{ ChecksumType: "COMPOSITE" }, "x-amz-checksum-type header can only be used with"],
    [{ ChecksumAlgorithm: "FOO" }, "Please try again with any of the valid types: [CRC32, CRC32C,"],
    [{ ChecksumAlgorithm: "SHA1", ChecksumType: "FULL_OBJECT" }, "cannot be used with the sha1"],
    [{ ChecksumAlgorithm: "CRC64NVME", ChecksumType: "COMPOSITE" }, "with the crc64nvme checksum"],
  ])("cannot be agreed on as %o", async (begun, message) => {
    const { s3 } = await openBucket();
    const call = s3.send(new CreateMultipartUploadCommand({ ...at, ...(begun as object) }));
    await expect(call).rejects.toThrow(message);
  });
});
