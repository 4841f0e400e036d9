import { HttpRequest } from "@smithy/core/protocols";
import type { Readable } from "node:stream";
import type { Fleet } from "./connect.js";
import { redactText } from "./redact.js";

/** An answer whose body is still on its way. */
export interface UrlAnswer {
  readonly status: number;
  /** Only of status 200; reading it to the end, or leaving the loop, ends the connection. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Ask for a URL as a device does: one plain GET, without credentials.
 *
 * It is sent a second time only when its connection was gone: a kernel that compiles a cell does
 * not see that the server has closed an idle one meanwhile.
 *
 * It goes over the connections of the S3 client, which follow no redirect, so what answers is the
 * host in the URL. In debug mode the URL is shown without its signature.
 *
 * @throws the signal's reason as soon as it aborts, also while the body is read
 */
export async function getUrl(fleet: Fleet, url: URL, signal: AbortSignal): Promise<UrlAnswer> {
  signal.throwIfAborted();
  const request = new HttpRequest({
    method: "GET",
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port && { port: Number(url.port) }),
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { host: url.host },
  });
  const send = () => fleet.s3.config.requestHandler.handle(request, { abortSignal: signal });
  const { response } = await send().catch((error: unknown) => {
    if (signal.aborted || !isConnectionGone(error)) throw error;
    return send();
  });
  const { statusCode: status } = response;
  const body = response.body as Readable;
  if (fleet.debug) fleet.output.line(redactText(`GET ${url.href} · ${status}`));
  // Nobody reads what else is said, and unread it would keep one of the client's 50 connections.
  if (status !== 200) body.destroy();
  return { status, body: readUntilAborted(body, signal) };
}

function isConnectionGone(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === "ECONNRESET" || code === "EPIPE";
}

async function* readUntilAborted(body: Readable, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const stop = () => body.destroy(signal.reason as Error);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    yield* body as AsyncIterable<Uint8Array>;
  } catch (error) {
    // A connection that was cut by us says "aborted"; the caller wants to know why.
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
