import { cbor } from "@smithy/core/cbor";
import type { IPublishPacket } from "mqtt-packet";
import { LONGEST_EXPIRY } from "./limits.js";

/** What MQTT 5 says of a message beside its topic, and what goes on to whoever gets it. */
export interface MessageProperties {
  readonly payloadFormatIndicator?: boolean;
  readonly contentType?: string;
  readonly responseTopic?: string;
  readonly correlationData?: Uint8Array;
  /** In the order of their first names. */
  readonly userProperties?: Readonly<Record<string, string | string[]>>;
}

/** A message as it goes through the broker. */
export interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
  readonly properties?: MessageProperties;
  /** Milliseconds since the epoch, on the sandbox's clock. */
  readonly expiresAt?: number;
}

/** What AWS's services write in, and read. */
export type Format = "json" | "cbor";

/** A message of AWS's own services, delivered at least once where it was subscribed so. */
export function serviceMessage(topic: string, document: object, format: Format = "json"): Message {
  const payload =
    format === "json"
      ? Buffer.from(JSON.stringify(document))
      : // The serializer hands out what it writes into next time.
        Uint8Array.from(cbor.serialize(document));
  return { topic, payload, qos: 1 };
}

/** The properties that are forwarded; undefined when there are none. */
export function forwarded(
  properties: IPublishPacket["properties"] | undefined,
): MessageProperties | undefined {
  const { payloadFormatIndicator, contentType, responseTopic, correlationData, userProperties } =
    properties ?? {};
  const found: MessageProperties = {
    ...(payloadFormatIndicator !== undefined && { payloadFormatIndicator }),
    ...(contentType !== undefined && { contentType }),
    ...(responseTopic !== undefined && { responseTopic }),
    ...(correlationData !== undefined && { correlationData: new Uint8Array(correlationData) }),
    ...(userProperties !== undefined && { userProperties: { ...userProperties } }),
  };
  return Object.keys(found).length > 0 ? found : undefined;
}

/** When a message that may live so many seconds is out of date. At least one second, at most a week. */
export function expiryOf(now: number, seconds: number | undefined): number | undefined {
  if (seconds === undefined) return undefined;
  return now + Math.min(LONGEST_EXPIRY, Math.max(1, seconds)) * 1000;
}

/** A message on its way to one client. */
export interface Delivery {
  readonly message: Message;
  readonly qos: 0 | 1;
  /** Only of a retained message that somebody gets because he subscribes. */
  readonly isRetained?: boolean;
  /** Where it is stored until it is acknowledged. */
  readonly key?: string;
}

/** @param now on the sandbox's clock; the message must not have expired by then */
export function packetOf(
  { message, qos, isRetained = false }: Delivery,
  messageId: number | undefined,
  now: number,
): IPublishPacket {
  const { topic, payload, properties, expiresAt } = message;
  const { correlationData, userProperties, ...others } = properties ?? {};
  const seconds = expiresAt === undefined ? undefined : Math.ceil((expiresAt - now) / 1000);
  return {
    cmd: "publish",
    topic,
    payload: bufferOf(payload),
    qos,
    retain: isRetained,
    dup: false,
    ...(messageId !== undefined && { messageId }),
    properties: {
      ...others,
      ...(correlationData && { correlationData: bufferOf(correlationData) }),
      ...(userProperties && { userProperties: { ...userProperties } }),
      ...(seconds !== undefined && { messageExpiryInterval: seconds }),
    },
  };
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function hasExpired({ expiresAt }: Message, now: number): boolean {
  return expiresAt !== undefined && now >= expiresAt;
}
