import codec, { type IConnectPacket, type Packet } from "mqtt-packet";

/** MQTT 3.1.1 and 5. */
export type Version = 4 | 5;

/** Bytes that are no packet of their version. */
export class MalformedPacket extends Error {
  override readonly name = "MalformedPacket";
}

/** Reads one connection's packets, each given whole. */
export interface PacketReader {
  /** @throws MalformedPacket */
  read(frame: Buffer): Packet;
}

export function createPacketReader(): PacketReader {
  let found: Packet | undefined;
  let fault: Error | undefined;
  const parser = codec.parser();
  parser.on("packet", (packet) => (found = packet));
  parser.on("error", (error: Error) => (fault = error));
  return {
    read(frame) {
      found = fault = undefined;
      let left: number;
      try {
        left = parser.parse(frame);
      } catch (error) {
        // It reads what the bytes claim, and not all of that is there.
        throw new MalformedPacket((error as Error).message);
      }
      const wrong = fault as Error | undefined;
      const packet = found as Packet | undefined;
      if (wrong || !packet || left > 0) {
        throw new MalformedPacket(wrong?.message ?? "it does not end where it says");
      }
      const { properties, will } = packet as Partial<Pick<IConnectPacket, "properties" | "will">>;
      if (isCutOff(properties) || isCutOff(will?.properties)) {
        throw new MalformedPacket("a property is cut off");
      }
      return packet;
    },
  };
}

/** The codec reads a property that is not all there as null. */
function isCutOff(properties: object | undefined): boolean {
  return Object.values(properties ?? {}).some(
    (value) =>
      value === null || (typeof value === "object" && !Buffer.isBuffer(value) && isCutOff(value)),
  );
}

/** @throws TypeError for what is no packet */
export function write(packet: Packet, version: Version): Buffer {
  return codec.generate(packet, { protocolVersion: version });
}

/** The protocol's name and version in a first packet, without reading the rest; undefined when it is none. */
export function greetingOf(frame: Buffer): { name: string; level: number } | undefined {
  const at = 1 + lengthBytes(frame);
  if (frame[0] !== 0x10 || frame.byteLength < at + 3) return undefined;
  const length = frame.readUInt16BE(at);
  const level = frame[at + 2 + length];
  if (level === undefined) return undefined;
  return { name: frame.toString("latin1", at + 2, at + 2 + length), level };
}

function lengthBytes(frame: Buffer): number {
  for (let i = 1; i < 5; i++) if ((frame[i] ?? 0) < 0x80) return i;
  return 4;
}
