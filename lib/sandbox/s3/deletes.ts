import {
  type _Error,
  type DeletedObject,
  DeleteObjectCommand,
  DeleteObjectsCommand,
} from "@aws-sdk/client-s3";
import { bucketOf, malformedXml } from "./existing-buckets.js";
import { checkKey, checkWriteConditions } from "./object-requests.js";
import {
  addVersion,
  currentObject,
  findVersion,
  invalidVersionId,
  isVersionId,
  removeVersion,
} from "./object-versions.js";
import { operation, type State } from "./tables.js";
import type { BucketRecord } from "./records.js";

export const deleteObject = operation(DeleteObjectCommand, (state, input) => {
  const bucket = bucketOf(state, input);
  const { Key: key, VersionId } = input;
  checkWriteConditions({ IfMatch: input.IfMatch }, key, currentObject(state, bucket.name, key));
  return remove(state, bucket, key, VersionId);
});

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
    if (!isVersionId(versionId)) throw invalidVersionId(versionId);
    const version = findVersion(state, bucket.name, key, versionId);
    if (version) removeVersion(state, version);
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
  const { Objects = [], Quiet = false } = input.Delete;
  if (!Objects || Objects.length === 0 || Objects.length > 1000) throw malformedXml();
  if (Objects.some(({ Key }) => !Key)) throw malformedXml();

  const deleted: DeletedObject[] = [];
  const errors: _Error[] = [];
  for (const { Key: key = "", VersionId: versionId } of Objects) {
    const asked = { Key: key, ...(versionId !== undefined && { VersionId: versionId }) };
    if (versionId !== undefined && !isVersionId(versionId)) {
      errors.push({
        ...asked,
        Code: "NoSuchVersion",
        Message: "The specified version does not exist.",
      });
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
