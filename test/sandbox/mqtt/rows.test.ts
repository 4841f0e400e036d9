import {
  AttachPolicyCommand,
  CreatePolicyCommand,
  RegisterCertificateWithoutCACommand,
} from "@aws-sdk/client-iot";
import type { Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import type { CertificateRecord } from "../../../lib/sandbox/identity/records.js";
import { exchangeOf } from "../../../lib/sandbox/mqtt/exchange.js";
import { deviceOf } from "../../../lib/sandbox/mqtt/http-devices.js";
import type { Session } from "../../../lib/sandbox/mqtt/live.js";
import { publish } from "../../../lib/sandbox/mqtt/publishing.js";
import { brokerRuntime } from "../../../lib/sandbox/mqtt/runtime.js";
import type { State } from "../../../lib/sandbox/mqtt/tables.js";
import { ACCOUNT, clientsOf, REGION } from "../clients.js";
import { ARN, newCertificate, openBroker, settled, Wire } from "./broker.js";
import { wire } from "./wire.js";

// https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html and protocols.html
describe.each([4, 5] as const)("what AWS does in its own way, in version %i", (version) => {
  it("# stands for what is below, not for the parent, and never for what begins with $", async () => {
    const broker = openBroker();
    const reader = await broker.client("reader", { version });
    await reader.subscribe(["sensor/#", "#", "+/things/t/shadow/update/accepted"]);
    await reader.unsubscribe("#");
    const writer = await broker.client("writer", { version });

    for (const topic of ["sensor", "sensor/", "sensor/a/b", "$aws/things/t/shadow/update"]) {
      await writer.publish(topic, '{"state":{"reported":{"a":1}}}', { qos: 1 });
    }

    expect(await reader.rest()).toEqual(["sensor/", "sensor/a/b"]);
    await reader.subscribe("#");
    await writer.publish("$aws/things/t/shadow/update", '{"state":{"reported":{"a":2}}}', {
      qos: 1,
    });
    expect(await reader.rest()).toEqual([]);
  });

  it("the messages of one publisher stay in order", async () => {
    const broker = openBroker();
    const reader = await broker.client("reader", { version });
    await reader.subscribe("a/+", 1);
    const writer = await broker.client("writer", { version });

    for (let i = 0; i < 50; i++) await writer.publish(`a/${i}`, "", { qos: i % 2 === 0 ? 1 : 0 });

    const heard: string[] = [];
    for (let i = 0; i < 50; i++) heard.push((await reader.message()).topic);
    expect(heard).toEqual(Array.from({ length: 50 }, (_, i) => `a/${i}`));
  });

  it("packets that it never uses end the connection", async () => {
    const packets: Packet[] = [
      { cmd: "pubrec", messageId: 1 },
      { cmd: "pubcomp", messageId: 1 },
      ...(version === 5 ? [{ cmd: "auth", reasonCode: 0 } as Packet] : []),
    ];
    for (const packet of packets) {
      const broker = openBroker();
      const client = await broker.client("c", { version });
      client.send(packet);
      await client.closed();
      expect(broker.lines.join()).toMatch(/closed: client c/);
    }
  });
});

describe("client ids", () => {
  it("are an account's own in each Region, whatever the certificate", async () => {
    const broker = openBroker();
    const here = await broker.client("same");
    const { iot } = clientsOf(broker.sandbox, "444455556666", "us-west-2");
    const certificate = newCertificate();
    const made = await iot.send(
      new RegisterCertificateWithoutCACommand({
        certificatePem: certificate.toString(),
        status: "ACTIVE",
      }),
    );
    const policyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "iot:*", Resource: "*" }],
    });
    await iot.send(new CreatePolicyCommand({ policyName: "all", policyDocument }));
    await iot.send(new AttachPolicyCommand({ policyName: "all", target: made.certificateArn }));

    const there = await broker.client("same", {
      identity: { certificate, certificateId: "", certificateArn: "" },
    });
    await here.subscribe("a");
    await there.publish("a", "of another account", { qos: 1 });
    expect(await here.rest()).toEqual([]);
    expect(here.isClosed).toBe(false);

    const other = await broker.identity();
    await broker.client("same", { identity: other });
    await here.closed();
    expect(there.isClosed).toBe(false);
  });
});

