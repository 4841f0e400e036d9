import { describe, expect, it } from "vitest";
import { openBroker, settled, type Broker, type ClientOptions, type Wire } from "./broker.js";

/** A session that outlives its connection. */
const lasting = (version: 4 | 5): ClientOptions =>
  version === 4
    ? { version, clean: false }
    : { version, clean: false, properties: { sessionExpiryInterval: 3600 } };

async function connack(
  broker: Broker,
  clientId: string,
  options: ClientOptions,
): Promise<[Wire, boolean]> {
  const client = await broker.client(clientId, options);
  const packet = client.heard.find(({ cmd }) => cmd === "connack");
  return [client, packet?.cmd === "connack" && packet.sessionPresent];
}

describe.each([4, 5] as const)("a persistent session, in version %i", (version) => {
  it("keeps subscriptions and QoS 1 messages, and nothing else", async () => {
    const broker = openBroker();
    const reader = await broker.client("reader", lasting(version));
    await reader.subscribe("a", 1);
    await reader.leave();
    const writer = await broker.client("writer");
    await writer.publish("a", "one", { qos: 1 });
    await writer.publish("a", "zero");

    const [back, isPresent] = await connack(broker, "reader", lasting(version));

    expect(isPresent).toBe(true);
    expect(await back.message()).toMatchObject({ text: "one", qos: 1 });
    await writer.publish("a", "live", { qos: 1 });
    expect((await back.message()).text).toBe("live");
  });

  it("gives what was not acknowledged again", async () => {
    const broker = openBroker();
    const reader = await broker.client("reader", lasting(version));
    await reader.subscribe("a", 1);
    const writer = await broker.client("writer");
    await writer.publish("a", "again", { qos: 1 });
    await reader.next("publish");
    reader.stream.destroy();
    await settled();

    const back = await broker.client("reader", lasting(version));

    expect((await back.message()).text).toBe("again");
    await settled();
    await back.leave();
    const third = await broker.client("reader", lasting(version));
    expect(await third.rest()).toEqual([]);
  });

  it("is resumed at ten messages a second", async () => {
    const broker = openBroker();
    const reader = await broker.client("reader", lasting(version));
    await reader.subscribe("a", 1);
    await reader.leave();
    const writer = await broker.client("writer");
    for (let i = 0; i < 25; i++) await writer.publish("a", String(i), { qos: 1 });

    const back = await broker.client("reader", lasting(version));
    const got: string[] = [];
    for (let tenth = 0; tenth < 25; tenth++) {
      expect(await back.rest()).toEqual(["a"]);
      const last = back.heard.at(-1);
      if (last?.cmd !== "publish") throw new Error("nothing came");
      got.push(last.payload.toString());
      back.send({ cmd: "puback", messageId: last.messageId as number });
      await broker.pass(100);
    }

    expect(got).toEqual(Array.from({ length: 25 }, (_, i) => String(i)));
    expect(await back.rest()).toEqual([]);
  });

  it("lives for an hour", async () => {
    const broker = openBroker();
    for (const [waits, isPresent] of [
      [3_599_000, true],
      [3_600_000, false],
    ] as const) {
      const reader = await broker.client("reader", lasting(version));
      await reader.subscribe("a", 1);
      await reader.leave();
      await broker.pass(waits);
      expect((await connack(broker, "reader", lasting(version)))[1]).toBe(isPresent);
    }
  });

  it("ends with a clean connect", async () => {
    const broker = openBroker();
    const reader = await broker.client("reader", lasting(version));
    await reader.subscribe("a", 1);
    await reader.leave();
    const clean = await broker.client("reader", { version, clean: true });
    await clean.leave();

    expect((await connack(broker, "reader", lasting(version)))[1]).toBe(false);
  });

  it("is not resumed by the other version", async () => {
    const broker = openBroker();
    await (await broker.client("reader", lasting(version))).leave();

    expect((await connack(broker, "reader", lasting(version === 4 ? 5 : 4)))[1]).toBe(false);
  });
});

describe("a session of version 5", () => {
  it("ends with its connection when it does not say otherwise", async () => {
    const broker = openBroker();
    await (await broker.client("reader", { version: 5, clean: false })).leave();

    expect((await connack(broker, "reader", lasting(5)))[1]).toBe(false);
  });

  it("can change how long it lives when it goes, but not begin to", async () => {
    const broker = openBroker();
    const short = await broker.client("reader", lasting(5));
    await short.leave({ properties: { sessionExpiryInterval: 10 } });
    await broker.pass(10_000);
    expect((await connack(broker, "reader", lasting(5)))[1]).toBe(false);

    const none = await broker.client("other", { version: 5 });
    await none.leave({ properties: { sessionExpiryInterval: 10 } });
    expect(none.heard.at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x82 });
  });
});

