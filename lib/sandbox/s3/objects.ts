import {
  GetObjectAttributesCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ObjectAttributes,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { bucketOf, invalidArgument } from "./existing-buckets.js";
import { checksum } from "../http/checksums.js";
import { noObjectAttributes } from "../http/protocols/s3-answers.js";
import { checkReadConditions, checkWriteConditions } from "./conditions.js";
import { expirationOf } from "./expirations.js";
import { checkKey, checkMetadata, checkSize, rangeOf, type ByteRange } from "./object-requests.js";
import { attributeParts, checksumOfRange, partOf } from "./multipart/object-parts.js";
import {
  bareChecksumOf,
  bytesOf,
  checkNotArchived,
  checksumAlgorithms,
  checksumOf,
  checkUpload,
  encryptionOf,
  etagOf,
  keptOf,
  versionIdOf,
} from "./object-uploads.js";
import { headerTags } from "./tag-sets.js";
import { addVersion, currentObject, readableVersion } from "./object-versions.js";
import { operation, type State } from "./tables.js";
import { type Result } from "../state/operation.js";
import type { ObjectVersionRecord } from "./records.js";

export const putObject = operation(PutObjectCommand, (state, input) => {
  const bucket = bucketOf(state, input);
  const { Key: key, Metadata: metadata = {} } = input;
  const body = bytesOf(input);
  checkKey(key);
  checkMetadata(metadata);
  checkUpload(bucket, input);
  checkSize(body.byteLength);
  checkWriteConditions(input, key, currentObject(state, bucket.name, key));
  const tags = headerTags(input.Tagging);

  // The protocol has proven a checksum that was sent; without one S3 makes its own.
  const algorithm =
    checksumAlgorithms.find((name) => input[`Checksum${name}`] !== undefined) ?? "CRC64NVME";
  const version = addVersion(state, bucket, {
    key,
    isDeleteMarker: false,
    size: body.byteLength,
    etag: etagOf(body),
    headers: { ...keptOf(input), ...encryptionOf(bucket, input) },
    metadata,
    checksum: { algorithm, value: input[`Checksum${algorithm}`] ?? checksum(algorithm, body) },
    // A copy: the caller of an in-process client may change its bytes later.
    blobId: state.blobs.putBlob(Uint8Array.from(body)),
    ...(Object.keys(tags).length > 0 && { tags }),
  });
  return {
    ETag: version.etag,
    // A put where versions are suspended does not speak of them; a copy does, and every read.
    ...(bucket.versioning === "Enabled" && versionIdOf(bucket, version)),
    ...checksumOf(version),
    ...encryptionOf(bucket, input),
    ...expirationOf(bucket, version),
  };
});

type ReadInput = Partial<Omit<GetObjectCommandInput, "Bucket" | "Key">> & {
  readonly Bucket: string;
  readonly Key: string;
};

/** Everything that GetObject and HeadObject say of a version, and the bytes that were asked for. */
function readObject(
  state: State,
  input: ReadInput,
): {
  readonly version: ObjectVersionRecord;
  readonly range: ByteRange | undefined;
  readonly answer: Result<HeadObjectCommandOutput>;
} {
  const bucket = bucketOf(state, input);
  const version = readableVersion(state, bucket.name, input);
  checkReadConditions(input, version, state.now());
  const { size, parts } = version;
  const range = partOf(version, input) ?? rangeOf(input.Range, size);
  const answer = {
    AcceptRanges: "bytes",
    LastModified: version.lastModified,
    ETag: version.etag,
    ContentLength: range ? range.last - range.first + 1 : size,
    ContentType: "binary/octet-stream",
    ...version.headers,
    ...overridesOf(input),
    ...versionIdOf(bucket, version),
    Metadata: { ...version.metadata },
    ...(range && { ContentRange: `bytes ${range.first}-${range.last}/${size}` }),
    ...(input.PartNumber !== undefined && parts && { PartsCount: parts.length }),
    ...(input.ChecksumMode === "ENABLED" && checksumOfRange(version, range, input.PartNumber)),
    ...(version.tags && { TagCount: Object.keys(version.tags).length }),
    // Only what is the object expires; who asks for a version asks for what stays.
    ...(input.VersionId === undefined && expirationOf(bucket, version)),
  };
  return { version, range, answer };
}

/** A signed request may say under which headers it wants the content. */
function overridesOf(input: ReadInput): Record<string, string | Date> {
  const overrides: Record<string, string | Date | undefined> = {
    CacheControl: input.ResponseCacheControl,
    ContentDisposition: input.ResponseContentDisposition,
    ContentEncoding: input.ResponseContentEncoding,
    ContentLanguage: input.ResponseContentLanguage,
    ContentType: input.ResponseContentType,
    Expires: input.ResponseExpires,
  };
  const given: Record<string, string | Date> = {};
  for (const [name, value] of Object.entries(overrides)) {
    if (value === undefined) continue;
    if (typeof value === "string" && !/^[\t\x20-\x7e\xa0-\xff]*$/.test(value)) {
      throw invalidArgument(
        "Header value cannot be represented using ISO-8859-1.",
        `response-${name}`,
        value.slice(0, 200),
      );
    }
    given[name] = value;
  }
  return given;
}

export const getObject = operation(GetObjectCommand, (state, input) => {
  const { version, range, answer } = readObject(state, input);
  checkNotArchived(version);
  const bytes = state.blobs.getBlob(version.blobId ?? "");
  if (!bytes) throw new Error(`the content of ${version.bucket}/${version.key} is gone`);
  const part = range ? bytes.subarray(range.first, range.last + 1) : bytes;
  // The client's type of a body is a stream with helpers; on this side of the wire it is bytes.
  return { ...answer, Body: part as unknown as NonNullable<GetObjectCommandOutput["Body"]> };
});

export const headObject = operation(HeadObjectCommand, (state, input) => {
  return readObject(state, input).answer;
});

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html */
export const getObjectAttributes = operation(GetObjectAttributesCommand, (state, input) => {
  const bucket = bucketOf(state, input);
  const version = readableVersion(state, bucket.name, input);
  const wanted = attributesOf(input.ObjectAttributes);
  const parts = attributeParts(version, input);
  return {
    LastModified: version.lastModified,
    ...versionIdOf(bucket, version),
    ...(wanted.has("ETag") && { ETag: version.etag.replaceAll('"', "") }),
    ...(wanted.has("Checksum") && { Checksum: bareChecksumOf(version) }),
    ...(wanted.has("ObjectParts") && parts && { ObjectParts: parts }),
    ...(wanted.has("StorageClass") && {
      StorageClass: (version.headers["StorageClass"] ?? "STANDARD") as "STANDARD",
    }),
    ...(wanted.has("ObjectSize") && { ObjectSize: version.size }),
  };
});

const ATTRIBUTES: ReadonlySet<string> = new Set(Object.values(ObjectAttributes));

function attributesOf(asked: readonly string[]): ReadonlySet<string> {
  if (asked.every((name) => name === "")) throw noObjectAttributes();
  const unknown = asked.find((name) => !ATTRIBUTES.has(name));
  if (unknown === undefined) return new Set(asked);
  throw invalidArgument(
    "Invalid attribute name specified.",
    "x-amz-object-attributes",
    unknown.slice(0, 200),
  );
}
