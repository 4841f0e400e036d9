import type { Service } from "../../aws/pacing/quotas.js";
import { type Claim, claimOf, queryOf, refuse, unsupportedScheme } from "./auth-claims.js";
import { LARGEST_SKEW_MS, type Refusals, refusalsOf } from "./auth-refusals.js";
import type { AuthOption, Credentials } from "./credentials.js";
import { isEqual } from "./equal.js";
import type { OtherClaim } from "./other-claim.js";
import { otherClaimOf } from "./other-claims.js";
import { knowsVersion2 } from "./signature-v2.js";
import type { SandboxClock } from "../state/kept-clock.js";
import { WireError } from "../http/wire.js";
import { openAccountOf, ownKeys } from "./own-keys.js";
import { isRegion } from "./regions.js";
import { readChunks } from "../http/protocols/aws-chunked.js";
import {
  ALGORITHM,
  canonicalRequest,
  scopeText,
  sha256,
  sign,
  signingKey,
  stringToSign,
  timeOf,
  UNSIGNED_PAYLOAD,
} from "./signature.js";
import type { WireRequest } from "../http/wire.js";

/** Who is calling, which service, which Region: read from the request's credential scope. */
export interface Caller {
  readonly accessKeyId: string;
  readonly account: string;
  readonly region: string;
  readonly service: Service;
}

/** What a request says of its signature; undefined when it is not signed. */
export interface Scope {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
}

/** The credential scope in the `Authorization` header or in a presigned query. */
export function scopeOf(request: WireRequest): Scope | undefined {
  const header = /Credential=([^,\s]+)/.exec(request.headers["authorization"] ?? "")?.[1];
  const credential = header ?? queryOf(request).get("X-Amz-Credential");
  // <access key>/<date>/<region>/<service>/aws4_request
  const [accessKeyId, , region, service] = credential?.split("/") ?? [];
  return accessKeyId && region && service ? { accessKeyId, region, service } : undefined;
}

/** The account of whoever calls an open sandbox with keys that are not an account's number. */
export const OPEN_ACCOUNT = "000000000000";

/** The Region of a request to an open sandbox that names none. */
const OPEN_REGION = "us-east-1";

export interface Authenticator {
  /** Throws AWS's own refusal of whoever the head of a request tells not to be let in. */
  admit(head: WireRequest, service: Service): void;
  /** Who is calling that service. Throws AWS's own refusal. */
  authenticate(request: WireRequest, service: Service): Caller;
}

/** A pair of keys, and the time in which its holder signs. */
interface Signer extends Credentials {
  readonly clock: SandboxClock;
}

/**
 * @param clock the sandbox's time: what it has signed itself is checked by it, and expires by it
 * @param clientClock the time that clients live in, and sign in
 * @param regionOfBucket where a bucket is, for requests whose signature names no Region
 */