describe("actions and variables of policies", () => {
  it("to retain needs a leave of its own", async () => {
    const broker = openBroker();
    const identity = await broker.identity([
      { Action: ["iot:Connect", "iot:Publish"], Resource: "*" },
      { Action: "iot:RetainPublish", Resource: "arn:aws:iot:eu-west-1:*:topic/kept" },
    ]);
    const client = await broker.client("c", { identity, version: 5 });

    expect(await client.publish("kept", "x", { qos: 1, retain: true })).toBe(0);
    expect(await client.publish("other", "x", { qos: 1 })).toBe(0);
    expect(await client.publish("other", "x", { qos: 1, retain: true })).toBe(0x87);
  });

  it("a condition may ask for the address, and for the thing that is attached", async () => {
    const broker = openBroker();
    const onlyFrom = (address: string) =>
      broker.identity([
        {
          Action: "iot:Connect",
          Resource: "*",
          Condition: { IpAddress: { "aws:SourceIp": address } },
        },
      ]);
    const near = await onlyFrom("127.0.0.0/8");
    await broker.client("near", { identity: near });
    const far = await onlyFrom("10.0.0.0/8");
    await expect(broker.client("far", { identity: far })).rejects.toThrow(/closed/);

    const attached = await broker.identity([
      {
        Action: "iot:Connect",
        Resource: "*",
        Condition: { Bool: { "iot:Connection.Thing.IsAttached": "true" } },
      },
    ]);
    await expect(broker.client("no-thing", { identity: attached })).rejects.toThrow(/closed/);
  });
});

describe("limits of section 1.2 that are nobody else's", () => {
  it.each([4, 5] as const)(
    "DUP counts for nothing: what comes twice goes out twice, without it, in version %i",
    async (version) => {
      const broker = openBroker();
      const reader = await broker.client("reader", { version });
      await reader.subscribe("a", 1);
      const writer = await broker.client("writer", { version });
      const packet = { cmd: "publish", topic: "a", payload: "x", qos: 1, retain: false } as const;

      for (const dup of [false, true]) writer.send({ ...packet, dup, messageId: 7 });
      await settled();

      const heard = reader.heard.filter(({ cmd }) => cmd === "publish");
      expect(heard.map((one) => one.cmd === "publish" && one.dup)).toEqual([false, false]);
    },
  );

  it.each([4, 5] as const)("a CONNECT has at most 128 KiB, in version %i", async (version) => {
    const connect = async (more: number) => {
      const broker = openBroker();
      const { certificate } = await broker.identity();
      const client = broker.dial({ kind: "certificate", certificate });
      const will = { topic: "w", payload: Buffer.alloc(more), qos: 0, retain: false } as const;
      const login = { username: "u".repeat(65_000), password: Buffer.alloc(65_000) };
      client.connect("c", version, { ...login, will });
      await settled();
      return { client, lines: broker.lines };
    };

    expect((await connect(900)).client.heard).toMatchObject([{ cmd: "connack" }]);
    const { client, lines } = await connect(1_100);
    await client.closed();
    if (version === 4) expect(client.heard).toEqual([]);
    else expect(client.heard).toMatchObject([{ cmd: "connack", reasonCode: 0x97 }]);
    expect(lines).toEqual([expect.stringMatching(/CONNECT has 131\d{3} bytes/)]);
  });

  it("of QoS 1 that a client sends without waiting, none is lost and all are acknowledged in order", async () => {
    const broker = openBroker();
    const reader = await broker.client("reader");
    await reader.subscribe("a");
    const writer = await broker.client("writer");
    const ids = Array.from({ length: 150 }, (_, i) => i + 1);

    for (const messageId of ids) {
      const payload = String(messageId);
      writer.send({
        cmd: "publish",
        topic: "a",
        payload,
        qos: 1,
        retain: false,
        dup: false,
        messageId,
      });
    }
    await settled();

    const acknowledged = writer.heard.flatMap((one) => (one.cmd === "puback" ? one.messageId : []));
    expect(acknowledged).toEqual(ids);
    const heard = reader.heard.flatMap((one) =>
      one.cmd === "publish" ? Number(one.payload.toString()) : [],
    );
    expect(heard).toEqual(ids);
  });

  it("what waited for a shared subscription comes at 20 messages a second", async () => {
    const broker = openBroker();
    const member = await broker.client("member", { clean: false });
    await member.subscribe("$share/g/a", 1);
    await member.leave();
    const writer = await broker.client("writer");
    for (let i = 0; i < 10; i++) await writer.publish("a", String(i), { qos: 1 });

    const back = await broker.client("member", { clean: false });
    const got: number[] = [];
    for (let tenth = 0; tenth < 5; tenth++) {
      got.push((await back.rest()).length);
      for (const one of back.heard) {
        if (one.cmd === "publish") back.send({ cmd: "puback", messageId: one.messageId as number });
      }
      await broker.pass(100);
    }

    expect(got).toEqual([2, 2, 2, 2, 2]);
  });
});

