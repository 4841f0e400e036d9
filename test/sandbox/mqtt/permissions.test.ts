import {
  AddThingToThingGroupCommand,
  AttachPolicyCommand,
  AttachThingPrincipalCommand,
  CreatePolicyCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  DetachPolicyCommand,
  UpdateCertificateCommand,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { ARN, EVERYTHING, newCertificate, openBroker, settled } from "./broker.js";

const TOPICS = `${ARN}topic/`;
const FILTERS = `${ARN}topicfilter/`;
const connect = { Action: "iot:Connect", Resource: `${ARN}client/c` };

/** What a client of each version is told that is not let in: nothing, and 0x87. */
async function refusals(
  broker: ReturnType<typeof openBroker>,
  certificate: ReturnType<typeof newCertificate> | undefined,
) {
  const old = broker.dial({ kind: "certificate", certificate });
  old.connect("c", 4);
  await old.closed();
  const fresh = broker.dial({ kind: "certificate", certificate });
  fresh.connect("c", 5);
  const { reasonCode } = await fresh.next("connack");
  await fresh.closed();
  return [old.heard.length, reasonCode];
}

describe("who may connect", () => {
  it("nobody without a certificate, or with one that is not registered", async () => {
    const broker = openBroker();

    expect(await refusals(broker, undefined)).toEqual([0, 0x87]);
    expect(await refusals(broker, newCertificate())).toEqual([0, 0x87]);
    expect(broker.lines[0]).toBe("refused: client c: it has shown no certificate");
    expect(broker.lines[2]).toMatch(
      /^refused: client c: certificate [0-9a-f]{64} is not registered$/,
    );
  });

  it.each(["INACTIVE", "REVOKED"] as const)("nobody whose certificate is %s", async (newStatus) => {
    const broker = openBroker();
    const { certificate, certificateId } = await broker.identity();
    await broker.iot.send(new UpdateCertificateCommand({ certificateId, newStatus }));

    expect(await refusals(broker, certificate)).toEqual([0, 0x87]);
    expect(broker.lines[0]).toBe(`refused: client c: certificate ${certificateId} is ${newStatus}`);
  });

  it("nobody whose certificate has ended by the sandbox's clock", async () => {
    const broker = openBroker();
    const { certificate } = await broker.identity();
    await broker.pass(366 * 86_400_000);

    expect(await refusals(broker, certificate)).toEqual([0, 0x87]);
    expect(broker.lines[0]).toMatch(/is valid from .* to .* only/);
  });

  it("nobody whom no policy lets, and the log says which", async () => {
    const broker = openBroker();
    const none = await broker.identity([{ Action: "iot:Connect", Resource: `${ARN}client/other` }]);
    const denied = await broker.identity([EVERYTHING, { ...connect, Effect: "Deny" }]);

    expect(await refusals(broker, none.certificate)).toEqual([0, 0x87]);
    expect(await refusals(broker, denied.certificate)).toEqual([0, 0x87]);
    expect(broker.lines[0]).toBe(
      `refused: client c, certificate ${none.certificateId}: iot:Connect on client/c: ` +
        "no statement of policy-1 allows it",
    );
    expect(broker.lines[2]).toMatch(/denied by policy policy-2 statement 2$/);
  });

  it("whoever a condition lets: on persistent sessions and wills", async () => {
    const broker = openBroker();
    const plain = await broker.identity([
      {
        ...connect,
        Condition: { "ForAllValues:StringEquals": { "iot:ConnectAttributes": ["LastWill"] } },
      },
      { Action: "iot:Publish", Resource: "*" },
    ]);
    const will = { topic: "w", payload: Buffer.from("") };

    await (await broker.client("c", { identity: plain, will })).leave();
    await expect(broker.client("c", { identity: plain, clean: false })).rejects.toThrow(/closed/);
  });

  it("no one any more whose certificate is deactivated", async () => {
    const broker = openBroker();
    const identity = await broker.identity();
    const client = await broker.client("c", { identity, version: 5 });
    const other = await broker.client("other");

    const { certificateId } = identity;
    await broker.iot.send(new UpdateCertificateCommand({ certificateId, newStatus: "INACTIVE" }));

    await client.closed();
    expect(client.heard.at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x87 });
    const state = broker.sandbox.state("111122223333", "eu-west-1");
    expect(state.mqttConnections.get("c")?.disconnectReason).toBe("AUTH_ERROR");
    expect(other.isClosed).toBe(false);
  });
});