export function createAuthenticator(
  option: AuthOption,
  clock: SandboxClock,
  clientClock: SandboxClock,
  regionOfBucket: (name: string) => string | undefined = () => undefined,
): Authenticator {
  const regionOf = ({ accessKeyId, region, bucket }: OtherClaim): string => {
    if (region !== undefined) return region;
    const own = regionOfBucket(bucket) ?? OPEN_REGION;
    return accessKeyId === "" || knowsVersion2(own) ? own : refuse(unsupportedScheme());
  };
  if (option === "off") {
    const authenticate = (request: WireRequest, service: Service): Caller => {
      const other = service === "s3" ? otherClaimOf(request) : undefined;
      if (!other) return openCaller(request, service, clock, clientClock);
      const { accessKeyId } = other;
      const region = regionOf(other);
      other.check(undefined, clientClock.now());
      const { account = OPEN_ACCOUNT } = openAccountOf(accessKeyId);
      return { accessKeyId, account, region, service };
    };
    return {
      admit: (head, service) => void (isForm(head, service) || authenticate(head, service)),
      authenticate,
    };
  }
  const signers = option.credentials.flatMap((pair): Signer[] => [
    { ...pair, clock: clientClock },
    { ...ownKeys(pair), account: pair.account, clock },
  ]);
  const known = new Map(signers.map((signer) => [signer.accessKeyId, signer]));
  const holder = (accessKeyId: string, refusals: Refusals): Signer =>
    known.get(accessKeyId) ?? refuse(refusals.unknownKey(accessKeyId));

  /** S3's other signatures: Version 2, and those of forms. */
  const otherCaller = (request: WireRequest, service: Service): Caller | undefined => {
    const other = service === "s3" ? otherClaimOf(request) : undefined;
    if (!other) return undefined;
    const refusals = refusalsOf(service);
    const { accessKeyId } = other;
    if (accessKeyId === "") throw refusals.missing();
    const { secretAccessKey, account, clock: time } = holder(accessKeyId, refusals);
    const region = regionOf(other);
    other.check(secretAccessKey, time.now());
    return { accessKeyId, account, region, service };
  };

  const claimed = (request: WireRequest, service: Service) => {
    const refusals = refusalsOf(service);
    const claim = claimOf(request, service, refusals);
    const { accessKeyId, scope } = claim;
    const signer = holder(accessKeyId, refusals);
    checkRegion(scope.region, claim.expiresSeconds !== undefined, refusals);
    checkTime(claim, signer.clock.now(), refusals);
    return { claim, signer, refusals };
  };

  return {
    admit(head, service) {
      if (isForm(head, service) || otherCaller(head, service)) return;
      const { claim, signer, refusals } = claimed(head, service);
      // Others sign the body itself; S3's clients say in the head what stands for it.
      if (service === "s3") checkSignature(head, service, claim, signer, refusals);
    },
    authenticate(request, service) {
      const other = otherCaller(request, service);
      if (other) return other;
      const { claim, signer, refusals } = claimed(request, service);
      const { accessKeyId, scope } = claim;
      const signature = checkSignature(request, service, claim, signer, refusals);
      checkPayload(request, claim, signature, refusals);
      return { accessKeyId, account: signer.account, region: scope.region, service };
    },
  };
}

/** A browser's form to S3 says who signed it in its body: its head lets nobody in and turns nobody away. */
function isForm({ headers }: WireRequest, service: Service): boolean {
  return service === "s3" && /^multipart\/form-data\b/i.test(headers["content-type"] ?? "");
}

/** Without signature checks the access key is the account; a presigned URL still ends when it says. */
function openCaller(
  request: WireRequest,
  service: Service,
  clock: SandboxClock,
  clientClock: SandboxClock,
): Caller {
  const scope = scopeOf(request);
  const accessKeyId = scope?.accessKeyId ?? "";
  const { account = OPEN_ACCOUNT, isOwn } = openAccountOf(accessKeyId);
  const now = (isOwn ? clock : clientClock).now();
  const query = queryOf(request);
  const region = scope?.region ?? OPEN_REGION;
  checkRegion(region, query.has("X-Amz-Credential"), refusalsOf(service));
  const signedAt = timeOf(query.get("X-Amz-Date") ?? "");
  const seconds = Number(query.get("X-Amz-Expires") ?? Number.NaN);
  if (signedAt !== undefined && now > signedAt + seconds * 1000) {
    throw refusalsOf(service).expired(signedAt, seconds, now);
  }
  return { accessKeyId, account, region, service };
}

function checkRegion(region: string, isPresigned: boolean, refusals: Refusals): void {
  if (!isRegion(region)) throw refusals.unknownRegion(region, isPresigned);
}

function checkTime(claim: Claim, now: number, refusals: Refusals): void {
  const { signedAt, expiresSeconds } = claim;
  if (expiresSeconds === undefined) {
    if (Math.abs(now - signedAt) > LARGEST_SKEW_MS) throw refusals.skewed(signedAt, now);
    return;
  }
  if (signedAt > now + LARGEST_SKEW_MS) throw refusals.skewed(signedAt, now);
  if (now > signedAt + expiresSeconds * 1000) throw refusals.expired(signedAt, expiresSeconds, now);
}

/** What a good signature was made with. */
interface Signed {
  readonly key: Buffer;
  /** What stood for the body. */
  readonly payloadHash: string;
}

