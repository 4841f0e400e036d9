import { NormalizedSchema } from "@smithy/core/schema";
import type { StaticOperationSchema, StaticStructureSchema } from "@smithy/types";
import { WireError } from "../wire.js";

/* What S3's answers look like where the model does not say, as recorded from AWS. */

/** Operations that S3 answers with "no content", and the model with 200. */
export const noContent: ReadonlySet<string> = new Set(["PutBucketPolicy", "PutBucketTagging"]);

/** In which order the elements of an answer come; what is not named comes behind. */
const orders: Readonly<Record<string, readonly string[]>> = {
  ListBuckets: ["Owner", "Buckets"],
  ListObjects: [
    ...["Name", "Prefix", "Marker", "NextMarker", "MaxKeys", "Delimiter", "EncodingType"],
    ...["IsTruncated", "Contents", "CommonPrefixes"],
  ],
  ListObjectsV2: [
    ...["Name", "Prefix", "StartAfter", "ContinuationToken", "NextContinuationToken", "KeyCount"],
    ...["MaxKeys", "Delimiter", "EncodingType", "IsTruncated", "Contents", "CommonPrefixes"],
  ],
  ListObjectVersions: [
    ...["Name", "Prefix", "KeyMarker", "VersionIdMarker", "NextKeyMarker", "NextVersionIdMarker"],
    ...["MaxKeys", "Delimiter", "EncodingType", "IsTruncated", "Versions", "DeleteMarkers"],
  ],
  ListMultipartUploads: [
    ...["Bucket", "KeyMarker", "UploadIdMarker", "NextKeyMarker", "NextUploadIdMarker", "Prefix"],
    ...["Delimiter", "EncodingType", "MaxUploads", "IsTruncated", "Uploads", "CommonPrefixes"],
  ],
  ListParts: [
    ...["Bucket", "Key", "UploadId", "Initiator", "Owner", "StorageClass", "PartNumberMarker"],
    ...["NextPartNumberMarker", "MaxParts", "IsTruncated", "ChecksumAlgorithm", "ChecksumType"],
  ],
};

/** The operation with its answer's members in the order of the wire. */
export function inWireOrder(schema: StaticOperationSchema): StaticOperationSchema {
  const order = orders[schema[2]];
  if (!order) return schema;
  // Kind, namespace, name, traits, members' names, members' schemas.
  const [kind, namespace, name, traits, names, members] = NormalizedSchema.of(
    schema[5],
  ).getSchema() as StaticStructureSchema;
  const rank = (member: string): number =>
    (order.indexOf(member) + order.length + 1) % (order.length + 1);
  const sorted = names
    .map((member, i) => [member, members[i]] as const)
    .sort(([a], [b]) => rank(a) - rank(b));
  const output = [
    kind,
    namespace,
    name,
    traits,
    sorted.map(([member]) => member),
    sorted.map(([, member]) => member),
  ] as unknown as StaticStructureSchema;
  const [operation, space, title, http, input] = schema;
  return [operation, space, title, http, input, output];
}

/** Times in S3's bodies have milliseconds, which are always none. */
export function withMilliseconds(xml: string): string {
  return xml.replace(
    /(<(LastModified|CreationDate|Initiated|Date)>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z(?=<)/g,
    "$1.000Z",
  );
}

/** Headers that the model does not have. */
export function unmodelled(operation: string, output: object): Record<string, string> {
  // An answer without a body has a type all the same.
  if (operation === "HeadBucket") return { "content-type": "application/xml" };
  const { BucketRegion: region } = output as { readonly BucketRegion?: string };
  const isList = /^ListObject/.test(operation);
  return isList && region !== undefined ? { "x-amz-bucket-region": region } : {};
}

/** The one required member of S3 that is a header, and neither in the path nor in a document. */
export function noObjectAttributes(): WireError {
  return new WireError(
    "InvalidRequest",
    400,
    "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty",
  );
}
