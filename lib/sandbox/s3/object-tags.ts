import {
  DeleteObjectTaggingCommand,
  GetObjectTaggingCommand,
  PutObjectTaggingCommand,
  type Tag,
} from "@aws-sdk/client-s3";
import { bucketOf, type BucketInput } from "./existing-buckets.js";
import {
  deleteMarkerRefusal,
  newestVersion,
  readableVersion,
  updateVersion,
} from "./object-versions.js";
import { tagListOf, tagsOf } from "./tag-sets.js";
import { operation, type State } from "./tables.js";
import type { ObjectVersionRecord } from "./records.js";

/** Tags belong to one version of an object: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html */

interface ObjectInput extends BucketInput {
  readonly Key?: string | undefined;
  readonly VersionId?: string | undefined;
}

function versionOf(
  state: State,
  input: ObjectInput,
): { version: ObjectVersionRecord; answer: { VersionId?: string } } {
  const bucket = bucketOf(state, input);
  const newest = newestVersion(state, bucket.name, input.Key ?? "");
  // A read of a deleted object finds no key; its tags are asked of the marker, which can have none.
  if (input.VersionId === undefined && newest?.isDeleteMarker) throw deleteMarkerRefusal(newest);
  const version = readableVersion(state, bucket.name, input);
  return { version, answer: bucket.versioning ? { VersionId: version.versionId } : {} };
}

/** The whole set, like that of a bucket. */
export const putObjectTagging = operation(PutObjectTaggingCommand, (state, input) => {
  const { version, answer } = versionOf(state, input);
  // The type does not say that a body may be without a set.
  const TagSet = (input.Tagging.TagSet as Tag[] | undefined) ?? [];
  updateVersion(state, { ...version, tags: tagsOf(TagSet, "object") });
  return answer;
});

/** Unlike a bucket, an object without tags has an empty set. */
export const getObjectTagging = operation(GetObjectTaggingCommand, (state, input) => {
  const { version, answer } = versionOf(state, input);
  return { ...answer, TagSet: tagListOf(version.tags ?? {}) };
});

export const deleteObjectTagging = operation(DeleteObjectTaggingCommand, (state, input) => {
  const { version, answer } = versionOf(state, input);
  const { tags: _, ...untagged } = version;
  updateVersion(state, untagged);
  return answer;
});
