import { createHmac } from "node:crypto";
import { addressOf } from "../http/protocols/s3-request.js";
import { decodeHeader, decodeOnce, queryPairs, type WireRequest } from "../http/wire.js";

/*
 * Signature Version 2, which S3 still takes in the Regions that are older than 2014: boto3 and the AWS
 * CLI presign with it there unless told otherwise.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
 */

/** Regions that were there before Signature Version 4; all others never learned the older one. */
const REGIONS: ReadonlySet<string> = new Set([
  "us-east-1",
  "us-west-1",
  "us-west-2",
  "eu-west-1",
  "ap-northeast-1",
  "ap-southeast-1",
  "ap-southeast-2",
  "sa-east-1",
]);

export function knowsVersion2(region: string): boolean {
  return REGIONS.has(region);
}

/** Query parameters that are part of the resource, and so of what is signed. */
const SUBRESOURCES: ReadonlySet<string> = new Set([
  "accelerate",
  "acl",
  "analytics",
  "cors",
  "defaultObjectAcl",
  "delete",
  "inventory",
  "lifecycle",
  "location",
  "logging",
  "metrics",
  "notification",
  "object-lock",
  "partNumber",
  "policy",
  "replication",
  "requestPayment",
  "response-cache-control",
  "response-content-disposition",
  "response-content-encoding",
  "response-content-language",
  "response-content-type",
  "response-expires",
  "restore",
  "select",
  "select-type",
  "storageClass",
  "tagging",
  "torrent",
  "uploadId",
  "uploads",
  "versionId",
  "versioning",
  "versions",
  "website",
]);

/** @param date as signed: the `Expires` of a query, or the `Date` of a header */
export function stringToSignV2(request: WireRequest, date: string): string {
  const { method, headers } = request;
  return [
    method,
    headers["content-md5"] ?? "",
    decodeHeader(headers["content-type"] ?? ""),
    date,
    ...amzHeaders(request),
    resource(request),
  ].join("\n");
}

/** In base64, as it stands in the query, the header or the form. */
export function signV2(secretAccessKey: string, text: string): string {
  return createHmac("sha1", secretAccessKey).update(text).digest("base64");
}

/** A presigned request carries in its query what would be headers; both are signed alike. */
function amzHeaders({ headers, query }: WireRequest): string[] {
  const values = new Map<string, string>();
  // A header wins over the query's parameter of the same name.
  for (const [name, value] of [...queryPairs(query), ...Object.entries(headers)]) {
    const lower = name.toLowerCase();
    if (lower.startsWith("x-amz-")) values.set(lower, decodeHeader(value).trim());
  }
  return [...values]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${value}`);
}

/** The path with its bucket, wherever the bucket stood, and the parameters that name another resource. */
function resource(request: WireRequest): string {
  const { bucket, path } = addressOf(request);
  const isInHost = bucket !== "" && path === request.path;
  // Of a bucket alone the slash behind it is signed, whether it was sent or not.
  const whole = isInHost ? `/${bucket}${path}` : request.path.replace(/^\/[^/]+$/, "$&/");
  const parts = request.query
    .split("&")
    .map((pair): [string, string] => [/^[^=]*/.exec(pair)?.[0] ?? "", decodeOnce(pair)])
    .filter(([name]) => SUBRESOURCES.has(name))
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, pair]) => pair);
  return parts.length > 0 ? `${whole}?${parts.join("&")}` : whole;
}
