import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutBucketTaggingCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { collect } from "../../../lib/aws/collect.js";
import { NotOursError } from "../../../lib/aws/errors.js";
import {
  createFirmwareBucket,
  deleteFirmwareBucket,
  deleteObjectVersions,
  findFirmwareBucket,
  firmwareBucketName,
  listObjectVersions,
} from "../../../lib/fleet/software/firmware-bucket.js";
import { loseFirstAnswer, openTestFleet } from "../../fleet.js";

async function withBucket() {
  const test = openTestFleet();
  const { name } = await test.settle(createFirmwareBucket(test.fleet));
  return { ...test, Bucket: name };
}

describe("createFirmwareBucket", () => {
  it("finishes an empty bucket without tags, and leaves alone one that holds something", async () => {
    const { fleet, settle, calls } = openTestFleet();
    const Bucket = firmwareBucketName(fleet);
    await settle(fleet.s3.send(new CreateBucketCommand({ Bucket })));
    await settle(fleet.s3.send(new PutObjectCommand({ Bucket, Key: "theirs", Body: "x" })));

    const refused = settle(createFirmwareBucket(fleet));

    await expect(refused).rejects.toThrow(NotOursError);
    expect(calls("PutBucketTagging")).toEqual([]);

    await settle(fleet.s3.send(new DeleteObjectCommand({ Bucket, Key: "theirs" })));
    expect(await settle(createFirmwareBucket(fleet))).toMatchObject({ alreadyExisted: true });
    expect(await settle(findFirmwareBucket(fleet))).toBe("ready");
  });
});

describe("listObjectVersions", () => {
  it("reads all pages, delete markers too", async () => {
    const { fleet, settle, Bucket, calls } = await withBucket();
    const put = (i: number) =>
      fleet.s3.send(new PutObjectCommand({ Bucket, Key: `file ${i}`, Body: "x" }));
    await settle(Promise.all(Array.from({ length: 1_001 }, (_, i) => put(i))));
    await settle(fleet.s3.send(new DeleteObjectCommand({ Bucket, Key: "file 7" })));

    const versions = await settle(collect(listObjectVersions(fleet, Bucket)));

    expect(versions).toHaveLength(1_002);
    expect(versions.filter(({ key }) => key === "file 7")).toHaveLength(2);
    expect(calls("ListObjectVersions")).toHaveLength(2);
  });
});

describe("deleteFirmwareBucket", () => {
  it("knows its own deletion when the answer was lost", async () => {
    const { fleet, settle, calls } = await withBucket();
    loseFirstAnswer(fleet.s3, "DeleteBucket");

    expect(await settle(deleteFirmwareBucket(fleet))).toBe(true);
    expect(calls("DeleteBucket")).toHaveLength(2);
  });

  it("goes when all versions and markers have gone", async () => {
    const { fleet, settle, Bucket } = await withBucket();
    await settle(fleet.s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "1" })));
    await settle(fleet.s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "2" })));
    await settle(fleet.s3.send(new DeleteObjectCommand({ Bucket, Key: "a" })));

    await expect(settle(deleteFirmwareBucket(fleet))).rejects.toMatchObject({
      name: "BucketNotEmpty",
    });
    const versions = await settle(collect(listObjectVersions(fleet, Bucket)));
    const refused = await settle(deleteObjectVersions(fleet, versions));
    const first = await settle(deleteFirmwareBucket(fleet));
    const second = await settle(deleteFirmwareBucket(fleet));

    expect([versions.length, refused, first, second]).toEqual([3, [], true, false]);
    expect(await settle(deleteObjectVersions(fleet, versions))).toBeUndefined();
    expect(await settle(findFirmwareBucket(fleet))).toBe("none");
  });

  it("leaves a bucket and its files alone without our tag", async () => {
    const { fleet, settle, Bucket } = await withBucket();
    await settle(fleet.s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "1" })));
    const Tagging = { TagSet: [{ Key: "workshop", Value: "pottery" }] };
    await settle(fleet.s3.send(new PutBucketTaggingCommand({ Bucket, Tagging })));
    const versions = await settle(collect(listObjectVersions(fleet, Bucket)));

    await expect(settle(deleteObjectVersions(fleet, versions))).rejects.toBeInstanceOf(
      NotOursError,
    );
    await expect(settle(deleteFirmwareBucket(fleet))).rejects.toBeInstanceOf(NotOursError);

    expect(await settle(collect(listObjectVersions(fleet, Bucket)))).toHaveLength(1);
  });
});
