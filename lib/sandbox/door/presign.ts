import type { SigningKeys } from "../state/state.js";
import {
  ALGORITHM,
  UNSIGNED_PAYLOAD,
  amzDateOf,
  canonicalRequest,
  scopeText,
  sign,
  signingKey,
  stringToSign,
} from "./signature.js";
import { encodeRfc3986 } from "../http/wire.js";

/** AWS's longest life of a presigned URL, in seconds: seven days. */
export const LONGEST_PRESIGN_SECONDS = 604_800;

/**
 * A URL that carries its own signature: whoever holds it may make this one S3 request until it expires.
 *
 * Path-style, so that it works wherever the sandbox is reached by an address instead of a name.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export function presign(options: {
  /** Where S3 answers, without a slash at the end. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string | undefined;
  readonly method?: "GET" | "PUT" | "HEAD";
  readonly region: string;
  readonly credentials: SigningKeys;
  readonly now: Date;
  /** 1 to 604,800 */
  readonly expiresInSeconds: number;
}): string {
  const { endpoint, bucket, key, versionId, method = "GET", region, credentials, now } = options;
  const amzDate = amzDateOf(now);
  const scope = { date: amzDate.slice(0, 8), region, service: "s3" };
  const path = `/${[bucket, ...key.split("/")].map(encodeRfc3986).join("/")}`;
  const query = [
    ["X-Amz-Algorithm", ALGORITHM],
    ["X-Amz-Content-Sha256", UNSIGNED_PAYLOAD],
    ["X-Amz-Credential", `${credentials.accessKeyId}/${scopeText(scope)}`],
    ["X-Amz-Date", amzDate],
    ["X-Amz-Expires", String(options.expiresInSeconds)],
    ["X-Amz-SignedHeaders", "host"],
    ...(versionId === undefined ? [] : [["versionId", versionId]]),
  ]
    .map(([name, value]) => `${name}=${encodeRfc3986(value as string)}`)
    .join("&");
  const canonical = canonicalRequest(
    { method, path, query, headers: { host: new URL(endpoint).host } },
    { service: "s3", signedHeaders: ["host"], payloadHash: UNSIGNED_PAYLOAD },
  );
  const signature = sign(
    signingKey(credentials.secretAccessKey, scope),
    stringToSign(amzDate, scope, canonical),
  );
  return `${endpoint}${path}?${query}&X-Amz-Signature=${signature}`;
}
