import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketEncryptionCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketOwnershipControlsCommand,
  DeleteBucketPolicyCommand,
  DeleteBucketTaggingCommand,
  DeletePublicAccessBlockCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
} from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { inRegion, makeBucket } from "./makers.js";
import { longest, pagesOf } from "./paging.js";
import { refused } from "./refused.js";
import { markTags, openTarget } from "./target.js";

const target = await openTarget();
const { s3 } = target;

// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
const noBucket = refused("NoSuchBucket", 404);
const nowhere = () => ({ Bucket: target.name("bucket") });

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
describe("CreateBucket", () => {
  const isFirstRegion = target.region === "us-east-1";
  const again = (Bucket: string) =>
    s3.send(new CreateBucketCommand({ Bucket, ...inRegion(target) }));

  it.skipIf(isFirstRegion)("refuses one's own bucket with 409 (not in us-east-1)", async () => {
    const Bucket = await makeBucket(target);

    await expect(again(Bucket)).rejects.toMatchObject(refused("BucketAlreadyOwnedByYou", 409));
  });

  it.runIf(isFirstRegion)("takes one's own bucket again (us-east-1)", async () => {
    const Bucket = await makeBucket(target);

    expect(await again(Bucket)).toMatchObject({ Location: `/${Bucket}` });
  });

  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
  it.each(["contract_bucket", "Contract", "contract..bucket", "192.168.5.4", "xn--contract"])(
    "refuses the name %s with 400",
    async (Bucket) => {
      await expect(again(Bucket)).rejects.toMatchObject(refused("InvalidBucketName", 400));
    },
  );
});

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
describe("HeadBucket and GetBucketLocation", () => {
  it("tell the Region", async () => {
    const Bucket = await makeBucket(target);

    expect(await s3.send(new HeadBucketCommand({ Bucket }))).toMatchObject({
      BucketRegion: target.region,
    });
    const { LocationConstraint } = await s3.send(new GetBucketLocationCommand({ Bucket }));
    expect(LocationConstraint ?? "us-east-1").toBe(target.region);
  });

  it("refuse an unknown bucket with 404", async () => {
    await expect(s3.send(new HeadBucketCommand(nowhere()))).rejects.toMatchObject(
      refused("NotFound", 404),
    );
    await expect(s3.send(new GetBucketLocationCommand(nowhere()))).rejects.toMatchObject(noBucket);
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
describe("ListBuckets", () => {
  it("finds buckets by how their names begin, page by page", async () => {
    const made = [await makeBucket(target), await makeBucket(target)];
    const Prefix = (made[0] ?? "").replace(/-\d+$/, "-");

    await target.eventually(async () => {
      const pages = await pagesOf(async (ContinuationToken) => {
        const input = { Prefix, MaxBuckets: 1, ContinuationToken };
        const page = await s3.send(new ListBucketsCommand(input));
        return { items: page.Buckets, next: page.ContinuationToken };
      });
      expect(longest(pages)).toBe(1);
      expect(pages.flat().map(({ Name }) => Name)).toEqual(expect.arrayContaining(made));
      expect(pages.flat()[0]).toMatchObject({
        CreationDate: expect.any(Date),
        BucketRegion: target.region,
      });
    });
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html
describe("DeleteBucket", () => {
  it("refuses a bucket with an object in it with 409, and an unknown one with 404", async () => {
    const Bucket = await makeBucket(target);
    await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "a" }));

    await expect(s3.send(new DeleteBucketCommand({ Bucket }))).rejects.toMatchObject(
      refused("BucketNotEmpty", 409),
    );
    await expect(s3.send(new DeleteBucketCommand(nowhere()))).rejects.toMatchObject(noBucket);
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
describe("PutBucketVersioning and GetBucketVersioning", () => {
  it("go from never to enabled, to suspended", async () => {
    const Bucket = await makeBucket(target);
    const get = async () => (await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status;
    const put = (Status: "Enabled" | "Suspended") =>
      s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));

    expect(await get()).toBeUndefined();
    for (const status of ["Enabled", "Suspended"] as const) {
      await put(status);
      await target.eventually(async () => expect(await get()).toBe(status));
    }
  });

  it("refuse a configuration without a status with 400", async () => {
    const Bucket = await makeBucket(target);
    const put = s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: {} }));

    await expect(put).rejects.toMatchObject(
      refused("IllegalVersioningConfigurationException", 400),
    );
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html
describe("PutBucketTagging, GetBucketTagging and DeleteBucketTagging", () => {
  it("replace the whole set, and delete it", async () => {
    const Bucket = await makeBucket(target);
    const get = async () => (await s3.send(new GetBucketTaggingCommand({ Bucket }))).TagSet;
    const TagSet = [{ Key: "colour", Value: "red" }];

    expect(await get()).toEqual(markTags);
    await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
    await target.eventually(async () => expect(await get()).toEqual(TagSet));
    await s3.send(new DeleteBucketTaggingCommand({ Bucket }));

    await target.eventually(() =>
      expect(get()).rejects.toMatchObject(refused("NoSuchTagSet", 404)),
    );
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
describe("PutPublicAccessBlock, GetPublicAccessBlock and DeletePublicAccessBlock", () => {
  const all = (on: boolean) => ({
    BlockPublicAcls: on,
    IgnorePublicAcls: on,
    BlockPublicPolicy: on,
    RestrictPublicBuckets: on,
  });

  it("keep a new bucket private, until they are told otherwise", async () => {
    const Bucket = await makeBucket(target);
    const get = async () =>
      (await s3.send(new GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration;

    expect(await get()).toEqual(all(true));
    // Without a block nothing becomes public either: the bucket is empty and has no policy.
    const PublicAccessBlockConfiguration = all(true);
    await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
    expect(await get()).toEqual(all(true));
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));

    await target.eventually(() =>
      expect(get()).rejects.toMatchObject(refused("NoSuchPublicAccessBlockConfiguration", 404)),
    );
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html
describe("PutBucketEncryption, GetBucketEncryption and DeleteBucketEncryption", () => {
  it("encrypt a bucket always, with S3's keys unless told otherwise", async () => {
    const Bucket = await makeBucket(target);
    const get = async () => {
      const found = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
      return found.ServerSideEncryptionConfiguration?.Rules?.[0];
    };
    const own = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" as const } };

    expect(await get()).toMatchObject(own);
    await s3.send(
      new PutBucketEncryptionCommand({
        Bucket,
        ServerSideEncryptionConfiguration: { Rules: [{ ...own, BucketKeyEnabled: true }] },
      }),
    );
    await target.eventually(async () =>
      expect(await get()).toMatchObject({ ...own, BucketKeyEnabled: true }),
    );
    await s3.send(new DeleteBucketEncryptionCommand({ Bucket }));

    await target.eventually(async () =>
      expect(await get()).toMatchObject({ ...own, BucketKeyEnabled: false }),
    );
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
describe("PutBucketLifecycleConfiguration and its Get and Delete", () => {
  it("keep rules, and refuse to tell of none", async () => {
    const Bucket = await makeBucket(target);
    const get = async () =>
      (await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).Rules;
    const none = refused("NoSuchLifecycleConfiguration", 404);
    const rule = {
      ID: "old",
      Status: "Enabled" as const,
      Filter: { Prefix: "old/" },
      Expiration: { Days: 30 },
    };

    await expect(get()).rejects.toMatchObject(none);
    await s3.send(
      new PutBucketLifecycleConfigurationCommand({
        Bucket,
        LifecycleConfiguration: { Rules: [rule] },
      }),
    );
    await target.eventually(async () => expect(await get()).toMatchObject([rule]));
    await s3.send(new DeleteBucketLifecycleCommand({ Bucket }));

    await target.eventually(() => expect(get()).rejects.toMatchObject(none));
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
describe("PutBucketPolicy, GetBucketPolicy and DeleteBucketPolicy", () => {
  it("keep a policy, and refuse to tell of none", async () => {
    const Bucket = await makeBucket(target);
    const get = async () => (await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy;
    const none = refused("NoSuchBucketPolicy", 404);
    const policy = {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Deny",
          Principal: "*",
          Action: "s3:GetObject",
          Resource: `arn:aws:s3:::${Bucket}/none`,
        },
      ],
    };

    await expect(get()).rejects.toMatchObject(none);
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify(policy) }));
    await target.eventually(async () => expect(JSON.parse((await get()) ?? "")).toEqual(policy));
    await s3.send(new DeleteBucketPolicyCommand({ Bucket }));

    await target.eventually(() => expect(get()).rejects.toMatchObject(none));
  });

  it("refuse what is no JSON with 400", async () => {
    const Bucket = await makeBucket(target);
    const put = s3.send(new PutBucketPolicyCommand({ Bucket, Policy: "allow" }));

    await expect(put).rejects.toMatchObject(refused("MalformedPolicy", 400));
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
describe("PutBucketOwnershipControls and its Get and Delete", () => {
  it("give a new bucket's objects to its owner, and can be changed", async () => {
    const Bucket = await makeBucket(target);
    const get = async () => {
      const found = await s3.send(new GetBucketOwnershipControlsCommand({ Bucket }));
      return found.OwnershipControls?.Rules;
    };
    const rules = (ObjectOwnership: "BucketOwnerEnforced" | "BucketOwnerPreferred") => [
      { ObjectOwnership },
    ];

    expect(await get()).toEqual(rules("BucketOwnerEnforced"));
    const OwnershipControls = { Rules: rules("BucketOwnerPreferred") };
    await s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));
    await target.eventually(async () => expect(await get()).toEqual(rules("BucketOwnerPreferred")));
    await s3.send(new DeleteBucketOwnershipControlsCommand({ Bucket }));

    await target.eventually(() =>
      expect(get()).rejects.toMatchObject(refused("OwnershipControlsNotFoundError", 404)),
    );
  });
});
