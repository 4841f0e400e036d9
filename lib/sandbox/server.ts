import type { X509Certificate } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { CONTROL_PATH } from "./control.js";
import { BodyFault, type ReadBody } from "./http/bodies.js";
import { plain, type WireRequest, type WireResponse } from "./http/wire.js";
import type { Link, Peer } from "./mqtt/runtime.js";
import type { Issuer } from "./pki/certificate.js";
import { send } from "./server/answers.js";
import { bodyReader } from "./server/bodies.js";
import { createGate } from "./server/gate.js";
import { isPagePath, LARGEST_PAGE_BODY } from "./live/live.js";
import { pageRefusalOf, refusalOf } from "./server/guards.js";
import { listen } from "./server/listener.js";
import { PATIENCE, type Patience } from "./server/patience.js";
import { takeWebSockets } from "./server/web-sockets.js";

/** A sandbox behind a port of this machine's loopback address. */
export interface SandboxServer {
  /** `http://127.0.0.1:<port>`; with a certificate, `https` in front of the same works as well. */
  readonly url: string;
  /** Where MQTT is spoken, over TLS, without being asked for by name (ALPN); undefined when it is not. */
  readonly mqttPort: number | undefined;
  /** Stop listening, let requests under way finish, and after a moment end what has not. */
  close(): Promise<void>;
}

export interface ServerOptions {
  /** What answers as AWS: it gets a request without its body, and reads that when it wants to. */
  readonly handle: (request: WireRequest, readBody: ReadBody) => Promise<WireResponse>;
  /** What answers under `/_fleetlab`. */
  readonly control: (request: WireRequest) => Promise<WireResponse>;
  /** 0 takes any free port. */
  readonly port: number;
  /** What HTTPS is served with, asked for now and then. Default: there is HTTP only. */
  readonly certificate?: () => Issuer;
  /** Where devices connect, with a certificate or a signed WebSocket. Default: they cannot. */
  readonly devices?: {
    readonly connect: (link: Link) => void;
    /** Who has signed the handshake of a WebSocket; throws a WireError for nobody. */
    readonly peerOf: (request: WireRequest) => Peer;
    /** Ports for MQTT over TLS in the order in which they are tried; 0 is any free one. Empty for none. */
    readonly ports: readonly number[];
  };
  /** Further ports for HTTPS, all of which must be free. */
  readonly securePorts?: readonly number[];
  /** How long it waits for clients. Default: `PATIENCE`. */
  readonly patience?: Partial<Patience>;
  /** Called for every request that is let in, apart from those that only ask who is there. */
  readonly onRequest?: () => void;
}

/** Of a request under `/_fleetlab` that is not the page's, in bytes. */
const LARGEST_CONTROL_BODY = 4 * 1024;

/** All long bodies that are held at once, in bytes: two of S3's largest uploads. */
const ROOM_FOR_BODIES = 132 * 1024 * 1024;

/** How long a whole request may take to come, in milliseconds. */
const REQUEST_MS = 300_000;

/** How often Node looks for requests that take too long, in milliseconds. */
const CHECK_MS = 5_000;

/**
 * Serve `handle` on 127.0.0.1, to this machine's programs and to no web page.
 *
 * @throws the listening error (`EADDRINUSE`, `EACCES`) as Node gives it
 */
