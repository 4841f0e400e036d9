import type { LifecycleRule, LifecycleRuleFilter, Tag } from "@aws-sdk/client-s3";
import { invalidArgument, malformedXml } from "./existing-buckets.js";
import { WireError } from "../http/wire.js";

/*
 * What S3 refuses in a lifecycle. Texts as recorded from AWS, quoted in reports, or, for what nobody has quoted, ours.
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
  checkOrder(rule);
  checkTagless(rule);
  const actions = [rule.Expiration, noncurrent, abort, ...moves, ...noncurrentMoves];
  if (actions.every((action) => action === undefined)) {
    throw invalidRequest("At least one action needs to be specified in a rule");
  }
}

/** Classes that objects enter after thirty days at the earliest, and leave after thirty more. */
const INFREQUENT: ReadonlySet<string | undefined> = new Set(["STANDARD_IA", "ONEZONE_IA"]);
const INFREQUENT_DAYS = 30;

/**
 * Actions of a rule in their order: a class once, the infrequent ones after thirty days and for thirty
 * days, and expiry last.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
 */
function checkOrder(rule: LifecycleRule): void {
  const { Transitions: moves = [], NoncurrentVersionTransitions: laterMoves = [] } = rule;
  const prefix = rule.Prefix ?? rule.Filter?.Prefix ?? rule.Filter?.And?.Prefix ?? "";
  const filter = `for filter '(prefix=${prefix})'`;
  if (new Set(moves.map(({ StorageClass }) => StorageClass)).size < moves.length) {
    throw invalidRequest(
      `'StorageClass' must be different for 'Transition' actions in same 'Rule' ${filter}`,
    );
  }
  const dated = [...moves, rule.Expiration].filter((action) => action?.Date !== undefined);
  const counted = [...moves, rule.Expiration].filter((action) => action?.Days !== undefined);
  if (dated.length > 0 && counted.length > 0) {
    throw invalidRequest(
      `Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule ${filter}`,
    );
  }
  for (const { Days, StorageClass } of moves)
    checkInfrequent("Days", "Transition", Days, StorageClass);
  for (const { NoncurrentDays, StorageClass } of laterMoves) {
    checkInfrequent("NoncurrentDays", "NoncurrentVersionTransition", NoncurrentDays, StorageClass);
  }
  const last = Math.max(...moves.map(({ Days }) => Days ?? -1));
  const infrequent = moves.find(({ StorageClass }) => INFREQUENT.has(StorageClass));
  for (const { Days, StorageClass } of moves) {
    if (Days === undefined || infrequent?.Days === undefined) continue;
    if (INFREQUENT.has(StorageClass) || Days >= infrequent.Days + INFREQUENT_DAYS) continue;
    if (StorageClass === "INTELLIGENT_TIERING") continue;
    throw invalidArgument(
      `'Days' in the Transition action for StorageClass '${StorageClass}' ${filter} must be ${INFREQUENT_DAYS} days more than 'Days' in the Transition action for StorageClass '${infrequent.StorageClass}'`,
      "Days",
      String(Days),
    );
  }
  const expiresAfter = rule.Expiration?.Days;
  if (expiresAfter !== undefined && expiresAfter <= last) {
    throw invalidArgument(
      `'Days' in the Expiration action ${filter} must be greater than 'Days' in the Transition action`,
      "Days",
      String(expiresAfter),
    );
  }
}

function checkInfrequent(
  member: string,
  action: string,
  days: number | undefined,
  storageClass: string | undefined,
): void {
  if (days === undefined || !INFREQUENT.has(storageClass) || days >= INFREQUENT_DAYS) return;
  throw invalidArgument(
    `'${member}' in ${action} action must be greater than or equal to ${INFREQUENT_DAYS} for storageClass '${storageClass}'`,
    member,
    String(days),
  );
}

/** Uploads and delete markers have no tags that a filter could ask for. */
function checkTagless({
  Filter,
  Expiration,
  AbortIncompleteMultipartUpload: abort,
}: LifecycleRule): void {
  if (Filter?.Tag === undefined && !Filter?.And?.Tags?.length) return;
  if (abort) throw invalidRequest("AbortIncompleteMultipartUpload cannot be specified with Tags.");
  if (Expiration?.ExpiredObjectDeleteMarker !== undefined) {
    throw invalidRequest("ExpiredObjectDeleteMarker cannot be specified with Tags.");
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
  const { ObjectSizeGreaterThan: above, ObjectSizeLessThan: below } = Filter?.And ?? {};
  if (above !== undefined && below !== undefined && below <= above) {
    throw invalidRequest(
      "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.",
    );
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
