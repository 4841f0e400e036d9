import {
  ListObjectVersionsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  type DeleteMarkerEntry,
  type ObjectVersion,
  type _Object,
} from "@aws-sdk/client-s3";
import { bucketOf, invalidArgument, ownerOf } from "./existing-buckets.js";
import { allVersions, currentObjects, newestVersion } from "./object-versions.js";
import { operation, type State } from "./tables.js";
import type { BucketRecord, ObjectVersionRecord } from "./records.js";
import { encodeRfc3986 } from "../http/wire.js";

/** Largest page, whatever was asked for: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
const LARGEST_PAGE = 1000;

export const listObjectsV2 = operation(ListObjectsV2Command, (state, input) => {
  const bucket = bucketOf(state, input);
  const { Prefix = "", Delimiter, ContinuationToken, StartAfter, FetchOwner } = input;
  const size = pageSize(input.MaxKeys);
  const after = ContinuationToken === undefined ? StartAfter : keyOf(ContinuationToken);
  const page = objectPage(state, bucket, { prefix: Prefix, delimiter: Delimiter, after, size });
  const shown = encoder(input.EncodingType);
  return {
    ...regionOf(bucket),
    Name: bucket.name,
    Prefix: shown(Prefix),
    MaxKeys: size,
    KeyCount: page.objects.length + page.groups.length,
    IsTruncated: page.next !== undefined,
    Contents: page.objects.map((object) => ({
      ...summary(object, shown),
      ...(FetchOwner && { Owner: ownerOf(bucket.account) }),
    })),
    CommonPrefixes: page.groups.map((group) => ({ Prefix: shown(group) })),
    ...(Delimiter && { Delimiter: shown(Delimiter) }),
    ...(input.EncodingType && { EncodingType: input.EncodingType }),
    ...(ContinuationToken !== undefined && { ContinuationToken }),
    // A token goes on from where it was given, whatever the first page began behind.
    ...(StartAfter !== undefined &&
      ContinuationToken === undefined && { StartAfter: shown(StartAfter) }),
    ...(page.next !== undefined && { NextContinuationToken: tokenOf(page.next) }),
  };
});

export const listObjects = operation(ListObjectsCommand, (state, input) => {
  const bucket = bucketOf(state, input);
  const { Prefix = "", Delimiter, Marker = "" } = input;
  const size = pageSize(input.MaxKeys);
  const page = objectPage(state, bucket, {
    prefix: Prefix,
    delimiter: Delimiter,
    after: Marker || undefined,
    size,
  });
  const shown = encoder(input.EncodingType);
  return {
    ...regionOf(bucket),
    Name: bucket.name,
    Prefix: shown(Prefix),
    Marker: shown(Marker),
    MaxKeys: size,
    IsTruncated: page.next !== undefined,
    Contents: page.objects.map((object) => ({
      ...summary(object, shown),
      Owner: ownerOf(bucket.account),
    })),
    CommonPrefixes: page.groups.map((group) => ({ Prefix: shown(group) })),
    ...(Delimiter && { Delimiter: shown(Delimiter) }),
    ...(input.EncodingType && { EncodingType: input.EncodingType }),
    // Without a delimiter the last key of the page is the next marker, and S3 does not repeat it.
    ...(page.next !== undefined && Delimiter && { NextMarker: shown(page.next) }),
  };
});

export const listObjectVersions = operation(ListObjectVersionsCommand, (state, input) => {
  const bucket = bucketOf(state, input);
  const { Prefix = "", Delimiter, KeyMarker, VersionIdMarker } = input;
  const size = pageSize(input.MaxKeys);
  if (VersionIdMarker && !KeyMarker) {
    throw invalidArgument(
      "A version-id marker cannot be specified without a key marker.",
      "version-id-marker",
      VersionIdMarker,
    );
  }
  const versions: ObjectVersion[] = [];
  const markers: DeleteMarkerEntry[] = [];
  const groups: string[] = [];
  const shown = encoder(input.EncodingType);
  const owner = ownerOf(bucket.account);
  let isTruncated = false;
  let last: { key: string; versionId?: string } | undefined;

  const after = KeyMarker ? { key: KeyMarker, versionId: VersionIdMarker || undefined } : undefined;
  for (const version of allVersions(state, bucket.name, { prefix: Prefix, after })) {
    const group = groupOf(version.key, Prefix, Delimiter);
    if (group !== undefined && (group === groups.at(-1) || group === KeyMarker)) continue;
    if (versions.length + markers.length + groups.length === size) {
      isTruncated = size > 0;
      break;
    }
    last = group === undefined ? version : { key: group };
    if (group !== undefined) groups.push(group);
    else {
      const entry = {
        Key: shown(version.key),
        VersionId: version.versionId,
        IsLatest: newestVersion(state, bucket.name, version.key)?.sequence === version.sequence,
        LastModified: version.lastModified,
        Owner: owner,
      };
      if (version.isDeleteMarker) markers.push(entry);
      else versions.push({ ...summary(version, shown), ...entry } as ObjectVersion);
    }
  }
  return {
    ...regionOf(bucket),
    Name: bucket.name,
    Prefix: shown(Prefix),
    KeyMarker: shown(KeyMarker ?? ""),
    VersionIdMarker: VersionIdMarker ?? "",
    MaxKeys: size,
    IsTruncated: isTruncated,
    Versions: versions,
    DeleteMarkers: markers,
    CommonPrefixes: groups.map((group) => ({ Prefix: shown(group) })),
    ...(Delimiter && { Delimiter: shown(Delimiter) }),
    ...(input.EncodingType && { EncodingType: input.EncodingType }),
    ...(isTruncated && last && { NextKeyMarker: shown(last.key) }),
    ...(isTruncated && last?.versionId && { NextVersionIdMarker: last.versionId }),
  };
});

/** Told in a header, which the answers of lists have besides what the model knows. */
function regionOf({ region }: BucketRecord): object {
  return { BucketRegion: region };
}

