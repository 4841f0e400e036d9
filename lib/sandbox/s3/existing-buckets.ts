import { createHash } from "node:crypto";
import { WireError } from "../http/wire.js";
import type { BucketRecord } from "./records.js";
import type { State } from "./tables.js";

/** What every operation on a bucket is given. */
export interface BucketInput {
  readonly Bucket?: string | undefined;
  readonly ExpectedBucketOwner?: string | undefined;
}

/**
 * The bucket that a request names, once it is clear that this caller may use it from this Region.
 *
 * Throws AWS's refusals: `InvalidBucketName`, `NoSuchBucket`, `PermanentRedirect` (another Region),
 * `AccessDenied` (another account).
 */
export function bucketOf(state: State, input: BucketInput): BucketRecord {
  const bucket = bucketAnywhere(state, input);
  if (bucket.region !== state.region) {
    throw new WireError(
      "PermanentRedirect",
      301,
      "The bucket you are attempting to access must be addressed using the specified endpoint. " +
        "Please send all future requests to this endpoint.",
      { Endpoint: `s3.${bucket.region}.amazonaws.com`, Bucket: bucket.name },
      { "x-amz-bucket-region": bucket.region },
    );
  }
  return bucket;
}

/** The same for the one operation that answers from every Region. */
export function bucketAnywhere(state: State, input: BucketInput): BucketRecord {
  const { Bucket: name = "", ExpectedBucketOwner: owner } = input;
  if (owner !== undefined && !/^\d{12}$/.test(owner)) {
    throw new WireError(
      "InvalidBucketOwnerAWSAccountID",
      400,
      `The value of the expected bucket owner parameter must be an AWS Account ID... [${owner.slice(0, 100)}]`,
    );
  }
  checkBucketName(name);
  const bucket = state.buckets.get(name);
  if (!bucket) {
    throw new WireError("NoSuchBucket", 404, "The specified bucket does not exist", {
      BucketName: name,
    });
  }
  const expected = owner ?? bucket.account;
  if (bucket.account !== state.account || expected !== bucket.account) throw accessDenied();
  return bucket;
}

/** Where a bucket is, whoever asks: names are unique over accounts and Regions. */
export function regionOfBucket(state: State, name: string): string | undefined {
  return state.buckets.get(name)?.region;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export function checkBucketName(name: string): void {
  const isSound =
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !name.includes("..") &&
    !/^\d{1,3}(\.\d{1,3}){3}$/.test(name) &&
    !/^(xn--|sthree-|amzn-s3-demo-)/.test(name) &&
    !/(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name);
  if (!isSound) {
    throw new WireError("InvalidBucketName", 400, "The specified bucket is not valid.", {
      BucketName: name,
    });
  }
}

export function accessDenied(message = "Access Denied"): WireError {
  return new WireError("AccessDenied", 403, message);
}

/** @param value left out where AWS does not repeat it */
export function invalidArgument(message: string, name: string, value?: string): WireError {
  return new WireError("InvalidArgument", 400, message, {
    ArgumentName: name,
    ...(value !== undefined && { ArgumentValue: value }),
  });
}

/** What S3 says of a body that is XML, but not the XML it wants. */
export function malformedXml(): WireError {
  return new WireError(
    "MalformedXML",
    400,
    "The XML you provided was not well-formed or did not validate against our published schema",
  );
}

/** An account's canonical user id, which S3 calls the owner. */
export function ownerOf(account: string): { ID: string } {
  return { ID: createHash("sha256").update(`canonical user of ${account}`).digest("hex") };
}
