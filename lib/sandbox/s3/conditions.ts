import { notImplemented } from "./object-requests.js";
import { WireError } from "../http/wire.js";
import type { ObjectVersionRecord } from "./records.js";

/* Requests that are to happen only if the object is as their client believes. */

export interface Conditions {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
  readonly IfModifiedSince?: Date | undefined;
  readonly IfUnmodifiedSince?: Date | undefined;
}

/** What a copy's conditions on its source are called on the wire. */
const OF_SOURCE = "x-amz-copy-source-";

/**
 * Refuse a read whose conditions do not hold: 412, or 304 for a client that has the content already.
 *
 * The conditions on tags win over those on dates: https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2
 *
 * @param now a modification that the client expects later than this is not waited for
 */
export function checkReadConditions(
  input: Conditions,
  version: ObjectVersionRecord,
  now: Date,
  purpose: "read" | "copy" = "read",
): void {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = input;
  const { etag, lastModified } = version;
  const prefix = purpose === "copy" ? OF_SOURCE : "";
  if (IfMatch !== undefined) {
    if (!hasTag(IfMatch, etag)) throw preconditionFailed(`${prefix}If-Match`);
  } else if (IfUnmodifiedSince && lastModified > IfUnmodifiedSince) {
    throw preconditionFailed(`${prefix}If-Unmodified-Since`);
  }
  const known = knownBy({ IfNoneMatch, IfModifiedSince }, version, now);
  if (known === undefined) return;
  // A copy has no client that could have the content already.
  if (purpose === "copy") throw preconditionFailed(prefix + known);
  const headers = { etag, "last-modified": lastModified.toUTCString() };
  throw new WireError("NotModified", 304, "Not Modified", {}, headers);
}

/** The condition that says that a client has the content already. */
function knownBy(
  { IfNoneMatch, IfModifiedSince }: Pick<Conditions, "IfNoneMatch" | "IfModifiedSince">,
  { etag, lastModified }: ObjectVersionRecord,
  now: Date,
): string | undefined {
  if (IfNoneMatch !== undefined) return hasTag(IfNoneMatch, etag) ? "If-None-Match" : undefined;
  const isKnown = IfModifiedSince && IfModifiedSince <= now && lastModified <= IfModifiedSince;
  return isKnown ? "If-Modified-Since" : undefined;
}

export type WriteConditions = Pick<Conditions, "IfMatch" | "IfNoneMatch">;

/**
 * Refuse a write that was to happen only on top of a certain state of the object.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function checkWriteConditions(
  { IfMatch, IfNoneMatch }: WriteConditions,
  key: string,
  current: ObjectVersionRecord | undefined,
): void {
  if (IfMatch !== undefined && IfNoneMatch !== undefined) {
    throw notImplemented(
      "Multiple conditional request headers present in the request",
      "If-Match,If-None-Match",
    );
  }
  if (IfNoneMatch !== undefined && IfNoneMatch !== "*") throw notAccepted("If-None-Match");
  if (IfMatch === "*") throw notAccepted("If-Match");
  if (IfNoneMatch !== undefined && current) throw preconditionFailed("If-None-Match");
  checkIfMatch(IfMatch, key, current);
}

/** The one condition that a delete may have; it may also be `*`, for any object at all. */
export function checkIfMatch(
  IfMatch: string | undefined,
  key: string,
  current: ObjectVersionRecord | undefined,
): void {
  if (IfMatch === undefined) return;
  if (!current) {
    throw new WireError("NoSuchKey", 404, "The specified key does not exist.", { Key: key });
  }
  if (!hasTag(IfMatch, current.etag)) throw preconditionFailed("If-Match");
}

/** A condition that holds, but may not have held all the time since the client looked. */
export function checkNoConflict(
  { IfMatch, IfNoneMatch }: WriteConditions,
  key: string,
  hasChanged: boolean,
): void {
  if (!hasChanged || (IfMatch === undefined && IfNoneMatch === undefined)) return;
  throw new WireError(
    "ConditionalRequestConflict",
    409,
    "The conditional request cannot succeed due to a conflicting operation against this resource.",
    { Condition: IfMatch === undefined ? "If-None-Match" : "If-Match", Key: key },
  );
}

function hasTag(wanted: string, etag: string): boolean {
  const bare = (text: string): string => text.trim().replace(/^W\//, "").replace(/^"|"$/g, "");
  return wanted.split(",").some((one) => one.trim() === "*" || bare(one) === bare(etag));
}

function notAccepted(header: string): WireError {
  return notImplemented(
    `We don't accept the provided value of ${header} header for this API`,
    header,
  );
}

function preconditionFailed(condition: string): WireError {
  return new WireError(
    "PreconditionFailed",
    412,
    "At least one of the pre-conditions you specified did not hold",
    { Condition: condition },
  );
}
