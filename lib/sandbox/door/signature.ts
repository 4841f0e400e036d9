import { createHash, createHmac } from "node:crypto";
import {
  encodeRfc3986,
  decodeHeader,
  decodeOnce,
  queryPairs,
  type WireRequest,
} from "../http/wire.js";

/*
 * Signature Version 4, the part that signer and verifier share. Names are those of the page
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */

export const ALGORITHM = "AWS4-HMAC-SHA256";
export const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";

/** What a signature is valid for: one day, one Region, one service. */
export interface CredentialScope {
  /** `YYYYMMDD` */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** The request in the one form that both sides agree on. */
export function canonicalRequest(
  request: Pick<WireRequest, "method" | "path" | "query" | "headers">,
  options: {
    readonly service: string;
    /** In lower case, in alphabetical order. */
    readonly signedHeaders: readonly string[];
    readonly payloadHash: string;
  },
): string {
  const { service, signedHeaders, payloadHash } = options;
  // The names come from the caller, who may well say `constructor`.
  const headers = new Map(Object.entries(request.headers));
  return [
    request.method,
    canonicalPath(request.path, service),
    canonicalQuery(request.query),
    ...signedHeaders.map((name) => `${name}:${canonicalValue(headers.get(name) ?? "")}`),
    "",
    signedHeaders.join(";"),
    payloadHash,
  ].join("\n");
}

/** The text that is signed: the canonical request's digest under its date and scope. */
export function stringToSign(amzDate: string, scope: CredentialScope, canonical: string): string {
  return [ALGORITHM, amzDate, scopeText(scope), sha256(canonical)].join("\n");
}

/** `<date>/<region>/<service>/aws4_request` */
export function scopeText({ date, region, service }: CredentialScope): string {
  return `${date}/${region}/${service}/aws4_request`;
}

export function signingKey(secretAccessKey: string, scope: CredentialScope): Buffer {
  const { date, region, service } = scope;
  return [date, region, service, "aws4_request"].reduce(
    (key, part) => createHmac("sha256", key).update(part).digest(),
    Buffer.from(`AWS4${secretAccessKey}`),
  );
}

export function sign(key: Buffer, text: string): string {
  return createHmac("sha256", key).update(text).digest("hex");
}

export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** `YYYYMMDDThhmmssZ` */
export function amzDateOf(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d{3}/g, "");
}

/** Milliseconds since the epoch of a `YYYYMMDDThhmmssZ`; undefined for any other text. */
export function timeOf(amzDate: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(amzDate);
  if (!parts) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1);
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? undefined : time;
}

/** S3 encodes the path once and takes it as it is; all others normalise it and encode it again. */
function canonicalPath(path: string, service: string): string {
  if (service === "s3") {
    return path
      .split("/")
      .map((segment) => encodeRfc3986(decodeOnce(segment)))
      .join("/");
  }
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(encodeRfc3986(segment));
  }
  const tail = path.endsWith("/") && segments.length > 0 ? "/" : "";
  return `/${segments.join("/")}${tail}`;
}

function canonicalQuery(query: string): string {
  return queryPairs(query)
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]): [string, string] => [encodeRfc3986(name), encodeRfc3986(value)])
    .sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function canonicalValue(value: string): string {
  return decodeHeader(value).trim().replace(/\s+/g, " ");
}
