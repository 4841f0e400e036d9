import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { CONTROL_PATH } from "./control.js";
import { plain, type WireRequest, type WireResponse } from "./http/wire.js";

/** A sandbox behind an HTTP port on this machine's loopback address. */
export interface SandboxServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Stop listening, let requests under way finish for a moment, and hang up on the others. */
  close(): Promise<void>;
}

export interface ServerOptions {
  /** What answers as AWS. */
  readonly handle: (request: WireRequest) => Promise<WireResponse>;
  /** What answers under `/_fleetlab`. */
  readonly control: (request: WireRequest) => Promise<WireResponse>;
  /** 0 takes any free port. */
  readonly port: number;
  /** Called for every request that is let in, apart from those that only ask who is there. */
  readonly onRequest?: () => void;
}

/** Largest request body, in bytes: S3's single upload here is 64 MiB, and chunked bodies carry more. */
const LARGEST_BODY = 66 * 1024 * 1024;

/** How long a client may take to finish its request once the server closes, in milliseconds. */
const GRACE_MS = 2_000;

/**
 * Serve `handle` on 127.0.0.1.
 *
 * A web page must not reach the sandbox: requests that a browser makes for another site (by `Origin` or
 * `Sec-Fetch-Site`), or with a `Host` that is not this machine (a rebound DNS name), are refused before
 * anything else looks at them.
 *
 * @throws the listening error (`EADDRINUSE`, `EACCES`) as Node gives it
 */
export async function serve(options: ServerOptions): Promise<SandboxServer> {
  const { handle, control, port, onRequest } = options;

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

  const server = createServer((request, response) => {
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

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeIdleConnections();
        // Who sends half a request and then nothing would keep the process, and its data's place, for ever.
        setTimeout(() => server.closeAllConnections(), GRACE_MS).unref();
      }),
  };
}

function refusalOf(request: IncomingMessage): string | undefined {
  if (request.headers.origin !== undefined) {
    return "The sandbox does not answer web pages (the request has an Origin header).";
  }
  // Browsers leave Origin out of a plain GET, of an image or a link, but tell where it comes from.
  const site = request.headers["sec-fetch-site"] ?? "none";
  if (site !== "none" && site !== "same-origin") {
    return "The sandbox does not answer web pages (the request has a Sec-Fetch-Site header).";
  }
  const host = (request.headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
  // `<bucket>.localhost` is S3's virtual-host style; names under .localhost never leave the machine.
  const isHere = host === "127.0.0.1" || host === "[::1]" || /^(.+\.)?localhost$/.test(host);
  return isHere ? undefined : `The sandbox answers only to this machine, not to "${host}".`;
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
