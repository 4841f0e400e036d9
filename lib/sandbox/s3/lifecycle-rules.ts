import type { LifecycleRule, LifecycleRuleFilter, Tag } from "@aws-sdk/client-s3";
import { invalidArgument, malformedXml } from "./existing-buckets.js";
import { WireError } from "../http/wire.js";

/*
 * What S3 refuses in a lifecycle. Texts as recorded from AWS.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 */

/** Sizes below which objects do not move, by name; the first is the default since September 2024. */
const MINIMUMS = ["all_storage_classes_128K", "varies_by_storage_class"] as const;

const TRANSITION_CLASSES: ReadonlySet<string> = new Set([
  "STANDARD_IA",
  "ONEZONE_IA",
  "INTELLIGENT_TIERING",
  "GLACIER",
  "GLACIER_IR",
  "DEEP_ARCHIVE",
]);

export function minimumSizeOf(asked: string | undefined): (typeof MINIMUMS)[number] {
  const known = MINIMUMS.find((name) => name === (asked ?? MINIMUMS[0]));
  if (known) return known;
  throw invalidRequest(`Invalid TransitionDefaultMinimumObjectSize found: ${asked}`);
}

/** The rules with an id each, once it is clear that S3 would take them. */
export function checkedRules(
  rules: readonly LifecycleRule[] | undefined,
  newId: () => string,
): (LifecycleRule & { readonly ID: string })[] {
  if (!rules || rules.length === 0 || rules.length > 1000) throw malformedXml();
  const ids = new Set<string>();
  return rules.map((rule) => {
    checkRule(rule);
    const ID = rule.ID || newId();
    if (ID.length > 255) {
      throw invalidArgument("ID length should not exceed allowed limit of 255", "ID", ID);
    }
    if (ids.has(ID)) {
      const message = "Rule ID must be unique. Found same ID for more than one rule";
      throw invalidArgument(message, "ID", ID);
    }
    ids.add(ID);
    return { ...rule, ID };
  });
}

function checkRule(rule: LifecycleRule): void {
  if (rule.Status !== "Enabled" && rule.Status !== "Disabled") throw malformedXml();
  checkFilter(rule);
  checkExpiration(rule.Expiration);
  const {
    NoncurrentVersionExpiration: noncurrent,
    NoncurrentVersionTransitions: noncurrentMoves = [],
    AbortIncompleteMultipartUpload: abort,
    Transitions: moves = [],
  } = rule;
  if (noncurrent && !noncurrent.NoncurrentDays && !noncurrent.NewerNoncurrentVersions) {
    throw malformedXml();
  }
  if (abort && !((abort.DaysAfterInitiation ?? 0) > 0)) throw malformedXml();
  for (const { Days, Date: date, StorageClass } of moves) {
    if ((Days === undefined) === (date === undefined)) throw malformedXml();
    if (!TRANSITION_CLASSES.has(StorageClass ?? "")) throw malformedXml();
    checkDays(Days, "Transition", 0);
    checkMidnight(date);
  }
  for (const { NoncurrentDays, StorageClass } of noncurrentMoves) {
    if (NoncurrentDays === undefined || !TRANSITION_CLASSES.has(StorageClass ?? "")) {
      throw malformedXml();
    }
  }
  const actions = [rule.Expiration, noncurrent, abort, ...moves, ...noncurrentMoves];
  if (actions.every((action) => action === undefined)) {
    throw invalidRequest("At least one action needs to be specified in a rule");
  }
}

/** One condition, or several in an `And`; the prefix of before 2016 may stand alone. */
function checkFilter({ Filter, Prefix }: LifecycleRule): void {
  if ((Filter === undefined) === (Prefix === undefined)) throw malformedXml();
  const conditions = Object.values((Filter ?? {}) satisfies LifecycleRuleFilter);
  if (conditions.filter((value) => value !== undefined).length > 1) throw malformedXml();
  const tags: readonly Tag[] = Filter?.And?.Tags ?? [];
  if (new Set(tags.map(({ Key }) => Key)).size < tags.length) {
    throw invalidRequest("Duplicate Tag Keys are not allowed.");
  }
}

function checkExpiration(expiration: LifecycleRule["Expiration"]): void {
  if (!expiration) return;
  const { Days, Date: date, ExpiredObjectDeleteMarker: marker } = expiration;
  if ([Days, date, marker].filter((value) => value !== undefined).length !== 1) {
    throw malformedXml();
  }
  checkDays(Days, "Expiration", 1);
  checkMidnight(date);
}

function checkDays(days: number | undefined, action: string, least: number): void {
  if (days === undefined || days >= least) return;
  const kind = least === 0 ? "nonnegative" : "positive";
  throw invalidArgument(
    `'Days' for ${action} action must be a ${kind} integer`,
    "Days",
    String(days),
  );
}

function checkMidnight(date: Date | undefined): void {
  if (!date || date.getTime() % 86_400_000 === 0) return;
  throw invalidArgument("'Date' must be at midnight GMT", "Date", date.toISOString());
}

function invalidRequest(message: string): WireError {
  return new WireError("InvalidRequest", 400, message);
}
