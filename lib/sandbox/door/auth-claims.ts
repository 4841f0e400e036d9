import type { Service } from "../../aws/pacing/quotas.js";
import type { Refusals } from "./auth-refusals.js";
import { GATEWAY } from "../http/addressing.js";
import { WireError } from "../http/wire.js";
import { LONGEST_PRESIGN_SECONDS } from "./presign.js";
import { ALGORITHM, timeOf } from "./signature.js";
import { queryPairs, type WireRequest } from "../http/wire.js";

/** What a signed request claims; nothing of it is believed yet. */
export interface Claim {
  readonly accessKeyId: string;
  readonly scope: { readonly date: string; readonly region: string; readonly service: string };
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** As sent, `YYYYMMDDThhmmssZ`. */
  readonly amzDate: string;
  /** The same in milliseconds since the epoch. */
  readonly signedAt: number;
  /** Only of a presigned request. */
  readonly expiresSeconds?: number;
}

/** Read the claim out of the header or the query. Throws the service's refusal of what it cannot read. */
export function claimOf(request: WireRequest, service: Service, refusals: Refusals): Claim {
  const header = request.headers["authorization"];
  const query = queryOf(request);
  const isPresigned = query.has("X-Amz-Algorithm") || query.has("X-Amz-Signature");
  if (header !== undefined && isPresigned && service === "s3") {
    throw new WireError(
      "InvalidArgument",
      400,
      "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query " +
        "string parameter or the Authorization header should be specified",
    );
  }
  if (header !== undefined) return headerClaim(request, header, service, refusals);
  if (isPresigned) return queryClaim(query, service, refusals);
  throw refusals.missing();
}

function headerClaim(
  request: WireRequest,
  header: string,
  service: Service,
  refusals: Refusals,
): Claim {
  if (!header.startsWith(`${ALGORITHM} `)) {
    if (service !== "s3")
      throw refusals.malformed(`Unsupported AWS 'algorithm': '${ALGORITHM}' is required.`);
    throw unsupportedScheme();
  }
  const part = (name: string): string =>
    new RegExp(`[ ,]${name}=([^,\\s]+)`).exec(header)?.[1] ??
    refuse(refusals.malformed(`Authorization header requires '${name}' parameter.`));
  const amzDate = request.headers["x-amz-date"] ?? amzDateOfHttp(request.headers["date"]);
  const signedAt = timeOf(amzDate);
  if (signedAt === undefined) {
    if (service === "s3") {
      throw new WireError(
        "AccessDenied",
        403,
        "AWS authentication requires a valid Date or x-amz-date header",
      );
    }
    throw refusals.malformed(
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    );
  }
  return {
    ...credentialOf(part("Credential"), amzDate, refusals.malformed),
    signedHeaders: part("SignedHeaders").toLowerCase().split(";"),
    signature: part("Signature"),
    amzDate,
    signedAt,
  };
}

/** How long the URL of a WebSocket lasts that does not say. AWS does not publish it. */
const GATEWAY_SECONDS = "86400";

function queryClaim(
  query: ReadonlyMap<string, string>,
  service: Service,
  refusals: Refusals,
): Claim {
  const malformed = (reason: string): WireError =>
    service === "s3"
      ? new WireError("AuthorizationQueryParametersError", 400, reason)
      : refusals.malformed(reason);
  const part = (name: string): string =>
    query.get(`X-Amz-${name}`) ??
    refuse(
      malformed(
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, " +
          "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
      ),
    );
  if (part("Algorithm") !== ALGORITHM) {
    throw malformed(`X-Amz-Algorithm only supports "${ALGORITHM}"`);
  }
  const amzDate = part("Date");
  const signedAt = timeOf(amzDate);
  if (signedAt === undefined) {
    throw malformed(`X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`);
  }
  // Whoever opens a WebSocket may leave it out.
  const isGateway = part("Credential").split("/")[3] === GATEWAY;
  const expires = query.get("X-Amz-Expires") ?? (isGateway ? GATEWAY_SECONDS : part("Expires"));
  if (!/^-?\d{1,12}$/.test(expires)) throw malformed("X-Amz-Expires should be a number");
  const expiresSeconds = Number(expires);
  if (expiresSeconds < 1) throw malformed("X-Amz-Expires must be non-negative");
  if (expiresSeconds > LONGEST_PRESIGN_SECONDS) {
    throw malformed(
      "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires " +
        `must be less than ${LONGEST_PRESIGN_SECONDS} seconds`,
    );
  }
  return {
    ...credentialOf(part("Credential"), amzDate, (reason) =>
      malformed(`Error parsing the X-Amz-Credential parameter; ${reason.replace(/^The /, "the ")}`),
    ),
    signedHeaders: part("SignedHeaders").toLowerCase().split(";"),
    signature: part("Signature"),
    amzDate,
    signedAt,
    expiresSeconds,
  };
}

/** `<access key>/<YYYYMMDD>/<region>/<service>/aws4_request` */
export function credentialOf(
  text: string,
  amzDate: string,
  malformed: (reason: string) => WireError,
): Pick<Claim, "accessKeyId" | "scope"> {
  const [accessKeyId = "", date = "", region = "", service = "", end, ...rest] = text.split("/");
  if (!accessKeyId || !region || !service || end !== "aws4_request" || rest.length > 0) {
    throw malformed(
      'The Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  }
  if (date !== amzDate.slice(0, 8)) {
    throw malformed(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ` +
        `'${date}' != '${amzDate.slice(0, 8)}', from '${amzDate}'.`,
    );
  }
  return { accessKeyId, scope: { date, region, service } };
}

function amzDateOfHttp(date: string | undefined): string {
  const time = Date.parse(date ?? "");
  return Number.isNaN(time) ? "" : new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

/** What a Region answers that is younger than Signature Version 2, and every Region to any other scheme. */
export function unsupportedScheme(): WireError {
  return new WireError(
    "InvalidRequest",
    400,
    `The authorization mechanism you have provided is not supported. Please use ${ALGORITHM}.`,
  );
}

export function queryOf(request: WireRequest): ReadonlyMap<string, string> {
  return new Map(queryPairs(request.query));
}

export function refuse(error: WireError): never {
  throw error;
}
