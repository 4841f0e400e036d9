import type { IncomingMessage, ServerResponse } from "node:http";
import type { WireResponse } from "../http/wire.js";
import { isExpectant, lengthOf } from "./bodies.js";

/** What is left of a body up to so many bytes is read and forgotten, and the connection goes on. */
const SMALL_REST = 64 * 1024;

/**
 * Send an answer, also to a request whose body has not been read.
 *
 * A client that is still sending does not listen: were the connection closed under it, it would see a
 * broken one instead of the answer. So what it sends is thrown away until it has done, or `lingerMs`
 * are over, and then the connection is closed.
 *
 * @param isLast whether the connection is wanted for no other request
 */
export function send(
  request: IncomingMessage,
  response: ServerResponse,
  result: WireResponse,
  options: { readonly isLast: boolean; readonly lingerMs: number },
): void {
  const { status, headers: said, stream } = result;
  if (stream) {
    response.writeHead(status, said);
    response.flushHeaders();
    return stream(response);
  }
  const body = typeof result.body === "string" ? Buffer.from(result.body) : result.body;
  // HEAD tells the length of a body that does not come.
  const { "content-length": length = body.byteLength, ...headers } = said;
  // One that somebody has begun to read, and given up, is not waited for either.
  const isUnread = !request.complete && (isLong(request) || request.readableFlowing !== null);
  const closing = options.isLast || isUnread ? { connection: "close" } : {};
  // The length stands last: where Node knows it already, it takes a Content-Disposition for bytes and
  // refuses what is not ASCII in it (https://github.com/nodejs/node/pull/46528).
  response.writeHead(status, { ...headers, ...closing, "content-length": length });
  const isHead = request.method === "HEAD";
  if (!isUnread) {
    response.end(isHead ? undefined : body);
    return;
  }
  response.flushHeaders();
  if (!isHead) response.write(body);
  const finish = (): void => void response.end();
  const timer = setTimeout(finish, options.lingerMs);
  request.once("close", () => clearTimeout(timer));
  request.once("end", finish);
  request.resume();
}

/** Whether it is not worth while to wait for the rest: nobody knows how much, or whether, it comes. */
function isLong(request: IncomingMessage): boolean {
  const length = lengthOf(request);
  return length === undefined || length > SMALL_REST || (length > 0 && isExpectant(request));
}