describe("what policies decide on", () => {
  it("each PUBLISH: a 3.1.1 client is hung up on, v5 is told", async () => {
    const broker = openBroker();
    const identity = await broker.identity([
      connect,
      { Action: "iot:Publish", Resource: `${TOPICS}a/*` },
    ]);
    const old = await broker.client("c", { identity });
    expect(await old.publish("a/b", "", { qos: 1 })).toBeUndefined();

    await expect(old.publish("b", "", { qos: 1 })).rejects.toThrow(/closed before puback/);
    expect(broker.lines).toContainEqual(
      `refused: client c, certificate ${identity.certificateId}: iot:Publish on ${TOPICS}b: ` +
        "no statement of policy-1 allows it",
    );
    const state = broker.sandbox.state("111122223333", "eu-west-1");
    await settled();
    expect(state.mqttConnections.get("c")?.disconnectReason).toBe("AUTH_ERROR");

    const fresh = await broker.client("c", { identity, version: 5 });
    expect(await fresh.publish("b", "", { qos: 1 })).toBe(0x87);
    expect(await fresh.publish("a/b", "", { qos: 1 })).toBe(0);
    expect(await fresh.publish("a/b", "x", { qos: 1, retain: true })).toBe(0x87);
    await fresh.publish("b");
    await fresh.closed();
    expect(fresh.heard.at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x87 });
  });

  it("each filter of a SUBSCRIBE", async () => {
    const broker = openBroker();
    const identity = await broker.identity([
      connect,
      { Action: "iot:Subscribe", Resource: [`${FILTERS}a/#`, `${FILTERS}b/*`] },
    ]);
    const filters = ["a/#", "a/b", "b/#", "b/c/+", "$share/g/b/x", "c"];

    const old = await broker.client("c", { identity });
    expect(await old.subscribe(filters)).toEqual([0, 0x80, 0, 0, 0, 0x80]);
    const fresh = await broker.client("c", { identity, version: 5 });
    expect(await fresh.subscribe(filters)).toEqual([0, 0x87, 0, 0, 0, 0x87]);
  });

  it("each delivery: what may not be received is not, and nothing is said", async () => {
    const broker = openBroker();
    const identity = await broker.identity([
      connect,
      { Action: "iot:Subscribe", Resource: "*" },
      { Action: "iot:Receive", Resource: `${TOPICS}open/*` },
    ]);
    const reader = await broker.client("c", { identity });
    await reader.subscribe("#", 1);
    const writer = await broker.client("writer");

    await writer.publish("open/a", "", { qos: 1 });
    await writer.publish("closed/a", "", { qos: 1 });
    await writer.publish("closed/a");

    expect(await reader.rest()).toEqual(["open/a"]);
    expect(reader.isClosed).toBe(false);
  });

  it("as they are by now", async () => {
    const broker = openBroker();
    const identity = await broker.identity();
    const client = await broker.client("c", { identity, version: 5 });
    expect(await client.publish("a", "", { qos: 1 })).toBe(0);
    const change = { policyName: "policy-1", target: identity.certificateArn };

    await broker.iot.send(new DetachPolicyCommand(change));
    expect(await client.publish("a", "", { qos: 1 })).toBe(0x87);
    await broker.iot.send(new AttachPolicyCommand(change));
    expect(await client.publish("a", "", { qos: 1 })).toBe(0);
  });
});

describe("variables", () => {
  const own = [
    { Action: "iot:Connect", Resource: `${ARN}client/\${iot:Connection.Thing.ThingName}` },
    {
      Action: ["iot:Publish", "iot:Receive"],
      Resource: `${TOPICS}$aws/things/\${iot:Connection.Thing.ThingName}/*`,
    },
    {
      Action: "iot:Subscribe",
      Resource: `${FILTERS}$aws/things/\${iot:Connection.Thing.ThingName}/*`,
    },
    {
      Action: "iot:Publish",
      Resource: `${TOPICS}\${iot:Connection.Thing.Attributes[country]}/\${iot:ClientId}`,
    },
    { Action: "iot:Publish", Resource: `${TOPICS}type/\${iot:Connection.Thing.ThingTypeName}` },
    { Action: "iot:Publish", Resource: `${TOPICS}\${iot:Certificate.Subject.CommonName}` },
  ];

  it("of the thing that is called like the client, when it is attached", async () => {
    const broker = openBroker();
    const identity = await broker.identity(own);
    const thingName = "lorry";
    await broker.iot.send(
      new CreateThingCommand({ thingName, attributePayload: { attributes: { country: "DE" } } }),
    );
    await expect(broker.client(thingName, { identity })).rejects.toThrow(/closed/);

    await broker.iot.send(
      new AttachThingPrincipalCommand({ thingName, principal: identity.certificateArn }),
    );
    const client = await broker.client(thingName, { identity, version: 5 });

    const say = (topic: string) => client.publish(topic, "", { qos: 1 });
    expect(await say("$aws/things/lorry/shadow/get")).toBe(0);
    expect(await say("$aws/things/other/shadow/get")).toBe(0x87);
    expect(await say("DE/lorry")).toBe(0);
    expect(await say("a device")).toBe(0);
    // It has no type: a variable without a value fits nothing.
    expect(await say("type/")).toBe(0x87);
    expect(await client.subscribe("$aws/things/lorry/shadow/get/+")).toEqual([0]);
  });

  it("of the exclusive thing, whatever the client is called", async () => {
    const broker = openBroker();
    const identity = await broker.identity([
      { Action: "iot:Connect", Resource: "*" },
      ...own.slice(1),
    ]);
    await broker.iot.send(new CreateThingCommand({ thingName: "lorry" }));
    await broker.iot.send(
      new AttachThingPrincipalCommand({
        thingName: "lorry",
        principal: identity.certificateArn,
        thingPrincipalType: "EXCLUSIVE_THING",
      }),
    );
    const client = await broker.client("someone", { identity, version: 5 });

    expect(await client.publish("$aws/things/lorry/shadow/get", "", { qos: 1 })).toBe(0);
  });
});

