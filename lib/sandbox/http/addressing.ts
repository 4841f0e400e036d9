import type { Service } from "../../aws/pacing/quotas.js";
import { isJsonRpc } from "./foreign-services.js";
import { queryPairs, type WireRequest } from "./wire.js";

/** What the handshake of a WebSocket for MQTT is signed for. */
export const GATEWAY = "iotdevicegateway";

const signingNames: ReadonlyMap<string, Service> = new Map([
  ["iot", "iot"],
  ["execute-api", "iot"],
  ["iotdata", "iotdata"],
  [GATEWAY, "iotdata"],
  ["iot-jobs-data", "iot-jobs-data"],
  ["s3", "s3"],
  ["iam", "iam"],
  ["sts", "sts"],
]);

/** Version of the API that a Query request asks for, by service. */
const queryVersions: ReadonlyMap<string, Service> = new Map([
  ["2010-05-08", "iam"],
  ["2011-06-15", "sts"],
]);

/** Whether a service has an operation that answers a request of this method, path and query. */
export type Routes = (service: Service, request: WireRequest) => boolean;

/**
 * Which service a request is for: the one it is signed for, else the one it looks like.
 *
 * @param signedFor the service in its credential scope
 * @returns undefined when it is for a service that the sandbox does not have
 */
export function serviceOf(
  request: WireRequest,
  signedFor: string | undefined,
  routes: Routes,
): Service | undefined {
  if (signedFor !== undefined) return signingNames.get(signedFor);
  return isS3Only(request) ? "s3" : likelyService(request, routes);
}

/** Ways to sign, and to send, that no other service has: Signature Version 2, and a browser's form. */
function isS3Only(request: WireRequest): boolean {
  const { authorization = "", "content-type": type = "" } = request.headers;
  if (authorization.startsWith("AWS ") || /^multipart\/form-data\b/i.test(type)) return true;
  const query = new Map(queryPairs(request.query));
  const isVersion2 = query.has("AWSAccessKeyId") || query.has("Signature");
  return isVersion2 && !formOf(request).has("Action");
}

/** Of an unsigned request, which only an open sandbox obeys; a closed one refuses it in this service's way. */
function likelyService(request: WireRequest, routes: Routes): Service | undefined {
  const form = formOf(request);
  if (form.has("Action"))
    return form.has("Version") ? queryVersions.get(form.get("Version") ?? "") : "sts";
  // Some services have operations that nobody signs, such as Cognito's.
  if (isJsonRpc(request)) return undefined;
  const host = request.headers["host"] ?? "";
  if (/(^|\.)s3[.-]/.test(host)) return "s3";
  if (/(^|\.)jobs\.iot\./.test(host)) return "iot-jobs-data";
  if (/(^|\.)data(-ats)?\.iot\.|-ats\.iot\./.test(host)) return "iotdata";
  // S3 takes any path, so it comes last; a bucket called `things` needs a signature.
  const planes = ["iot", "iotdata", "iot-jobs-data"] as const;
  return planes.find((plane) => routes(plane, request)) ?? "s3";
}

/** Whether the body is a form, as IAM and STS are asked. */
export function isForm({ headers }: WireRequest): boolean {
  return (headers["content-type"] ?? "").startsWith("application/x-www-form-urlencoded");
}

/** Operations that whoever has no keys yet calls without a signature. */
const UNSIGNED: ReadonlySet<string> = new Set(["AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"]);

/** Is there nothing to authenticate? */
export function needsNoSignature(service: Service, operation: string | undefined): boolean {
  return service === "sts" && UNSIGNED.has(operation ?? "");
}

function formOf(request: WireRequest): ReadonlyMap<string, string> {
  const body = isForm(request) ? Buffer.from(request.body).toString("utf8") : "";
  return new Map([...queryPairs(request.query), ...queryPairs(body)]);
}
