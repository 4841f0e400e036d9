import {
  DeleteBucketEncryptionCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketOwnershipControlsCommand,
  DeleteBucketPolicyCommand,
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
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  type LifecycleRule,
  type OwnershipControls,
  type PublicAccessBlockConfiguration,
  type ServerSideEncryptionConfiguration,
  type Tag,
} from "@aws-sdk/client-s3";
import { checkBucketPolicy } from "./bucket-policies.js";
import { bucketOf, malformedXml, type BucketInput } from "./existing-buckets.js";
import { isPrincipal } from "../iam/principals.js";
import { checkedRules, minimumSizeOf } from "./lifecycle-rules.js";
import { tagListOf, tagsOf } from "./tag-sets.js";
import { WireError } from "../http/wire.js";
import { operation, type State } from "./tables.js";

/*
 * What a bucket is told once: each setting is put whole, given back as it was put, and deleted.
 * `settings` keeps them by the name of the query parameter that addresses them.
 */

interface Settings {
  readonly tagging: Readonly<Record<string, string>>;
  readonly policy: string;
  readonly publicAccessBlock: PublicAccessBlockConfiguration;
  readonly encryption: ServerSideEncryptionConfiguration;
  readonly lifecycle: readonly LifecycleRule[];
  /** Below which size the lifecycle moves nothing. */
  readonly lifecycleMinimum: string;
  readonly ownershipControls: OwnershipControls;
}

function get<N extends keyof Settings>(
  state: State,
  input: BucketInput,
  name: N,
): Settings[N] | undefined {
  return bucketOf(state, input).settings[name] as Settings[N] | undefined;
}

/** Set, or with `undefined` remove. */
function put<N extends keyof Settings>(
  state: State,
  input: BucketInput,
  name: N,
  value: Settings[N] | undefined,
): void {
  const bucket = bucketOf(state, input);
  const { [name]: _, ...others } = bucket.settings;
  const settings = value === undefined ? others : { ...others, [name]: value };
  state.buckets.set(bucket.name, { ...bucket, settings });
}

