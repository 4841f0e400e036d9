import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
  type PutObjectCommandInput,
} from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { bucketOf, invalidArgument } from "../existing-buckets.js";
import { checksum } from "../../http/checksums.js";
import { checkNoConflict, checkWriteConditions } from "../conditions.js";
import {
  checkMode,
  checkPartChecksum,
  checksumsOf,
  checkWhole,
  chosenParts,
} from "./multipart-checks.js";
import {
  checksumOfParts,
  completedBefore,
  etagOfParts,
  existingUpload,
  mostParts,
  partKey,
  removePart,
  removeUpload,
  sumOf,
  told,
  uploadKey,
} from "./multipart-uploads.js";
import type { BucketRecord, ObjectVersionRecord, PartRecord, UploadRecord } from "../records.js";
import { expirationOf } from "../expirations.js";
import { checkKey, checkMetadata, checkSize } from "../object-requests.js";
import {
  bytesOf,
  checksumAlgorithms,
  checksumOf,
  checkUpload,
  encryptionOf,
  etagOf,
  keptOf,
  versionIdOf,
} from "../object-uploads.js";
import { headerTags } from "../tag-sets.js";
import { addVersion, currentObject } from "../object-versions.js";
import { operation, type State } from "../tables.js";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html */
export const createMultipartUpload = operation(CreateMultipartUploadCommand, (state, input) => {
  const bucket = bucketOf(state, input);
  const { Key: key, Metadata: metadata = {} } = input;
  checkKey(key);
  checkMetadata(metadata);
  checkUpload(bucket, input as Partial<PutObjectCommandInput>);
  const tags = headerTags(input.Tagging);
  const encryption = encryptionOf(bucket, input);
  const upload: UploadRecord = {
    bucket: bucket.name,
    key,
    uploadId: newUploadId(state),
    initiated: state.now(),
    headers: { ...keptOf(input), ...encryption },
    metadata,
    ...(Object.keys(tags).length > 0 && { tags }),
    ...checksumsOf(input),
  };
  state.uploads.set(uploadKey(upload), upload);
  return {
    Bucket: bucket.name,
    Key: key,
    UploadId: upload.uploadId,
    ...encryption,
    ...told(upload),
  };
});

/**
 * A part that is sent again replaces the first one.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
 */
export const uploadPart = operation(UploadPartCommand, (state, input) => {
  const bucket = bucketOf(state, input);
  const upload = existingUpload(state, bucket.name, input);
  const { uploadId } = upload;
  const { PartNumber: partNumber } = input;
  if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > mostParts) {
    throw invalidArgument(
      `Part number must be an integer between 1 and ${mostParts}, inclusive`,
      "partNumber",
      String(partNumber),
    );
  }
  const body = bytesOf(input);
  checkSize(body.byteLength);
  const sent = checksumAlgorithms.find((name) => input[`Checksum${name}`] !== undefined);
  checkPartChecksum(upload, sent);
  const algorithm = upload.algorithm ?? sent;
  const before = state.uploadParts.get(partKey(uploadId, partNumber));
  if (before) removePart(state, uploadId, before);
  const part: PartRecord = {
    partNumber,
    lastModified: state.now(),
    size: body.byteLength,
    etag: etagOf(body),
    blobId: state.blobs.putBlob(Uint8Array.from(body)),
    ...(algorithm && { checksum: { algorithm, value: checksum(algorithm, body) } }),
  };
  state.uploadParts.set(partKey(uploadId, partNumber), part);
  return { ETag: part.etag, ...encryptionOf(bucket, {}), ...sumOf(part) };
});

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html */
export const completeMultipartUpload = operation(CompleteMultipartUploadCommand, (state, input) => {
  const bucket = bucketOf(state, input);
  const before = completedBefore(state, bucket.name, input);
  if (before) return completed(state, bucket, before);
  const upload = existingUpload(state, bucket.name, input);
  const { key } = upload;
  checkMode(upload, input.ChecksumType);
  const parts = chosenParts(state, upload, input.MultipartUpload?.Parts);
  checkSize(parts.reduce((sum, { size }) => sum + size, 0));
  checkWriteConditions(input, key, currentObject(state, bucket.name, key));
  checkNoConflict(input, key, upload.hasConflict ?? false);
  const content = Buffer.concat(
    parts.map(({ blobId }) => state.blobs.getBlob(blobId) ?? new Uint8Array()),
  );
  const sum = checksumOfParts(upload, parts, content);
  checkWhole(upload, input, { size: content.byteLength, checksum: sum });
  const version = addVersion(state, bucket, {
    key,
    isDeleteMarker: false,
    size: content.byteLength,
    etag: etagOfParts(parts),
    headers: upload.headers,
    metadata: upload.metadata,
    checksum: sum,
    blobId: state.blobs.putBlob(content),
    parts: parts.map(({ size, checksum: own }, i) => ({
      partNumber: i + 1,
      size,
      ...(upload.checksumType === "COMPOSITE" && own && { checksum: own.value }),
    })),
    uploadId: upload.uploadId,
    ...(upload.tags && { tags: upload.tags }),
  });
  removeUpload(state, upload);
  return completed(state, bucket, version);
});

/** What CompleteMultipartUpload answers, also the second time: a client may not have heard the first. */
function completed(state: State, bucket: BucketRecord, version: ObjectVersionRecord) {
  return {
    Location: `${state.endpoint}/${bucket.name}/${encodeURI(version.key)}`,
    Bucket: bucket.name,
    Key: version.key,
    ETag: version.etag,
    ServerSideEncryption: version.headers["ServerSideEncryption"] as "AES256",
    ...versionIdOf(bucket, version),
    ...checksumOf(version),
    ...expirationOf(bucket, version),
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html */
export const abortMultipartUpload = operation(AbortMultipartUploadCommand, (state, input) => {
  removeUpload(state, existingUpload(state, bucketOf(state, input).name, input));
  return {};
});

/** Begins with the time, so that uploads of one key are in order. */
function newUploadId(state: State): string {
  const time = state.now().getTime().toString(36).padStart(9, "0");
  return time + createHash("sha256").update(state.newId()).digest("base64url");
}