function checkSignature(
  request: WireRequest,
  service: Service,
  claim: Claim,
  credentials: Credentials,
  refusals: Refusals,
): Signed {
  const { accessKeyId, scope, signedHeaders, signature, amzDate } = claim;
  if (!signedHeaders.includes("host")) throw refusals.malformed("'Host' must be a signed header.");
  if (service === "s3") checkAllSigned(request, signedHeaders);
  const payloadHash =
    service === "s3" ? s3PayloadHash(request, claim, refusals) : sha256(request.body);
  const canonical = canonicalRequest(request, {
    service: scope.service,
    signedHeaders,
    payloadHash,
  });
  const text = stringToSign(amzDate, scope, canonical);
  const key = signingKey(credentials.secretAccessKey, scope);
  if (!isEqual(sign(key, text), signature)) {
    throw refusals.mismatch({
      accessKeyId,
      signature,
      stringToSign: text,
      canonicalRequest: canonical,
    });
  }
  return { key, payloadHash };
}

/** Whether the body is what the signature is for. */
function checkPayload(
  request: WireRequest,
  claim: Claim,
  { key, payloadHash }: Signed,
  refusals: Refusals,
): void {
  if (payloadHash.startsWith("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")) {
    checkChunks(request, claim, key, payloadHash.endsWith("-TRAILER"), refusals);
  } else if (/^[0-9a-f]{64}$/.test(payloadHash) && payloadHash !== sha256(request.body)) {
    throw new WireError(
      "XAmzContentSHA256Mismatch",
      400,
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
      {
        ClientComputedContentSHA256: payloadHash,
        S3ComputedContentSHA256: sha256(request.body),
      },
    );
  }
}

/** S3 obeys no `x-amz-` header that the signature does not cover. */
function checkAllSigned(request: WireRequest, signedHeaders: readonly string[]): void {
  const unsigned = Object.keys(request.headers).filter(
    (name) => name.startsWith("x-amz-") && !signedHeaders.includes(name),
  );
  // A presigned URL's hash stands in its query; clients repeat it as a header.
  const loose = unsigned.filter((name) => name !== "x-amz-content-sha256");
  if (loose.length > 0) {
    throw new WireError(
      "AccessDenied",
      403,
      "There were headers present in the request which were not signed",
      { HeadersNotSigned: loose.join(", ") },
    );
  }
}

const STREAMING = new Set([
  "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
]);

/** S3's clients say themselves what stands for the body in the signature. */
function s3PayloadHash(request: WireRequest, claim: Claim, refusals: Refusals): string {
  const inHeader = request.headers["x-amz-content-sha256"];
  if (claim.expiresSeconds !== undefined) {
    return queryOf(request).get("X-Amz-Content-Sha256") ?? inHeader ?? UNSIGNED_PAYLOAD;
  }
  if (inHeader === undefined) {
    throw new WireError(
      "InvalidRequest",
      400,
      "Missing required header for this request: x-amz-content-sha256",
    );
  }
  const isHash = inHeader === UNSIGNED_PAYLOAD || /^[0-9a-f]{64}$/.test(inHeader);
  if (isHash || STREAMING.has(inHeader)) return inHeader;
  if (inHeader.startsWith("STREAMING-AWS4-ECDSA")) {
    throw refusals.malformed("The sandbox does not verify SigV4A signatures.");
  }
  throw new WireError(
    "InvalidArgument",
    400,
    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, " +
      `${[...STREAMING].join(", ")} or a valid sha256 value.`,
  );
}

/** Each chunk's signature covers the one before it, beginning with the request's own. */
function checkChunks(
  request: WireRequest,
  claim: Claim,
  key: Buffer,
  hasTrailer: boolean,
  refusals: Refusals,
): void {
  const { accessKeyId, scope, amzDate } = claim;
  const { chunks, trailers, trailerSignature } = readChunks(request);
  let previous = claim.signature;

  const check = (kind: string, digests: readonly string[], given: string | undefined): void => {
    const text = [`${ALGORITHM}-${kind}`, amzDate, scopeText(scope), previous, ...digests].join(
      "\n",
    );
    const signature = sign(key, text);
    if (!isEqual(signature, given ?? "")) {
      const details = { stringToSign: text, canonicalRequest: "", signature: given ?? "" };
      throw refusals.mismatch({ accessKeyId, ...details });
    }
    previous = signature;
  };

  for (const { bytes, signature } of chunks) {
    check("PAYLOAD", [sha256(""), sha256(bytes)], signature);
  }
  if (hasTrailer) {
    const lines = Object.entries(trailers).map(([name, value]) => `${name}:${value}\n`);
    check("TRAILER", [sha256(lines.join(""))], trailerSignature);
  }
}
