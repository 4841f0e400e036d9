import type { Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { openBroker, settled, type Broker, type Wire } from "./broker.js";

/** The reason code of the last DISCONNECT that came; undefined when the connection just closed. */
async function end(client: Wire): Promise<number | undefined> {
  await client.closed();
  const last = client.heard.at(-1);
  return last?.cmd === "disconnect" ? last.reasonCode : undefined;
}

/** What a lifecycle event will say of how it ended. */
async function reasonOf(broker: Broker, clientId: string): Promise<string | undefined> {
  await settled();
  return broker.sandbox.state("111122223333", "eu-west-1").mqttConnections.get(clientId)
    ?.disconnectReason;
}

/** A CONNECT that no codec would write. */
function connectPacket(level: number, clientId: string, flags = 2): Buffer {
  const name = level === 3 ? "MQIsdp" : "MQTT";
  const text = (value: string) => [0, value.length, ...Buffer.from(value)];
  const body = [...text(name), level, flags, 0, 60, ...text(clientId)];
  return Buffer.from([0x10, body.length, ...body]);
}

const deep = (slashes: number) => Array.from({ length: slashes + 1 }, () => "l").join("/");

describe.each([4, 5] as const)(
  "what ends a connection as CLIENT_ERROR, in version %i",
  (version) => {
    const sub = (topics: string[], qos: 0 | 1 | 2 = 0): Packet => ({
      cmd: "subscribe",
      messageId: 1,
      subscriptions: topics.map((topic) => ({ topic, qos })),
    });
    const pub = (topic: string, payload: string | Buffer = "", qos: 0 | 1 | 2 = 0): Packet => ({
      cmd: "publish",
      topic,
      payload,
      qos,
      retain: false,
      dup: false,
      ...(qos > 0 && { messageId: 1 }),
    });

    it.each<[string, Packet, number, RegExp]>([
      ["a publish of QoS 2", pub("a", "", 2), 0x9b, /QoS 2/],
      ["a subscription of QoS 2", sub(["a"], 2), 0x9b, /QoS 2/],
      ["nine filters at once", sub([..."abcdefghi"]), 0x97, /9 filters/],
      ["too large a payload", pub("a", Buffer.alloc(131_073)), 0x97, /131073 bytes/],
      ["too long a topic", pub("ä".repeat(129)), 0x90, /256 bytes/],
      ["eight slashes", pub(deep(8)), 0x90, /7 slashes/],
      ["a wildcard in a topic", pub("a/+"), 0x90, /wildcard/],
      [
        "a second CONNECT",
        { cmd: "connect", clientId: "c", protocolVersion: version } as Packet,
        0x82,
        /second time/,
      ],
      ["a packet of QoS 2", { cmd: "pubrel", messageId: 1 }, 0x82, /pubrel/],
      ["a packet of the server", { cmd: "pingresp" }, 0x82, /pingresp/],
      ["a publish to an answer", pub("$aws/things/t/shadow/update/accepted"), 0x90, /reserved/],
      ["a publish to an event", pub("$aws/events/presence/connected/x"), 0x90, /reserved/],
      ["a publish to nothing of AWS", pub("$aws/nothing"), 0x90, /reserved/],
      ["a publish to $SYS", pub("$SYS/x"), 0x90, /reserved/],
    ])("%s", async (_, packet, code, line) => {
      const broker = openBroker();
      const client = await broker.client("c", { version });

      client.send(packet);

      expect(await end(client)).toBe(version === 5 ? code : undefined);
      expect(await reasonOf(broker, "c")).toBe("CLIENT_ERROR");
      expect(broker.lines.join()).toMatch(line);
    });

    it.each([
      ["subscription", 0x82],
      ["end of a subscription", 0xa2],
    ])("a %s without a filter", async (_, head) => {
      const broker = openBroker();
      const client = await broker.client("c", { version });

      client.stream.write(Buffer.from(version === 5 ? [head, 3, 0, 1, 0] : [head, 2, 0, 1]));

      expect(await end(client)).toBe(version === 5 ? 0x82 : undefined);
      expect(await reasonOf(broker, "c")).toBe("CLIENT_ERROR");
    });

    it.each<[string, number]>([
      ["a#b", 0x8f],
      ["a/#/b", 0x8f],
      [deep(8), 0x8f],
      ["x".repeat(257), 0x8f],
      ["$share/a", 0x8f],
      [`$share/${"n".repeat(129)}/a`, 0x8f],
      ["$aws/rules/r/a", 0x8f],
      ["$aws/#", 0x8f],
      ["$SYS/#", 0x8f],
    ])("a subscription to %s, or in v5 its refusal", async (filter, code) => {
      const broker = openBroker();
      const client = await broker.client("c", { version });

      if (version === 5) expect(await client.subscribe([filter, "good"])).toEqual([code, 0]);
      else {
        client.send(sub([filter]));
        await client.closed();
        expect(await reasonOf(broker, "c")).toBe("CLIENT_ERROR");
      }
    });

    it("takes what is just within", async () => {
      const broker = openBroker();
      const client = await broker.client("c", { version });
      await client.subscribe(deep(7));

      await client.publish(deep(7), Buffer.alloc(131_072, "x"), { qos: 1 });
      expect((await client.message()).text).toHaveLength(131_072);
      await client.publish(`$aws/rules/some_rule/${deep(7)}`, "counted", { qos: 1 });
      expect(broker.lines).toEqual([`client c sent 7 bytes to rule some_rule`]);
      expect(await client.subscribe([`$share/group/${deep(7)}`, "$aws/things/+/shadow/#"])).toEqual(
        [0, 0],
      );
    });

    it("the 51st subscription: refused, and closed", async () => {
      const broker = openBroker();
      const client = await broker.client("c", { version });
      for (let i = 0; i < 6; i++) {
        await client.subscribe(Array.from({ length: 8 }, (_, j) => `t/${i * 8 + j}`));
      }
      expect(await client.subscribe(["t/48", "t/49", "t/0"])).toEqual([0, 0, 0]);

      expect(await client.subscribe("t/50")).toEqual([version === 5 ? 0x97 : 0x80]);
      await client.closed();
      expect(await reasonOf(broker, "c")).toBe("CLIENT_ERROR");
    });
  },
);

describe("who asks to be let in", () => {
  it.each<[string, number, number]>([
    ["$x", 4, 2],
    ["$x", 5, 0x85],
    ["x".repeat(129), 4, 2],
    ["x".repeat(129), 5, 0x85],
  ])("with the client id %j in version %i is told %i", async (clientId, version, code) => {
    const broker = openBroker();
    const { certificate } = await broker.identity();
    const client = broker.dial({ kind: "certificate", certificate });

    client.connect(clientId, version as 4 | 5, { clean: false });

    const answer = await client.next("connack");
    expect(version === 5 ? answer.reasonCode : answer.returnCode).toBe(code);
    await client.closed();
  });

  it("gets a client id when it has none", async () => {
    const broker = openBroker();
    const { certificate } = await broker.identity();
    const old = broker.dial({ kind: "certificate", certificate });
    old.connect("", 4);
    expect(await old.next("connack")).toMatchObject({ returnCode: 0 });
    const fresh = broker.dial({ kind: "certificate", certificate });
    fresh.connect("", 5);

    const { properties } = await fresh.next("connack");
    expect(properties?.assignedClientIdentifier).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("without a client id, but with a session that is to last, in 3.1.1 is told 2", async () => {
    const broker = openBroker();
    const { certificate } = await broker.identity();
    const client = broker.dial({ kind: "certificate", certificate });

    client.stream.write(connectPacket(4, "", 0));

    expect(await client.next("connack")).toMatchObject({ returnCode: 2 });
  });

  it.each([3, 6])("with MQTT of level %i is told 1", async (level) => {
    const broker = openBroker();
    const { certificate } = await broker.identity();
    const client = broker.dial({ kind: "certificate", certificate });
    client.stream.write(connectPacket(level, "a"));

    expect(await client.next("connack")).toMatchObject({ returnCode: 1 });
    await client.closed();
  });

  it("says nothing but CONNECT at first", async () => {
    const broker = openBroker();
    const { certificate } = await broker.identity();
    const client = broker.dial({ kind: "certificate", certificate });

    client.send({ cmd: "pingreq" });

    await client.closed();
    expect(client.heard).toEqual([]);
  });

  it("is told what it gets, in version 5", async () => {
    const broker = openBroker();
    const { certificate } = await broker.identity();
    const client = broker.dial({ kind: "certificate", certificate });
    client.connect("c", 5, { keepalive: 5, properties: { sessionExpiryInterval: 100_000 } });

    expect(await client.next("connack")).toMatchObject({
      reasonCode: 0,
      sessionPresent: false,
      properties: {
        sessionExpiryInterval: 3600,
        receiveMaximum: 100,
        maximumQoS: 1,
        retainAvailable: true,
        topicAliasMaximum: 8,
        wildcardSubscriptionAvailable: true,
        subscriptionIdentifiersAvailable: false,
        sharedSubscriptionAvailable: true,
        serverKeepAlive: 30,
        maximumPacketSize: 149_504,
      },
    });
  });

  it("may do so once a second, each client id", async () => {
    const broker = openBroker({ quotas: "aws" });
    await broker.client("c", { version: 5 });
    const { certificate } = await broker.identity();
    const again = (version: 4 | 5) => {
      const client = broker.dial({ kind: "certificate", certificate });
      client.connect("c", version);
      return client;
    };

    expect(await again(5).next("connack")).toMatchObject({ reasonCode: 0x97 });
    const old = again(4);
    await old.closed();
    expect(old.heard).toEqual([]);
    expect(broker.lines.at(-1)).toMatch(/more than once a second/);

    await broker.clock.advance(1000);
    expect(await again(5).next("connack")).toMatchObject({ reasonCode: 0 });
  });

  it("may do so 500 times a second, all clients of an account together", async () => {
    const broker = openBroker({ quotas: "aws" });
    const { certificate } = await broker.identity();
    const connect = async (clientId: string) => {
      const client = broker.dial({ kind: "certificate", certificate });
      client.connect(clientId, 5);
      const { reasonCode } = await client.next("connack");
      client.stream.destroy();
      return reasonCode;
    };

    const codes: (number | undefined)[] = [];
    for (let i = 0; i < 501; i++) codes.push(await connect(`c-${i}`));

    expect(new Set(codes.slice(0, 500))).toEqual(new Set([0]));
    expect(codes[500]).toBe(0x97);
    expect(broker.lines.at(-1)).toMatch(/more than 500 clients of the account/);
    await broker.clock.advance(1000);
    expect(await connect("late")).toBe(0);
  });

  it.each([
    [4, 0x80],
    [5, 0x97],
  ] as const)("may subscribe to 500 filters a second, in version %i", async (version, code) => {
    const broker = openBroker({ quotas: "aws" });
    const client = await broker.client("c", { version });
    const filters = (i: number) => Array.from({ length: 8 }, (_, j) => `${i}/${j}`);
    const granted: number[] = [];
    for (let i = 0; i < 63; i++) {
      granted.push(...(await client.subscribe(filters(i))));
      await client.unsubscribe(...filters(i));
    }

    expect(new Set(granted.slice(0, 496))).toEqual(new Set([0]));
    expect(granted.slice(496)).toEqual(Array.from({ length: 8 }, () => code));
    expect(client.isClosed).toBe(false);
    await broker.clock.advance(1000);
    expect(await client.subscribe("a")).toEqual([0]);
  });

  it("is hung up on with a larger packet than there is, before that is read", async () => {
    const broker = openBroker();
    const client = await broker.client("c", { version: 5 });

    client.stream.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, 97]));

    expect(await end(client)).toBe(0x81);
    expect(await reasonOf(broker, "c")).toBe("CLIENT_ERROR");
  });
});

