import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { createWebSocketStream, WebSocketServer } from "ws";
import { WireError, type WireRequest } from "../http/wire.js";
import type { Link, Peer } from "../mqtt/runtime.js";
import { LARGEST_PACKET } from "../mqtt/limits.js";
import { refusalOf } from "./guards.js";

/** The path of MQTT over WebSocket. */
const PATH = "/mqtt";

/** What a close frame says when a client has meant to go: a normal end, going away, or nothing said. */
const GOODBYES: ReadonlySet<number> = new Set([1000, 1001, 1005]);

/**
 * Take WebSockets on an HTTP server.
 *
 * @param peerOf who has signed a handshake; throws a WireError for nobody
 */
export function takeWebSockets(
  http: Server,
  headOf: (request: IncomingMessage) => WireRequest,
  peerOf: (request: WireRequest) => Peer,
  connect: (link: Link) => void,
): void {
  const sockets = new WebSocketServer({
    noServer: true,
    // Several MQTT packets may come in one frame.
    maxPayload: 4 * LARGEST_PACKET,
    perMessageDeflate: false,
    handleProtocols: (offered) =>
      [...offered].find((name) => /^mqtt(v3\.1)?$/i.test(name)) ?? false,
  });
  http.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => {});
    const refusal = refusalOf(request);
    if (refusal !== undefined) return refuse(socket, 403, refusal);
    const asked = headOf(request);
    if (asked.path !== PATH) return refuse(socket, 404, `WebSockets are at ${PATH}.`);
    let peer: Peer;
    try {
      peer = peerOf(asked);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      return refuse(socket, error.status, error.message);
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      let code: number | undefined;
      webSocket.on("close", (said: number) => (code = said));
      const stream = createWebSocketStream(webSocket, { readableObjectMode: false });
      const {
        remoteAddress = "",
        remotePort = 0,
        localAddress = "",
        localPort = 0,
      } = request.socket;
      connect({
        stream,
        peer,
        isWebSocket: true,
        source: { ip: remoteAddress, port: remotePort },
        target: { ip: localAddress, port: localPort },
        hasSaidGoodbye: () => code !== undefined && GOODBYES.has(code),
      });
    });
  });
}

function refuse(socket: Duplex, status: number, why: string): void {
  const text = `${why}\n`;
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-type: text/plain\r\n` +
      `content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}
