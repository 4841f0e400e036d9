import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
  type PutObjectCommandInput,
} from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { bucketOf, invalidArgument } from "./existing-buckets.js";
import { checksum } from "../http/checksums.js";
import {
  checksumOfParts,
  checksumsOf,
  chosenParts,
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
import type { PartRecord, UploadRecord } from "./records.js";
import { checkKey, checkMetadata, checkSize, checkWriteConditions } from "./object-requests.js";
import {
  bytesOf,
  checksumAlgorithms,
  checksumOf,
  checkUpload,
  encryptionOf,
  etagOf,
  headerTags,
  keptOf,
  versionIdOf,
} from "./object-uploads.js";
import { addVersion, currentObject } from "./object-versions.js";
import { operation, type State } from "./tables.js";
import { WireError } from "../http/wire.js";

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
  if (sent && upload.algorithm && sent !== upload.algorithm) {
    throw new WireError(
      "InvalidRequest",
      400,
      `Checksum Type mismatch occurred, expected checksum Type: ${upload.algorithm.toLowerCase()}, ` +
        `actual checksum Type: ${sent.toLowerCase()}`,
    );
  }
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
  const upload = existingUpload(state, bucket.name, input);
  const { key } = upload;
  const parts = chosenParts(state, upload.uploadId, input.MultipartUpload?.Parts ?? []);
  checkSize(parts.reduce((sum, { size }) => sum + size, 0));
  checkWriteConditions(input, key, currentObject(state, bucket.name, key));
  const content = Buffer.concat(
    parts.map(({ blobId }) => state.blobs.getBlob(blobId) ?? new Uint8Array()),
  );
  if (input.MpuObjectSize !== undefined && input.MpuObjectSize !== content.byteLength) {
    throw new WireError("InvalidRequest", 400, "The provided object size does not match the parts");
  }
  const sum = checksumOfParts(upload, parts, content);
  const given = input[`Checksum${sum.algorithm}`];
  if (given !== undefined && given !== sum.value && given !== sum.value.replace(/-\d+$/, "")) {
    throw new WireError(
      "BadDigest",
      400,
      `The ${sum.algorithm} you specified did not match the calculated checksum.`,
    );
  }
  const version = addVersion(state, bucket, {
    key,
    isDeleteMarker: false,
    size: content.byteLength,
    etag: etagOfParts(parts),
    headers: upload.headers,
    metadata: upload.metadata,
    checksum: sum,
    blobId: state.blobs.putBlob(content),
    ...(upload.tags && { tags: upload.tags }),
  });
  removeUpload(state, upload);
  return {
    Location: `${state.endpoint}/${bucket.name}/${encodeURI(key)}`,
    Bucket: bucket.name,
    Key: key,
    ETag: version.etag,
    ServerSideEncryption: upload.headers["ServerSideEncryption"] as "AES256",
    ...versionIdOf(bucket, version),
    ...checksumOf(version),
  };
});

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
