import { createServer, type AddressInfo, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** What clients ask for with the name of a protocol (ALPN). */
const MQTT_NAMES: ReadonlySet<unknown> = new Set(["x-amzn-mqtt-ca", "mqtt"]);

/**
 * All names that some client offers: one that offers none of ours is cut off, before it can be told
 * anything.
 */
export const PROTOCOLS = ["x-amzn-mqtt-ca", "mqtt", "x-amzn-http-ca", "http/1.1", "http/1.0"];

/** Whether MQTT is spoken behind a handshake: the client says so, or the port is for that. */
export function speaksMqtt(
  { alpnProtocol, localPort }: Pick<TLSSocket, "alpnProtocol" | "localPort">,
  mqttPorts: ReadonlySet<number | undefined>,
): boolean {
  return alpnProtocol ? MQTT_NAMES.has(alpnProtocol) : mqttPorts.has(localPort);
}

/** A port of TLS alone. */
export interface DevicePort {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Listen on 127.0.0.1.
 *
 * @param wanted ports in the order in which they are tried; 0 is any free one
 * @param shakeHands what a connection goes to
 * @throws the last one's listening error (`EADDRINUSE`, `EACCES`) as Node gives it
 */
export async function openDevicePort(
  wanted: readonly number[],
  shakeHands: (socket: Socket) => void,
): Promise<DevicePort> {
  const connections = new Set<Socket>();
  const server = createServer((socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
    // A client that goes away is no event; whoever reads from it hears of its end.
    socket.on("error", () => {});
    shakeHands(socket);
  });
  let refusal: unknown;
  for (const port of wanted) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, "127.0.0.1", () => {
          server.off("error", reject);
          resolve();
        });
      });
      return {
        port: (server.address() as AddressInfo).port,
        close: () =>
          new Promise((resolve) => {
            server.close(() => resolve());
            for (const socket of connections) socket.destroy();
          }),
      };
    } catch (error) {
      server.removeAllListeners("error");
      refusal = error;
    }
  }
  throw refusal;
}
