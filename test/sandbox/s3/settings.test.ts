import {
  DeleteBucketTaggingCommand,
  DeletePublicAccessBlockCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
} from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { ACCOUNT } from "../clients.js";
import { Bucket, openBucket, refusal, version } from "./bucket.js";

describe("bucket settings", () => {
  it("are private and encrypted from the beginning", async () => {
    const { s3 } = await openBucket();
    expect(await s3.send(new GetPublicAccessBlockCommand({ Bucket }))).toMatchObject({
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
    });
    expect(await s3.send(new GetBucketEncryptionCommand({ Bucket }))).toMatchObject({
      ServerSideEncryptionConfiguration: {
        Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
      },
    });
    expect(await s3.send(new GetBucketOwnershipControlsCommand({ Bucket }))).toMatchObject({
      OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
    });
  });

  it("have no version status until one is put", async () => {
    const { s3 } = await openBucket();
    expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBeUndefined();
    await version(s3, "Enabled");
    expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe("Enabled");
  });

  it("need a version status that AWS knows", async () => {
    const { s3 } = await openBucket();
    const nothing = new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: {} });
    await expect(s3.send(nothing)).rejects.toMatchObject(
      refusal("IllegalVersioningConfigurationException", 400),
    );
    await expect(version(s3, "Off" as "Enabled")).rejects.toMatchObject(
      refusal("MalformedXML", 400),
    );
  });

  it("keep a public access block until it is deleted", async () => {
    const { s3 } = await openBucket();
    const PublicAccessBlockConfiguration = { BlockPublicAcls: true };
    await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
    expect(await s3.send(new GetPublicAccessBlockCommand({ Bucket }))).toMatchObject({
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: false },
    });
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
    await expect(s3.send(new GetPublicAccessBlockCommand({ Bucket }))).rejects.toMatchObject(
      refusal("NoSuchPublicAccessBlockConfiguration", 404),
    );
  });

  it("replace the whole tag set", async () => {
    const { s3 } = await openBucket();
    const tag = (Key: string) => ({ TagSet: [{ Key, Value: "1" }] });
    await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: tag("a") }));
    await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: tag("b") }));
    const { TagSet } = await s3.send(new GetBucketTaggingCommand({ Bucket }));
    expect(TagSet).toEqual([{ Key: "b", Value: "1" }]);
  });

  it("answer NoSuchTagSet without tags", async () => {
    const { s3 } = await openBucket();
    await s3.send(new DeleteBucketTaggingCommand({ Bucket }));
    await expect(s3.send(new GetBucketTaggingCommand({ Bucket }))).rejects.toMatchObject(
      refusal("NoSuchTagSet", 404),
    );
  });

  it("refuse the same tag twice", async () => {
    const { s3 } = await openBucket();
    const one = { Key: "a", Value: "1" };
    const twice = new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [one, one] } });
    await expect(s3.send(twice)).rejects.toMatchObject(refusal("InvalidTag", 400));
  });

  it("keep a lifecycle as it was put", async () => {
    const { s3 } = await openBucket();
    await expect(
      s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })),
    ).rejects.toMatchObject(refusal("NoSuchLifecycleConfiguration", 404));
    const rule = {
      ID: "old",
      Status: "Enabled" as const,
      Filter: { Prefix: "tmp/" },
      NoncurrentVersionExpiration: { NoncurrentDays: 30 },
    };
    const LifecycleConfiguration = { Rules: [rule] };
    await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }));
    const { Rules } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    expect(Rules).toEqual([rule]);
  });

  it("keep a policy that is not public", async () => {
    const { s3 } = await openBucket();
    await expect(s3.send(new GetBucketPolicyCommand({ Bucket }))).rejects.toMatchObject(
      refusal("NoSuchBucketPolicy", 404),
    );
    const Policy = policy({ AWS: `arn:aws:iam::${ACCOUNT}:root` });
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    expect((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toBe(Policy);
  });

  it("name nobody in a policy who is not there", async () => {
    const { s3 } = await openBucket();
    const put = (AWS: string) => {
      const Statement = {
        Effect: "Allow",
        Principal: { AWS },
        Action: "s3:GetObject",
        Resource: `arn:aws:s3:::${Bucket}/*`,
      };
      const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
      return s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    };
    await expect(put(`arn:aws:iam::${ACCOUNT}:role/nobody`)).rejects.toMatchObject({
      ...refusal("MalformedPolicy", 400),
      message: "Invalid principal in policy",
    });
    await put(`arn:aws:iam::${ACCOUNT}:root`);
  });

  it.each<[string, object, string]>([
    ["another service's action", { Action: "iam:GetRole" }, "Policy has invalid action"],
    ["an action of no service", { Action: "GetObject" }, "Policy has invalid action"],
    [
      "an action that needs objects, on the bucket",
      { Resource: `arn:aws:s3:::${Bucket}` },
      "Action does not apply to any resource(s) in statement",
    ],
    [
      "an action that needs the bucket, on objects",
      { Action: ["s3:GetObject", "s3:ListBucket"] },
      "Action does not apply to any resource(s) in statement",
    ],
    ["another bucket", { Resource: "arn:aws:s3:::other/*" }, "Policy has invalid resource"],
    ["another bucket's beginning", { Resource: "arn:aws:s3:::x*" }, "Policy has invalid resource"],
    ["a bare name", { Principal: ACCOUNT }, "Invalid policy syntax."],
    ["nobody", { Principal: {} }, "Missing required field Principal cannot be empty!"],
    [
      "an empty list",
      { Principal: { AWS: [] } },
      "Missing required field Principal cannot be empty!",
    ],
    [
      "a provider that is not there",
      { Principal: { Federated: `arn:aws:iam::${ACCOUNT}:saml-provider/x` } },
      "Invalid principal in policy",
    ],
    [
      "another partition",
      { Principal: { AWS: `arn:aws-cn:iam::${ACCOUNT}:root` } },
      "Invalid principal in policy",
    ],
    [
      "somebody who is not there, by exclusion",
      { Principal: undefined, NotPrincipal: { AWS: `arn:aws:iam::${ACCOUNT}:user/x` } },
      "Invalid principal in policy",
    ],
  ])("refuse a policy with %s", async (_, more, message) => {
    const { s3 } = await openBucket();
    const Policy = policy({ AWS: ACCOUNT }, more);
    await expect(s3.send(new PutBucketPolicyCommand({ Bucket, Policy }))).rejects.toMatchObject({
      ...refusal("MalformedPolicy", 400),
      message,
    });
  });

  it.each<[string, object]>([
    ["for all of S3", { Action: "s3:*" }],
    ["for a family of actions", { Action: ["s3:GetObject*", "s3:Put*"] }],
    [
      "for bucket and objects",
      {
        Action: ["s3:ListBucket", "s3:GetObject"],
        Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`],
      },
    ],
    [
      "with a star at the bucket's end",
      { Action: ["s3:ListBucket", "s3:GetObject"], Resource: `arn:aws:s3:::${Bucket}*` },
    ],
    ["for a service", { Principal: { Service: "iot.amazonaws.com" } }],
  ])("keep a policy %s", async (_, more) => {
    const { s3 } = await openBucket();
    const Policy = policy({ AWS: ACCOUNT }, more);
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  });

  it("deny a public policy while those are blocked", async () => {
    const { s3 } = await openBucket();
    const put = new PutBucketPolicyCommand({ Bucket, Policy: policy("*") });
    await expect(s3.send(put)).rejects.toMatchObject(refusal("AccessDenied", 403));
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
    await s3.send(put);
  });

  it("refuse what is no policy", async () => {
    const { s3 } = await openBucket();
    const put = new PutBucketPolicyCommand({ Bucket, Policy: "allow me" });
    await expect(s3.send(put)).rejects.toMatchObject(refusal("MalformedPolicy", 400));
  });

  it("encrypt new objects as the bucket says", async () => {
    const { s3 } = await openBucket();
    const ServerSideEncryptionConfiguration = {
      Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms" as const } }],
    };
    await s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration }));
    const answer = await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "a" }));
    expect(answer.ServerSideEncryption).toBe("aws:kms");
  });
});

function policy(Principal: unknown, more: object = {}): string {
  const statement = { Effect: "Allow", Principal, Action: "s3:GetObject" };
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ ...statement, Resource: `arn:aws:s3:::${Bucket}/*`, ...more }],
  });
}
