import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { CONTROL_PATH } from "./control.js";
import { plain, type WireRequest, type WireResponse } from "./http/wire.js";
import type { Issuer } from "./pki/certificate.js";
import { refusalOf } from "./server/guards.js";
import { listen } from "./server/listener.js";
import { PATIENCE, type Patience } from "./server/patience.js";

/** A sandbox behind a port of this machine's loopback address. */
export interface SandboxServer {
  /** `http://127.0.0.1:<port>`; with a certificate, `https` in front of the same works as well. */
  readonly url: string;
  /** Stop listening, let requests under way finish, and after a moment end what has not. */
  close(): Promise<void>;
}

export interface ServerOptions {
  /** What answers as AWS. */
  readonly handle: (request: WireRequest) => Promise<WireResponse>;
  /** What answers under `/_fleetlab`. */
  readonly control: (request: WireRequest) => Promise<WireResponse>;
  /** 0 takes any free port. */
  readonly port: number;
  /** What HTTPS is served with, asked for now and then. Default: there is HTTP only. */
  readonly certificate?: () => Issuer;
  /** How long it waits for clients. Default: `PATIENCE`. */
  readonly patience?: Partial<Patience>;
  /** Called for every request that is let in, apart from those that only ask who is there. */
  readonly onRequest?: () => void;
}

/** Largest request body, in bytes: S3's single upload here is 64 MiB, and chunked bodies carry more. */
const LARGEST_BODY = 66 * 1024 * 1024;

/** How often Node looks for requests that take too long, in milliseconds. */
const CHECK_MS = 5_000;

/**
 * Serve `handle` on 127.0.0.1, to this machine's programs and to no web page.
 *
 * @throws the listening error (`EADDRINUSE`, `EACCES`) as Node gives it
 */
export async function serve(options: ServerOptions): Promise<SandboxServer> {
  const { handle, control, port, certificate, onRequest } = options;
  const patience = { ...PATIENCE, ...options.patience };

  const answer = async (request: IncomingMessage): Promise<WireResponse> => {
    const refusal = refusalOf(request);
    if (refusal) return plain(403, refusal);
    const url = request.url ?? "/";
    // `GET http://elsewhere/` is for a proxy, and `OPTIONS *` for a server: neither names anything here.
    if (!url.startsWith("/")) return plain(400, "The request's target must be a path.");
    const at = url.indexOf("?");
    const path = at < 0 ? url : url.slice(0, at);
    if (path !== CONTROL_PATH) onRequest?.();
    const body = await bodyOf(request);
    if (!body) return plain(413, `A request body may have at most ${LARGEST_BODY} bytes.`);
    const isControl = path === CONTROL_PATH || path.startsWith(`${CONTROL_PATH}/`);
    return (isControl ? control : handle)({
      method: request.method ?? "GET",
      path,
      query: at < 0 ? "" : url.slice(at + 1),
      headers: headersOf(request),
      body,
    });
  };

  const limits = {
    keepAliveTimeout: patience.keepAliveMs,
    headersTimeout: patience.headMs,
    connectionsCheckingInterval: Math.min(CHECK_MS, patience.headMs),
  };
  const server = createServer(limits, (request, response) => {
    response.once("close", () => {
      // Stopping, nobody waits for a next request.
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    });
    answer(request)
      .catch((error: unknown) => {
        // The body broke off: whoever sent it has hung up, or Node has refused it with 400 already.
        if (request.errored) return undefined;
        console.error("sandbox: a request failed outside its operation", error);
        return plain(500, "The sandbox failed on this request; its log says why.");
      })
      .then((result) => result && send(response, result, request.method === "HEAD"))
      .catch((error: unknown) => {
        // The client went away while we were answering: nothing is owed to anybody.
        console.error("sandbox: an answer could not be sent", error);
      });
  });
  const listener = await listen(server, port, { certificate, patience });

  return {
    url: `http://127.0.0.1:${listener.port}`,
    close: () => listener.close(),
  };
}

/** The whole body, or undefined when it is too long. */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.byteLength;
    // Read on without keeping: an answer before the end would look like a broken connection.
    if (length <= LARGEST_BODY) chunks.push(chunk);
  }
  return length <= LARGEST_BODY ? Buffer.concat(chunks) : undefined;
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(",") : value;
  }
  return headers;
}

function send(response: ServerResponse, result: WireResponse, isHead: boolean): void {
  const { status, headers } = result;
  const body = typeof result.body === "string" ? Buffer.from(result.body) : result.body;
  response.writeHead(status, { "content-length": body.byteLength, ...headers });
  response.end(isHead ? undefined : body);
}
