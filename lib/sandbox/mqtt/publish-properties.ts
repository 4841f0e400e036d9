import { InvalidRequestException } from "@aws-sdk/client-iot-data-plane";
import { isObject } from "../http/json.js";
import { fault } from "../state/operation.js";
import type { MessageProperties } from "./messages.js";

/** What MQTT 5 says of a message, as HTTP carries it. */
export interface WireProperties {
  readonly contentType?: string | undefined;
  readonly responseTopic?: string | undefined;
  readonly payloadFormatIndicator?: string | undefined;
  /** In base64. */
  readonly correlationData?: string | undefined;
  /** JSON: an array of objects with one member each. */
  readonly userProperties?: unknown;
}

/** Undefined when nothing is said. Refuses what cannot be read. */
export function propertiesOf(wire: WireProperties): MessageProperties | undefined {
  const { contentType, responseTopic, payloadFormatIndicator, correlationData } = wire;
  const userProperties = userPropertiesIn(wire.userProperties);
  const found: MessageProperties = {
    ...(contentType !== undefined && { contentType }),
    ...(responseTopic !== undefined && { responseTopic }),
    ...(payloadFormatIndicator === "UTF8_DATA" && { payloadFormatIndicator: true }),
    ...(correlationData !== undefined && {
      correlationData: new Uint8Array(Buffer.from(correlationData, "base64")),
    }),
    ...(userProperties && { userProperties }),
  };
  return Object.keys(found).length > 0 ? found : undefined;
}

function userPropertiesIn(said: unknown): MessageProperties["userProperties"] {
  if (said === undefined) return undefined;
  const refuse = (): never =>
    fault(
      InvalidRequestException,
      "userProperties must be a JSON array of objects with one text each",
    );
  let list: unknown;
  try {
    // The codec hands out a text that is an object.
    const isText = typeof said === "string" || said instanceof String;
    list = JSON.parse(isText ? String(said) : JSON.stringify(said));
  } catch {
    return refuse();
  }
  if (!Array.isArray(list)) return refuse();
  const found = new Map<string, string | string[]>();
  for (const one of list) {
    if (!isObject(one)) return refuse();
    for (const [name, value] of Object.entries(one)) {
      if (typeof value !== "string") return refuse();
      const before = found.get(name);
      found.set(name, before === undefined ? value : [before, value].flat());
    }
  }
  return Object.fromEntries(found);
}

/** The same as HTTP answers it: the bytes of that JSON. */
export function wireUserProperties({ userProperties }: MessageProperties): Uint8Array | undefined {
  if (!userProperties) return undefined;
  const list = Object.entries(userProperties).flatMap(([name, values]) =>
    [values].flat().map((value) => ({ [name]: value })),
  );
  return Buffer.from(JSON.stringify(list));
}
