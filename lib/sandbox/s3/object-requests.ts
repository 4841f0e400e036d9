import { invalidArgument } from "./existing-buckets.js";
import { WireError } from "../http/wire.js";

/* What the requests for one object have in common: ranges and the limits on what is put. */

/** Largest content of one PutObject here, in bytes. AWS takes 5 GB; the sandbox holds it in memory. */
const LARGEST_OBJECT = 64 * 1024 * 1024;

export interface ByteRange {
  readonly first: number;
  /** Itself included. Before `first` in what is empty. */
  readonly last: number;
}

/** First and last byte (both included) that a `Range` asks for; undefined for all of them. */
export function rangeOf(range: string | undefined, size: number): ByteRange | undefined {
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

/** @param why AWS's own words where it has some; `header` is the one that was sent, if it was one */
export function notImplemented(why: string, header?: string): WireError {
  if (header !== undefined) {
    return new WireError(
      "NotImplemented",
      501,
      "A header you provided implies functionality that is not implemented",
      { Header: header, ...(why !== "" && { additionalMessage: why }) },
    );
  }
  return new WireError(
    "NotImplemented",
    501,
    `A header you provided implies functionality that is not implemented: ${why}`,
  );
}