it("policies of a thing's groups count, and those of the groups above", async () => {
  const broker = openBroker();
  const identity = await broker.identity([{ Action: "iot:Connect", Resource: "*" }]);
  const { iot } = broker;
  await iot.send(new CreateThingCommand({ thingName: "lorry" }));
  await iot.send(
    new AttachThingPrincipalCommand({ thingName: "lorry", principal: identity.certificateArn }),
  );
  const above = await iot.send(new CreateThingGroupCommand({ thingGroupName: "above" }));
  await iot.send(
    new CreateThingGroupCommand({ thingGroupName: "below", parentGroupName: "above" }),
  );
  await iot.send(new AddThingToThingGroupCommand({ thingName: "lorry", thingGroupName: "below" }));
  const client = await broker.client("lorry", { identity, version: 5 });
  expect(await client.publish("a", "", { qos: 1 })).toBe(0x87);

  const policyDocument = JSON.stringify({
    Version: "2012-10-17",
    Statement: { Effect: "Allow", Action: "iot:Publish", Resource: "*" },
  });
  await iot.send(new CreatePolicyCommand({ policyName: "of-group", policyDocument }));
  await iot.send(
    new AttachPolicyCommand({ policyName: "of-group", target: above.thingGroupArn as string }),
  );

  expect(await client.publish("a", "", { qos: 1 })).toBe(0);
});

describe("a sandbox that is strict", () => {
  it.each([4, 5] as const)(
    "lets nobody in who sends no server name, in version %i",
    async (version) => {
      const broker = openBroker({ strict: true });
      const { certificate } = await broker.identity();
      const nameless = broker.dial({ kind: "certificate", certificate }, false, "");
      nameless.connect("c", version);
      await nameless.closed();
      expect(nameless.heard).toEqual([]);
      expect(broker.lines).toEqual(["closed: client c: it has sent no server name (SNI)"]);

      const named = broker.dial({ kind: "certificate", certificate });
      named.connect("c", version);
      await named.next("connack");
    },
  );

  it("hangs up on a 3.1.1 client that may not subscribe", async () => {
    const broker = openBroker({ strict: true });
    const identity = await broker.identity([{ Action: "iot:Connect", Resource: "*" }]);
    const client = await broker.client("c", { identity });

    await expect(client.subscribe("a")).rejects.toThrow(/closed/);
    const five = await broker.client("c", { identity, version: 5 });
    expect(await five.subscribe("a")).toEqual([0x87]);
  });
});

describe("a change of policies", () => {
  it("is felt by open connections as late as the sandbox is told to have it", async () => {
    const broker = openBroker({ lags: { policyMs: 120_000 } });
    const identity = await broker.identity();
    await broker.pass(120_000);
    const client = await broker.client("c", { identity, version: 5, keepalive: 1200 });
    expect(await client.publish("a", "", { qos: 1 })).toBe(0);
    const change = { policyName: "policy-1", target: identity.certificateArn };
    await broker.iot.send(new DetachPolicyCommand(change));

    expect(await client.publish("a", "", { qos: 1 })).toBe(0);
    await broker.pass(119_999);
    expect(await client.publish("a", "", { qos: 1 })).toBe(0);
    await broker.pass(1);
    expect(await client.publish("a", "", { qos: 1 })).toBe(0x87);
  });
});
