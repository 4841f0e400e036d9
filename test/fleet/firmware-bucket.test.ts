import { DeleteObjectCommand, PutBucketTaggingCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { collect } from "../../lib/aws/collect.js";
import { NotOursError } from "../../lib/aws/errors.js";
import {
  createFirmwareBucket,
  deleteFirmwareBucket,
  deleteObjectVersions,
  findFirmwareBucket,
  listObjectVersions,
} from "../../lib/fleet/firmware-bucket.js";
import { openTestFleet } from "../fleet.js";

async function withBucket() {
  const test = openTestFleet();
  const { name } = await test.settle(createFirmwareBucket(test.fleet));
  return { ...test, Bucket: name };
}

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
