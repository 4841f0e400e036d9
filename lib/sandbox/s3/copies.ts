import { CopyObjectCommand, type PutObjectCommandInput } from "@aws-sdk/client-s3";
import { bucketAnywhere, bucketOf, invalidArgument } from "./existing-buckets.js";
import {
  checkKey,
  checkMetadata,
  checkReadConditions,
  checkWriteConditions,
} from "./object-requests.js";
import {
  checksumOf,
  checkUpload,
  encryptionOf,
  headerTags,
  keptOf,
  versionIdOf,
} from "./object-uploads.js";
import { addVersion, currentObject, readableVersion } from "./object-versions.js";
import { operation } from "./tables.js";
import { WireError } from "../http/wire.js";
import { decodeOnce } from "../http/wire.js";

/** Server-side: the content never leaves, so a copy is also how an object gets other headers. */
export const copyObject = operation(CopyObjectCommand, (state, input) => {
  const bucket = bucketOf(state, input);
  const { Key: key } = input;
  checkKey(key);
  checkUpload(bucket, input as Partial<PutObjectCommandInput>);
  const from = sourceOf(input.CopySource);
  const source = readableVersion(
    state,
    bucketAnywhere(state, {
      Bucket: from.bucket,
      ExpectedBucketOwner: input.ExpectedSourceBucketOwner,
    }).name,
    { Key: from.key, VersionId: from.versionId },
  );
  checkReadConditions(
    {
      IfMatch: input.CopySourceIfMatch,
      IfNoneMatch: input.CopySourceIfNoneMatch,
      IfModifiedSince: input.CopySourceIfModifiedSince,
      IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
    },
    source,
    "copy",
  );
  checkWriteConditions(input, key, currentObject(state, bucket.name, key));
  const isReplaced = input.MetadataDirective === "REPLACE";
  const isSelf = from.bucket === bucket.name && from.key === key && from.versionId === undefined;
  const isChanged = isReplaced || input.StorageClass || input.ServerSideEncryption;
  if (isSelf && !isChanged) {
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
  const tags = input.TaggingDirective === "REPLACE" ? headerTags(input.Tagging) : source.tags;
  const version = addVersion(state, bucket, {
    key,
    isDeleteMarker: false,
    size: source.size,
    etag: source.etag,
    headers: {
      ...(isReplaced ? keptOf(input) : source.headers),
      ...(input.StorageClass && { StorageClass: input.StorageClass }),
      ...encryptionOf(bucket, input),
    },
    metadata,
    ...(source.checksum && { checksum: source.checksum }),
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
  };
});

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
