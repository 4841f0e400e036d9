import {
  CopyObjectCommand,
  DeleteBucketLifecycleCommand,
  GetBucketLifecycleConfigurationCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketLifecycleConfigurationCommand,
  PutObjectCommand,
  type LifecycleRule,
  type S3Client,
} from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { Bucket, openBucket, put, refusal } from "./bucket.js";

const rule: LifecycleRule = { Status: "Enabled", Filter: {}, Expiration: { Days: 7 } };

const putRules = (s3: S3Client, Rules: LifecycleRule[], more: object = {}) =>
  s3.send(
    new PutBucketLifecycleConfigurationCommand({
      Bucket,
      LifecycleConfiguration: { Rules },
      ...more,
    }),
  );

describe("PutBucketLifecycleConfiguration https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html", () => {
  const tag = { Key: "k", Value: "1" };

  it.each<[LifecycleRule, string]>([
    [{ ...rule, Filter: undefined }, "MalformedXML"],
    [{ ...rule, Prefix: "a" }, "MalformedXML"],
    [{ ...rule, Status: "On" as "Enabled" }, "MalformedXML"],
    [{ ...rule, NoncurrentVersionExpiration: {} }, "MalformedXML"],
    [{ ...rule, Filter: { And: { Prefix: "t" }, Prefix: "" } }, "MalformedXML"],
    [{ ...rule, Filter: { ObjectSizeGreaterThan: 500, Prefix: "" } }, "MalformedXML"],
    [{ ...rule, Expiration: { Days: 1, ExpiredObjectDeleteMarker: true } }, "MalformedXML"],
    [{ ...rule, Expiration: { Days: 1, Date: new Date("2027-01-01") } }, "MalformedXML"],
    [{ ...rule, Expiration: { Days: 0 } }, "InvalidArgument"],
    [{ ...rule, Expiration: { Date: new Date("2023-01-01T02:02:00Z") } }, "InvalidArgument"],
    [{ ...rule, Filter: { And: { Tags: [tag, { ...tag, Value: "2" }] } } }, "InvalidRequest"],
    [{ ...rule, Expiration: undefined }, "InvalidRequest"],
    [{ ...rule, Transitions: [{ StorageClass: "GLACIER" }] }, "MalformedXML"],
    [
      { ...rule, Transitions: [{ Days: 1, StorageClass: "STANDARD" as "GLACIER" }] },
      "MalformedXML",
    ],
    [{ ...rule, Transitions: [{ Days: -1, StorageClass: "GLACIER" }] }, "InvalidArgument"],
    [{ ...rule, ID: "i".repeat(256) }, "InvalidArgument"],
    [{ ...rule, Transitions: [{ Days: 29, StorageClass: "STANDARD_IA" }] }, "InvalidArgument"],
    [{ ...rule, Transitions: [{ Days: 29, StorageClass: "ONEZONE_IA" }] }, "InvalidArgument"],
    [
      {
        ...rule,
        NoncurrentVersionTransitions: [{ NoncurrentDays: 1, StorageClass: "STANDARD_IA" }],
      },
      "InvalidArgument",
    ],
    [
      {
        ...rule,
        Expiration: undefined,
        Transitions: [
          { Days: 30, StorageClass: "STANDARD_IA" },
          { Days: 59, StorageClass: "GLACIER" },
        ],
      },
      "InvalidArgument",
    ],
    [{ ...rule, Transitions: [{ Days: 7, StorageClass: "GLACIER" }] }, "InvalidArgument"],
    [
      {
        ...rule,
        Expiration: { Date: new Date("2027-01-01") },
        Transitions: [{ Days: 1, StorageClass: "GLACIER" }],
      },
      "InvalidRequest",
    ],
    [
      {
        ...rule,
        Transitions: [
          { Days: 1, StorageClass: "GLACIER" },
          { Days: 2, StorageClass: "GLACIER" },
        ],
      },
      "InvalidRequest",
    ],
    [
      {
        ...rule,
        Filter: { Tag: tag },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
      },
      "InvalidRequest",
    ],
    [
      {
        ...rule,
        Filter: { And: { Prefix: "a", Tags: [tag] } },
        Expiration: { ExpiredObjectDeleteMarker: true },
      },
      "InvalidRequest",
    ],
    [
      { ...rule, Filter: { And: { ObjectSizeGreaterThan: 10, ObjectSizeLessThan: 10 } } },
      "InvalidRequest",
    ],
  ])("refuses %o with %s", async (bad, name) => {
    const { s3 } = await openBucket();
    await expect(putRules(s3, [bad])).rejects.toMatchObject(refusal(name, 400));
    const kept = s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    await expect(kept).rejects.toMatchObject(refusal("NoSuchLifecycleConfiguration", 404));
  });

  it("refuses the same id twice, and no rules", async () => {
    const { s3 } = await openBucket();
    const twice = putRules(s3, [
      { ...rule, ID: "a" },
      { ...rule, ID: "a" },
    ]);
    await expect(twice).rejects.toMatchObject(refusal("InvalidArgument", 400));
    await expect(putRules(s3, [])).rejects.toMatchObject(refusal("MalformedXML", 400));
  });

  it.each<LifecycleRule>([
    { ...rule, ID: "whole", Filter: { Prefix: "" } },
    { ...rule, ID: "old", Filter: undefined, Prefix: "logs/" },
    {
      ...rule,
      ID: "in order",
      Expiration: { Days: 61 },
      Transitions: [
        { Days: 30, StorageClass: "STANDARD_IA" },
        { Days: 60, StorageClass: "GLACIER" },
      ],
    },
    { ...rule, ID: "date", Expiration: { Date: new Date("2027-01-01") } },
    { ...rule, ID: "both", Filter: { And: { Prefix: "a", Tags: [tag] } } },
    { ...rule, ID: "marker", Expiration: { ExpiredObjectDeleteMarker: true } },
    { ...rule, ID: "abort", AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
    { ...rule, ID: "move", Transitions: [{ Days: 0, StorageClass: "GLACIER" }] },
  ])("gives back %o", async (good) => {
    const { s3 } = await openBucket();
    await putRules(s3, [good]);
    const { Rules } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    expect(Rules).toEqual([JSON.parse(JSON.stringify(good), revived)]);
  });

  it("knows from which size on objects move", async () => {
    const { s3 } = await openBucket();
    const minimum = (TransitionDefaultMinimumObjectSize?: string) =>
      putRules(s3, [rule], { TransitionDefaultMinimumObjectSize });
    const kept = async () =>
      (await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })))
        .TransitionDefaultMinimumObjectSize;
    for (const [asked, told] of [
      ["varies_by_storage_class", "varies_by_storage_class"],
      [undefined, "all_storage_classes_128K"],
      ["all_storage_classes_128K", "all_storage_classes_128K"],
    ]) {
      expect((await minimum(asked)).TransitionDefaultMinimumObjectSize).toBe(told);
      expect(await kept()).toBe(told);
    }
    await expect(minimum("value")).rejects.toMatchObject({
      ...refusal("InvalidRequest", 400),
      message: "Invalid TransitionDefaultMinimumObjectSize found: value",
    });
  });
});

