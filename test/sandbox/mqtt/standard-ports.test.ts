import {
  AttachPolicyCommand,
  CreateKeysAndCertificateCommand,
  CreatePolicyCommand,
  DescribeEndpointCommand,
  IoTClient,
} from "@aws-sdk/client-iot";
import mqtt from "mqtt";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MqttEndpoint } from "../../../lib/aws/local.js";
import { projectRoot } from "../../../lib/cli/project.js";
import { waitForLock } from "../../../lib/cli/sandbox/lock.js";
import { pythonWith, run } from "../python.js";
import { newHome, removeHome, startServer, type ServerProcess } from "../server.js";

const PORTS = [443, 8443, 8883];

/** How long others may hold a port, in milliseconds: a sandbox of another test, which is about to end. */
const PATIENCE_MS = 5_000;

/** Why a port cannot be listened on, after some patience with who holds it; undefined when it can. */
async function obstacle(port: number): Promise<string | undefined> {
  for (const since = performance.now(); ; await delay(500)) {
    const why = await taken(port);
    const isHeld = why?.includes("EADDRINUSE") === true;
    if (!isHeld || performance.now() - since > PATIENCE_MS) return why;
  }
}

function taken(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", ({ message }) => resolve(message));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(undefined)));
  });
}

// They are there once on a machine: tests of two clones take turns.
const turns = join(tmpdir(), "fleetlab-standard-ports");
mkdirSync(turns, { recursive: true });
const turn = await waitForLock(turns, 300_000);
afterAll(() => turn?.release());

const held = await Promise.all(PORTS.map(obstacle));
const obstacles = held.filter(Boolean);
const [httpsObstacle] = held;
if (obstacles.length > 0) {
  // Not an error in CI either: who may listen there, and who does, is the machine's own affair.
  console.error(`\n!!! TESTS OF --standard-ports ARE SKIPPED !!! ${obstacles.join("; ")}\n`);
}

const python = await pythonWith(["awsiot"], "test/sandbox/mqtt/requirements.txt");

let home: string;
let server: ServerProcess;
let ca: Buffer;
let device: { readonly cert: string; readonly key: string };
let iot: IoTClient;

function withSandbox(...options: string[]): void {
  beforeAll(async () => {
    home = newHome();
    server = await startServer(home, ["--ephemeral", ...options]);
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
}

/** AWS's SDK as it comes: it is told neither a port nor a protocol, and takes 443 and `x-amzn-mqtt-ca`. */
async function walk(): Promise<void> {
  writeFileSync(join(home, "device.pem"), device.cert);
  writeFileSync(join(home, "device.key"), device.key);
  const { caFile } = server.mqtt as MqttEndpoint;
  const walked = join(projectRoot, "test", "sandbox", "mqtt", "port_443_walk.py");

  const { code, output } = await run(python as string, [
    walked,
    caFile,
    join(home, "device.pem"),
    join(home, "device.key"),
  ]);

  expect(code, output).toBe(0);
  expect(output.match(/^ok /gm), output).toHaveLength(2);
}

// Only 443 has to be free: 8883 often is not.
describe.skipIf(httpsObstacle !== undefined || !python)("port 443 alone", () => {
  withSandbox("--port", "443");

  it("is all that AWS's SDK for Python needs", { timeout: 60_000 }, walk);
});

describe.skipIf(obstacles.length > 0)("--standard-ports", () => {
  withSandbox("--standard-ports");

  it.skipIf(!python)("is where AWS's SDK for Python goes by itself", { timeout: 60_000 }, walk);

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
