import {
  AttachPolicyCommand,
  CreateKeysAndCertificateCommand,
  CreatePolicyCommand,
  DescribeEndpointCommand,
  IoTClient,
} from "@aws-sdk/client-iot";
import mqtt from "mqtt";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { createServer } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MqttEndpoint } from "../../../lib/aws/local.js";
import { newHome, removeHome, startServer, type ServerProcess } from "../server.js";

const PORTS = [443, 8443, 8883];

/** Why a port cannot be listened on; undefined when it can. */
function obstacle(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", ({ message }) => resolve(message));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(undefined)));
  });
}

const obstacles = (await Promise.all(PORTS.map(obstacle))).filter(Boolean);
if (obstacles.length > 0) {
  // Not an error in CI either: who may listen there, and who does, is the machine's own affair.
  console.error(`\n!!! TESTS OF --standard-ports ARE SKIPPED !!! ${obstacles.join("; ")}\n`);
}

describe.skipIf(obstacles.length > 0)("--standard-ports", () => {
  let home: string;
  let server: ServerProcess;
  let ca: Buffer;
  let device: { readonly cert: string; readonly key: string };
  let iot: IoTClient;

  beforeAll(async () => {
    home = newHome();
    server = await startServer(home, ["--ephemeral", "--standard-ports"]);
    ca = readFileSync((server.mqtt as MqttEndpoint).caFile);
    const { url, credentials } = server;
    iot = new IoTClient({ endpoint: url, credentials, region: "us-east-1", maxAttempts: 1 });
    const made = await iot.send(new CreateKeysAndCertificateCommand({ setAsActive: true }));
    device = { cert: made.certificatePem as string, key: made.keyPair?.PrivateKey as string };
    const policyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "iot:*", Resource: "*" }],
    });
    await iot.send(new CreatePolicyCommand({ policyName: "all", policyDocument }));
    await iot.send(new AttachPolicyCommand({ policyName: "all", target: made.certificateArn }));
  });
  afterAll(async () => {
    await server?.stop();
    removeHome(home);
  });

  it("needs no port to be named: the endpoint is a bare name", async () => {
    const { endpointAddress } = await iot.send(
      new DescribeEndpointCommand({ endpointType: "iot:Data-ATS" }),
    );

    expect(endpointAddress).toBe("localhost");
    expect(server.mqtt).toMatchObject({ host: "localhost", port: 8883 });
  });

  it.each([
    ["8883", 8883, undefined, 4],
    ["8883", 8883, undefined, 5],
    ["443 by the name of the protocol", 443, ["x-amzn-mqtt-ca"], 4],
    ["443 by the name of the protocol", 443, ["x-amzn-mqtt-ca"], 5],
  ] as const)("speaks MQTT on %s", async (_, port, ALPNProtocols, protocolVersion) => {
    const client = await mqtt.connectAsync(`mqtts://localhost:${port}`, {
      ...device,
      ca,
      protocolVersion,
      reconnectPeriod: 0,
      ...(ALPNProtocols && { ALPNProtocols: [...ALPNProtocols] }),
    });

    expect(client.connected).toBe(true);
    await client.endAsync();
  });

  it.each([
    ["8443", 8443, undefined],
    ["443 by the name of the protocol", 443, ["x-amzn-http-ca"]],
  ] as const)("answers a device's HTTPS on %s", async (_, port, ALPNProtocols) => {
    const [status, body] = await new Promise<[number | undefined, string]>((resolve, reject) => {
      request(
        {
          ...{ host: "localhost", port, path: "/things/car/shadow", ca, ...device },
          ...(ALPNProtocols && { ALPNProtocols: [...ALPNProtocols] }),
        },
        (response) => {
          text(response).then((said) => resolve([response.statusCode, said]), reject);
        },
      )
        .on("error", reject)
        .end();
    });

    expect([status, body]).toEqual([404, expect.stringMatching(/No shadow/)]);
  });
});