export async function serve(options: ServerOptions): Promise<SandboxServer> {
  const { handle, control, port, certificate, devices, onRequest } = options;
  const patience = { ...PATIENCE, ...options.patience };

  const gate = createGate(ROOM_FOR_BODIES);

  const headOf = (request: IncomingMessage): WireRequest => {
    const url = request.url ?? "/";
    const at = url.indexOf("?");
    const certificate = certificateOf(request.socket);
    const { remoteAddress } = request.socket;
    return {
      method: request.method ?? "GET",
      path: at < 0 ? url : url.slice(0, at),
      query: at < 0 ? "" : url.slice(at + 1),
      headers: headersOf(request),
      body: new Uint8Array(),
      ...(certificate && { certificate }),
      ...(remoteAddress !== undefined && { sourceIp: remoteAddress }),
    };
  };

  const answer = async (request: IncomingMessage, readBody: ReadBody): Promise<WireResponse> => {
    const url = request.url ?? "/";
    const isPage = isPagePath(url.replace(/\?.*$/s, ""));
    const refusal = isPage ? pageRefusalOf(request) : refusalOf(request);
    if (refusal) return plain(403, refusal);
    // `GET http://elsewhere/` is for a proxy, and `OPTIONS *` for a server: neither names anything here.
    if (!url.startsWith("/")) return plain(400, "The request's target must be a path.");
    const head = headOf(request);
    const { path } = head;
    if (path !== CONTROL_PATH) onRequest?.();
    const isControl = path === CONTROL_PATH || path.startsWith(`${CONTROL_PATH}/`);
    if (!isControl) return handle(head, readBody);
    const largest = isPage ? LARGEST_PAGE_BODY : LARGEST_CONTROL_BODY;
    try {
      return await control({ ...head, body: await readBody(largest) });
    } catch (error) {
      if (!(error instanceof BodyFault)) throw error;
      const most = `A request body may have at most ${largest} bytes here.`;
      return error.reason === "too long" ? plain(413, most) : plain(408, `${error.message}.`);
    }
  };

  const limits = {
    keepAliveTimeout: patience.keepAliveMs,
    headersTimeout: patience.headMs,
    requestTimeout: REQUEST_MS,
    connectionsCheckingInterval: Math.min(CHECK_MS, patience.headMs),
  };
  const server = createServer(limits);
  const serveOne: RequestListener = (request, response) => {
    response.once("close", () => {
      // Stopping, nobody waits for a next request.
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    });
    answer(request, bodyReader(request, response, gate, patience))
      .catch((error: unknown) => {
        console.error("sandbox: a request failed outside its operation", error);
        return plain(500, "The sandbox failed on this request; its log says why.");
      })
      .then((result) => {
        // Whoever sent it has hung up, or Node has refused its body with 400 already.
        if (request.errored || response.destroyed) return;
        const isLast = !server.listening;
        send(request, response, result, { isLast, lingerMs: patience.lingerMs });
      })
      .catch((error: unknown) => {
        // Mostly the client has gone. One that has not must not wait for what cannot come.
        console.error("sandbox: an answer could not be sent", error);
        response.destroy();
      });
  };
  server.on("request", serveOne);
  // Without this Node would ask for every body that is announced, also for one that is refused.
  server.on("checkContinue", serveOne);
  if (devices) takeWebSockets(server, headOf, devices.peerOf, devices.connect);
  const listener = await listen(server, port, {
    certificate,
    patience,
    ...(devices && {
      mqtt: { speak: (socket) => devices.connect(linkOf(socket)), ports: devices.ports },
    }),
    ...(options.securePorts && { securePorts: options.securePorts }),
  });

  return {
    url: `http://127.0.0.1:${listener.port}`,
    mqttPort: listener.mqttPort,
    close: () => listener.close(),
  };
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(",") : value;
  }
  return headers;
}

/** The certificate that a client has proven to be its own; undefined when it has shown none. */
function certificateOf(socket: Socket): X509Certificate | undefined {
  return socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
}

function linkOf(socket: TLSSocket): Link {
  socket.setNoDelay(true);
  const { remoteAddress = "", remotePort = 0, localAddress = "", localPort = 0 } = socket;
  const { servername } = socket;
  return {
    stream: socket,
    peer: { kind: "certificate", certificate: certificateOf(socket) },
    isWebSocket: false,
    // Node says false where there is none.
    ...(servername && { serverName: servername }),
    source: { ip: remoteAddress, port: remotePort },
    target: { ip: localAddress, port: localPort },
  };
}
