import { addressOf } from "../http/protocols/s3-request.js";
import { WireError } from "../http/wire.js";
import type { WireRequest } from "../http/wire.js";
import { queryOf } from "./auth-claims.js";
import { isoText, LARGEST_SKEW_MS, refusalsOf } from "./auth-refusals.js";
import { isEqual } from "./equal.js";
import type { OtherClaim } from "./other-claim.js";
import { timeOf } from "./signature.js";
import { signV2, stringToSignV2 } from "./signature-v2.js";

const PARAMETERS = ["AWSAccessKeyId", "Signature", "Expires"] as const;

/**
 * What a request signed with Signature Version 2 claims, in its query or its header.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
 */
export function claimOfVersion2(request: WireRequest): OtherClaim | undefined {
  const header = request.headers["authorization"];
  const query = queryOf(request);
  const isInQuery = isSignedWithVersion2(request) && header === undefined;
  if (isInQuery) return claimOfQuery(request, query);
  const [, accessKeyId, signature] = /^AWS ([^:\s]+):(\S+)$/.exec(header ?? "") ?? [];
  if (accessKeyId === undefined || signature === undefined) return undefined;
  return claimOfHeader(request, accessKeyId, signature);
}

/** Does the query say so? `Expires` alone may be anything. */
function isSignedWithVersion2(request: WireRequest): boolean {
  const query = queryOf(request);
  return query.has("AWSAccessKeyId") || query.has("Signature");
}

function claimOfQuery(request: WireRequest, query: ReadonlyMap<string, string>): OtherClaim {
  const [accessKeyId, signature, expires] = PARAMETERS.map((name) => query.get(name));
  if (!accessKeyId || !signature || !expires) {
    throw new WireError(
      "AccessDenied",
      403,
      "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
    );
  }
  if (!/^\d{1,12}$/.test(expires)) {
    throw new WireError(
      "AccessDenied",
      403,
      `Invalid date (should be seconds since epoch): ${expires.slice(0, 100)}`,
    );
  }
  return {
    accessKeyId,
    bucket: addressOf(request).bucket,
    check(secretAccessKey, now) {
      const endsAt = Number(expires) * 1000;
      if (now > endsAt) {
        throw new WireError("AccessDenied", 403, "Request has expired", {
          Expires: isoText(endsAt),
          ServerTime: isoText(now),
        });
      }
      checkSignature(request, { accessKeyId, signature, date: expires }, secretAccessKey);
    },
  };
}

function claimOfHeader(request: WireRequest, accessKeyId: string, signature: string): OtherClaim {
  const amzDate = request.headers["x-amz-date"];
  const date = request.headers["date"] ?? "";
  const signedAt = timeOf(amzDate ?? "") ?? Date.parse(amzDate ?? date);
  return {
    accessKeyId,
    bucket: addressOf(request).bucket,
    check(secretAccessKey, now) {
      if (Number.isNaN(signedAt)) {
        throw new WireError(
          "AccessDenied",
          403,
          "AWS authentication requires a valid Date or x-amz-date header",
        );
      }
      if (secretAccessKey !== undefined && Math.abs(now - signedAt) > LARGEST_SKEW_MS) {
        throw refusalsOf("s3").skewed(signedAt, now);
      }
      // The date of the service's own header stands among those headers, and not a second time.
      const signed = amzDate === undefined ? date : "";
      checkSignature(request, { accessKeyId, signature, date: signed }, secretAccessKey);
    },
  };
}

function checkSignature(
  request: WireRequest,
  claim: { readonly accessKeyId: string; readonly signature: string; readonly date: string },
  secretAccessKey: string | undefined,
): void {
  if (secretAccessKey === undefined) return;
  const { accessKeyId, signature, date } = claim;
  const stringToSign = stringToSignV2(request, date);
  if (isEqual(signV2(secretAccessKey, stringToSign), signature)) return;
  throw refusalsOf("s3").mismatch({ accessKeyId, signature, stringToSign });
}
