import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFrameReader, FrameError } from "../../../lib/sandbox/mqtt/wire/frames.js";
import { createTrie } from "../../../lib/sandbox/mqtt/trie.js";
import { openBroker, settled } from "./broker.js";
import { sendMutants } from "./mutants.js";

it("broken packets are refused, and disturb nobody", async () => {
  const { closed, open } = await sendMutants(1000, 11);

  // Both happen, and often: some mutants are packets all the same.
  expect(closed).toBeGreaterThan(100);
  expect(open).toBeGreaterThan(100);
});

it("a packet whose property is cut off is refused, and goes to nobody", async () => {
  const broker = openBroker();
  const client = await broker.client("c", { version: 5 });
  await client.subscribe("a");

  // To `a`, with a content type of five bytes, of which there are none.
  client.stream.write(Buffer.from([0x30, 7, 0, 1, 97, 3, 0x03, 0, 5]));

  await client.closed();
  expect(client.heard.at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x81 });
});

describe("packets are cut out of the stream", () => {
  const frame = (size: number) => {
    const length = size - 2;
    return Buffer.concat([Buffer.from([0x30, length]), Buffer.alloc(length, 1)]);
  };

  it("wherever it is cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 2, max: 129 }), { maxLength: 10 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }),
        (sizes, cuts) => {
          const all = Buffer.concat(sizes.map(frame));
          const reader = createFrameReader(1000);
          const found: Buffer[] = [];
          for (let at = 0, i = 0; at < all.byteLength; i++) {
            const next = at + (cuts[i % cuts.length] ?? 1);
            found.push(...reader.push(all.subarray(at, next)));
            at = next;
          }
          expect(found.map(({ byteLength }) => byteLength)).toEqual(sizes);
          expect(Buffer.concat(found).equals(all)).toBe(true);
        },
      ),
      { seed: 3 },
    );
  });

  it("and refused before they are kept, when they are too long or have no length", () => {
    const reader = () => createFrameReader(1000);

    expect(() => reader().push(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]))).toThrow(FrameError);
    expect(() => reader().push(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff]))).toThrow(FrameError);
    expect(reader().push(Buffer.from([0x30, 0xe5, 0x07]))).toEqual([]);
    expect(() => reader().push(Buffer.from([0x30, 0xe6, 0x07]))).toThrow(/1001 bytes/);
  });
});

it("the trie finds what a look at every filter finds", () => {
  const level = fc.constantFrom("a", "b", "", "$x", "+");
  const filters = fc.tuple(fc.array(level, { minLength: 1, maxLength: 4 }), fc.boolean());
  const names = fc.array(fc.constantFrom("a", "b", "", "$x"), { minLength: 1, maxLength: 4 });
  const naive = (filter: string, topic: string): boolean => {
    if (topic.startsWith("$") && /^[+#]/.test(filter)) return false;
    const source = filter
      .split("/")
      .map((one) => (one === "#" ? ".*" : one === "+" ? "[^/]*" : one.replace("$", "\\$")))
      .join("/");
    return new RegExp(`^${source}$`).test(topic);
  };
  fc.assert(
    fc.property(fc.array(filters, { maxLength: 8 }), names, fc.nat(), (made, levels, gone) => {
      const all = made.map(([parts, isOpen]) => [...parts, ...(isOpen ? ["#"] : [])].join("/"));
      const topic = levels.join("/");
      const trie = createTrie<string, number>();
      all.forEach((filter, i) => trie.set(filter, `${i}`, i));
      const index = all.length > 0 ? gone % all.length : -1;
      if (index >= 0) trie.delete(all[index] as string, `${index}`);

      const expected = all.flatMap((filter, i) => (i !== index && naive(filter, topic) ? [i] : []));
      expect(
        trie
          .match(topic)
          .map(([, i]) => i)
          .sort((a, b) => a - b),
      ).toEqual(expected);
      expect(trie.size).toBe(Math.max(0, all.length - 1));
    }),
    { seed: 5, numRuns: 2000 },
  );
});

it("a client that does not read misses messages, and costs no more memory", async () => {
  const broker = openBroker();
  const slow = await broker.client("slow");
  await slow.subscribe("a", 1);
  const writer = await broker.client("writer");
  // It acknowledges nothing: 100 are on their way, a thousand wait.
  for (let i = 0; i < 1200; i++) await writer.publish("a", "x", { qos: 1 });

  expect(broker.lines).toEqual([expect.stringMatching(/client slow, .*: it reads too slowly/)]);
  expect(writer.isClosed).toBe(false);
});

it("a thousand connects of one id in a second end with one connection", async () => {
  const broker = openBroker({ quotas: "aws" });
  const { certificate } = await broker.identity();
  for (let i = 0; i < 1000; i++) broker.dial({ kind: "certificate", certificate }).connect("c");
  for (let i = 0; i < 10; i++) await settled();

  expect(broker.sandbox.devices.count).toBe(1);
  expect(broker.lines.filter((line) => /more than once a second/.test(line))).toHaveLength(999);
});

it("a storm of wildcards finds its subscribers", async () => {
  const broker = openBroker();
  const client = await broker.client("c");
  for (let i = 0; i < 6; i++) {
    await client.subscribe(
      Array.from(
        { length: 8 },
        (_, j) => `${"+/".repeat(Math.min(j, 6))}${i % 2 === 0 ? "+" : `${i}-${j}`}/#`,
      ),
    );
  }
  for (let i = 0; i < 2000; i++) await client.publish("a/b/c/d/e/f/g/h", "x");
  await settled();

  expect(client.isClosed).toBe(false);
});
