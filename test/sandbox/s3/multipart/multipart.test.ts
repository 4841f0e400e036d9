import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  DeleteBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
  type CompletedPart,
  type CreateMultipartUploadCommandInput,
} from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { checksum } from "../../../../lib/sandbox/http/checksums.js";
import { Bucket, openBucket, put, refusal, text } from "../bucket.js";

const Key = "dir/firmware.bin";
const big = Buffer.alloc(5 * 1024 * 1024, "a");
const small = Buffer.from("the end");
const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest();

/** A part as a completion names it: its checksum too only where the upload was begun with one. */
const named = (PartNumber: number, { ETag }: { readonly ETag?: string | undefined }) => ({
  PartNumber,
  ETag,
});

/** A bucket with an upload begun in it. */
async function begin(
  input: Partial<CreateMultipartUploadCommandInput> = {},
  versioning?: "Enabled",
) {
  const opened = await openBucket(versioning);
  const { s3 } = opened;
  const made = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...input }));
  const UploadId = made.UploadId ?? "";
  const upload = (PartNumber: number, Body: Uint8Array, ChecksumAlgorithm?: "CRC32" | "SHA256") =>
    s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ChecksumAlgorithm }));
  const complete = (Parts: CompletedPart[], more: object = {}) =>
    s3.send(
      new CompleteMultipartUploadCommand({
        Bucket,
        Key,
        UploadId,
        MultipartUpload: { Parts },
        ...more,
      }),
    );
  const both = async (): Promise<CompletedPart[]> => {
    const [one, two] = [await upload(1, big), await upload(2, small)];
    return [named(1, one), named(2, two)];
  };
  return { ...opened, made, UploadId, upload, complete, both };
}

describe("CreateMultipartUpload (API_CreateMultipartUpload)", () => {
  it("gives an id, and no object yet", async () => {
    const { s3, made } = await begin();

    expect(made).toMatchObject({ Bucket, Key, ServerSideEncryption: "AES256" });
    expect(made.UploadId).toMatch(/^[\w-]{20,}$/);
    await expect(s3.send(new HeadObjectCommand({ Bucket, Key }))).rejects.toMatchObject(
      refusal("NotFound", 404),
    );
  });

  it("refuses checksums that cannot be combined so", async () => {
    const { s3 } = await begin();

    await expect(
      s3.send(
        new CreateMultipartUploadCommand({
          Bucket,
          Key,
          ChecksumAlgorithm: "SHA256",
          ChecksumType: "FULL_OBJECT",
        }),
      ),
    ).rejects.toMatchObject(refusal("InvalidRequest", 400));
  });
});

describe("CompleteMultipartUpload (API_CompleteMultipartUpload)", () => {
  it("joins the parts to one object, with what the upload was begun with", async () => {
    const { s3, both, complete, made } = await begin(
      { ContentType: "text/plain", Metadata: { of: "car" }, Tagging: "a=1" },
      "Enabled",
    );

    const done = await complete(await both());

    const digest = createHash("md5").update(md5(big)).update(md5(small)).digest("hex");
    expect(done).toMatchObject({ Bucket, Key, ETag: `"${digest}-2"` });
    expect(done.VersionId).toHaveLength(32);
    const object = await s3.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
    expect(object).toMatchObject({
      ContentLength: big.byteLength + small.byteLength,
      ContentType: "text/plain",
      Metadata: { of: "car" },
      TagCount: 1,
      ETag: done.ETag,
      ChecksumType: "FULL_OBJECT",
      ChecksumCRC64NVME: checksum("CRC64NVME", Buffer.concat([big, small])),
    });
    const content = await object.Body?.transformToByteArray();
    expect(Buffer.concat([big, small]).equals(content ?? Buffer.of())).toBe(true);
    await expect(
      s3.send(new ListPartsCommand({ Bucket, Key, UploadId: made.UploadId })),
    ).rejects.toMatchObject(refusal("NoSuchUpload", 404));
  });

  it("takes parts in the order of their numbers, the latest of each, and leaves others out", async () => {
    const { s3, upload, complete } = await begin();
    const last = await upload(7, small);
    await upload(3, small);
    await upload(1, small);
    const first = await upload(1, big);

    await complete([named(1, first), named(7, last)]);

    expect((await text(s3, Key))?.length).toBe(big.byteLength + small.byteLength);
  });

  it("makes no second version when it is asked again, and knows no other parts by then", async () => {
    const { s3, both, complete } = await begin();
    const parts = await both();
    const made = await complete(parts);

    expect((await complete(parts)).VersionId).toBe(made.VersionId);
    const { Versions } = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: Key }));
    expect(Versions).toHaveLength(1);
    await expect(complete(parts.slice(0, 1))).rejects.toMatchObject(refusal("NoSuchUpload", 404));
  });

  it("finds no upload when what it became is deleted", async () => {
    const { s3, both, complete } = await begin();
    const parts = await both();
    const { VersionId } = await complete(parts);
    await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));

    await expect(complete(parts)).rejects.toMatchObject(refusal("NoSuchUpload", 404));
  });

  it("gives the checksum of the parts' checksums when asked for", async () => {
    const { s3, upload, complete } = await begin({ ChecksumAlgorithm: "SHA256" });
    const one = await upload(1, big, "SHA256");
    const two = await upload(2, small, "SHA256");
    const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
    const expected = sha256(Buffer.concat([sha256(big), sha256(small)])).toString("base64");

    const done = await complete([
      { ...one, PartNumber: 1 },
      { ...two, PartNumber: 2 },
    ]);

    expect(done).toMatchObject({ ChecksumSHA256: `${expected}-2`, ChecksumType: "COMPOSITE" });
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
    expect(head).toMatchObject({ ChecksumSHA256: `${expected}-2`, ChecksumType: "COMPOSITE" });
  });

  it("proves a checksum and a size of the whole that are sent", async () => {
    const { both, complete } = await begin();
    const parts = await both();

    await expect(complete(parts, { ChecksumCRC64NVME: "AAAAAAAAAAA=" })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 400 },
    });
    await expect(complete(parts, { MpuObjectSize: 1 })).rejects.toMatchObject(
      refusal("InvalidRequest", 400),
    );
    await complete(parts, {
      ChecksumCRC64NVME: checksum("CRC64NVME", Buffer.concat([big, small])),
      MpuObjectSize: big.byteLength + small.byteLength,
    });
  });

  it("refuses a part that is not there, or another one", async () => {
    const { both, complete } = await begin();
    const [one = {}] = await both();

    for (const part of [
      { ...one, PartNumber: 9 },
      { PartNumber: 1, ETag: '"other"' },
    ]) {
      await expect(complete([part])).rejects.toMatchObject(refusal("InvalidPart", 400));
    }
  });

  it("refuses parts out of order, small parts before the last, and none", async () => {
    const { both, upload, complete } = await begin();
    const parts = await both();
    const third = named(3, await upload(3, small));

    await expect(complete(parts.toReversed())).rejects.toMatchObject(
      refusal("InvalidPartOrder", 400),
    );
    await expect(complete([...parts, third])).rejects.toMatchObject(refusal("EntityTooSmall", 400));
    await expect(complete([])).rejects.toMatchObject(refusal("InvalidRequest", 400));
  });

  it("obeys If-None-Match", async () => {
    const { s3, both, complete } = await begin();
    await put(s3, Key);

    await expect(complete(await both(), { IfNoneMatch: "*" })).rejects.toMatchObject(
      refusal("PreconditionFailed", 412),
    );
  });
});

