import { isObject } from "../http/json.js";
import type { PostForm } from "../http/post-form.js";
import { WireError } from "../http/wire.js";
import { parsedPolicy } from "./policy-json.js";

/*
 * The policy of a browser's form: until when it holds, and what each field must be.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 */

/** Fields that need no condition; so do all that begin with `x-ignore-`. */
const FREE: ReadonlySet<string> = new Set([
  "awsaccesskeyid",
  "signature",
  "x-amz-signature",
  "policy",
  "file",
]);

interface Upload {
  readonly form: PostForm;
  readonly bucket: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** @param policy in base64, as the form carries it and as it is signed */
export function checkPostPolicy(policy: string, upload: Upload): void {
  const document = parsedPolicy(Buffer.from(policy, "base64").toString("utf8"));
  if (!document) throw invalid("Invalid JSON.");
  const { expiration, conditions } = document;
  const endsAt = Date.parse(typeof expiration === "string" ? expiration : "");
  if (Number.isNaN(endsAt)) throw invalid("Policy missing expiration.");
  if (!Array.isArray(conditions)) throw invalid("Policy missing conditions.");
  const read = conditions.map(conditionOf);
  if (upload.now > endsAt) throw denied("Policy expired.");

  const fields = new Map([...upload.form.fields, ["bucket", upload.bucket]]);
  for (const condition of read) check(condition, fields, upload.form.file.byteLength);
  const spoken = new Set(read.map(({ field }) => field));
  const extra = [...upload.form.fields.keys()].filter(
    (name) => !FREE.has(name) && !name.startsWith("x-ignore-") && !spoken.has(name),
  );
  if (extra.length > 0) throw denied(`Extra input fields: ${extra.join(", ").slice(0, 500)}`);
}

interface Condition {
  readonly operator: string;
  /** In lower case, without the dollar sign; empty where there is none, which matches nothing. */
  readonly field: string;
  readonly values: readonly unknown[];
  /** As S3 shows it in its refusals. */
  readonly shown: string;
}

/** `{"acl": "private"}`, `["eq", "$acl", "private"]` or `["content-length-range", 1, 10]`. */
function conditionOf(condition: unknown): Condition {
  if (Array.isArray(condition) && condition.length === 3) {
    const [operator, second, third] = condition as unknown[];
    const kind = String(operator).toLowerCase();
    if (kind === "content-length-range") {
      return {
        operator: kind,
        field: "",
        values: [second, third],
        shown: shown(kind, second, third),
      };
    }
    if (kind !== "eq" && kind !== "starts-with")
      throw invalid(`Invalid Condition: ${kind.slice(0, 100)}`);
    const name = String(second);
    const field = name.startsWith("$") ? name.slice(1).toLowerCase() : "";
    return { operator: kind, field, values: [third], shown: shown(kind, second, third) };
  }
  if (!isObject(condition)) throw invalid("Invalid Condition.");
  const [[name, value] = [], ...more] = Object.entries(condition);
  if (name === undefined || more.length > 0) {
    throw invalid(
      "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
    );
  }
  const field = name.toLowerCase();
  return { operator: "eq", field, values: [value], shown: shown("eq", `$${name}`, value) };
}

function shown(...parts: readonly unknown[]): string {
  return `[${parts.map((part) => JSON.stringify(String(part).slice(0, 500))).join(", ")}]`;
}

function check(condition: Condition, fields: ReadonlyMap<string, string>, size: number): void {
  const { operator, field, values } = condition;
  if (operator === "content-length-range") return checkSize(condition, size);
  const given = fields.get(field);
  const wanted = String(values[0]);
  const isMet =
    operator === "eq"
      ? given === wanted
      : wanted === "" || partsOf(field, given).every((part) => part.startsWith(wanted));
  if (field === "" || !isMet) throw denied(`Policy Condition failed: ${condition.shown}`);
}

/** A list of types is checked type by type. */
function partsOf(field: string, given = ""): string[] {
  return field === "content-type" ? given.split(/\s*,\s*/) : [given];
}

function checkSize({ values, shown: text }: Condition, size: number): void {
  const [least, most] = values.map((value) =>
    /^\d+$/.test(String(value)) ? Number(value) : Number.NaN,
  );
  if (least === undefined || most === undefined || Number.isNaN(least + most)) {
    throw denied(`Policy Condition failed: ${text}`);
  }
  if (size > most) {
    throw new WireError(
      "EntityTooLarge",
      400,
      "Your proposed upload exceeds the maximum allowed size",
      { ProposedSize: size, MaxSizeAllowed: most },
    );
  }
  if (size < least) {
    throw new WireError(
      "EntityTooSmall",
      400,
      "Your proposed upload is smaller than the minimum allowed size",
      { ProposedSize: size, MinSizeAllowed: least },
    );
  }
}

function invalid(what: string): WireError {
  return new WireError("InvalidPolicyDocument", 400, `Invalid Policy: ${what}`);
}

function denied(what: string): WireError {
  return new WireError("AccessDenied", 403, `Invalid according to Policy: ${what}`);
}
