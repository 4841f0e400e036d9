import {
  AttachPolicyCommand,
  CreatePolicyCommand,
  RegisterCertificateWithoutCACommand,
} from "@aws-sdk/client-iot";
import type { Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { clientsOf } from "../clients.js";
import { newCertificate, openBroker } from "./broker.js";

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
