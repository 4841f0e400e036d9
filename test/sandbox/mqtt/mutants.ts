import codec, { type Packet } from "mqtt-packet";
import { expect } from "vitest";
import { openBroker, settled, type Wire } from "./broker.js";

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function numbersOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function packetsOf(version: 4 | 5, clientId: string): Buffer[] {
  const properties = { userProperties: { a: "b" }, contentType: "text", messageExpiryInterval: 5 };
  const will = { topic: "w", payload: Buffer.from("will"), qos: 1 as const, retain: true };
  const packets: Packet[] = [
    {
      cmd: "connect",
      clientId,
      protocolId: "MQTT",
      protocolVersion: version,
      clean: true,
      keepalive: 60,
      will,
      username: "?SDK=x",
    },
    {
      cmd: "publish",
      topic: "a/b",
      payload: "text",
      qos: 1,
      messageId: 7,
      retain: true,
      dup: false,
      properties,
    },
    {
      cmd: "publish",
      topic: "$aws/things/t/shadow/update",
      payload: '{"state":{"desired":{"a":1}}}',
      qos: 0,
      retain: false,
      dup: false,
    },
    {
      cmd: "publish",
      topic: "$aws/things/t/jobs/get",
      payload: "{}",
      qos: 0,
      retain: false,
      dup: false,
    },
    {
      cmd: "subscribe",
      messageId: 8,
      subscriptions: [
        { topic: "a/#", qos: 1 },
        { topic: "$share/g/b", qos: 0 },
      ],
    },
    { cmd: "unsubscribe", messageId: 9, unsubscriptions: ["a/#"] },
    { cmd: "puback", messageId: 1 },
    { cmd: "pingreq" },
    { cmd: "disconnect", reasonCode: 4 } as Packet,
  ];
  return packets.map((packet) => codec.generate(packet, { protocolVersion: version }));
}

/** Change bytes, take some out, put some in, cut off or join. */
function mutated(bytes: Buffer, random: () => number): Buffer {
  let mutant = Buffer.from(bytes);
  for (let times = 1 + Math.floor(random() * 4); times > 0; times--) {
    const at = Math.floor(random() * mutant.byteLength);
    const kind = Math.floor(random() * 5);
    if (kind === 0) mutant[at] = Math.floor(random() * 256);
    else if (kind === 1) mutant[at] = (mutant[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    else if (kind === 2) mutant = Buffer.concat([mutant.subarray(0, at), mutant.subarray(at + 1)]);
    else if (kind === 3) {
      const extra = Buffer.from([Math.floor(random() * 256), 0xff]);
      mutant = Buffer.concat([mutant.subarray(0, at), extra, mutant.subarray(at)]);
    } else mutant = mutant.subarray(0, Math.max(1, at));
  }
  return mutant;
}

/**
 * Send broken packets to one broker, over connections that are let in and over such that are not, beside
 * a client that must go on undisturbed.
 *
 * @returns how many connections were closed for it, and how many went on
 */
export async function sendMutants(
  count: number,
  seed: number,
): Promise<{ closed: number; open: number }> {
  const random = numbersOf(seed);
  const broker = openBroker();
  const { certificate } = await broker.identity();
  const bystander = await broker.client("bystander");
  await bystander.subscribe("mine", 1);
  const outcome = { closed: 0, open: 0 };
  const together: Wire[] = [];
  const complaints: unknown[] = [];
  const { error } = console;
  console.error = (...words: unknown[]) => void complaints.push(words);
  try {
    for (let i = 0; i < count; i++) {
      const version = random() < 0.5 ? 4 : 5;
      const packets = packetsOf(version, `mutant-${i % 20}`);
      const [greeting = Buffer.alloc(0), ...others] = packets;
      const client = broker.dial({ kind: "certificate", certificate });
      client.version = version;
      // What it is answered is not looked at: a mutant may have another version than it says.
      client.stream.removeAllListeners("data").resume();
      const isIn = random() < 0.7;
      if (isIn) client.stream.write(greeting);
      const one = isIn ? others[Math.floor(random() * others.length)] : greeting;
      const bytes = mutated(one ?? greeting, random);
      // In one piece, or byte by byte.
      if (random() < 0.9) client.stream.write(bytes);
      else for (const byte of bytes) client.stream.write(Buffer.from([byte]));
      together.push(client);
      if (together.length < 20 && i < count - 1) continue;
      await settled();
      await settled();
      await bystander.publish("mine", String(i), { qos: 1 });
      expect((await bystander.message()).text).toBe(String(i));
      for (const one of together.splice(0)) {
        outcome[one.isClosed ? "closed" : "open"]++;
        one.stream.destroy();
      }
    }
    await settled();
  } finally {
    console.error = error;
  }
  // Not one of them was a surprise: each is refused, or a packet after all.
  expect(complaints).toEqual([]);
  expect(bystander.isClosed).toBe(false);
  expect(broker.sandbox.devices.count).toBe(1);
  return outcome;
}
