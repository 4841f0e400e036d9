/** Cuts a stream of bytes into MQTT packets. */
export interface FrameReader {
  /**
   * @returns the packets that are whole by now, as they came
   * @throws FrameError when a length cannot be read or is more than may come: before any of it is kept
   */
  push(bytes: Uint8Array): Buffer[];
}

export class FrameError extends Error {
  override readonly name = "FrameError";
  readonly isTooLarge: boolean;
  constructor(message: string, isTooLarge: boolean) {
    super(message);
    this.isTooLarge = isTooLarge;
  }
}

/** The codec alone would wait for up to 256 MiB of a packet that nobody wants. @param most bytes of a packet */
export function createFrameReader(most: number): FrameReader {
  let parts: Buffer[] = [];
  let held = 0;
  /** Bytes of the packet that is under way, as soon as its head tells. */
  let needed: number | undefined;

  return {
    push(bytes) {
      const frames: Buffer[] = [];
      parts.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      held += bytes.byteLength;
      for (;;) {
        if (needed === undefined) {
          needed = lengthOf(headOf(parts));
          if (needed === undefined) return frames;
          if (needed > most) throw new FrameError(`a packet of ${needed} bytes`, true);
        }
        if (held < needed) return frames;
        const all: Buffer = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
        frames.push(all.subarray(0, needed));
        const rest = all.subarray(needed);
        parts = rest.byteLength > 0 ? [rest] : [];
        held = rest.byteLength;
        needed = undefined;
      }
    },
  };
}

/** The first five bytes, or as many as there are. */
function headOf(parts: readonly Buffer[]): readonly number[] {
  const head: number[] = [];
  for (const part of parts) {
    for (const byte of part) {
      head.push(byte);
      if (head.length === 5) return head;
    }
  }
  return head;
}

/** The bytes of a whole packet; undefined while its head does not tell. */
function lengthOf(head: readonly number[]): number | undefined {
  let length = 0;
  for (let i = 1; i < 5; i++) {
    const byte = head[i];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 128 ** (i - 1);
    if (byte < 0x80) return 1 + i + length;
  }
  throw new FrameError("a length of more than four bytes", false);
}