describe("a will", () => {
  const will = { topic: "wills", payload: Buffer.from("gone"), qos: 1 as const, retain: false };

  async function withWill(version: 4 | 5, options: ClientOptions = {}) {
    const broker = openBroker();
    const watcher = await broker.client("watcher", { keepalive: 1200 });
    await watcher.subscribe("wills");
    const client = await broker.client("c", { version, will, ...options });
    return { broker, watcher, client };
  }

  it.each<[string, (broker: Broker, client: Wire) => unknown, boolean]>([
    ["a lost connection", (_, client) => client.stream.destroy(), true],
    ["a takeover", (broker) => broker.client("c"), true],
    ["a protocol violation", (_, client) => client.send({ cmd: "pingresp" }), true],
    ["silence", (broker) => broker.pass(90_000), true],
    ["a goodbye", (_, client) => client.leave(), false],
  ])("after %s", async (_, act, isSent) => {
    const { broker, watcher, client } = await withWill(4);

    await act(broker, client);

    expect(await watcher.rest()).toEqual(isSent ? ["wills"] : []);
  });

  it("of version 5 is sent by a goodbye that asks for it", async () => {
    const { watcher, client } = await withWill(5);

    await client.leave({ reasonCode: 0x04 });

    expect(await watcher.rest()).toEqual(["wills"]);
  });

  it("of version 5 waits as long as it says, and is forgotten when the session goes on", async () => {
    const late = { ...will, properties: { willDelayInterval: 60 } };
    const { broker, watcher, client } = await withWill(5, { ...lasting(5), will: late });
    client.stream.destroy();
    await settled();
    await broker.pass(59_000);
    expect(await watcher.rest()).toEqual([]);
    await broker.pass(1_000);
    expect(await watcher.rest()).toEqual(["wills"]);

    const second = await broker.client("c", { ...lasting(5), will: late });
    second.stream.destroy();
    await settled();
    await broker.pass(30_000);
    await (await broker.client("c", lasting(5))).leave();
    await broker.pass(60_000);
    expect(await watcher.rest()).toEqual([]);
  });

  it("is refused with its connection when it may not be published", async () => {
    const broker = openBroker();
    const identity = await broker.identity([
      { Action: ["iot:Connect", "iot:Subscribe"], Resource: "*" },
      { Action: "iot:Publish", Resource: "arn:aws:iot:eu-west-1:*:topic/wills" },
    ]);
    const dial = (version: 4 | 5, own: object) => {
      const client = broker.dial({ kind: "certificate", certificate: identity.certificate });
      client.connect("c", version, { will: { ...will, ...own } });
      return client;
    };

    const old = dial(4, { topic: "other" });
    await old.closed();
    expect(old.heard).toEqual([]);
    expect(await dial(5, { topic: "other" }).next("connack")).toMatchObject({ reasonCode: 0x87 });
    expect(await dial(5, { retain: true }).next("connack")).toMatchObject({ reasonCode: 0x87 });
    expect(broker.lines.at(-1)).toMatch(/iot:RetainPublish on topic\/wills/);
    expect(await dial(5, { qos: 2 }).next("connack")).toMatchObject({ reasonCode: 0x9b });
    expect(await dial(5, {}).next("connack")).toMatchObject({ reasonCode: 0 });
  });
});

describe("a second client of the same id", () => {
  it.each([4, 5] as const)("takes the place of the first, of version %i", async (version) => {
    const broker = openBroker();
    const first = await broker.client("c", { version });
    await first.subscribe("a");

    const second = await broker.client("c", { version: 4 });

    await first.closed();
    const last = first.heard.at(-1);
    if (version === 5) expect(last).toMatchObject({ cmd: "disconnect", reasonCode: 0x8e });
    else expect(last?.cmd).toBe("suback");
    expect(await second.publish("a", "x", { qos: 1 })).toBeUndefined();
    expect(await second.rest()).toEqual([]);
  });

  it("goes on with a persistent session", async () => {
    const broker = openBroker();
    const first = await broker.client("c", lasting(4));
    await first.subscribe("a", 1);
    const [second, isPresent] = await connack(broker, "c", lasting(4));
    expect(isPresent).toBe(true);

    await second.publish("a", "x", { qos: 1 });

    expect((await second.message()).text).toBe("x");
  });
});

describe("a retained message", () => {
  it("is for whoever subscribes to that very topic, until it is replaced or deleted", async () => {
    const broker = openBroker();
    const writer = await broker.client("writer");
    const live = await broker.client("live");
    await live.subscribe("a/b");
    await writer.publish("a/b", "first", { retain: true, qos: 1 });
    await writer.publish("a/b", "kept", { retain: true, qos: 1 });
    expect([await live.message(), await live.message()]).toMatchObject([
      { text: "first", retain: false },
      { text: "kept", retain: false },
    ]);

    const exact = await broker.client("exact");
    await exact.subscribe("a/b", 1);
    expect(await exact.message()).toMatchObject({ text: "kept", retain: true });
    const wide = await broker.client("wide");
    await wide.subscribe(["a/+", "#", "$share/s/a/b"]);
    expect(await wide.rest()).toEqual([]);

    await writer.publish("a/b", "", { retain: true, qos: 1 });
    expect(await live.message()).toMatchObject({ text: "", retain: false });
    const late = await broker.client("late");
    await late.subscribe("a/b");
    expect(await late.rest()).toEqual([]);
  });

  it("of version 5 expires", async () => {
    const broker = openBroker();
    const writer = await broker.client("writer", { version: 5 });
    await writer.publish("a", "x", {
      retain: true,
      qos: 1,
      properties: { messageExpiryInterval: 5 },
    });

    await broker.pass(5_000);

    const late = await broker.client("late");
    await late.subscribe("a");
    expect(await late.rest()).toEqual([]);
  });

  it("is not for reserved topics", async () => {
    const broker = openBroker();
    const topic = "$aws/things/t/shadow/update";
    const fresh = await broker.client("fresh", { version: 5 });
    expect(await fresh.publish(topic, "{}", { retain: true, qos: 1 })).toBe(0x90);
    const old = await broker.client("old");

    await old.publish(topic, "{}", { retain: true });

    await old.closed();
  });
});
