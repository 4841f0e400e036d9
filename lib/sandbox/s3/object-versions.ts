import { createHash } from "node:crypto";
import { noteChange } from "./multipart/upload-conflicts.js";
import { WireError } from "../http/wire.js";
import type { BucketRecord, ObjectVersionRecord } from "./records.js";
import type { State } from "./tables.js";

/*
 * Objects and their versions. A bucket's versions stand in one table in the order of keys and, within
 * a key, the newest first; the newest is the object. A delete marker is a version without content.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html
 */

/** Highest number that the table's key has room for. */
const LAST_SEQUENCE = 36 ** 6 - 1;

/** Sorts behind everything that begins with what stands before it. */
const AFTER_ALL = "\uffff";

/** Where a version stands in the table: by key, newest first. */
function tableKey(bucket: string, key: string, sequence: number): string {
  return `${bucket}/${key}\0${String(LAST_SEQUENCE - sequence).padStart(10, "0")}`;
}

/** All versions of a key, the newest first. */
function versionsOf(state: State, bucket: string, key: string): Iterable<ObjectVersionRecord> {
  return state.objectVersions.values({ prefix: `${bucket}/${key}\0` });
}

/** The newest version of a key, which may be a delete marker. */
export function newestVersion(
  state: State,
  bucket: string,
  key: string,
): ObjectVersionRecord | undefined {
  for (const version of versionsOf(state, bucket, key)) return version;
  return undefined;
}

/** The object under a key; undefined when there is none or when it is deleted. */
export function currentObject(
  state: State,
  bucket: string,
  key: string,
): ObjectVersionRecord | undefined {
  const newest = newestVersion(state, bucket, key);
  return newest?.isDeleteMarker ? undefined : newest;
}

export function findVersion(
  state: State,
  bucket: string,
  key: string,
  versionId: string,
): ObjectVersionRecord | undefined {
  for (const version of versionsOf(state, bucket, key)) {
    if (version.versionId === versionId) return version;
  }
  return undefined;
}

/**
 * Every version of a bucket in the order of ListObjectVersions.
 *
 * @param after begin behind this version; without an id, behind all versions of the key. A version
 * that is gone still marks its place, since whoever empties a bucket deletes what the marker names.
 */
export function* allVersions(
  state: State,
  bucket: string,
  options: {
    readonly prefix?: string;
    readonly after?: { readonly key: string; readonly versionId?: string | undefined } | undefined;
  },
): Iterable<ObjectVersionRecord> {
  const { prefix = "", after } = options;
  yield* state.objectVersions.values({
    prefix: `${bucket}/${prefix}`,
    after: after && placeOf(state, bucket, after),
  });
}

function placeOf(
  state: State,
  bucket: string,
  { key, versionId }: { readonly key: string; readonly versionId?: string | undefined },
): string {
  if (versionId === undefined) return `${bucket}/${key}\0${AFTER_ALL}`;
  const sequence =
    findVersion(state, bucket, key, versionId)?.sequence ??
    Number.parseInt(/^[\w.]{26}([0-9a-z]{6})$/.exec(versionId)?.[1] ?? "", 36);
  // Of an id that never was one of ours only the key is known: better to repeat versions than to skip.
  return Number.isNaN(sequence) ? `${bucket}/${key}\0` : tableKey(bucket, key, sequence);
}

/**
 * The newest version of every key that has an object, in key order, from behind `after` on.
 *
 * `next` may be told to jump behind a prefix, so that a listing by delimiter does not read a folder.
 */
export function* currentObjects(
  state: State,
  bucket: string,
  options: { readonly prefix?: string; readonly after?: string | undefined },
): Generator<ObjectVersionRecord, void, { readonly behindPrefix: string } | undefined> {
  const { prefix = "" } = options;
  let after = options.after === undefined ? undefined : `${bucket}/${options.after}\0${AFTER_ALL}`;
  for (;;) {
    const [newest] = state.objectVersions.values({ prefix: `${bucket}/${prefix}`, after });
    if (!newest) return;
    after = `${bucket}/${newest.key}\0${AFTER_ALL}`;
    if (newest.isDeleteMarker) continue;
    const jump = yield newest;
    if (jump) after = `${bucket}/${jump.behindPrefix}${AFTER_ALL}`;
  }
}

/** What a new version is given; everything else follows from the bucket. */
export type NewVersion = Pick<
  ObjectVersionRecord,
  "key" | "isDeleteMarker" | "size" | "etag" | "headers" | "metadata"
> &
  Partial<Pick<ObjectVersionRecord, "blobId" | "checksum" | "parts" | "tags" | "uploadId">>;

