import {
  type _Error,
  type DeletedObject,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  type ObjectIdentifier,
} from "@aws-sdk/client-s3";
import { bucketOf, malformedXml } from "./existing-buckets.js";
import { checkIfMatch } from "./conditions.js";
import { checkKey, notImplemented } from "./object-requests.js";
import {
  addVersion,
  currentObject,
  findVersion,
  invalidVersionId,
  isVersionId,
  removeVersion,
} from "./object-versions.js";
import { operation, type State } from "./tables.js";
import { WireError } from "../http/wire.js";
import type { BucketRecord, ObjectVersionRecord } from "./records.js";

export const deleteObject = operation(DeleteObjectCommand, (state, input) => {
  const bucket = bucketOf(state, input);
  const { Key: key, VersionId } = input;
  checkNoRetention(input);
  if (input.IfMatchLastModifiedTime !== undefined) {
    throw notImplemented("", "x-amz-if-match-last-modified-time");
  }
  if (input.IfMatchSize !== undefined) throw notImplemented("", "x-amz-if-match-size");
  checkIfMatch(input.IfMatch, key, presentVersion(state, bucket, key, VersionId));
  return remove(state, bucket, key, VersionId);
});

/** What a delete's condition is about: the version it names, else the object. */
function presentVersion(
  state: State,
  bucket: BucketRecord,
  key: string,
  versionId: string | undefined,
): ObjectVersionRecord | undefined {
  return versionId === undefined
    ? currentObject(state, bucket.name, key)
    : findVersion(state, bucket.name, key, versionId);
}

/** There is no object lock here, so nothing to bypass. */
function checkNoRetention({
  BypassGovernanceRetention: bypass,
}: {
  readonly BypassGovernanceRetention?: boolean | undefined;
}): void {
  if (bypass === undefined) return;
  throw new WireError(
    "InvalidArgument",
    400,
    "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.",
    { ArgumentName: "x-amz-bypass-governance-retention" },
  );
}

/**
 * Without a version id: put a delete marker on top, or where there are no versions, remove the object.
 * With one: remove that version for good. What is not there counts as removed.
 */
function remove(
  state: State,
  bucket: BucketRecord,
  key: string,
  versionId: string | undefined,
): { DeleteMarker?: boolean; VersionId?: string } {
  if (versionId !== undefined) {
    const version = findVersion(state, bucket.name, key, versionId);
    if (version) removeVersion(state, version);
    else if (!isVersionId(versionId)) throw invalidVersionId(versionId);
    return { VersionId: versionId, ...(version?.isDeleteMarker && { DeleteMarker: true }) };
  }
  if (!bucket.versioning) {
    const object = findVersion(state, bucket.name, key, "null");
    if (object) removeVersion(state, object);
    return {};
  }
  checkKey(key);
  const nothing = { size: 0, etag: "", headers: {}, metadata: {} };
  const marker = addVersion(state, bucket, { key, isDeleteMarker: true, ...nothing });
  return { DeleteMarker: true, VersionId: marker.versionId };
}

export const deleteObjects = operation(DeleteObjectsCommand, (state, input) => {
  const bucket = bucketOf(state, input);
  checkNoRetention(input);
  const { Objects = [], Quiet = false } = input.Delete;
  if (!Objects || Objects.length === 0 || Objects.length > 1000) throw malformedXml();
  if (Objects.some(({ Key }) => !Key)) throw malformedXml();

  const deleted: DeletedObject[] = [];
  const errors: _Error[] = [];
  for (const object of Objects) {
    const { Key: key = "", VersionId: versionId } = object;
    const asked = { Key: key, ...(versionId !== undefined && { VersionId: versionId }) };
    const refusal = refusalOf(state, bucket, object);
    if (refusal) {
      errors.push({ ...asked, ...refusal });
      continue;
    }
    const { DeleteMarker, VersionId } = remove(state, bucket, key, versionId);
    deleted.push({
      ...asked,
      ...(DeleteMarker && { DeleteMarker, DeleteMarkerVersionId: VersionId }),
    });
  }
  return {
    ...(!Quiet && { Deleted: deleted }),
    ...(errors.length > 0 && { Errors: errors }),
  };
});

/** Why one of many is not deleted: it does not stop the others. */
function refusalOf(
  state: State,
  bucket: BucketRecord,
  { Key: key = "", VersionId: versionId, ETag, LastModifiedTime, Size }: ObjectIdentifier,
): { readonly Code: string; readonly Message: string } | undefined {
  const version = presentVersion(state, bucket, key, versionId);
  if (versionId !== undefined && !version && !isVersionId(versionId)) {
    return { Code: "NoSuchVersion", Message: "The specified version does not exist." };
  }
  try {
    if (LastModifiedTime !== undefined || Size !== undefined) throw notImplemented("", "");
    checkIfMatch(ETag, key, version);
    return undefined;
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { Code: error.code, Message: error.message };
  }
}