describe("sessions and wills of section 1.3", () => {
  it("of what waits for a session, more than a thousand are lost", async () => {
    const broker = openBroker();
    const reader = await broker.client("reader", { clean: false });
    await reader.subscribe("a", 1);
    await reader.leave();

    const state = broker.sandbox.state(ACCOUNT, REGION) as State;
    const runtime = state.ask(brokerRuntime);
    for (let i = 0; i < 1_001; i++) {
      const message = { topic: "a", qos: 1, payload: Buffer.from(String(i)) } as const;
      await runtime.run(state, () => publish(state, message));
    }

    const { storedFor, sessions } = exchangeOf(state);
    const { own } = storedFor(sessions.get("reader") as Session);
    const told = own.map(({ message }) => Buffer.from(message.payload).toString());
    expect([told.length, told[0], told.at(-1)]).toEqual([1_000, "0", "999"]);
  });

  it("a client id is one, whether it comes with a certificate or with a signature", async () => {
    const broker = openBroker();
    const first = await broker.client("same", { version: 5 });

    const state = broker.sandbox.state(ACCOUNT, REGION);
    const second = broker.dial({ kind: "signature", accessKeyId: ACCOUNT, state }, true);
    second.connect("same");
    await second.next("connack");

    await first.closed();
    expect(first.heard.at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x8e });
  });

  it.each([
    [true, "CLIENT_INITIATED_DISCONNECT", []],
    [false, "CONNECTION_LOST", ["wills"]],
  ])(
    "a WebSocket's close frame (%s) counts as a goodbye",
    async (hasSaidGoodbye, reason, wills) => {
      const broker = openBroker();
      const watcher = await broker.client("watcher");
      await watcher.subscribe(["wills", "$aws/events/presence/disconnected/#"]);
      const [near, far] = wire();
      const state = broker.sandbox.state(ACCOUNT, REGION);
      broker.sandbox.devices.connect({
        stream: far,
        peer: { kind: "signature", accessKeyId: ACCOUNT, state },
        isWebSocket: true,
        hasSaidGoodbye: () => hasSaidGoodbye,
        source: { ip: "127.0.0.1", port: 50_000 },
        target: { ip: "127.0.0.1", port: 443 },
      });
      const client = new Wire(near);
      client.connect("ws", 4, { will: { topic: "wills", payload: Buffer.from("") } as never });
      await client.next("connack");

      client.stream.destroy();

      const [topic, { disconnectReason, clientInitiatedDisconnect }] = await eventOf(watcher);
      expect([topic, disconnectReason, clientInitiatedDisconnect]).toEqual([
        "$aws/events/presence/disconnected/ws",
        reason,
        hasSaidGoodbye,
      ]);
      expect(watcher.heard.flatMap((one) => (one.cmd === "publish" ? one.topic : []))).toEqual(
        expect.arrayContaining(wills),
      );
      expect(watcher.heard.some((one) => one.cmd === "publish" && one.topic === "wills")).toBe(
        wills.length > 0,
      );
    },
  );

  it("a will that may not be published is told of as a connect that failed", async () => {
    const broker = openBroker();
    const watcher = await broker.client("watcher");
    await watcher.subscribe("$aws/events/presence/connect_failed/#");
    const identity = await broker.identity([{ Action: "iot:Connect", Resource: "*" }]);

    const will = { topic: "wills", payload: Buffer.from("") } as never;
    await expect(broker.client("c", { identity, will })).rejects.toThrow(/closed/);

    expect(await watcher.document()).toMatchObject([
      "$aws/events/presence/connect_failed/c",
      { connectFailureReason: "AUTHORIZATION_FAILED", principalIdentifier: identity.certificateId },
    ]);
  });
});