/**
 * Put a version on top of a key. In a bucket that does not version (yet, or any more) it replaces the
 * one with the id `null`.
 */
export function addVersion(
  state: State,
  bucket: BucketRecord,
  version: NewVersion,
): ObjectVersionRecord {
  const sequence = (newestVersion(state, bucket.name, version.key)?.sequence ?? 0) + 1;
  const isVersioned = bucket.versioning === "Enabled";
  const replaced = isVersioned ? undefined : findVersion(state, bucket.name, version.key, "null");
  if (replaced) removeVersion(state, replaced);
  const record: ObjectVersionRecord = {
    ...version,
    bucket: bucket.name,
    versionId: isVersioned ? newVersionId(state, sequence) : "null",
    sequence,
    // S3 keeps whole seconds, and conditions on dates compare them.
    lastModified: new Date(Math.floor(state.now().getTime() / 1000) * 1000),
  };
  state.objectVersions.set(tableKey(bucket.name, version.key, sequence), record);
  noteChange(state, record);
  return record;
}

/** Remove one version for good, with its content. */
export function removeVersion(state: State, version: ObjectVersionRecord): void {
  state.objectVersions.delete(tableKey(version.bucket, version.key, version.sequence));
  if (version.blobId !== undefined) state.blobs.deleteBlob(version.blobId);
  noteChange(state, version);
}

/** Replace what is kept beside a version's content. */
export function updateVersion(state: State, version: ObjectVersionRecord): void {
  state.objectVersions.set(tableKey(version.bucket, version.key, version.sequence), version);
}

/**
 * 32 characters like AWS's: random ones, a check by which made-up ids are known, and last the version's
 * place, for markers that outlive it.
 */
function newVersionId(state: State, sequence: number): string {
  const random = letters(createHash("sha256").update(state.newId()).digest("base64"), 20);
  const place = sequence.toString(36).padStart(6, "0");
  return random + checkOf(random + place) + place;
}

function checkOf(text: string): string {
  return letters(createHash("sha256").update(`version ${text}`).digest("base64"), 6);
}

function letters(text: string, length: number): string {
  return text.replace(/\W/g, "_").slice(0, length);
}

/** Could the sandbox have given this id to any version? AWS knows its own ids, too, from made-up ones. */
export function isVersionId(text: string): boolean {
  const [, random = "", check, place = ""] = /^(\w{20})(\w{6})([0-9a-z]{6})$/.exec(text) ?? [];
  return text === "null" || check === checkOf(random + place);
}

/**
 * The version that a read is about: the one named, else the object.
 *
 * Throws as AWS does: `NoSuchKey`, `NoSuchVersion`, and `MethodNotAllowed` for a delete marker by its id.
 */
export function readableVersion(
  state: State,
  bucket: string,
  input: { readonly Key?: string | undefined; readonly VersionId?: string | undefined },
): ObjectVersionRecord {
  const { Key: key = "", VersionId: versionId } = input;
  if (versionId === undefined) {
    const newest = newestVersion(state, bucket, key);
    if (newest && !newest.isDeleteMarker) return newest;
    throw noSuchKey(key, newest);
  }
  const version = findVersion(state, bucket, key, versionId);
  if (!version) {
    if (!isVersionId(versionId)) throw invalidVersionId(versionId);
    throw new WireError("NoSuchVersion", 404, "The specified version does not exist.", {
      Key: key,
      VersionId: versionId,
    });
  }
  if (version.isDeleteMarker) throw deleteMarkerRefusal(version);
  return version;
}

export function deleteMarkerRefusal(marker: ObjectVersionRecord): WireError {
  return new WireError(
    "MethodNotAllowed",
    405,
    "The specified method is not allowed against this resource.",
    { ResourceType: "DeleteMarker" },
    { allow: "DELETE", "last-modified": marker.lastModified.toUTCString(), ...marked(marker) },
  );
}

function noSuchKey(key: string, marker?: ObjectVersionRecord): WireError {
  return new WireError(
    "NoSuchKey",
    404,
    "The specified key does not exist.",
    { Key: key },
    marker && marked(marker),
  );
}

export function invalidVersionId(versionId: string): WireError {
  const message =
    versionId === "" ? "Version id cannot be the empty string" : "Invalid version id specified";
  return new WireError("InvalidArgument", 400, message, {
    ArgumentName: "versionId",
    ArgumentValue: versionId,
  });
}

function marked(marker: ObjectVersionRecord): Record<string, string> {
  return { "x-amz-delete-marker": "true", "x-amz-version-id": marker.versionId };
}