function notSet(code: string, message: string): (input: BucketInput) => never {
  return ({ Bucket = "" }) => {
    throw new WireError(code, 404, message, { BucketName: Bucket });
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html */
export const putBucketVersioning = operation(PutBucketVersioningCommand, (state, input) => {
  const bucket = bucketOf(state, input);
  const { Status, MFADelete } = input.VersioningConfiguration;
  if (MFADelete === "Enabled") {
    throw new WireError("AccessDenied", 403, "Mfa Authentication must be used for this request");
  }
  if (Status === undefined) {
    throw new WireError(
      "IllegalVersioningConfigurationException",
      400,
      "The Versioning element must be specified",
    );
  }
  if (Status !== "Enabled" && Status !== "Suspended") throw malformedXml();
  state.buckets.set(bucket.name, { ...bucket, versioning: Status });
  return {};
});

export const getBucketVersioning = operation(GetBucketVersioningCommand, (state, input) => {
  const { versioning } = bucketOf(state, input);
  return versioning ? { Status: versioning } : {};
});

const noPublicAccessBlock = notSet(
  "NoSuchPublicAccessBlockConfiguration",
  "The public access block configuration was not found",
);

export const putPublicAccessBlock = operation(PutPublicAccessBlockCommand, (state, input) => {
  const given = input.PublicAccessBlockConfiguration;
  put(state, input, "publicAccessBlock", {
    BlockPublicAcls: given.BlockPublicAcls ?? false,
    IgnorePublicAcls: given.IgnorePublicAcls ?? false,
    BlockPublicPolicy: given.BlockPublicPolicy ?? false,
    RestrictPublicBuckets: given.RestrictPublicBuckets ?? false,
  });
  return {};
});

export const getPublicAccessBlock = operation(GetPublicAccessBlockCommand, (state, input) => ({
  PublicAccessBlockConfiguration:
    get(state, input, "publicAccessBlock") ?? noPublicAccessBlock(input),
}));

export const deletePublicAccessBlock = operation(DeletePublicAccessBlockCommand, (state, input) => {
  put(state, input, "publicAccessBlock", undefined);
  return {};
});

/** What holds for every bucket that was not told otherwise, since January 2023. */
const defaultEncryption: ServerSideEncryptionConfiguration = {
  Rules: [
    { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" }, BucketKeyEnabled: false },
  ],
};

export const putBucketEncryption = operation(PutBucketEncryptionCommand, (state, input) => {
  const { Rules } = input.ServerSideEncryptionConfiguration;
  const [rule, ...more] = Rules ?? [];
  const wanted = rule?.ApplyServerSideEncryptionByDefault;
  const isKnown = ["AES256", "aws:kms", "aws:kms:dsse"].includes(wanted?.SSEAlgorithm ?? "");
  if (!rule || more.length > 0 || (wanted && !isKnown)) throw malformedXml();
  if (wanted?.SSEAlgorithm === "AES256" && wanted.KMSMasterKeyID !== undefined) {
    throw new WireError(
      "InvalidArgument",
      400,
      "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
      { ArgumentName: "ApplyServerSideEncryptionByDefault" },
    );
  }
  put(state, input, "encryption", {
    Rules: [{ ...rule, BucketKeyEnabled: rule.BucketKeyEnabled ?? false }],
  });
  return {};
});

export const getBucketEncryption = operation(GetBucketEncryptionCommand, (state, input) => ({
  ServerSideEncryptionConfiguration: get(state, input, "encryption") ?? defaultEncryption,
}));

/** Encryption cannot be switched off: without a setting of its own a bucket has the default again. */
export const deleteBucketEncryption = operation(DeleteBucketEncryptionCommand, (state, input) => {
  put(state, input, "encryption", undefined);
  return {};
});

const noLifecycle = notSet(
  "NoSuchLifecycleConfiguration",
  "The lifecycle configuration does not exist",
);

/** Kept, given back and told of in `x-amz-expiration`; the sandbox's objects do not age. */
export const putBucketLifecycleConfiguration = operation(
  PutBucketLifecycleConfigurationCommand,
  (state, input) => {
    const minimum = minimumSizeOf(input.TransitionDefaultMinimumObjectSize);
    const rules = checkedRules(input.LifecycleConfiguration?.Rules, () => state.newId());
    put(state, input, "lifecycle", rules);
    put(state, input, "lifecycleMinimum", minimum);
    return { TransitionDefaultMinimumObjectSize: minimum };
  },
);

export const getBucketLifecycleConfiguration = operation(
  GetBucketLifecycleConfigurationCommand,
  (state, input) => ({
    Rules: [...(get(state, input, "lifecycle") ?? noLifecycle(input))],
    TransitionDefaultMinimumObjectSize: minimumSizeOf(get(state, input, "lifecycleMinimum")),
  }),
);

export const deleteBucketLifecycle = operation(DeleteBucketLifecycleCommand, (state, input) => {
  put(state, input, "lifecycle", undefined);
  put(state, input, "lifecycleMinimum", undefined);
  return {};
});

const noPolicy = notSet("NoSuchBucketPolicy", "The bucket policy does not exist");

/** Checked for form and publicity, kept and given back; the sandbox does not evaluate policies. */
export const putBucketPolicy = operation(PutBucketPolicyCommand, (state, input) => {
  const blocksPublic = get(state, input, "publicAccessBlock")?.BlockPublicPolicy ?? false;
  checkBucketPolicy(input.Policy, input.Bucket, {
    blocksPublic,
    isPrincipal: (kind, name) => isPrincipal(state, kind, name),
  });
  put(state, input, "policy", input.Policy);
  return {};
});

export const getBucketPolicy = operation(GetBucketPolicyCommand, (state, input) => ({
  Policy: get(state, input, "policy") ?? noPolicy(input),
}));

export const deleteBucketPolicy = operation(DeleteBucketPolicyCommand, (state, input) => {
  put(state, input, "policy", undefined);
  return {};
});

const noTags = notSet("NoSuchTagSet", "The TagSet does not exist");

/** The whole set, unlike IoT's TagResource, which adds. */
export const putBucketTagging = operation(PutBucketTaggingCommand, (state, input) => {
  // The type does not say that a body may be without a set.
  const tags = tagsOf((input.Tagging.TagSet as Tag[] | undefined) ?? [], "bucket");
  put(state, input, "tagging", Object.keys(tags).length > 0 ? tags : undefined);
  return {};
});

export const getBucketTagging = operation(GetBucketTaggingCommand, (state, input) => ({
  TagSet: tagListOf(get(state, input, "tagging") ?? noTags(input)),
}));

export const deleteBucketTagging = operation(DeleteBucketTaggingCommand, (state, input) => {
  put(state, input, "tagging", undefined);
  return {};
});

const noOwnership = notSet(
  "OwnershipControlsNotFoundError",
  "The bucket ownership controls were not found",
);

export const putBucketOwnershipControls = operation(
  PutBucketOwnershipControlsCommand,
  (state, input) => {
    const rules = input.OwnershipControls.Rules ?? [];
    const known = ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"];
    if (rules.length !== 1 || !known.includes(rules[0]?.ObjectOwnership ?? "")) {
      throw malformedXml();
    }
    put(state, input, "ownershipControls", { Rules: rules });
    return {};
  },
);

export const getBucketOwnershipControls = operation(
  GetBucketOwnershipControlsCommand,
  (state, input) => ({
    OwnershipControls: get(state, input, "ownershipControls") ?? noOwnership(input),
  }),
);

export const deleteBucketOwnershipControls = operation(
  DeleteBucketOwnershipControlsCommand,
  (state, input) => {
    put(state, input, "ownershipControls", undefined);
    return {};
  },
);