/** Dates as dates again, and no members that are undefined. */
function revived(name: string, value: unknown): unknown {
  return name === "Date" ? new Date(value as string) : value;
}

describe("x-amz-expiration", () => {
  const expiry = (day: string, id: string) => `expiry-date="${day} 00:00:00 GMT", rule-id="${id}"`;
  const head = async (s3: S3Client, Key: string, VersionId?: string) =>
    (await s3.send(new HeadObjectCommand({ Bucket, Key, VersionId }))).Expiration;

  it("tells the midnight after, by the rule that is first", async () => {
    const { s3, clock } = await openBucket();
    await putRules(s3, [
      { ...rule, ID: "long", Expiration: { Days: 30 } },
      { ...rule, ID: "short one", Filter: { Prefix: "tmp/" } },
      { ...rule, ID: "off", Status: "Disabled", Expiration: { Days: 1 } },
    ]);
    await clock.advance(3_600_000);
    const long = expiry("Sun, 01 Feb 2026", "long");
    const made = await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "1" }));
    expect(made.Expiration).toBe(long);
    expect((await s3.send(new GetObjectCommand({ Bucket, Key: "a" }))).Expiration).toBe(long);
    const CopySource = `${Bucket}/a`;
    const copied = await s3.send(new CopyObjectCommand({ Bucket, Key: "tmp/a", CopySource }));
    expect(copied.Expiration).toBe(expiry("Fri, 09 Jan 2026", "short%20one"));
    await s3.send(new DeleteBucketLifecycleCommand({ Bucket }));
    expect(await head(s3, "a")).toBeUndefined();
  });

  it.each<[LifecycleRule["Filter"], string[]]>([
    [{ Prefix: "s" }, ["small"]],
    [{ Tag: { Key: "k", Value: "v" } }, ["tagged"]],
    [{ ObjectSizeGreaterThan: 2 }, ["large"]],
    [{ ObjectSizeLessThan: 3 }, ["small", "tagged"]],
    [{ And: { Prefix: "t", Tags: [{ Key: "k", Value: "v" }], ObjectSizeLessThan: 9 } }, ["tagged"]],
    [{ And: { Prefix: "t", Tags: [{ Key: "k", Value: "w" }] } }, []],
  ])("is for what the filter takes: %o", async (Filter, keys) => {
    const { s3 } = await openBucket();
    await put(s3, "large", "12345");
    await put(s3, "small", "1");
    await s3.send(new PutObjectCommand({ Bucket, Key: "tagged", Body: "1", Tagging: "k=v" }));
    await putRules(s3, [{ ...rule, Filter }]);
    const found: string[] = [];
    for (const key of ["large", "small", "tagged"]) {
      if ((await head(s3, key)) !== undefined) found.push(key);
    }
    expect(found).toEqual(keys);
  });

  it("is not told of a version by its id, and not by a rule for markers", async () => {
    const { s3 } = await openBucket("Enabled");
    await putRules(s3, [rule]);
    const VersionId = await put(s3, "a");
    expect(await head(s3, "a")).toContain("expiry-date=");
    expect(await head(s3, "a", VersionId)).toBeUndefined();
    await putRules(s3, [{ ...rule, Expiration: { ExpiredObjectDeleteMarker: true } }]);
    expect(await head(s3, "a")).toBeUndefined();
  });
});
