import type { Message } from "../mqtt/messages.js";

/** A message as the page shows it. */
export interface ShownMessage {
  readonly n: number;
  /** Milliseconds since the epoch, on the sandbox's clock. */
  readonly at: number;
  readonly topic: string;
  /** The client that has published it; undefined for AWS itself and for HTTP. */
  readonly from?: string;
  readonly qos: 0 | 1;
  /** Of the whole payload, in bytes. */
  readonly size: number;
  /** The beginning of a payload that is UTF-8 text. */
  readonly text?: string;
  /** The beginning of any other, in hexadecimal. */
  readonly hex?: string;
}

/** What is shown of a payload, in bytes. */
const MOST_BYTES = 4096;
const MOST_HEX_BYTES = 256;

export function shownMessage(
  message: Message,
  from: string | undefined,
  n: number,
  at: number,
): ShownMessage {
  const { topic, payload, qos } = message;
  return {
    n,
    at,
    topic,
    ...(from !== undefined && { from }),
    qos,
    size: payload.byteLength,
    ...contentOf(payload),
  };
}

function contentOf(payload: Uint8Array): Pick<ShownMessage, "text" | "hex"> {
  const isWhole = payload.byteLength <= MOST_BYTES;
  try {
    // Of a cut one the last character may be half a one: that is no reason to call it no text.
    const decoder = new TextDecoder("utf-8", { fatal: true });
    return { text: decoder.decode(payload.subarray(0, MOST_BYTES), { stream: !isWhole }) };
  } catch {
    return { hex: Buffer.from(payload.subarray(0, MOST_HEX_BYTES)).toString("hex") };
  }
}

/**
 * Whether a topic is one of a filter's, as a broker sees it: a filter that begins with a wildcard has no
 * topics that begin with `$`.
 */
export function isOfFilter(filter: string, topic: string): boolean {
  if (/^[+#]/.test(filter) && topic.startsWith("$")) return false;
  const wanted = filter.split("/");
  const levels = topic.split("/");
  for (const [i, level] of wanted.entries()) {
    if (level === "#") return true;
    if (i >= levels.length || (level !== "+" && level !== levels[i])) return false;
  }
  return wanted.length === levels.length;
}

/** Whether a message is about a thing: it is the thing's own, or its name is a level of the topic. */
export function isAbout(thingName: string, { from, topic }: ShownMessage): boolean {
  return from === thingName || topic.split("/").includes(thingName);
}
