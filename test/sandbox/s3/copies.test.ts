import { CopyObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { Bucket, openBucket, put, refusal, text } from "./bucket.js";

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
});
