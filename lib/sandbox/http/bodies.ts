import type { Service } from "../../aws/pacing/quotas.js";
import { WireError } from "./wire.js";
import { addressOf } from "./protocols/s3-request.js";
import { queryPairs, type WireRequest } from "./wire.js";

/*
 * How long a request's body may be. It is asked for when the head has told who calls which service,
 * and no byte of it is kept before.
 */

/**
 * Read a request's body, once.
 *
 * @param most bytes that it may have
 * @throws BodyFault when it has more, or does not come
 */
export type ReadBody = (most: number) => Promise<Uint8Array>;

/** A body that was not read to its end. */
export class BodyFault extends Error {
  override readonly name = "BodyFault";
  /** Broken off is what the client has left itself: nobody hears an answer. */
  readonly reason: "too long" | "too slow" | "broken off";
  constructor(reason: BodyFault["reason"]) {
    super(`The body is ${reason}`);
    this.reason = reason;
  }
}

const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * In bytes. Longest are: of the control plane a policy of 404,600 characters, of the data plane a
 * message of 128 KB (a shadow has 8 KB), of IAM a trust policy of 131,072 characters in a form, where
 * one may take three bytes. What AWS takes as a whole is not published.
 *
 * https://docs.aws.amazon.com/general/latest/gr/iot-core.html
 */
const LARGEST: Readonly<Record<Exclude<Service, "s3">, number>> = {
  iot: MIB,
  iotdata: 128 * KIB,
  "iot-jobs-data": 128 * KIB,
  iam: MIB,
  sts: MIB,
};

/** Of a form before anybody knows which service it is for. */
export const LARGEST_FORM = MIB;

/** Of a form that nobody has signed: an assertion for AssumeRoleWithSAML has 100,000 characters, encoded. */
export const LARGEST_UNSIGNED_FORM = MIB / 4;

/** The sandbox's own: an object of 64 MiB, and what chunks add to it. */
const LARGEST_UPLOAD = 66 * MIB;

/** DeleteObjects with 1,000 of the longest keys. */
const LARGEST_DOCUMENT = 5 * MIB;

/** S3 requests that put a document about an object beside it, not the object itself. */
const ABOUT_OBJECTS = ["acl", "tagging", "retention", "legal-hold", "annotation"];

/** The most bytes that the body of this request to that service may have. */
export function largestBody(service: Service, request: WireRequest): number {
  if (service !== "s3") return LARGEST[service];
  return isUpload(request) ? LARGEST_UPLOAD : LARGEST_DOCUMENT;
}

/** What the service answers to a body that was not read. */
export function bodyRefusal(
  service: Service,
  request: WireRequest,
  { reason }: BodyFault,
): WireError {
  if (reason !== "too long") return new WireError("RequestTimeout", slowStatus(service), SLOW);
  const most = largestBody(service, request);
  if (service === "s3") {
    return isUpload(request)
      ? new WireError(
          "EntityTooLarge",
          400,
          "Your proposed upload exceeds the maximum allowed size",
          {
            MaxSizeAllowed: most,
          },
        )
      : new WireError("MaxMessageLengthExceeded", 400, "Your request was too big.", {
          MaxMessageLengthBytes: most,
        });
  }
  const code =
    service === "iam" || service === "sts"
      ? "RequestEntityTooLarge"
      : "RequestEntityTooLargeException";
  return new WireError(code, 413, `The body of a request may have at most ${most} bytes here`);
}

const SLOW =
  "Your socket connection to the server was not read from or written to within the timeout period. " +
  "Idle connections will be closed.";

function slowStatus(service: Service): number {
  return service === "s3" ? 400 : 408;
}

function isUpload(request: WireRequest): boolean {
  const names = queryPairs(request.query).map(([name]) => name);
  const hasKey = addressOf(request).path !== "/";
  return request.method === "PUT" && hasKey && !names.some((name) => ABOUT_OBJECTS.includes(name));
}