it.each(["PENDING_ACTIVATION", "PENDING_TRANSFER", "REGISTER_INACTIVE"] as const)(
  "nobody connects whose certificate is %s",
  async (status) => {
    const broker = openBroker();
    const { certificate, certificateId } = await broker.identity();
    const state = broker.sandbox.state(ACCOUNT, REGION) as State;
    const found = state.certificates.get(certificateId) as CertificateRecord;
    await state
      .ask(brokerRuntime)
      .run(state, () => state.certificates.set(certificateId, { ...found, status }));

    const client = broker.dial({ kind: "certificate", certificate });
    client.connect("c", 5);

    expect(await client.next("connack")).toMatchObject({ reasonCode: 0x87 });
    expect(broker.lines).toEqual([expect.stringContaining(`${certificateId} is ${status}`)]);
  },
);

// https://docs.aws.amazon.com/iot/latest/developerguide/iot-policy-actions.html
describe("over HTTPS a certificate", () => {
  const broker = openBroker();
  const runtime = broker.sandbox.state(ACCOUNT, REGION).ask(brokerRuntime);

  it.each<[operation: string, input: object, action: string, tail: string, other: string]>([
    ["GetThingShadow", { thingName: "t" }, "GetThingShadow", "thing/t", "thing/t/s"],
    [
      "GetThingShadow",
      { thingName: "t", shadowName: "s" },
      "GetThingShadow",
      "thing/t/s",
      "thing/t",
    ],
    ["UpdateThingShadow", { thingName: "t" }, "UpdateThingShadow", "thing/t", "thing/u"],
    ["DeleteThingShadow", { thingName: "t" }, "DeleteThingShadow", "thing/t", "thing/u"],
    [
      "ListNamedShadowsForThing",
      { thingName: "t" },
      "ListNamedShadowsForThing",
      "thing/t",
      "thing/u",
    ],
    ["DescribeJobExecution", { thingName: "t" }, "DescribeJobExecution", "thing/t", "thing/u"],
    [
      "GetPendingJobExecutions",
      { thingName: "t" },
      "GetPendingJobExecutions",
      "thing/t",
      "thing/u",
    ],
    [
      "StartNextPendingJobExecution",
      { thingName: "t" },
      "StartNextPendingJobExecution",
      "thing/t",
      "thing/u",
    ],
    ["UpdateJobExecution", { thingName: "t" }, "UpdateJobExecution", "thing/t", "thing/u"],
    ["Publish", { topic: "a/b" }, "Publish", "topic/a/b", "topic/a"],
    ["GetRetainedMessage", { topic: "a/b" }, "GetRetainedMessage", "topic/a/b", "topic/a"],
    ["ListRetainedMessages", {}, "ListRetainedMessages", "*", "topic/*"],
    ["GetConnection", { clientId: "c" }, "GetConnection", "client/c", "client/d"],
    ["DeleteConnection", { clientId: "c" }, "DeleteConnection", "client/c", "client/d"],
    ["ListSubscriptions", { clientId: "c" }, "ListSubscriptions", "client/c", "client/d"],
    ["SendDirectMessage", { clientId: "c" }, "SendDirectMessage", "client/c", "client/d"],
  ])("may %s of %j by iot:%s on %s", async (operation, input, action, tail, other) => {
    const check = async (Action: string, on: string) => {
      const { certificate } = await broker.identity([
        { Action, Resource: on === "*" ? "*" : `${ARN}${on}` },
      ]);
      return () => deviceOf(runtime, certificate).check(operation, input);
    };

    expect(await check(`iot:${action}`, tail)).not.toThrow();
    expect(await check(`iot:${action}`, other)).toThrow("Forbidden");
    expect(broker.lines.at(-1)).toContain(`iot:${action} on ${ARN}${tail}: no statement of`);
  });

  it("needs a leave of its own to retain, and has nothing to do with the control plane", async () => {
    const kept = { topic: "a", retain: true };
    const some = await broker.identity([{ Action: "iot:Publish", Resource: "*" }]);
    const all = await broker.identity();

    expect(() => deviceOf(runtime, some.certificate).check("Publish", kept)).toThrow("Forbidden");
    expect(() => deviceOf(runtime, all.certificate).check("Publish", kept)).not.toThrow();
    expect(() => deviceOf(runtime, all.certificate).check("CreateThing", {})).toThrow("Forbidden");
  });
});

/** The next message that is an event. */
async function eventOf(watcher: Wire): Promise<[string, Record<string, unknown>]> {
  for (;;) {
    const { topic, text } = await watcher.message();
    if (topic.startsWith("$aws/events/"))
      return [topic, JSON.parse(text) as Record<string, unknown>];
  }
}
