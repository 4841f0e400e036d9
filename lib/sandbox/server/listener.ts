import type { Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { constants } from "node:crypto";
import { createServer, type TLSSocket } from "node:tls";
import type { Issuer } from "../pki/certificate.js";
import { openDevicePort, PROTOCOLS, speaksMqtt, type DevicePort } from "./device-ports.js";
import type { Patience } from "./patience.js";

/** A port that speaks HTTP and, when there is a certificate, HTTPS. */
export interface Listener {
  readonly port: number;
  /** Where MQTT is spoken without being asked for by name; undefined when it is not. */
  readonly mqttPort: number | undefined;
  /** Take no more connections, let requests under way finish, and end them all when the grace is over. */
  close(): Promise<void>;
}

/** What a TLS connection begins with, and HTTP never does: a handshake record. */
const HANDSHAKE = 0x16;

/** How often a certificate is looked at, in milliseconds. */
const RENEWAL_MS = 3600 * 1000;

/**
 * Let `http` listen on 127.0.0.1 for both protocols: the first byte of each connection decides. Behind
 * the handshake it is one server, with the same limits and guards.
 *
 * @param options.certificate asked at the start and each hour, for one that does not end
 * @throws the listening error (`EADDRINUSE`, `EACCES`) as Node gives it
 */
export async function listen(
  http: Server,
  port: number,
  options: {
    readonly certificate: (() => Issuer) | undefined;
    readonly patience: Pick<Patience, "silenceMs" | "graceMs">;
    /** Who speaks MQTT, and on which ports: in the order in which they are tried. */
    readonly mqtt?: {
      readonly speak: (socket: TLSSocket) => void;
      readonly ports: readonly number[];
    };
    /** Further ports that speak what this one does, over TLS only. */
    readonly securePorts?: readonly number[];
  },
): Promise<Listener> {
  const { certificate, patience, mqtt, securePorts = [] } = options;
  const { silenceMs, graceMs } = patience;
  const connections = new Set<Socket>();
  /** Those that have not said a word: nobody waits for them. */
  const silent = new Set<Socket>();
  // Node's own listener makes an HTTP connection of any socket, a deciphered one too.
  const [speakHttp] = http.listeners("connection") as ((socket: Socket) => void)[];
  if (!speakHttp) throw new Error("An HTTP server listens to its own connections");
  const mqttPorts = new Set<number | undefined>();
  const tls =
    certificate &&
    secure(certificate, silenceMs, (socket) => {
      if (mqtt && speaksMqtt(socket, mqttPorts)) mqtt.speak(socket);
      else speakHttp.call(http, socket);
    });
  const renewal = tls && setInterval(tls.renew, RENEWAL_MS).unref();
  http.once("close", () => clearInterval(renewal));
  http.removeAllListeners("connection");
  http.on("connection", (socket) => {
    connections.add(socket);
    silent.add(socket);
    socket.once("close", () => {
      connections.delete(socket);
      silent.delete(socket);
    });
    // A client that goes away is no event; whoever reads from it hears of its end.
    socket.on("error", () => {});
    sortByFirstByte(socket, silenceMs, (first) => {
      silent.delete(socket);
      if (first === HANDSHAKE && tls) tls.shakeHands(socket);
      else speakHttp.call(http, socket);
    });
  });

  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(port, "127.0.0.1", resolve);
  });

  const others: DevicePort[] = [];
  const open = async (ports: readonly number[]): Promise<number | undefined> => {
    if (!tls || ports.length === 0) return undefined;
    const opened = await openDevicePort(ports, tls.shakeHands);
    others.push(opened);
    return opened.port;
  };
  let mqttPort: number | undefined;
  try {
    mqttPort = await open(mqtt?.ports ?? []);
    mqttPorts.add(mqttPort);
    for (const port of securePorts) await open([port]);
  } catch (error) {
    await Promise.all(others.map((other) => other.close()));
    await new Promise((resolve) => http.close(resolve));
    throw error;
  }

  return {
    mqttPort,
    port: (http.address() as AddressInfo).port,
    async close() {
      await Promise.all(others.map((other) => other.close()));
      await new Promise<void>((resolve, reject) => {
        const end = setTimeout(() => {
          for (const socket of connections) socket.destroy();
        }, graceMs);
        http.close((error) => {
          clearTimeout(end);
          if (error) reject(error);
          else resolve();
        });
        http.closeIdleConnections();
        for (const socket of silent) socket.destroy();
      });
    },
  };
}

/** Wait for a connection's first byte, and leave it where it was. */
function sortByFirstByte(socket: Socket, silenceMs: number, decide: (first: number) => void): void {
  const giveUp = (): void => void socket.destroy();
  socket.setTimeout(silenceMs, giveUp);
  socket.once("readable", () => {
    socket.setTimeout(0, giveUp);
    socket.off("timeout", giveUp);
    const first = socket.read(1) as Buffer | null;
    // The other side has hung up without a word.
    if (first === null) return giveUp();
    socket.unshift(first);
    decide(first[0] as number);
  });
}

/** A server of handshakes alone: what has made one comes out as a connection. */
function secure(
  certificate: () => Issuer,
  silenceMs: number,
  onSecure: (socket: TLSSocket) => void,
) {
  const inUse = () => {
    const { certificatePem: cert, privateKeyPem: key } = certificate();
    return { cert, key };
  };
  const tls = createServer({
    ...inUse(),
    minVersion: "TLSv1.2",
    ALPNProtocols: PROTOCOLS,
    // Of a device; whoever signed it does not matter, and others have none.
    requestCert: true,
    rejectUnauthorized: false,
    // AWS resumes no sessions; one that is resumed may come without its certificate.
    secureOptions: constants.SSL_OP_NO_TICKET,
    handshakeTimeout: silenceMs,
  });
  tls.on("secureConnection", onSecure);
  tls.on("tlsClientError", (_, socket) => socket.destroy());
  return {
    shakeHands(socket: Socket): void {
      // Who hangs up in the middle of a handshake is gone: there is no answer that could follow.
      socket.allowHalfOpen = false;
      tls.emit("connection", socket);
    },
    renew(): void {
      try {
        tls.setSecureContext(inUse());
      } catch (error) {
        // The one in use is good for some time yet.
        console.error("sandbox: its certificate could not be renewed", error);
      }
    },
  };
}
