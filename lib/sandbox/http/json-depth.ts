/** Deeper than any shape of ours and any document of a client's. */
const DEEPEST = 200;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPENS, CLOSES] = [new Set([0x5b, 0x7b]), new Set([0x5d, 0x7d])];

/**
 * Whether a JSON text nests deeper than anybody means it to. Found by counting brackets: to parse such
 * a text takes a thousand times as long, and to walk what comes out ends the stack.
 */
export function isTooDeep(json: Uint8Array): boolean {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at] as number;
    if (isText) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (OPENS.has(byte) && ++depth > DEEPEST) return true;
    else if (CLOSES.has(byte)) depth--;
  }
  return false;
}
