import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { makeBucket } from "./makers.js";
import { longest, pagesOf } from "./paging.js";
import { refused } from "./refused.js";
import { openTarget } from "./target.js";

const target = await openTarget();
const { s3 } = target;

const noUpload = refused("NoSuchUpload", 404);

let Bucket = "";
beforeAll(async () => {
  Bucket = await makeBucket(target);
});

const md5 = (bytes: string | Uint8Array) => createHash("md5").update(bytes).digest("hex");

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
describe("Multipart uploads", () => {
  const part = Buffer.alloc(5 * 1024 * 1024, "a");

  /** An upload that is given up at the end, if it is still there. */
  async function begin(Key: string) {
    const { UploadId = "" } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const abort = () => s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    target.cleanUp(`upload of ${Key}`, () =>
      abort().catch((error: unknown) => {
        if (!(error instanceof Error) || error.name !== "NoSuchUpload") throw error;
      }),
    );
    const upload = async (PartNumber: number, Body: Uint8Array) => {
      const input = { Bucket, Key, UploadId, PartNumber, Body };
      const { ETag } = await s3.send(new UploadPartCommand(input));
      return { PartNumber, ETag };
    };
    const complete = (Parts: { PartNumber: number; ETag: string | undefined }[]) =>
      s3.send(
        new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
      );
    return { UploadId, abort, upload, complete };
  }

  it("put an object together from its parts", async () => {
    const Key = "multipart/whole";
    const { upload, complete } = await begin(Key);
    const parts = [await upload(1, part), await upload(2, Buffer.from("end"))];

    const made = await complete(parts);

    const digests = [part, Buffer.from("end")].map((bytes) => Buffer.from(md5(bytes), "hex"));
    expect(made).toMatchObject({ Bucket, Key, ETag: `"${md5(Buffer.concat(digests))}-2"` });
    expect(await s3.send(new HeadObjectCommand({ Bucket, Key }))).toMatchObject({
      ContentLength: part.byteLength + 3,
    });
  });

  it("answer again who completes one again, whatever the condition says by then", async () => {
    const Key = "multipart/twice";
    const { UploadId, upload, complete } = await begin(Key);
    const parts = [await upload(1, part), await upload(2, Buffer.from("end"))];
    const made = await complete(parts);

    const MultipartUpload = { Parts: parts };
    const again = await s3.send(
      new CompleteMultipartUploadCommand({
        Bucket,
        Key,
        UploadId,
        MultipartUpload,
        IfNoneMatch: "*",
      }),
    );

    expect(again.ETag).toBe(made.ETag);
  });

  it("list uploads and their parts, page by page", async () => {
    const Key = "multipart/listed";
    const { UploadId, upload } = await begin(Key);
    const made = [await upload(1, Buffer.from("one")), await upload(2, Buffer.from("two"))];

    const { Uploads } = await s3.send(
      new ListMultipartUploadsCommand({ Bucket, Prefix: "multipart/listed" }),
    );
    const pages = await pagesOf(async (PartNumberMarker) => {
      const input = { Bucket, Key, UploadId, MaxParts: 1, PartNumberMarker };
      const page = await s3.send(new ListPartsCommand(input));
      return {
        items: page.Parts,
        next: page.IsTruncated ? page.NextPartNumberMarker : undefined,
      };
    });

    expect(Uploads).toMatchObject([{ Key, UploadId, Initiated: expect.any(Date) }]);
    expect(longest(pages)).toBe(1);
    expect(pages.flat()).toMatchObject(made);
  });

  it("refuse too small a part before the last, and parts that are not there", async () => {
    const { upload, complete } = await begin("multipart/small");
    const [one, two] = [await upload(1, Buffer.from("one")), await upload(2, Buffer.from("two"))];

    await expect(complete([one, two])).rejects.toMatchObject(refused("EntityTooSmall", 400));
    await expect(complete([two, one])).rejects.toMatchObject(refused("InvalidPartOrder", 400));
    await expect(complete([{ ...one, PartNumber: 9 }])).rejects.toMatchObject(
      refused("InvalidPart", 400),
    );
  });

  it("can be given up, after which nothing is left of them", async () => {
    const { upload, abort, complete } = await begin("multipart/aborted");
    const one = await upload(1, Buffer.from("one"));

    await abort();

    await expect(complete([one])).rejects.toMatchObject(noUpload);
    const head = s3.send(new HeadObjectCommand({ Bucket, Key: "multipart/aborted" }));
    await expect(head).rejects.toMatchObject(refused("NotFound", 404));
  });
});
