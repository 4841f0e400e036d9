import {
  CreateBucketCommand,
  DeleteBucketCommand,
  GetBucketLocationCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  type BucketLocationConstraint,
  type CreateBucketCommandInput,
} from "@aws-sdk/client-s3";
import {
  bucketAnywhere,
  bucketOf,
  checkBucketName,
  invalidArgument,
  ownerOf,
} from "./existing-buckets.js";
import { tagsOf } from "./tag-sets.js";
import { isRegion } from "../door/regions.js";
import { removeUpload } from "./multipart/multipart-uploads.js";
import { WireError } from "../http/wire.js";
import { operation, type State } from "./tables.js";
import { paged } from "../state/operation.js";
import type { BucketRecord } from "./records.js";

/** Buckets are what AWS calls global: names are unique over accounts, each lives in one Region. */

export const createBucket = operation(CreateBucketCommand, (state, input) => {
  const { Bucket: name, ObjectLockEnabledForBucket, ACL } = input;
  checkBucketName(name);
  const region = regionFor(state, input.CreateBucketConfiguration?.LocationConstraint);
  if (ObjectLockEnabledForBucket) {
    throw new WireError("NotImplemented", 501, "The sandbox has no object lock.");
  }
  const ownership = input.ObjectOwnership ?? "BucketOwnerEnforced";
  if (!["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"].includes(ownership)) {
    throw invalidArgument(
      `Invalid x-amz-object-ownership header: ${ownership}`,
      "x-amz-object-ownership",
    );
  }
  const { GrantFullControl, GrantRead, GrantReadACP, GrantWrite, GrantWriteACP } = input;
  const grants = GrantFullControl ?? GrantRead ?? GrantReadACP ?? GrantWrite ?? GrantWriteACP;
  if (grants !== undefined || (ACL !== undefined && ACL !== "private")) {
    if (ownership !== "BucketOwnerEnforced") {
      throw new WireError("NotImplemented", 501, "The sandbox has no access control lists.");
    }
    throw new WireError(
      "InvalidBucketAclWithObjectOwnership",
      400,
      "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
    );
  }
  const tags = tagsOf(input.CreateBucketConfiguration?.Tags ?? [], "new bucket");

  const created = {
    // S3 answers with a whole URL everywhere but in its first Region.
    Location: region === "us-east-1" ? `/${name}` : `http://${name}.s3.amazonaws.com/`,
    BucketArn: `arn:aws:s3:::${name}`,
  };
  const existing = state.buckets.get(name);
  if (existing) {
    const isInFirstRegion = region === "us-east-1" && existing.region === region;
    // A bucket that comes with tags is another request than the one that made it.
    const hasTags = Object.keys(tags).length > 0;
    refuseExisting(state, existing, isInFirstRegion && !hasTags);
    return created;
  }
  state.buckets.set(name, {
    name,
    account: state.account,
    region,
    // Kept as it was said: S3 still calls a bucket's place `EU` that was made so.
    ...(input.CreateBucketConfiguration?.LocationConstraint === "EU" && { isInEu: true }),
    createdAt: state.now(),
    // Since April 2023 every new bucket is private and encrypted: ../services/s3-settings.ts reads these.
    settings: {
      ownershipControls: { Rules: [{ ObjectOwnership: ownership }] },
      publicAccessBlock: {
        BlockPublicAcls: true,
        IgnorePublicAcls: true,
        BlockPublicPolicy: true,
        RestrictPublicBuckets: true,
      },
      ...(Object.keys(tags).length > 0 && { tagging: tags }),
    },
  });
  return created;
});

