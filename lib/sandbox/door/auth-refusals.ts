import type { Service } from "../../aws/pacing/quotas.js";
import { WireError } from "../http/wire.js";
import { amzDateOf } from "./signature.js";

/** How far a request's date may be from the sandbox's clock, in milliseconds: 15 minutes, as on AWS. */
export const LARGEST_SKEW_MS = 15 * 60 * 1000;

/** What a service answers to a caller it turns away. Each service has codes and texts of its own. */
export interface Refusals {
  /** Not signed at all. */
  missing(): WireError;
  /** Signed in a way that cannot be read. */
  malformed(reason: string): WireError;
  unknownKey(accessKeyId: string): WireError;
  /** Signed for a Region that there is not. */
  unknownRegion(region: string, isPresigned: boolean): WireError;
  /** Signed too long ago or in the future; times in milliseconds since the epoch. */
  skewed(signedAt: number, now: number): WireError;
  /** A presigned request after its time. */
  expired(signedAt: number, expiresSeconds: number, now: number): WireError;
  mismatch(details: Mismatch): WireError;
}

export interface Mismatch {
  readonly accessKeyId: string;
  readonly signature: string;
  readonly stringToSign: string;
  /** Only Signature Version 4 has one. */
  readonly canonicalRequest?: string;
}

const REGIONS_HERE = "The sandbox has AWS's Regions, those of China and GovCloud (US) among them.";

/** What S3 tells to expect where no bucket says better. */
const S3_REGION = "us-east-1";

const DOES_NOT_MATCH =
  "The request signature we calculated does not match the signature you provided.";

export function refusalsOf(service: Service): Refusals {
  if (service === "s3") return s3;
  return service === "iam" || service === "sts" ? query : json;
}

/** https://docs.aws.amazon.com/iot/latest/apireference/CommonErrors.html */
const json = frontDoor({
  missing: ["MissingAuthenticationTokenException", "Missing Authentication Token"],
  malformed: ["IncompleteSignatureException", 403],
  unknownKey: "UnrecognizedClientException",
  mismatch: "InvalidSignatureException",
});

/** https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html */
const query = frontDoor({
  missing: ["MissingAuthenticationToken", "Request is missing Authentication Token"],
  malformed: ["IncompleteSignature", 400],
  unknownKey: "InvalidClientTokenId",
  mismatch: "SignatureDoesNotMatch",
});

function frontDoor(codes: {
  readonly missing: readonly [code: string, message: string];
  readonly malformed: readonly [code: string, status: number];
  readonly unknownKey: string;
  readonly mismatch: string;
}): Refusals {
  const skewed = (signedAt: number, now: number): WireError => {
    const [signed, current] = [dateText(signedAt), dateText(now)];
    const minutes = LARGEST_SKEW_MS / 60_000;
    const message =
      signedAt < now
        ? `Signature expired: ${signed} is now earlier than ${dateText(now - LARGEST_SKEW_MS)} (${current} - ${minutes} min.)`
        : `Signature not yet current: ${signed} is still later than ${dateText(now + LARGEST_SKEW_MS)} (${current} + ${minutes} min.)`;
    return new WireError(codes.mismatch, 403, message);
  };
  return {
    missing: () => new WireError(codes.missing[0], 403, codes.missing[1]),
    malformed: (reason) => new WireError(codes.malformed[0], codes.malformed[1], reason),
    unknownKey: () =>
      new WireError(
        codes.unknownKey,
        403,
        "The security token included in the request is invalid.",
      ),
    unknownRegion: (region) =>
      new WireError(
        codes.mismatch,
        403,
        `Credential should be scoped to a valid region, not '${shown(region)}'. ${REGIONS_HERE}`,
      ),
    skewed,
    expired: (signedAt, expiresSeconds, now) =>
      new WireError(
        codes.mismatch,
        403,
        `Signature expired: ${dateText(signedAt + expiresSeconds * 1000)} is now earlier than ${dateText(now)}`,
      ),
    mismatch: () =>
      new WireError(
        codes.mismatch,
        403,
        `${DOES_NOT_MATCH} Check your AWS Secret Access Key and signing method. ` +
          "Consult the service documentation for details.",
      ),
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const s3: Refusals = {
  missing: () => new WireError("AccessDenied", 403, "Access Denied"),
  malformed: (reason) => new WireError("AuthorizationHeaderMalformed", 400, reason),
  unknownKey: (accessKeyId) =>
    new WireError(
      "InvalidAccessKeyId",
      403,
      "The AWS Access Key Id you provided does not exist in our records.",
      { AWSAccessKeyId: accessKeyId },
    ),
  unknownRegion: (region, isPresigned) =>
    new WireError(
      isPresigned ? "AuthorizationQueryParametersError" : "AuthorizationHeaderMalformed",
      400,
      `${isPresigned ? "Error parsing the X-Amz-Credential parameter" : "The authorization header is malformed"}; ` +
        `the region '${shown(region)}' is wrong; expecting '${S3_REGION}'. ${REGIONS_HERE}`,
      { Region: S3_REGION },
    ),
  skewed: (signedAt, now) =>
    new WireError(
      "RequestTimeTooSkewed",
      403,
      "The difference between the request time and the current time is too large.",
      {
        RequestTime: dateText(signedAt),
        ServerTime: isoText(now),
        MaxAllowedSkewMilliseconds: LARGEST_SKEW_MS,
      },
    ),
  expired: (signedAt, expiresSeconds, now) =>
    new WireError("AccessDenied", 403, "Request has expired", {
      "X-Amz-Expires": expiresSeconds,
      Expires: isoText(signedAt + expiresSeconds * 1000),
      ServerTime: isoText(now),
    }),
  mismatch: ({ accessKeyId, signature, stringToSign, canonicalRequest }) =>
    new WireError(
      "SignatureDoesNotMatch",
      403,
      `${DOES_NOT_MATCH} Check your key and signing method.`,
      {
        AWSAccessKeyId: accessKeyId,
        StringToSign: stringToSign,
        SignatureProvided: signature,
        StringToSignBytes: hexOf(stringToSign),
        ...(canonicalRequest !== undefined && {
          CanonicalRequest: canonicalRequest,
          CanonicalRequestBytes: hexOf(canonicalRequest),
        }),
      },
    ),
};

/** A name of the caller's making, fit to be shown. */
function shown(name: string): string {
  return name.slice(0, 50).replace(/[^\x20-\x7e]/g, "?");
}

function dateText(ms: number): string {
  return amzDateOf(new Date(ms));
}

/** For whoever cannot see which character makes the difference. */
function hexOf(text: string): string {
  return Buffer.from(text)
    .toString("hex")
    .toUpperCase()
    .replace(/..(?=.)/g, "$& ");
}

export function isoText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}/, "");
}