it("more than 100 messages a second, in and out, are dropped where that is asked for", async () => {
  const broker = openBroker({ excess: "dropped" });
  const reader = await broker.client("reader");
  await reader.subscribe("a");
  const writer = await broker.client("writer");
  const count = () => reader.heard.filter(({ cmd }) => cmd === "publish").length;
  for (let i = 0; i < 130; i++) await writer.publish("a");
  await settled();
  expect(count()).toBe(100);
  expect(broker.lines).toEqual([
    expect.stringMatching(/^client writer, .*: more than 100 messages/),
  ]);

  await broker.clock.advance(500);
  for (let i = 0; i < 130; i++) await writer.publish("a");
  await settled();

  expect(count()).toBe(150);
  expect(writer.isClosed).toBe(false);
});

describe("keep-alive", () => {
  it.each([
    [0, 1200],
    [10, 30],
    [30, 30],
    [60, 60],
    [1200, 1200],
    [1201, 1200],
  ])(
    "of %i seconds counts as %i, and ends the connection at one and a half",
    async (asked, counts) => {
      const broker = openBroker();
      const client = await broker.client("c", { version: 5, keepalive: asked });

      await broker.pass(counts * 1500 - 1);
      expect(client.isClosed).toBe(false);
      await broker.pass(1);

      expect(await end(client)).toBe(0x8d);
      expect(await reasonOf(broker, "c")).toBe("MQTT_KEEP_ALIVE_TIMEOUT");
    },
  );

  it("is kept by what the client sends", async () => {
    const broker = openBroker();
    const client = await broker.client("c", { keepalive: 30 });

    for (let i = 0; i < 4; i++) {
      await broker.pass(40_000);
      client.send({ cmd: "pingreq" });
      await client.next("pingresp");
    }
    await broker.pass(45_000);
    await client.closed();
  });
});

