import { createHash } from "node:crypto";
import { checksum, checksumHeaders, type ChecksumAlgorithm } from "../checksums.js";
import { decodeOnce, queryPairs, type WireRequest } from "../wire.js";
import { isChunked, readChunks } from "./aws-chunked.js";
import { MalformedRequest } from "./protocol.js";

/** Which bucket a request is for, and the path inside it. The bucket is empty for the service itself. */
export interface BucketAddress {
  readonly bucket: string;
  /** As sent, still percent-encoded; begins with a slash. */
  readonly path: string;
}

/** Hosts under `.localhost` that are the sandbox itself and not a bucket of that name. */
const OWN_HOSTS = /^(s3(\..*)?|sandbox)$/;

/**
 * Take the bucket from the host (`<bucket>.localhost`, `<bucket>.s3.<region>.amazonaws.com`) or else
 * from the first part of the path.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
export function addressOf(request: WireRequest): BucketAddress {
  const host = (request.headers["host"] ?? "").replace(/:\d+$/, "").toLowerCase();
  const local = /^(.+)\.localhost$/.exec(host)?.[1]?.replace(/\.s3$/, "");
  const remote = /^(.+)\.s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com$/.exec(host)?.[1];
  const named = local !== undefined && !OWN_HOSTS.test(local) ? local : remote;
  if (named !== undefined) return { bucket: named, path: request.path || "/" };

  const [, bucket = "", rest = ""] = /^\/([^/]*)(.*)$/.exec(request.path) ?? [];
  return { bucket: decodeOnce(bucket), path: rest || "/" };
}

/** Parameters of a presigned URL that are about the signature. */
const OF_SIGNATURE =
  /^x-amz-(algorithm|credential|signature|date|expires|signedheaders|security-token|content-sha256)$/;

/**
 * The request with its presigned `x-amz-` parameters among the headers, whose place they take.
 *
 * Not the checksums: who signs a URL does not have the content yet, and AWS ignores what SDKs put there.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export function withQueryHeaders(request: WireRequest): WireRequest {
  if (!/(^|&)(X-Amz-Signature|Signature)=/.test(request.query)) return request;
  const hoisted: Record<string, string> = {};
  for (const [name, value] of queryPairs(request.query)) {
    const lower = name.toLowerCase();
    const isHeader = lower.startsWith("x-amz-") && !OF_SIGNATURE.test(lower);
    if (isHeader && !/^x-amz-(sdk-)?checksum-/.test(lower)) hoisted[lower] = value;
  }
  return { ...request, headers: { ...hoisted, ...request.headers } };
}

/**
 * The request as it would have been without chunks and trailers, its body proven against every
 * digest that came with it.
 *
 * @throws MalformedRequest with S3's own code
 */
export function plainRequest(request: WireRequest, hasChecksumOfBody = true): WireRequest {
  const plain = isChunked(request) ? joined(request) : request;
  checkMd5(plain);
  if (hasChecksumOfBody) checkChecksum(plain);
  return plain;
}

function joined(request: WireRequest): WireRequest {
  const { chunks, trailers } = readChunks(request);
  const promised = (request.headers["x-amz-trailer"] ?? "").toLowerCase().split(/\s*,\s*/);
  const headers = { ...request.headers };
  for (const [name, value] of Object.entries(trailers)) {
    if (!promised.includes(name)) {
      throw new MalformedRequest(`The trailer ${name} was not announced.`, "MalformedTrailerError");
    }
    headers[name] = value;
  }
  const encoding = (headers["content-encoding"] ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "" && part !== "aws-chunked");
  if (encoding.length > 0) headers["content-encoding"] = encoding.join(",");
  else delete headers["content-encoding"];
  return { ...request, headers, body: Buffer.concat(chunks.map(({ bytes }) => bytes)) };
}

function checkMd5({ headers, body }: WireRequest): void {
  const given = headers["content-md5"];
  if (given === undefined) return;
  if (Buffer.from(given, "base64").byteLength !== 16) {
    throw new MalformedRequest("The Content-MD5 you specified was invalid.", "InvalidDigest", {
      "Content-MD5": given,
    });
  }
  const calculated = createHash("md5").update(body).digest("base64");
  if (calculated !== given) {
    throw new MalformedRequest(
      "The Content-MD5 you specified did not match what we received.",
      "BadDigest",
      { ExpectedDigest: given, CalculatedDigest: calculated },
    );
  }
}

function checkChecksum({ headers, body }: WireRequest): void {
  const given = (Object.keys(checksumHeaders) as ChecksumAlgorithm[]).filter(
    (algorithm) => headers[checksumHeaders[algorithm]] !== undefined,
  );
  if (given.length > 1) {
    throw new MalformedRequest(
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
      "InvalidRequest",
    );
  }
  const [algorithm] = given;
  if (!algorithm) return;
  const header = checksumHeaders[algorithm];
  const expected = checksum(algorithm, body);
  const value = headers[header] as string;
  if (value === expected) return;
  const length = (text: string): number => Buffer.from(text, "base64").byteLength;
  if (length(value) !== length(expected)) {
    throw new MalformedRequest(`Value for ${header} header is invalid.`, "InvalidRequest");
  }
  throw new MalformedRequest(
    `The ${algorithm} you specified did not match the calculated checksum.`,
    "BadDigest",
  );
}
