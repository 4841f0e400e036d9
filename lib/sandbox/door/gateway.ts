import { queryPairs, WireError, type WireRequest } from "../http/wire.js";
import type { Authenticator, Caller } from "./auth.js";

/*
 * The handshake of a WebSocket for MQTT: a GET of /mqtt that is signed for a service of its own.
 * https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html
 */

/**
 * Who opens a WebSocket. Throws AWS's own refusal.
 *
 * @param request the handshake's head
 */
export function authenticateGateway(
  authenticate: Authenticator["authenticate"],
  request: WireRequest,
): Caller {
  let refusal: unknown = new WireError("ForbiddenException", 403, "Forbidden");
  for (const form of formsOf(request)) {
    try {
      return authenticate(form, "iotdata");
    } catch (error) {
      refusal = error;
    }
  }
  throw refusal;
}

/**
 * The forms in which clients sign the same handshake: most put the session token behind what they have
 * signed, and some leave a port out of the host, or sign a standard one that is not sent.
 */
function formsOf(request: WireRequest): WireRequest[] {
  const token = "X-Amz-Security-Token";
  const isToken = (pair: string): boolean => queryPairs(pair)[0]?.[0] === token;
  const withoutToken = request.query
    .split("&")
    .filter((pair) => !isToken(pair))
    .join("&");
  const { host = "" } = request.headers;
  const name = host.replace(/:\d+$/, "");
  const queries = [...new Set([withoutToken, request.query])];
  const hosts = [...new Set([host, name, `${name}:443`])];
  return queries.flatMap((query) =>
    hosts.map((one) => ({ ...request, query, headers: { ...request.headers, host: one } })),
  );
}
