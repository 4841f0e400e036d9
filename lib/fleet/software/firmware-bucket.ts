import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  ListObjectVersionsCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  type BucketLocationConstraint,
  type ListObjectVersionsCommandOutput,
} from "@aws-sdk/client-s3";
import { collect } from "../../aws/collect.js";
import type { Fleet } from "../../aws/connect.js";
import { isNotFound, NotOursError, unlessMissing, unlessTaken } from "../../aws/errors.js";
import type { Failure } from "../../aws/many.js";
import { fingerprint, isOurs, tagList, tagMap } from "../../aws/ownership.js";
import { redactText } from "../../aws/redact.js";

/** The bucket that holds the workshop's firmware in one account and Region. */
export interface FirmwareBucket {
  readonly name: string;
  readonly alreadyExisted: boolean;
}

/** Days that a firmware upload is kept after a newer one has replaced it. */
const OLD_VERSIONS_DAYS = 90;

/**
 * The name of this account and Region's firmware bucket.
 *
 * Bucket names are public and unique in the world, so the account's number goes in as a digest.
 */
export function firmwareBucketName(fleet: Fleet): string {
  return `iot-firmware-${fleet.region}-${fingerprint(fleet)}`;
}

/**
 * Create the firmware bucket: versioned, encrypted, closed to the public, TLS only on AWS.
 *
 * Calls GetBucketTagging and CreateBucket, then one Put… for each property. A second call finds the
 * bucket, makes sure by its tag that it is the workshop's, and sets every property again, so a bucket
 * that an interrupted run left half-made is finished: also one without a tag, while it is empty.
 *
 * @throws NotOursError when the name is taken by a bucket that the workshop did not make
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
 */
export async function createFirmwareBucket(fleet: Fleet): Promise<FirmwareBucket> {
  const Bucket = firmwareBucketName(fleet);
  const tags = await bucketTags(fleet, Bucket);
  if (tags && !isOurs(tags) && !(await isHalfMade(fleet, Bucket, tags))) {
    throw new NotOursError(`The bucket ${Bucket} exists and was not made by the workshop.`);
  }
  if (!tags) {
    const create = fleet.s3.send(
      new CreateBucketCommand({
        Bucket,
        // us-east-1 is S3's default, and the one Region that may not be named.
        ...(fleet.region !== "us-east-1" && {
          CreateBucketConfiguration: {
            LocationConstraint: fleet.region as BucketLocationConstraint,
          },
        }),
      }),
    );
    await unlessTaken(create);
  }
  // The tag first: a run that stops after it can be recognised by the next one and by cleanup.
  await fleet.s3.send(
    new PutBucketTaggingCommand({
      Bucket,
      // Replaces the whole set: tags that others have added stay.
      Tagging: { TagSet: tagList({ ...tags, ...fleet.tags }) },
    }),
  );
  await fleet.s3.send(
    new PutPublicAccessBlockCommand({
      Bucket,
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    }),
  );
  await fleet.s3.send(
    new PutBucketEncryptionCommand({
      Bucket,
      ServerSideEncryptionConfiguration: {
        Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
      },
    }),
  );
  await fleet.s3.send(
    new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }),
  );
  await fleet.s3.send(
    new PutBucketLifecycleConfigurationCommand({
      Bucket,
      LifecycleConfiguration: {
        Rules: [
          {
            ID: "expire-replaced-firmware",
            Status: "Enabled",
            Filter: { Prefix: "" },
            NoncurrentVersionExpiration: { NoncurrentDays: OLD_VERSIONS_DAYS },
          },
        ],
      },
    }),
  );
  await fleet.s3.send(new PutBucketPolicyCommand({ Bucket, Policy: tlsOnly(Bucket) }));
  return { name: Bucket, alreadyExisted: tags !== undefined };
}

/** True for what a run has left that stopped before the tag: no tags at all, and nothing in it. */
async function isHalfMade(
  fleet: Fleet,
  bucket: string,
  tags: Readonly<Record<string, string>>,
): Promise<boolean> {
  if (Object.keys(tags).length > 0) return false;
  return (await collect(listObjectVersions(fleet, bucket), 1)).length === 0;
}

/**
 * What there is of this account and Region's firmware bucket. Calls GetBucketTagging, and
 * GetBucketVersioning when the bucket is the workshop's.
 */