/** One page of objects, with those behind a delimiter rolled up, and the key it ended with if there is more. */
function objectPage(
  state: State,
  bucket: BucketRecord,
  options: {
    readonly prefix: string;
    readonly delimiter: string | undefined;
    readonly after: string | undefined;
    readonly size: number;
  },
): { objects: ObjectVersionRecord[]; groups: string[]; next?: string } {
  const { prefix, delimiter, after, size } = options;
  const objects: ObjectVersionRecord[] = [];
  const groups: string[] = [];
  let last = "";
  const walk = currentObjects(state, bucket.name, { prefix, after });
  for (let step = walk.next(); !step.done;) {
    const object = step.value;
    const group = groupOf(object.key, prefix, delimiter);
    // The page before may have ended with this very group.
    const isShown = group !== undefined && group === after;
    if (!isShown) {
      if (objects.length + groups.length === size) {
        return size === 0 ? { objects, groups } : { objects, groups, next: last };
      }
      if (group === undefined) objects.push(object);
      else groups.push(group);
      last = group ?? object.key;
    }
    step = walk.next(group === undefined ? undefined : { behindPrefix: group });
  }
  return { objects, groups };
}

/** The common prefix that a key is rolled up into; undefined when it stands for itself. */
export function groupOf(
  key: string,
  prefix: string,
  delimiter: string | undefined,
): string | undefined {
  if (!delimiter) return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

function summary(version: ObjectVersionRecord, shown: (text: string) => string): _Object {
  const { key, lastModified, etag, size, headers, checksum } = version;
  return {
    Key: shown(key),
    LastModified: lastModified,
    ETag: etag,
    Size: size,
    StorageClass: (headers["StorageClass"] ?? "STANDARD") as "STANDARD",
    ...(checksum && {
      ChecksumAlgorithm: [checksum.algorithm],
      ChecksumType: checksum.value.includes("-")
        ? ("COMPOSITE" as const)
        : ("FULL_OBJECT" as const),
    }),
  };
}

function pageSize(maxKeys: number | undefined): number {
  if (maxKeys === undefined) return LARGEST_PAGE;
  if (!Number.isInteger(maxKeys) || maxKeys < 0 || maxKeys > 2_147_483_647) {
    throw invalidArgument(
      "Argument maxKeys must be an integer between 0 and 2147483647",
      "maxKeys",
      String(maxKeys),
    );
  }
  return Math.min(maxKeys, LARGEST_PAGE);
}

/** Keys may hold what XML cannot: boto3 asks for them as in a URL, with slashes left as they are. */
export function encoder(encoding: string | undefined): (text: string) => string {
  if (encoding === undefined) return (text) => text;
  if (encoding !== "url") {
    throw invalidArgument(
      "Invalid Encoding Method specified in Request",
      "encoding-type",
      encoding,
    );
  }
  return (text) => encodeRfc3986(text).replaceAll("%20", "+").replaceAll("%2F", "/");
}

function tokenOf(key: string): string {
  return Buffer.from(`after:${key}`).toString("base64");
}

function keyOf(token: string): string {
  const text = Buffer.from(token, "base64").toString("utf8");
  if (!text.startsWith("after:")) {
    throw invalidArgument(
      "The continuation token provided is incorrect",
      "continuation-token",
      token.slice(0, 200),
    );
  }
  return text.slice("after:".length);
}
