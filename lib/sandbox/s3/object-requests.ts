import { invalidArgument } from "./existing-buckets.js";
import { WireError } from "../http/wire.js";
import type { ObjectVersionRecord } from "./records.js";

/* What the requests for one object have in common: conditions, ranges and the limits on what is put. */

/** Largest content of one PutObject here, in bytes. AWS takes 5 GB; the sandbox holds it in memory. */
const LARGEST_OBJECT = 64 * 1024 * 1024;

export interface Conditions {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
  readonly IfModifiedSince?: Date | undefined;
  readonly IfUnmodifiedSince?: Date | undefined;
}

/**
 * Refuse a read whose conditions do not hold: 412, or 304 for a client that has the content already.
 *
 * The conditions on tags win over those on dates: https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2
 */
export function checkReadConditions(
  input: Conditions,
  version: ObjectVersionRecord,
  purpose: "read" | "copy" = "read",
): void {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = input;
  const { etag, lastModified } = version;
  if (IfMatch !== undefined) {
    if (!hasTag(IfMatch, etag)) throw preconditionFailed("If-Match");
  } else if (IfUnmodifiedSince && lastModified > IfUnmodifiedSince) {
    throw preconditionFailed("If-Unmodified-Since");
  }
  const isKnown =
    IfNoneMatch !== undefined
      ? hasTag(IfNoneMatch, etag)
      : IfModifiedSince !== undefined && lastModified <= IfModifiedSince;
  // A copy has no client that could have the content already.
  if (isKnown && purpose === "copy") throw preconditionFailed("If-None-Match");
  if (isKnown) {
    const headers = { etag, "last-modified": lastModified.toUTCString() };
    throw new WireError("NotModified", 304, "Not Modified", {}, headers);
  }
}

/** Refuse a write that was to happen only on top of a certain state of the object. */
export function checkWriteConditions(
  input: Pick<Conditions, "IfMatch" | "IfNoneMatch">,
  key: string,
  current: ObjectVersionRecord | undefined,
): void {
  const { IfMatch, IfNoneMatch } = input;
  if (IfNoneMatch !== undefined) {
    if (IfNoneMatch !== "*") {
      throw notImplemented("If-None-Match of a write can only be * (no such object)");
    }
    if (current) throw preconditionFailed("If-None-Match");
  }
  if (IfMatch !== undefined) {
    if (!current) {
      throw new WireError("NoSuchKey", 404, "The specified key does not exist.", { Key: key });
    }
    if (!hasTag(IfMatch, current.etag)) throw preconditionFailed("If-Match");
  }
}

function hasTag(wanted: string, etag: string): boolean {
  const bare = (text: string): string => text.trim().replace(/^W\//, "").replace(/^"|"$/g, "");
  return wanted.split(",").some((one) => one.trim() === "*" || bare(one) === bare(etag));
}

function preconditionFailed(condition: string): WireError {
  return new WireError(
    "PreconditionFailed",
    412,
    "At least one of the pre-conditions you specified did not hold",
    { Condition: condition },
  );
}

/** First and last byte (both included) that a `Range` asks for; undefined for all of them. */
export function rangeOf(
  range: string | undefined,
  size: number,
): { readonly first: number; readonly last: number } | undefined {
  // Like AWS: what is no single range of bytes is ignored.
  const [, from = "", to = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range?.trim() ?? "") ?? [];
  if (from === "" && to === "") return undefined;
  const first = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== "" && to !== "" && Number(to) < Number(from)) return undefined;
  if (first >= size || last < first) {
    throw new WireError(
      "InvalidRange",
      416,
      "The requested range is not satisfiable",
      { RangeRequested: range ?? "", ActualObjectSize: size },
      { "content-range": `bytes */${size}` },
    );
  }
  return { first, last };
}

/** @param size of what is put, in bytes */
export function checkSize(size: number): void {
  if (size <= LARGEST_OBJECT) return;
  throw new WireError(
    "EntityTooLarge",
    400,
    "Your proposed upload exceeds the maximum allowed size",
    { ProposedSize: size, MaxSizeAllowed: LARGEST_OBJECT },
  );
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
export function checkKey(key: string): void {
  const size = Buffer.byteLength(key);
  if (size > 1024) {
    throw new WireError("KeyTooLongError", 400, "Your key is too long", {
      Size: size,
      MaxSizeAllowed: 1024,
    });
  }
  // The sandbox's own limit: NUL separates a key from its version in the table.
  if (key.includes("\0")) throw invalidArgument("A key cannot contain NUL here", "key", "");
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html */
export function checkMetadata(metadata: Readonly<Record<string, string>>): void {
  const size = Object.entries(metadata).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
  if (size > 2048) {
    throw new WireError(
      "MetadataTooLarge",
      400,
      "Your metadata headers exceed the maximum allowed metadata size",
      { Size: size, MaxSizeAllowed: 2048 },
    );
  }
}

export function notImplemented(what: string): WireError {
  return new WireError(
    "NotImplemented",
    501,
    `A header you provided implies functionality that is not implemented: ${what}`,
  );
}
