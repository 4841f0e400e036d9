import { ListMultipartUploadsCommand, ListPartsCommand } from "@aws-sdk/client-s3";
import { bucketOf, invalidArgument, ownerOf } from "./existing-buckets.js";
import { existingUpload, partsOf, storageClass, listedSumOf, told } from "./multipart-uploads.js";
import type { UploadRecord } from "./records.js";
import { notImplemented } from "./object-requests.js";
import { operation } from "./tables.js";

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
  const { Prefix: prefix = "", KeyMarker: keyMarker, UploadIdMarker: idMarker = "" } = input;
  if (input.Delimiter) throw notImplemented("grouping uploads by a delimiter");
  const size = pageSize(input.MaxUploads, "max-uploads");
  const isBehind = ({ key, uploadId }: UploadRecord): boolean =>
    keyMarker === undefined ||
    key > keyMarker ||
    (key === keyMarker && idMarker !== "" && uploadId > idMarker);
  const found = [...state.uploads.values({ prefix: `${bucket.name}/${prefix}` })].filter(isBehind);
  const uploads = found.slice(0, size);
  const last = found.length > size ? uploads.at(-1) : undefined;
  return {
    Bucket: bucket.name,
    KeyMarker: keyMarker ?? "",
    UploadIdMarker: idMarker,
    Prefix: prefix,
    MaxUploads: size,
    IsTruncated: found.length > size,
    ...(last && { NextKeyMarker: last.key, NextUploadIdMarker: last.uploadId }),
    Uploads: uploads.map((upload) => ({
      Key: upload.key,
      UploadId: upload.uploadId,
      Initiated: upload.initiated,
      Initiator: ownerOf(bucket.account),
      Owner: ownerOf(bucket.account),
      StorageClass: storageClass(upload),
      ...told(upload),
    })),
  };
});

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
