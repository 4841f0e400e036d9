import { describe, expect, it } from "vitest";
import { AWS_EXCESS } from "../../../lib/sandbox/mqtt/limits.js";
import { openBroker, settled, type Wire } from "./broker.js";

// https://docs.aws.amazon.com/general/latest/gr/iot-core.html
// AWS's own twenty thousand messages would take seconds, and two hundred clients.
const FEW = { inbound: 20, outbound: 30 };

const count = (client: Wire): number => client.heard.filter(({ cmd }) => cmd === "publish").length;

describe("what comes from all clients of an account, and goes to them", () => {
  it("is 20,000 messages a second each on AWS", () => {
    expect(AWS_EXCESS).toMatchObject({ inbound: 20_000, outbound: 20_000, bytes: 524_288 });
  });

  it("is dropped beyond what may come in, whoever sends it; version 5 is told", async () => {
    const broker = openBroker({ excess: FEW });
    const reader = await broker.client("reader");
    await reader.subscribe("a");
    const [old, fresh] = [await broker.client("old"), await broker.client("fresh", { version: 5 })];
    for (let i = 0; i < 19; i++) await old.publish("a", "", { qos: 1 });

    expect(await fresh.publish("a", "", { qos: 1 })).toBe(0);
    expect(await fresh.publish("a", "", { qos: 1 })).toBe(0x97);
    old.send({
      cmd: "publish",
      topic: "a",
      payload: "",
      qos: 1,
      messageId: 99,
      dup: false,
      retain: false,
    });
    await settled();

    expect(count(reader)).toBe(20);
    expect(old.heard.filter(({ cmd }) => cmd === "puback")).toHaveLength(19);
    expect([old.isClosed, fresh.isClosed]).toEqual([false, false]);
    expect(broker.lines).toEqual([
      expect.stringMatching(/^client fresh, .*: more than 20 messages from the account's clients/),
      expect.stringMatching(/^client old, .*: more than 20 messages from the account's clients/),
    ]);
    await broker.clock.advance(1000);
    expect(await fresh.publish("a", "", { qos: 1 })).toBe(0);
  });

  it("counts an update of a shadow four times", async () => {
    const broker = openBroker({ excess: FEW });
    const car = await broker.client("car", { version: 5 });
    const update = () =>
      car.publish("$aws/things/car/shadow/update", { state: { reported: { a: 1 } } }, { qos: 1 });

    const codes: (number | undefined)[] = [];
    for (let i = 0; i < 6; i++) codes.push(await update());

    expect(codes).toEqual([0, 0, 0, 0, 0, 0x97]);
  });

  it("is dropped beyond what may go out", async () => {
    const broker = openBroker({ excess: FEW });
    const readers = [await broker.client("r1"), await broker.client("r2")];
    for (const reader of readers) await reader.subscribe("a");
    const writer = await broker.client("writer");

    for (let i = 0; i < 16; i++) await writer.publish("a");
    await settled();
    expect(readers.map(count)).toEqual([15, 15]);
    await broker.clock.advance(1000);
    await writer.publish("a");
    await settled();

    expect(readers.map(count)).toEqual([16, 16]);
    expect(broker.lines[0]).toMatch(/more than 30 messages to the account's clients/);
  });

  it("is nobody's concern unless it is asked for", async () => {
    const broker = openBroker();
    const reader = await broker.client("reader");
    await reader.subscribe("a");
    const writer = await broker.client("writer");

    for (let i = 0; i < 50; i++) await writer.publish("a");
    await settled();

    expect(count(reader)).toBe(50);
  });
});

describe("more than 512 KiB a second on one connection", () => {
  const LARGE = Buffer.alloc(100 * 1024, "x");

  it.each([0, 1] as const)("come in later, in order, at QoS %i", async (qos) => {
    const broker = openBroker({ excess: "dropped" });
    const readers = [await broker.client("r1"), await broker.client("r2")];
    for (const [i, reader] of readers.entries()) await reader.subscribe(`${i}`);
    const writer = await broker.client("writer", { keepalive: 1200 });
    const sent: Promise<unknown>[] = [];

    // A second's worth at once is five of them and a bit; each of the readers gets half.
    for (let i = 0; i < 12; i++) sent.push(writer.publish(`${i % 2}`, LARGE, { qos }));
    await settled();
    const atOnce = readers.map(count);
    await broker.pass(500);
    const soon = readers.map(count);
    await broker.pass(1000);
    await Promise.all(sent);

    expect(atOnce).toEqual([3, 3]);
    expect(soon).toEqual([4, 4]);
    expect(readers.map(count)).toEqual([6, 6]);
    expect(writer.isClosed).toBe(false);
  });

  it.each([0, 1] as const)("go out later, in order, at QoS %i", async (qos) => {
    const broker = openBroker({ excess: "dropped" });
    const reader = await broker.client("reader", { keepalive: 1200 });
    await reader.subscribe("a", qos);
    const writers = [await broker.client("w1"), await broker.client("w2")];

    for (let i = 0; i < 10; i++) {
      await writers[i % 2]?.publish("a", Buffer.concat([Buffer.from([i]), LARGE]), { qos });
    }
    await settled();
    const atOnce = count(reader);
    await broker.pass(500);
    const soon = count(reader);
    await broker.pass(1000);

    expect(atOnce).toBe(6);
    expect(soon).toBe(8);
    for (let i = 0; i < 10; i++) expect((await reader.message()).bytes[0]).toBe(i);
  });

  it("pass unless it is asked for", async () => {
    const broker = openBroker();
    const reader = await broker.client("reader");
    await reader.subscribe("a");
    const writer = await broker.client("writer");

    for (let i = 0; i < 12; i++) await writer.publish("a", LARGE);
    await settled();

    expect(count(reader)).toBe(12);
  });
});
