import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CreateMultipartUploadCommandInput,
} from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { checksum } from "../../../../lib/sandbox/http/checksums.js";
import { Bucket, openBucket, put, refusal } from "../bucket.js";

const big = Buffer.alloc(5 * 1024 * 1024, "a");
const small = Buffer.from("the end");
const size = big.byteLength + small.byteLength;

/** An object of parts 2 and 7 of its upload. */
async function openParts(input: Partial<CreateMultipartUploadCommandInput> = {}) {
  const { s3 } = await openBucket();
  const at = { Bucket, Key: "a" };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...at, ...input }));
  const { ChecksumAlgorithm } = input;
  const upload = async (PartNumber: number, Body: Uint8Array) => {
    const part = { ...at, UploadId, PartNumber, Body, ChecksumAlgorithm };
    const { ETag, ...sums } = await s3.send(new UploadPartCommand(part));
    return { PartNumber, ETag, ...(ChecksumAlgorithm && sums) };
  };
  const Parts = [await upload(2, big), await upload(7, small)];
  await s3.send(
    new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }),
  );
  return s3;
}

const kinds = [
  {},
  { ChecksumAlgorithm: "CRC32C", ChecksumType: "FULL_OBJECT" },
  { ChecksumAlgorithm: "CRC32C", ChecksumType: "COMPOSITE" },
] as const;

describe("PartNumber https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html", () => {
  it.each(kinds)("gives one part of an object in parts: %o", async (kind) => {
    const s3 = await openParts(kind);
    const input = { Bucket, Key: "a", ChecksumMode: "ENABLED" } as const;
    const isComposite = "ChecksumType" in kind && kind.ChecksumType === "COMPOSITE";
    for (const PartNumber of [1, 2]) {
      const [content, first] = PartNumber === 1 ? [big, 0] : [small, big.byteLength];
      const expected = {
        $metadata: { httpStatusCode: 206 },
        ContentLength: content.byteLength,
        ContentRange: `bytes ${first}-${first + content.byteLength - 1}/${size}`,
        PartsCount: 2,
        ...(isComposite && {
          ChecksumCRC32C: checksum("CRC32C", content),
          ChecksumType: "COMPOSITE",
        }),
      };
      const { Body, ...got } = await s3.send(new GetObjectCommand({ ...input, PartNumber }));
      expect(got).toMatchObject(expected);
      expect(content.equals((await Body?.transformToByteArray()) ?? big)).toBe(true);
      const head = await s3.send(new HeadObjectCommand({ ...input, PartNumber }));
      expect(head).toMatchObject(expected);
      if (!isComposite) expect(head).not.toHaveProperty("ChecksumType");
    }
  });

  it("gives all of an object in one piece, as its part 1", async () => {
    const { s3 } = await openBucket();
    await put(s3, "a", "12345678");
    await put(s3, "empty", "");
    const input = { Bucket, Key: "a", PartNumber: 1, ChecksumMode: "ENABLED" } as const;
    const head = await s3.send(new HeadObjectCommand(input));
    expect(head).toMatchObject({
      $metadata: { httpStatusCode: 206 },
      ContentRange: "bytes 0-7/8",
      ContentLength: 8,
      ChecksumType: "FULL_OBJECT",
    });
    expect(head).not.toHaveProperty("PartsCount");
    const empty = await s3.send(new GetObjectCommand({ ...input, Key: "empty" }));
    expect(empty).toMatchObject({ $metadata: { httpStatusCode: 200 }, ContentLength: 0 });
  });

  it.each([
    [{ PartNumber: 3 }, "InvalidPartNumber", 416],
    [{ PartNumber: 10_000 }, "InvalidPartNumber", 416],
    [{ PartNumber: 0 }, "InvalidArgument", 400],
    [{ PartNumber: 10_001 }, "InvalidArgument", 400],
    [{ PartNumber: 1, Range: "bytes=0-1" }, "InvalidRequest", 400],
  ])("%o is refused with %s", async (input, name, status) => {
    const s3 = await openParts();
    const got = s3.send(new GetObjectCommand({ Bucket, Key: "a", ...input }));
    await expect(got).rejects.toMatchObject(refusal(name, status));
    const head = s3.send(new HeadObjectCommand({ Bucket, Key: "a", ...input }));
    await expect(head).rejects.toMatchObject({ $metadata: { httpStatusCode: status } });
  });

  it("says how many parts there are", async () => {
    const s3 = await openParts();
    const got = s3.send(new GetObjectCommand({ Bucket, Key: "a", PartNumber: 10 }));
    await expect(got).rejects.toMatchObject({ PartNumberRequested: "10", ActualPartCount: "2" });
  });
});