describe("messages", () => {
  it("cross versions, and lose what 3.1.1 does not know", async () => {
    const broker = openBroker();
    const old = await broker.client("old", { version: 4 });
    const fresh = await broker.client("fresh", { version: 5 });
    for (const client of [old, fresh]) await client.subscribe("a", 1);
    const properties = {
      contentType: "text/plain",
      responseTopic: "r",
      correlationData: Buffer.from("c"),
      payloadFormatIndicator: true,
      userProperties: { a: "1", b: ["2", "3"] },
      messageExpiryInterval: 10,
    };

    await fresh.publish("a", "text", { qos: 1, properties });

    expect(await old.message()).toMatchObject({ text: "text", properties: undefined });
    expect((await fresh.message()).properties).toEqual({
      ...properties,
      userProperties: expect.objectContaining({ a: "1", b: ["2", "3"] }),
    });
  });

  it.each([
    ["#", "a", true],
    ["#", "$aws/things/t/jobs/notify", false],
    ["+/things/t/jobs/notify", "$aws/things/t/jobs/notify", false],
    ["sensor/#", "sensor", false],
    ["sensor/#", "sensor/", true],
    ["sensor/#", "sensor/a/b", true],
    ["sensor/+", "sensor/a", true],
    ["sensor/+", "sensor/a/b", false],
    ["+/a", "/a", true],
  ])("to a filter %s: of %s %s", async (filter, topic, isHeard) => {
    const broker = openBroker();
    const client = await broker.client("c");
    await client.subscribe(filter);
    const state = broker.sandbox.state("111122223333", "eu-west-1");

    const { exchangeOf } = await import("../../../lib/sandbox/mqtt/exchange.js");
    const routes = exchangeOf(state).match({ topic, payload: Buffer.from(""), qos: 0 });

    expect(routes.length > 0).toBe(isHeard);
  });

  it("by alias, of which there are eight", async () => {
    const broker = openBroker();
    const client = await broker.client("c", { version: 5 });
    await client.subscribe("long/topic");

    await client.publish("long/topic", "1", { properties: { topicAlias: 8 } });
    await client.publish("", "2", { properties: { topicAlias: 8 } });
    expect([(await client.message()).text, (await client.message()).text]).toEqual(["1", "2"]);
    await client.publish("long/topic", "3", { properties: { topicAlias: 9 } });

    expect(await end(client)).toBe(0x94);
  });

  it("have no subscription identifiers", async () => {
    const broker = openBroker();
    const client = await broker.client("c", { version: 5 });

    client.send({
      cmd: "subscribe",
      messageId: 1,
      subscriptions: [{ topic: "a", qos: 0 }],
      properties: { subscriptionIdentifier: 1 },
    });

    expect(await end(client)).toBe(0xa1);
  });

  it("of QoS 1 wait behind 100 that are not acknowledged, or as many as the client says", async () => {
    const broker = openBroker();
    const writer = await broker.client("writer");
    const reader = await broker.client("reader");
    const small = await broker.client("small", { version: 5, properties: { receiveMaximum: 2 } });
    for (const client of [reader, small]) await client.subscribe("a", 1);

    for (let i = 0; i < 103; i++) await writer.publish("a", String(i), { qos: 1 });
    await settled();
    const got = (client: Wire) => client.heard.filter(({ cmd }) => cmd === "publish").length;
    expect([got(reader), got(small)]).toEqual([100, 2]);
    for (let i = 0; i < 103; i++) expect((await reader.message()).text).toBe(String(i));
    for (let i = 0; i < 103; i++) expect((await small.message()).text).toBe(String(i));
  });

  it("are sent again after 15 seconds, and given up after an hour", async () => {
    const broker = openBroker();
    const writer = await broker.client("writer", { keepalive: 1200 });
    const reader = await broker.client("reader", { keepalive: 1200 });
    await reader.subscribe("a", 1);
    await writer.publish("a", "x", { qos: 1 });
    const first = await reader.next("publish");

    await broker.pass(14_999);
    expect(await reader.rest()).toEqual([]);
    await broker.pass(1);
    const second = await reader.next("publish");
    expect(second).toMatchObject({ topic: "a", dup: false, messageId: first.messageId });
    for (let i = 0; i < 4; i++) {
      await broker.pass(1_000_000);
      for (const client of [reader, writer]) client.send({ cmd: "pingreq" });
    }
    await reader.rest();
    await broker.pass(15_000);
    expect(await reader.rest()).toEqual([]);
  });

  it("expire where they wait", async () => {
    const broker = openBroker();
    const reader = await broker.client("reader", {
      version: 5,
      properties: { sessionExpiryInterval: 3600 },
    });
    await reader.subscribe("a", 1);
    await reader.leave();
    const writer = await broker.client("writer", { version: 5, keepalive: 1200 });
    await writer.publish("a", "short", { qos: 1, properties: { messageExpiryInterval: 0 } });
    await writer.publish("a", "long", { qos: 1, properties: { messageExpiryInterval: 100 } });

    await broker.pass(30_000);
    const back = await broker.client("reader", { version: 5, clean: false });

    expect(await back.message()).toMatchObject({
      text: "long",
      properties: { messageExpiryInterval: 70 },
    });
  });
});

