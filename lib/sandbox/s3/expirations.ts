import type { LifecycleRule } from "@aws-sdk/client-s3";
import type { BucketRecord, ObjectVersionRecord } from "./records.js";

const DAY_MS = 86_400_000;

/**
 * When an object will be gone by its bucket's lifecycle, as the header `x-amz-expiration` says it.
 * It is only said: the sandbox's objects do not age.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-expire-general-considerations.html
 */
export function expirationOf(
  bucket: BucketRecord,
  version: ObjectVersionRecord,
): { Expiration?: string } {
  const rules = (bucket.settings["lifecycle"] ?? []) as readonly LifecycleRule[];
  let first: { readonly at: number; readonly id: string } | undefined;
  for (const rule of rules) {
    const at = rule.Status === "Enabled" && fits(rule, version) ? endOf(rule, version) : undefined;
    if (at !== undefined && (!first || at < first.at)) first = { at, id: rule.ID ?? "" };
  }
  if (!first) return {};
  const date = new Date(first.at).toUTCString();
  return { Expiration: `expiry-date="${date}", rule-id="${encodeURIComponent(first.id)}"` };
}

/** Days count from the object's time on, up to the next midnight. */
function endOf({ Expiration }: LifecycleRule, { lastModified }: ObjectVersionRecord) {
  const { Days, Date: date } = Expiration ?? {};
  if (Days === undefined) return date && new Date(date).getTime();
  return Math.ceil((lastModified.getTime() + Days * DAY_MS) / DAY_MS) * DAY_MS;
}

function fits({ Filter, Prefix = "" }: LifecycleRule, version: ObjectVersionRecord): boolean {
  const { Tag, And, ...own } = Filter ?? {};
  const all = { Prefix, ...own, ...And };
  const tags = [...(Tag ? [Tag] : []), ...(And?.Tags ?? [])];
  const { ObjectSizeGreaterThan: above = -1, ObjectSizeLessThan: below = Infinity } = all;
  return (
    version.key.startsWith(all.Prefix ?? "") &&
    version.size > above &&
    version.size < below &&
    tags.every(({ Key = "", Value }) => version.tags?.[Key] === Value)
  );
}
