import { ListMultipartUploadsCommand, ListPartsCommand } from "@aws-sdk/client-s3";
import { bucketOf, invalidArgument, ownerOf } from "../existing-buckets.js";
import { existingUpload, partsOf, storageClass, listedSumOf, told } from "./multipart-uploads.js";
import type { UploadRecord } from "../records.js";
import { encoder, groupOf } from "../lists.js";
import { operation, type State } from "../tables.js";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html */
export const listParts = operation(ListPartsCommand, (state, input) => {
  const bucket = bucketOf(state, input);
  const upload = existingUpload(state, bucket.name, input);
  const { PartNumberMarker: marker = "0" } = input;
  const size = pageSize(input.MaxParts, "max-parts");
  if (!/^\d{1,5}$/.test(marker)) {
    throw invalidArgument("Provided part-number-marker is not valid", "part-number-marker", marker);
  }
  const found = [...partsOf(state, upload.uploadId, Number(marker))];
  const parts = found.slice(0, size);
  return {
    Bucket: bucket.name,
    Key: upload.key,
    UploadId: upload.uploadId,
    PartNumberMarker: marker,
    NextPartNumberMarker: String(parts.at(-1)?.partNumber ?? 0),
    MaxParts: size,
    IsTruncated: found.length > size,
    Parts: parts.map((part) => ({
      PartNumber: part.partNumber,
      LastModified: part.lastModified,
      ETag: part.etag,
      Size: part.size,
      ...listedSumOf(upload, part),
    })),
    Initiator: ownerOf(bucket.account),
    Owner: ownerOf(bucket.account),
    StorageClass: storageClass(upload),
    ...told(upload),
  };
});

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html */
export const listMultipartUploads = operation(ListMultipartUploadsCommand, (state, input) => {
  const bucket = bucketOf(state, input);
  const { Prefix: prefix = "", KeyMarker: keyMarker = "", Delimiter } = input;
  // Without a key, the marker of an upload marks nothing.
  const idMarker = keyMarker === "" ? "" : (input.UploadIdMarker ?? "");
  const size = pageSize(input.MaxUploads, "max-uploads");
  const shown = encoder(input.EncodingType);
  if (idMarker !== "" && !isMarker(state, bucket.name, keyMarker, idMarker)) {
    throw invalidArgument("Invalid uploadId marker", "upload-id-marker", idMarker.slice(0, 200));
  }

  const uploads: UploadRecord[] = [];
  const groups: string[] = [];
  let isTruncated = false;
  let last: UploadRecord | undefined;
  for (const upload of state.uploads.values({ prefix: `${bucket.name}/${prefix}` })) {
    const { key, uploadId } = upload;
    const isBehind =
      key > keyMarker || (key === keyMarker && idMarker !== "" && uploadId > idMarker);
    const group = groupOf(key, prefix, Delimiter);
    const isShown = group !== undefined && (group === groups.at(-1) || keyMarker.startsWith(group));
    if (!isBehind || isShown) continue;
    if (uploads.length + groups.length === size) {
      isTruncated = true;
      break;
    }
    if (group === undefined) uploads.push(upload);
    else groups.push(group);
    last = group === undefined ? upload : undefined;
  }
  return {
    Bucket: bucket.name,
    KeyMarker: shown(keyMarker),
    UploadIdMarker: idMarker,
    // Told of every page, the last one included; a group ends a page without a marker.
    NextKeyMarker: last ? shown(last.key) : "",
    NextUploadIdMarker: last?.uploadId ?? "",
    ...(Delimiter && { Delimiter: shown(Delimiter) }),
    ...(prefix !== "" && { Prefix: shown(prefix) }),
    MaxUploads: size,
    IsTruncated: isTruncated,
    ...(input.EncodingType && { EncodingType: input.EncodingType }),
    Uploads: uploads.map((upload) => ({
      UploadId: upload.uploadId,
      Key: shown(upload.key),
      Initiated: upload.initiated,
      StorageClass: storageClass(upload),
      Owner: ownerOf(bucket.account),
      Initiator: ownerOf(bucket.account),
      ...told(upload),
    })),
    CommonPrefixes: groups.map((group) => ({ Prefix: shown(group) })),
  };
});

/** An upload of the key, or one that was: whoever aborts uploads page by page goes on from a gone one. */
function isMarker(state: State, bucket: string, key: string, uploadId: string): boolean {
  if (state.uploads.has(`${bucket}/${key}\0${uploadId}`)) return true;
  if (!/^[0-9a-z]{9}[\w-]{43}$/.test(uploadId)) return false;
  const others = [...state.uploads.values({ prefix: `${bucket}/` })];
  return !others.some((upload) => upload.uploadId === uploadId);
}

function pageSize(asked: number | undefined, name: string): number {
  if (asked === undefined) return 1000;
  if (!Number.isInteger(asked) || asked < 0) {
    throw invalidArgument(
      `Provided ${name} not an integer or within integer range`,
      name,
      `${asked}`,
    );
  }
  return Math.min(asked, 1000);
}