describe.each([4, 5] as const)("a shared subscription, in version %i", (version) => {
  it("gives each message to one of its members", async () => {
    const broker = openBroker();
    const writer = await broker.client("writer");
    const members = [await broker.client("a", { version }), await broker.client("b", { version })];
    for (const member of members) await member.subscribe("$share/workers/jobs/+");
    const alone = await broker.client("alone", { version });
    await alone.subscribe("jobs/#");

    for (let i = 0; i < 40; i++) await writer.publish("jobs/x", String(i), { qos: 1 });

    const [a = 0, b = 0] = await Promise.all(members.map(async (one) => (await one.rest()).length));
    expect(a + b).toBe(40);
    expect(Math.min(a, b)).toBeGreaterThan(0);
    expect(await alone.rest()).toHaveLength(40);
  });

  it("keeps messages for a persistent member while nobody is there", async () => {
    const broker = openBroker();
    const persistent = {
      version,
      clean: version === 5,
      properties: { sessionExpiryInterval: 600 },
    };
    const member = await broker.client("member", persistent);
    await member.subscribe("$share/workers/jobs", 1);
    await member.leave();
    const writer = await broker.client("writer");

    await writer.publish("jobs", "kept", { qos: 1 });
    await writer.publish("jobs", "lost");

    const back = await broker.client("member", { ...persistent, clean: false });
    expect((await back.message()).text).toBe("kept");
    expect(await back.rest()).toEqual([]);
  });
});
