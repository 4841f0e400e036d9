import { invalidArgument, malformedXml } from "./existing-buckets.js";
import { WireError } from "../http/wire.js";
import { queryPairs } from "../http/wire.js";

/* Tags of buckets and objects: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Tag.html */

type Tagged = "bucket" | "new bucket" | "object";

/** What each may have, and what S3 says to a key that begins with `aws:`. */
const kinds: Readonly<Record<Tagged, { readonly most: number; readonly reserved: string }>> = {
  bucket: { most: 50, reserved: "System tags cannot be added/updated by requester" },
  "new bucket": {
    most: 50,
    reserved:
      'User-defined tag keys can\'t start with "aws:". This prefix is reserved for system tags. ' +
      'Remove "aws:" from your tag keys and try again.',
  },
  object: { most: 10, reserved: "Your TagKey cannot be prefixed with aws:" },
};

const characters = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

function isKey(key: string): boolean {
  return key !== "" && key.length <= 128 && characters.test(key);
}

function isValue(value: string): boolean {
  return value.length <= 256 && characters.test(value);
}

/** A set of tags, checked, by key. */
export function tagsOf(
  list: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[],
  of: Tagged,
): Record<string, string> {
  const { most, reserved } = kinds[of];
  const invalid = (message: string, members: Record<string, string>): WireError =>
    new WireError("InvalidTag", 400, message, members);
  const tags = new Map<string, string>();
  for (const { Key, Value } of list) {
    if (Key === undefined || Value === undefined) throw malformedXml();
    if (!isKey(Key)) throw invalid("The TagKey you have provided is invalid", { TagKey: Key });
    if (!isValue(Value)) {
      throw invalid("The TagValue you have provided is invalid", { TagKey: Key, TagValue: Value });
    }
    if (Key.startsWith("aws:")) {
      throw invalid(reserved, of === "new bucket" ? {} : { TagKey: Key });
    }
    if (tags.has(Key)) {
      throw invalid("Cannot provide multiple Tags with the same key", { TagKey: Key });
    }
    tags.set(Key, Value);
  }
  checkCount(tags.size, most, of);
  return Object.fromEntries(tags);
}

function checkCount(count: number, most: number, of: Tagged): void {
  if (count <= most) return;
  const what = of === "object" ? "Object tags" : "Bucket tag count";
  throw new WireError("BadRequest", 400, `${what} cannot be greater than ${most}`);
}

/** Tags as the header `x-amz-tagging` carries them: like a query. */
export function headerTags(text: string | undefined): Record<string, string> {
  const pairs = queryPairs((text ?? "").replaceAll("+", "%20"));
  const keys = new Set(pairs.map(([key]) => key));
  if (keys.size < pairs.length || pairs.some(([key, value]) => !isKey(key) || !isValue(value))) {
    throw invalidArgument(
      "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters " +
        "without tag name duplicates.",
      "x-amz-tagging",
      (text ?? "").slice(0, 500),
    );
  }
  return tagsOf(
    pairs.map(([Key, Value]) => ({ Key, Value })),
    "object",
  );
}

export function tagListOf(
  tags: Readonly<Record<string, string>>,
): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