export async function findFirmwareBucket(fleet: Fleet): Promise<"none" | "unversioned" | "ready"> {
  const Bucket = firmwareBucketName(fleet);
  if (!isOurs(await bucketTags(fleet, Bucket))) return "none";
  const { Status } = await fleet.s3.send(new GetBucketVersioningCommand({ Bucket }));
  return Status === "Enabled" ? "ready" : "unversioned";
}

/** One version of an object, or the marker that says it was deleted. Both keep a bucket from going. */
export interface ObjectVersion {
  readonly key: string;
  readonly versionId: string;
}

/**
 * Every object version and delete marker of a bucket, newest first for each key.
 *
 * Calls ListObjectVersions, 1,000 a page.
 *
 * @throws NoSuchBucket when there is no such bucket
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
 */
export async function* listObjectVersions(
  fleet: Fleet,
  bucket: string,
): AsyncIterable<ObjectVersion> {
  let next: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined;
  do {
    // The SDK has no paginator for this operation.
    const page: ListObjectVersionsCommandOutput = await fleet.s3.send(
      new ListObjectVersionsCommand({ Bucket: bucket, MaxKeys: MOST_OBJECTS, ...next }),
    );
    for (const { Key: key = "", VersionId: versionId = "null" } of [
      ...(page.Versions ?? []),
      ...(page.DeleteMarkers ?? []),
    ]) {
      yield { key, versionId };
    }
    next = page.IsTruncated
      ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
      : undefined;
  } while (next);
}

/** Objects that S3 lists on a page or deletes in a call. */
export const MOST_OBJECTS = 1_000;

/**
 * Delete up to 1,000 object versions and delete markers of the firmware bucket, for good.
 *
 * Calls GetBucketTagging and DeleteObjects. A version that is gone counts as deleted.
 *
 * @returns those that S3 refused to delete; undefined when the bucket itself is gone
 * @throws NotOursError when the bucket was not made by the workshop
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
 */
export async function deleteObjectVersions(
  fleet: Fleet,
  versions: readonly ObjectVersion[],
): Promise<readonly Failure[] | undefined> {
  const Bucket = firmwareBucketName(fleet);
  if (!(await requireOurBucket(fleet, Bucket))) return undefined;
  const Objects = versions.map(({ key, versionId }) => ({ Key: key, VersionId: versionId }));
  const { Errors = [] } = await fleet.s3.send(
    new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
  );
  return Errors.map(({ Key = "", VersionId = "", Code = "Error", Message = "" }) => ({
    name: `${Key} ${VersionId}`,
    error: Code,
    cause: redactText(Message),
  }));
}

/**
 * Delete the firmware bucket, which must be empty: of object versions and delete markers too.
 *
 * Calls GetBucketTagging and DeleteBucket. A second call finds nothing and does nothing.
 *
 * @returns true when there was a bucket to delete
 * @throws NotOursError when the bucket was not made by the workshop
 * @throws BucketNotEmpty when something is left in it
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html
 */
export async function deleteFirmwareBucket(fleet: Fleet): Promise<boolean> {
  const Bucket = firmwareBucketName(fleet);
  if (!(await requireOurBucket(fleet, Bucket))) return false;
  // Gone meanwhile, it was this very call, whose first answer was lost.
  await unlessMissing(fleet.s3.send(new DeleteBucketCommand({ Bucket })));
  return true;
}

/** True for a bucket that is there and ours. */
async function requireOurBucket(fleet: Fleet, bucket: string): Promise<boolean> {
  const tags = await bucketTags(fleet, bucket);
  if (tags && !isOurs(tags)) {
    throw new NotOursError(`The bucket ${bucket} exists and was not made by the workshop.`);
  }
  return tags !== undefined;
}

/** The bucket's tags, empty when it has none; undefined when there is no such bucket. */
async function bucketTags(
  fleet: Fleet,
  Bucket: string,
): Promise<Record<string, string> | undefined> {
  try {
    return tagMap((await fleet.s3.send(new GetBucketTaggingCommand({ Bucket }))).TagSet);
  } catch (error) {
    if (error instanceof Error && error.name === "NoSuchTagSet") return {};
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function tlsOnly(bucket: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "TlsOnly",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  });
}