describe("UploadPart (API_UploadPart)", () => {
  it("answers with the part's ETag", async () => {
    const { upload } = await begin();

    expect((await upload(1, small)).ETag).toBe(`"${md5(small).toString("hex")}"`);
  });

  it.each([0, 10_001])("refuses number %d", async (number) => {
    const { upload } = await begin();

    await expect(upload(number, small)).rejects.toMatchObject(refusal("InvalidArgument", 400));
  });

  it("refuses another checksum than the upload's", async () => {
    const { upload } = await begin({ ChecksumAlgorithm: "SHA256" });

    await expect(upload(1, small, "CRC32")).rejects.toMatchObject(refusal("InvalidRequest", 400));
  });

  it("refuses an unknown upload", async () => {
    const { s3 } = await begin();

    await expect(
      s3.send(new UploadPartCommand({ Bucket, Key, UploadId: "x", PartNumber: 1, Body: small })),
    ).rejects.toMatchObject(refusal("NoSuchUpload", 404));
  });
});

describe("AbortMultipartUpload (API_AbortMultipartUpload)", () => {
  it("forgets the upload, and then finds none", async () => {
    const { s3, UploadId, both, complete } = await begin();
    const parts = await both();
    const abort = () => s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));

    await abort();

    await expect(abort()).rejects.toMatchObject(refusal("NoSuchUpload", 404));
    await expect(complete(parts)).rejects.toMatchObject(refusal("NoSuchUpload", 404));
  });
});

describe("ListParts (API_ListParts)", () => {
  it("pages in the order of numbers", async () => {
    const { s3, UploadId, upload } = await begin();
    for (const number of [10, 2, 1]) await upload(number, small);

    const first = await s3.send(new ListPartsCommand({ Bucket, Key, UploadId, MaxParts: 2 }));
    const rest = await s3.send(
      new ListPartsCommand({ Bucket, Key, UploadId, PartNumberMarker: first.NextPartNumberMarker }),
    );

    expect(first).toMatchObject({ IsTruncated: true, NextPartNumberMarker: "2", Key, UploadId });
    expect(first.Parts?.map(({ PartNumber }) => PartNumber)).toEqual([1, 2]);
    expect(rest.IsTruncated).toBe(false);
    expect(rest.Parts).toMatchObject([{ PartNumber: 10, Size: small.byteLength }]);
  });
});

describe("ListMultipartUploads (API_ListMultipartUploads)", () => {
  it("pages by key and then by age", async () => {
    const { s3, clock, UploadId } = await begin();
    await clock.advance(1000);
    const ids = [[Key, UploadId]];
    for (const other of [Key, "a", "dir/z"]) {
      const made = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: other }));
      ids.push([other, made.UploadId ?? ""]);
    }

    const list = async (more: object) =>
      s3.send(new ListMultipartUploadsCommand({ Bucket, ...more }));
    const first = await list({ MaxUploads: 2 });
    const rest = await list({
      KeyMarker: first.NextKeyMarker,
      UploadIdMarker: first.NextUploadIdMarker,
    });
    const some = await list({ Prefix: "dir/z" });

    const shown = ({ Uploads = [] }: typeof first) => Uploads.map((one) => [one.Key, one.UploadId]);
    expect(first.IsTruncated).toBe(true);
    expect(shown(first)).toEqual([ids[2], ids[0]]);
    expect(shown(rest)).toEqual([ids[1], ids[3]]);
    expect(shown(some)).toEqual([ids[3]]);
  });
});

describe("a bucket with uploads under way (API_DeleteBucket)", () => {
  it("can be deleted, and takes them along", async () => {
    const { s3, sandbox, upload } = await begin();
    await upload(1, small);

    await s3.send(new DeleteBucketCommand({ Bucket }));

    const state = sandbox.state("111122223333", "eu-west-1");
    expect([state.uploads.size, state.uploadParts.size]).toEqual([0, 0]);
  });
});
