import { createHash } from "node:crypto";
import { checksum, type ChecksumAlgorithm } from "../../http/checksums.js";
import { WireError } from "../../http/wire.js";
import type { ObjectVersionRecord, PartRecord, UploadRecord } from "../records.js";
import type { State } from "../tables.js";

/*
 * Uploads in parts. An upload is no object until it is completed; then its parts become one content.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const mostParts = 10_000;

/** The sandbox's place of an upload: by key, the oldest first. */
export function uploadKey({ bucket, key, uploadId }: UploadRecord): string {
  return `${bucket}/${key}\0${uploadId}`;
}

export function partKey(uploadId: string, partNumber: number): string {
  return `${uploadId}/${String(partNumber).padStart(5, "0")}`;
}

/** The upload that a request names. */
export function existingUpload(
  state: State,
  bucket: string,
  input: { readonly Key: string; readonly UploadId: string },
): UploadRecord {
  const upload = state.uploads.get(`${bucket}/${input.Key}\0${input.UploadId}`);
  if (upload) return upload;
  throw new WireError(
    "NoSuchUpload",
    404,
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been " +
      "aborted or completed.",
    { UploadId: input.UploadId },
  );
}

/**
 * The object that an upload has become, as long as it is there: whoever completes an upload again with
 * the same parts is answered as the first time. By other parts it is not found.
 */
export function completedBefore(
  state: State,
  bucket: string,
  input: {
    readonly Key: string;
    readonly UploadId: string;
    readonly MultipartUpload?:
      | { readonly Parts?: readonly { readonly ETag?: string | undefined }[] | undefined }
      | undefined;
  },
): ObjectVersionRecord | undefined {
  const etags = input.MultipartUpload?.Parts?.map(({ ETag: etag = "" }) => ({ etag })) ?? [];
  for (const version of state.objectVersions.values({ prefix: `${bucket}/${input.Key}\0` })) {
    if (version.uploadId === input.UploadId && version.etag === etagOfParts(etags)) return version;
  }
  return undefined;
}

/** Parts of an upload behind a number, in order. */
export function partsOf(state: State, uploadId: string, after = 0): Iterable<PartRecord> {
  return state.uploadParts.values({ prefix: `${uploadId}/`, after: partKey(uploadId, after) });
}

/** Forget an upload and the contents of its parts. */
export function removeUpload(state: State, upload: UploadRecord): void {
  for (const part of [...partsOf(state, upload.uploadId)]) removePart(state, upload.uploadId, part);
  state.uploads.delete(uploadKey(upload));
}

export function removePart(state: State, uploadId: string, part: PartRecord): void {
  state.uploadParts.delete(partKey(uploadId, part.partNumber));
  state.blobs.deleteBlob(part.blobId);
}

/** The ETag of an object made of parts: the digest of their digests, and how many they are. */
export function etagOfParts(parts: readonly { readonly etag: string }[]): string {
  const hash = createHash("md5");
  for (const { etag } of parts) hash.update(Buffer.from(etag.replaceAll('"', ""), "hex"));
  return `"${hash.digest("hex")}-${parts.length}"`;
}

/** The checksum of an object made of parts: of its content, or of the parts' own checksums. */
export function checksumOfParts(
  { algorithm = "CRC64NVME", checksumType }: UploadRecord,
  parts: readonly PartRecord[],
  content: Uint8Array,
): { algorithm: ChecksumAlgorithm; value: string } {
  if (checksumType === "FULL_OBJECT") return { algorithm, value: checksum(algorithm, content) };
  const sums = parts.map((part) => Buffer.from(part.checksum?.value ?? "", "base64"));
  return { algorithm, value: `${checksum(algorithm, Buffer.concat(sums))}-${parts.length}` };
}

/** The checksums that an upload's answers speak of, when the client has asked for any. */
export function told({ algorithm, checksumType }: UploadRecord) {
  return algorithm && algorithm !== "MD5" && algorithm !== "SHA512"
    ? { ChecksumAlgorithm: algorithm, ChecksumType: checksumType }
    : {};
}

/** A part's own checksum. */
export function sumOf({ checksum: sum }: PartRecord): object {
  return sum ? { [`Checksum${sum.algorithm}`]: sum.value } : {};
}

/** The same in a list, where AWS shows only what was agreed on when the upload was begun. */
export function listedSumOf(upload: UploadRecord, part: PartRecord): object {
  return upload.algorithm === undefined ? {} : sumOf(part);
}

export function storageClass({ headers }: UploadRecord): "STANDARD" {
  // One of many texts; the type of the most common stands for all.
  return (headers["StorageClass"] ?? "STANDARD") as "STANDARD";
}
