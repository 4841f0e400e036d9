import type { LocalSandbox } from "../../../lib/aws/local.js";
import {
  ALGORITHM,
  amzDateOf,
  canonicalRequest,
  scopeText,
  sha256,
  sign,
  signingKey,
  stringToSign,
} from "../../../lib/sandbox/door/signature.js";

/** A URL for MQTT over WebSocket, signed as AWS's page says. */
export function signedWebSocketUrl({ url, credentials }: LocalSandbox, region: string): string {
  const { host } = new URL(url);
  const amzDate = amzDateOf(new Date());
  const scope = { date: amzDate.slice(0, 8), region, service: "iotdevicegateway" };
  const query = [
    `X-Amz-Algorithm=${ALGORITHM}`,
    `X-Amz-Credential=${encodeURIComponent(`${credentials.accessKeyId}/${scopeText(scope)}`)}`,
    `X-Amz-Date=${amzDate}`,
    "X-Amz-SignedHeaders=host",
  ].join("&");
  const canonical = canonicalRequest(
    { method: "GET", path: "/mqtt", query, headers: { host } },
    { service: scope.service, signedHeaders: ["host"], payloadHash: sha256("") },
  );
  const key = signingKey(credentials.secretAccessKey, scope);
  return `ws://${host}/mqtt?${query}&X-Amz-Signature=${sign(key, stringToSign(amzDate, scope, canonical))}`;
}
