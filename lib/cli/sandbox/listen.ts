import { Failure } from "#bootstrap/failures";
import type { SandboxFile } from "../../aws/local.js";
import type { SandboxServer } from "../../sandbox/server.js";
import type { Options } from "./options.js";

/** Beside 8883, what AWS serves devices on: HTTPS and MQTT by name (ALPN), and HTTPS with certificates. */
export const STANDARD_PORTS = [443, 8443];

/** Ports for MQTT in the order in which they are tried. Without a wish, starting never fails for one. */
export function mqttPorts(
  { mqttPort }: Pick<Options, "mqttPort">,
  last: SandboxFile | undefined,
): number[] {
  if (mqttPort === "off") return [];
  if (mqttPort !== undefined) return [mqttPort];
  return [...(last?.mqtt ? [last.mqtt.port] : []), 8883, 0];
}

function notForDevices(error: unknown, port: number): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "EADDRINUSE" && code !== "EACCES") return error;
  const why = code === "EACCES" ? "may not be used by this user" : "is taken";
  return new Failure(
    `Port ${port} ${why}, which devices were to connect to.`,
    "Leave --mqtt-port and --standard-ports out for any free one.",
    { cause: error },
  );
}

/**
 * Listen on the wanted port, else on the last one, so that clients of before find us again.
 *
 * @throws Failure when the wanted one is taken or forbidden
 */
export async function listen(
  options: Pick<Options, "port" | "mqttPort" | "hasStandardPorts">,
  last: SandboxFile | undefined,
  open: (port: number) => Promise<SandboxServer>,
): Promise<SandboxServer> {
  const { port: wanted } = options;
  const lastPort = last ? Number(new URL(last.url).port) : 0;
  try {
    return await open(wanted ?? lastPort);
  } catch (error) {
    const { code, port } = error as NodeJS.ErrnoException & { readonly port?: number };
    if (port !== undefined && port !== (wanted ?? lastPort)) throw notForDevices(error, port);
    if (wanted === undefined && code === "EADDRINUSE") return open(0);
    if (code === "EADDRINUSE") {
      throw new Failure(
        `Port ${wanted} is taken. Choose another with --port, or leave it out for any free one.`,
        "npm run sandbox -- --port 0",
      );
    }
    if (code === "EACCES") {
      throw new Failure(
        `Port ${wanted} may not be used by this user. Choose one above 1023.`,
        "npm run sandbox -- --port 4566",
      );
    }
    throw error;
  }
}
