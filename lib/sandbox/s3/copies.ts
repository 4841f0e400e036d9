import {
  CopyObjectCommand,
  type CopyObjectCommandInput,
  type PutObjectCommandInput,
} from "@aws-sdk/client-s3";
import { bucketAnywhere, bucketOf, invalidArgument } from "./existing-buckets.js";
import { checkReadConditions, checkWriteConditions } from "./conditions.js";
import { checksum } from "../http/checksums.js";
import { expirationOf } from "./expirations.js";
import { checkKey, checkMetadata } from "./object-requests.js";
import {
  algorithmOf,
  checkNotArchived,
  checksumOf,
  checkUpload,
  encryptionOf,
  etagOf,
  keptOf,
  versionIdOf,
} from "./object-uploads.js";
import { headerTags } from "./tag-sets.js";
import { addVersion, currentObject, findVersion, readableVersion } from "./object-versions.js";
import { operation, type State } from "./tables.js";
import { WireError } from "../http/wire.js";
import type { BucketRecord, ObjectVersionRecord } from "./records.js";
import { decodeOnce } from "../http/wire.js";

/** Server-side: the content never leaves, so a copy is also how an object gets other headers. */
export const copyObject = operation(CopyObjectCommand, (state, input) => {
  const bucket = bucketOf(state, input);
  const { Key: key } = input;
  checkKey(key);
  checkUpload(bucket, input as Partial<PutObjectCommandInput>);
  const from = sourceOf(input.CopySource);
  const sourceBucket = bucketAnywhere(state, {
    Bucket: from.bucket,
    ExpectedBucketOwner: input.ExpectedSourceBucketOwner,
  });
  const source = sourceVersion(state, sourceBucket.name, from);
  checkReadConditions(
    {
      IfMatch: input.CopySourceIfMatch,
      IfNoneMatch: input.CopySourceIfNoneMatch,
      IfModifiedSince: input.CopySourceIfModifiedSince,
      IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
    },
    source,
    state.now(),
    "copy",
  );
  checkWriteConditions(input, key, currentObject(state, bucket.name, key));
  checkNotArchived(source);
  const isReplaced = directive(input.MetadataDirective, "metadata") === "REPLACE";
  const isSelf = from.bucket === bucket.name && from.key === key && from.versionId === undefined;
  if (isSelf && !isReplaced && !isChanged(bucket, source, input)) {
    throw new WireError(
      "InvalidRequest",
      400,
      "This copy request is illegal because it is trying to copy an object to itself without " +
        "changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }

  const bytes = state.blobs.getBlob(source.blobId ?? "") ?? new Uint8Array();
  const metadata = isReplaced ? (input.Metadata ?? {}) : source.metadata;
  checkMetadata(metadata);
  const areTagsReplaced = directive(input.TaggingDirective, "tagging") === "REPLACE";
  const tags = areTagsReplaced ? headerTags(input.Tagging) : source.tags;
  const algorithm = algorithmOf(input.ChecksumAlgorithm) ?? source.checksum?.algorithm;
  const version = addVersion(state, bucket, {
    key,
    isDeleteMarker: false,
    size: source.size,
    // The copy is of one piece, whatever its source came in.
    etag: source.parts ? etagOf(bytes) : source.etag,
    headers: {
      ...(isReplaced ? keptOf(input) : copiedHeaders(source)),
      ...keptOf({
        StorageClass: input.StorageClass,
        WebsiteRedirectLocation: input.WebsiteRedirectLocation,
      }),
      ...encryptionOf(bucket, input),
    },
    metadata,
    ...(algorithm && { checksum: { algorithm, value: checksum(algorithm, bytes) } }),
    ...(tags && Object.keys(tags).length > 0 && { tags }),
    blobId: state.blobs.putBlob(Uint8Array.from(bytes)),
  });
  return {
    CopyObjectResult: {
      ETag: version.etag,
      LastModified: version.lastModified,
      ...checksumOf(version),
    },
    ...(source.versionId !== "null" && { CopySourceVersionId: source.versionId }),
    ...versionIdOf(bucket, version),
    ...encryptionOf(bucket, input),
    ...expirationOf(bucket, version),
  };
});

function sourceVersion(
  state: State,
  bucket: string,
  { key, versionId }: { readonly key: string; readonly versionId?: string },
): ObjectVersionRecord {
  const named = versionId === undefined ? undefined : findVersion(state, bucket, key, versionId);
  if (named?.isDeleteMarker) {
    throw new WireError(
      "InvalidRequest",
      400,
      "The source of a copy request may not specifically refer to a delete marker by version id.",
    );
  }
  return readableVersion(state, bucket, { Key: key, VersionId: versionId });
}

/** What makes sense of a copy of an object onto itself. */
function isChanged(
  bucket: BucketRecord,
  source: ObjectVersionRecord,
  input: CopyObjectCommandInput,
): boolean {
  const asked = [input.StorageClass, input.WebsiteRedirectLocation, input.ServerSideEncryption];
  if (asked.some((value) => value !== undefined)) return true;
  // A bucket's own setting is applied anew, and an object of another encryption gets the bucket's.
  const isSet = bucket.settings["encryption"] !== undefined;
  return isSet || source.headers["ServerSideEncryption"] !== "AES256";
}

/** Neither storage class nor redirect go with a copy, unless asked for. */
function copiedHeaders({ headers }: ObjectVersionRecord): Record<string, string | Date> {
  const { StorageClass: _, WebsiteRedirectLocation: __, ...copied } = headers;
  const { ServerSideEncryption: ___, SSEKMSKeyId: ____, ...others } = copied;
  return others;
}

function directive(given: string | undefined, name: string): string {
  if (given === undefined || given === "COPY" || given === "REPLACE") return given ?? "COPY";
  throw invalidArgument(`Unknown ${name} directive.`, `x-amz-${name}-directive`, given);
}

/** `<bucket>/<key>[?versionId=<id>]`, percent-encoded, perhaps with a slash in front. */
function sourceOf(text: string): { bucket: string; key: string; versionId?: string } {
  const [, path = "", versionId] = /^(.*?)(?:\?versionId=(.*))?$/s.exec(text) ?? [];
  const [, bucket, key] = /^\/?([^/]+)\/(.+)$/s.exec(decodeOnce(path)) ?? [];
  if (bucket === undefined || key === undefined) {
    throw invalidArgument(
      "Invalid copy source object key",
      "x-amz-copy-source",
      text.slice(0, 200),
    );
  }
  return { bucket, key, ...(versionId !== undefined && { versionId: decodeOnce(versionId) }) };
}