describe("a range", () => {
  it.each([
    ["bytes=0-", true],
    ["bytes=0-99", true],
    ["bytes=-8", true],
    ["bytes=0-6", false],
    ["bytes=1-", false],
  ])("%s with the checksum of the whole: %s", async (Range, isWhole) => {
    const { s3 } = await openBucket();
    await put(s3, "a", "12345678");
    const input = { Bucket, Key: "a", Range, ChecksumMode: "ENABLED" } as const;
    const { ChecksumType } = await s3.send(new HeadObjectCommand(input));
    expect(ChecksumType).toBe(isWhole ? "FULL_OBJECT" : undefined);
  });
});

describe("GetObjectAttributes https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html", () => {
  const wanted = ["ETag", "Checksum", "ObjectParts", "ObjectSize", "StorageClass"] as const;
  const input = { Bucket, Key: "a", ObjectAttributes: [...wanted] };

  it.each(kinds.slice(0, 2))("counts the parts of %o", async (kind) => {
    const s3 = await openParts(kind);
    const answer = await s3.send(new GetObjectAttributesCommand(input));
    expect(answer.ObjectParts).toEqual({ TotalPartsCount: 2 });
    expect(answer).toMatchObject({ ObjectSize: size, Checksum: { ChecksumType: "FULL_OBJECT" } });
  });

  it.each([
    [["Checksum", "Size"], "InvalidArgument", "Invalid attribute name specified."],
    [["etag"], "InvalidArgument", "Invalid attribute name specified."],
    [[], "InvalidRequest", "The x-amz-object-attributes header specifying the attributes"],
  ])("refuses %o", async (asked, name, message) => {
    const s3 = await openParts(kinds[0]);
    const command = new GetObjectAttributesCommand({
      ...input,
      ObjectAttributes: asked as "ETag"[],
    });
    await expect(s3.send(command)).rejects.toMatchObject({
      ...refusal(name, 400),
      message: expect.stringContaining(message),
    });
  });

  it("lists the parts where it knows their checksums, page by page", async () => {
    const s3 = await openParts(kinds[2]);
    const [one, two] = [big, small].map((content, i) => ({
      PartNumber: i + 1,
      Size: content.byteLength,
      ChecksumCRC32C: checksum("CRC32C", content),
    }));
    const all = await s3.send(new GetObjectAttributesCommand(input));
    expect(all.Checksum?.ChecksumCRC32C).toMatch(/^[\w+/]{6}==$/);
    expect(all.ObjectParts).toEqual({
      TotalPartsCount: 2,
      PartNumberMarker: "0",
      NextPartNumberMarker: "2",
      MaxParts: 1000,
      IsTruncated: false,
      Parts: [one, two],
    });
    const page = async (more: object) =>
      (await s3.send(new GetObjectAttributesCommand({ ...input, ...more }))).ObjectParts;
    expect(await page({ MaxParts: 1 })).toMatchObject({
      IsTruncated: true,
      NextPartNumberMarker: "1",
      MaxParts: 1,
      Parts: [one],
    });
    expect(await page({ PartNumberMarker: "1" })).toMatchObject({ Parts: [two] });
    const behind = await page({ PartNumberMarker: "10" });
    expect(behind).toMatchObject({ NextPartNumberMarker: "0", TotalPartsCount: 2 });
    expect(behind).not.toHaveProperty("Parts");
  });

  it("has no parts of an object in one piece", async () => {
    const { s3 } = await openBucket();
    await put(s3, "a");
    const answer = await s3.send(new GetObjectAttributesCommand(input));
    expect(answer).not.toHaveProperty("ObjectParts");
  });
});

describe("an archived object", () => {
  it.each(["GLACIER", "DEEP_ARCHIVE"] as const)("of %s is not to be read", async (StorageClass) => {
    const { s3 } = await openBucket();
    await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "1", StorageClass }));
    const got = s3.send(new GetObjectCommand({ Bucket, Key: "a" }));
    await expect(got).rejects.toMatchObject({
      ...refusal("InvalidObjectState", 403),
      message: "The operation is not valid for the object's storage class",
      StorageClass,
    });
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "a" }));
    expect(head).toMatchObject({ StorageClass, ContentLength: 1 });
  });

  it.each(["GLACIER_IR", "INTELLIGENT_TIERING"] as const)("of %s is", async (StorageClass) => {
    const { s3 } = await openBucket();
    await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "1", StorageClass }));
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: "a" }));
    expect(await Body?.transformToString()).toBe("1");
  });
});