/** Only us-east-1, for the sake of old clients, takes a second CreateBucket of one's own for a success. */
function refuseExisting(state: State, { name, account }: BucketRecord, isRepeated: boolean): void {
  if (account !== state.account) {
    throw new WireError(
      "BucketAlreadyExists",
      409,
      "The requested bucket name is not available. The bucket namespace is shared by all users of " +
        "the system. Please select a different name and try again.",
      { BucketName: name },
    );
  }
  if (!isRepeated) {
    throw new WireError(
      "BucketAlreadyOwnedByYou",
      409,
      "Your previous request to create the named bucket succeeded and you already own it.",
      { BucketName: name },
    );
  }
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucketConfiguration.html */
function regionFor(state: State, constraint: CreateBucketConstraint): string {
  const here = state.region;
  if (constraint === undefined) {
    if (here === "us-east-1") return here;
    throw illegalConstraint("The unspecified location constraint is incompatible");
  }
  // `EU` is the name that eu-west-1 had before Regions had names.
  const region: string = constraint === "EU" ? "eu-west-1" : constraint;
  // The endpoint of us-east-1 is also the global one, which makes buckets anywhere.
  if (here !== "us-east-1" && region !== here) {
    throw illegalConstraint(`The ${constraint} location constraint is incompatible`);
  }
  if (region === "us-east-1" || (region !== here && !isRegion(region))) {
    throw new WireError(
      "InvalidLocationConstraint",
      400,
      "The specified location-constraint is not valid",
      { LocationConstraint: constraint },
    );
  }
  return region;
}

type CreateBucketConstraint = NonNullable<
  CreateBucketCommandInput["CreateBucketConfiguration"]
>["LocationConstraint"];

function illegalConstraint(what: string): WireError {
  return new WireError(
    "IllegalLocationConstraintException",
    400,
    `${what} for the region specific endpoint this request was sent to.`,
  );
}

export const headBucket = operation(HeadBucketCommand, (state, input) => {
  const { name, region } = bucketOf(state, input);
  return {
    BucketRegion: region,
    BucketArn: `arn:aws:s3:::${name}`,
    AccessPointAlias: false,
  };
});

export const deleteBucket = operation(DeleteBucketCommand, (state, input) => {
  const { name, versioning } = bucketOf(state, input);
  for (const _ of state.objectVersions.entries({ prefix: `${name}/` })) {
    throw new WireError(
      "BucketNotEmpty",
      409,
      versioning
        ? "The bucket you tried to delete is not empty. You must delete all versions in the bucket."
        : "The bucket you tried to delete is not empty",
      { BucketName: name },
    );
  }
  const uploads = [...state.uploads.values({ prefix: `${name}/` })];
  for (const upload of uploads) removeUpload(state, upload);
  state.buckets.delete(name);
  return {};
});

export const getBucketLocation = operation(GetBucketLocationCommand, (state, input) => {
  const { region, isInEu } = bucketAnywhere(state, input);
  // us-east-1 has no constraint: AWS answers with an empty element.
  if (region === "us-east-1") return {};
  return { LocationConstraint: isInEu ? "EU" : (region as BucketLocationConstraint) };
});

export const listBuckets = operation(ListBucketsCommand, (state, input) => {
  const { MaxBuckets, ContinuationToken, Prefix, BucketRegion } = input;
  if (MaxBuckets !== undefined && !(MaxBuckets >= 1 && MaxBuckets <= 10_000)) {
    throw invalidArgument(
      "Argument max-buckets must be an integer between 1 and 10000",
      "max-buckets",
      String(MaxBuckets),
    );
  }
  if (BucketRegion !== undefined && !isRegion(BucketRegion) && BucketRegion !== state.region) {
    throw invalidArgument(
      `Argument value ${BucketRegion} is not a valid AWS Region`,
      "bucket-region",
    );
  }
  const isFiltered = [MaxBuckets, ContinuationToken, Prefix, BucketRegion].some(
    (value) => value !== undefined,
  );
  const { items, nextToken } = paged({
    page: { maxResults: MaxBuckets, nextToken: ContinuationToken },
    question: ["ListBuckets", Prefix, BucketRegion],
    *entries(after) {
      for (const entry of state.buckets.entries({ after, prefix: Prefix ?? "" })) {
        const { account, region, isOfService } = entry[1];
        if (account !== state.account || isOfService) continue;
        if (BucketRegion === undefined || BucketRegion === region) yield entry;
      }
    },
    largest: 10_000,
    badToken: () => {
      throw badToken(ContinuationToken ?? "");
    },
  });
  return {
    Owner: ownerOf(state.account),
    Buckets: items.map(({ name, createdAt, region }) => ({
      Name: name,
      CreationDate: createdAt,
      // Only a request that asks for something in particular is told the Region.
      ...(isFiltered && { BucketRegion: region }),
      BucketArn: `arn:aws:s3:::${name}`,
    })),
    ...(Prefix !== undefined && { Prefix }),
    ...(nextToken !== undefined && { ContinuationToken: nextToken }),
  };
});

function badToken(token: string): WireError {
  return invalidArgument(
    "The continuation token provided is incorrect",
    "continuation-token",
    token,
  );
}
