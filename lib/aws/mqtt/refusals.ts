import type { Fleet } from "../connect.js";
import { FleetError } from "../errors.js";

/*
 * What a device sees when AWS IoT refuses it, in words that say what to look at. AWS tells a device
 * little on purpose: MQTT 5 has a number, MQTT 3.1.1 only a closed connection.
 * https://docs.aws.amazon.com/iot/latest/developerguide/diagnosing-connectivity-issues.html
 */

/** AWS IoT did not let a device do something, or connect at all. */
export class DeviceRefusedError extends FleetError {
  override readonly name = "DeviceRefusedError";
  /** MQTT 5's reason, such as 0x87, not authorized; undefined when the connection was just closed. */
  readonly reasonCode: number | undefined;
  constructor(message: string, reasonCode: number | undefined, options?: ErrorOptions) {
    super(message, options);
    this.reasonCode = reasonCode;
  }
}

/** The connection of a device has ended, or an answer has not come. */
export class DeviceLostError extends FleetError {
  override readonly name = "DeviceLostError";
}

/** What MQTT 5 calls the reasons that AWS IoT gives. */
const REASONS: Readonly<Record<number, string>> = {
  0x80: "unspecified error",
  0x81: "malformed packet",
  0x82: "protocol error",
  0x85: "client id not valid",
  0x86: "bad user name or password",
  0x87: "not authorized",
  0x8b: "server shutting down",
  0x8d: "keep-alive timeout",
  0x8e: "session taken over",
  0x8f: "topic filter invalid",
  0x90: "topic name invalid",
  0x93: "receive maximum exceeded",
  0x94: "topic alias invalid",
  0x97: "quota exceeded",
  0x98: "administrative action",
  0x9b: "QoS not supported",
};

/** `not authorized (MQTT reason 0x87)` */
export function reasonWords(code: number): string {
  return `${REASONS[code] ?? "reason unknown"} (MQTT reason 0x${code.toString(16)})`;
}

const NOT_AUTHORIZED = 0x87;
export const QUOTA_EXCEEDED = 0x97;

/** Who was refused what. */
export interface Refused {
  readonly clientId: string;
  readonly certificateId: string;
}

/**
 * @param code MQTT 5's reason; undefined when the connection was closed before any answer
 */
export function connectRefused(
  fleet: Fleet,
  { clientId, certificateId }: Refused,
  code: number | undefined,
  cause?: unknown,
): DeviceRefusedError {
  const said =
    code === undefined ? "the connection was closed without an answer" : reasonWords(code);
  const check =
    code === undefined || code === NOT_AUTHORIZED
      ? ` Look at two things: is its certificate ${shortId(certificateId)} registered here and ACTIVE, and does ` +
        `a policy of it allow iot:Connect on client/${clientId}? ${whereItIsLogged(fleet)}`
      : "";
  return new DeviceRefusedError(`AWS IoT did not let ${clientId} connect: ${said}.${check}`, code, {
    cause,
  });
}

/**
 * @param what `publish to` or `subscribe to`
 */
export function topicRefused(
  fleet: Fleet,
  { clientId, certificateId }: Refused,
  what: "publish to" | "subscribe to",
  topics: readonly string[],
  code: number,
): DeviceRefusedError {
  const [action, kind] =
    what === "publish to" ? ["iot:Publish", "topic"] : ["iot:Subscribe", "topicfilter"];
  const [first = ""] = topics;
  // Those of one service are refused together: one says which service it is.
  const more = topics.length > 1 ? ` and ${topics.length - 1} more` : "";
  const check =
    code === NOT_AUTHORIZED
      ? ` A policy of its certificate ${shortId(certificateId)} has to allow ${action} on ` +
        `${kind}/${first}${more}. ${whereItIsLogged(fleet)}`
      : "";
  return new DeviceRefusedError(
    `AWS IoT did not let ${clientId} ${what} ${first}${more}: ${reasonWords(code)}.${check}`,
    code,
  );
}

function whereItIsLogged({ target }: Fleet): string {
  return target === "sandbox"
    ? "The sandbox's log, .fleetlab/sandbox/sandbox.log, says which statement was missing."
    : "CloudWatch's log group AWSIotLogsV2 says which one was missing, where logging is on.";
}

function shortId(certificateId: string): string {
  return `${certificateId.slice(0, 8)}…`;
}
