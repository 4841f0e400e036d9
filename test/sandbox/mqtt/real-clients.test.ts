import {
  AttachPolicyCommand,
  AttachThingPrincipalCommand,
  CreateJobCommand,
  CreateCommandCommand,
  CreateKeysAndCertificateCommand,
  CreatePolicyCommand,
  CreateProvisioningTemplateCommand,
  CreateThingCommand,
  DescribeEndpointCommand,
  GetCommandExecutionCommand,
  IoTClient,
} from "@aws-sdk/client-iot";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { IoTDataPlaneClient, ListSubscriptionsCommand } from "@aws-sdk/client-iot-data-plane";
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import {
  StartCommandExecutionCommand,
  IoTJobsDataPlaneClient,
} from "@aws-sdk/client-iot-jobs-data-plane";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { WebSocket } from "ws";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MqttEndpoint } from "../../../lib/aws/local.js";
import { projectRoot } from "../../../lib/cli/project.js";
import { signedWebSocketUrl } from "./presigned.js";
import { hasProgram } from "./programs.js";
import { pythonWith, run } from "../python.js";
import { newHome, removeHome, startServer, type ServerProcess } from "../server.js";

const python = await pythonWith(["paho.mqtt", "awsiot"], "test/sandbox/mqtt/requirements.txt");
const hasMosquitto = hasProgram(
  "mosquitto_pub",
  ["--help"],
  "On Debian and Ubuntu: apt-get install mosquitto-clients",
);
const hasSdk = hasProgram(
  process.execPath,
  ["-e", 'require("aws-iot-device-sdk-v2")'],
  "npm install brings aws-iot-device-sdk-v2; it has binaries for Linux, macOS and Windows.",
);
const THING = "lorry-7";

let home: string;
let server: ServerProcess;
let iot: IoTClient;
let endpoint: MqttEndpoint;
let ca: Buffer;
let device: { readonly cert: string; readonly key: string };

beforeAll(async () => {
  home = newHome();
  server = await startServer(home, ["--ephemeral"]);
  endpoint = server.mqtt as MqttEndpoint;
  ca = readFileSync(endpoint.caFile);
  const { url, credentials } = server;
  iot = new IoTClient({ endpoint: url, credentials, region: "us-east-1", maxAttempts: 1 });
  const { certificatePem, certificateArn, keyPair } = await iot.send(
    new CreateKeysAndCertificateCommand({ setAsActive: true }),
  );
  device = { cert: certificatePem as string, key: keyPair?.PrivateKey as string };
  writeFileSync(join(home, "device.pem"), device.cert);
  writeFileSync(join(home, "device.key"), device.key);
  await iot.send(new CreateThingCommand({ thingName: THING }));
  await iot.send(
    new CreatePolicyCommand({
      policyName: "device",
      policyDocument: JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Action: "iot:Connect",
            Resource: "arn:aws:iot:us-east-1:*:client/${iot:Connection.Thing.ThingName}",
          },
          { Effect: "Allow", Action: ["iot:Publish", "iot:Receive"], Resource: "*" },
          { Effect: "Allow", Action: "iot:Subscribe", Resource: "*" },
          {
            Effect: "Allow",
            Action: "iot:GetThingShadow",
            Resource: `arn:aws:iot:*:thing/${THING}`,
          },
        ],
      }),
    }),
  );
  await iot.send(new AttachPolicyCommand({ policyName: "device", target: certificateArn }));
  const iam = new IAMClient({ endpoint: url, credentials, region: "us-east-1" });
  const { Role } = await iam.send(
    new CreateRoleCommand({
      RoleName: "provisioning",
      AssumeRolePolicyDocument: JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { Service: "iot.amazonaws.com" },
            Action: "sts:AssumeRole",
          },
        ],
      }),
    }),
  );
  // Other services hear of a new role some seconds later.
  await fetch(`${url}/_fleetlab/clock`, {
    method: "POST",
    headers: { authorization: `Bearer ${credentials.secretAccessKey}` },
    body: JSON.stringify({ advanceMs: 10_000 }),
  });
  await iot.send(
    new CreateProvisioningTemplateCommand({
      templateName: "fleet",
      enabled: true,
      provisioningRoleArn: Role?.Arn as string,
      templateBody: JSON.stringify({
        Parameters: { SerialNumber: { Type: "String" } },
        Resources: {
          thing: {
            Type: "AWS::IoT::Thing",
            Properties: { ThingName: { "Fn::Join": ["-", ["new", { Ref: "SerialNumber" }]] } },
          },
          certificate: {
            Type: "AWS::IoT::Certificate",
            Properties: { CertificateId: { Ref: "AWS::IoT::Certificate::Id" } },
          },
        },
        DeviceConfiguration: { site: "north" },
      }),
    }),
  );
  await iot.send(
    new AttachThingPrincipalCommand({ thingName: THING, principal: certificateArn as string }),
  );
});
afterAll(async () => {
  await server.stop();
  removeHome(home);
});

function connected(url: string, options: IClientOptions): Promise<MqttClient> {
  return mqtt.connectAsync(url, { reconnectPeriod: 0, ca, ...options });
}

/** How a connection ends that is not let in: an error's message, or that it was closed. */
function ended(url: string, options: IClientOptions): Promise<string> {
  const client = mqtt.connect(url, { reconnectPeriod: 0, ca, ...options });
  return new Promise((resolve) => {
    client.once("error", ({ message }) => resolve(message));
    client.once("close", () => resolve("closed"));
    client.once("connect", () => resolve("connected"));
  });
}

/** Say something to oneself. */
async function talks(client: MqttClient): Promise<string> {
  const heard = new Promise<string>((resolve) =>
    client.once("message", (_, payload) => resolve(payload.toString())),
  );
  await client.subscribeAsync("self", { qos: 1 });
  await client.publishAsync("self", "hello", { qos: 1 });
  const said = await heard;
  await client.endAsync();
  return said;
}

describe.each([4, 5] as const)("mqtt.js, MQTT of version %i", (protocolVersion) => {
  it("connects with a certificate", async () => {
    const { host, port } = endpoint;
    const options = { ...device, clientId: THING, protocolVersion };

    expect(await talks(await connected(`mqtts://${host}:${port}`, options))).toBe("hello");
  });

  it("connects to the port of HTTP by the name of the protocol", async () => {
    const url = server.url.replace("http:", "mqtts:");
    const options = { ...device, clientId: THING, protocolVersion };

    const client = await connected(url, { ...options, ALPNProtocols: ["x-amzn-mqtt-ca"] });
    expect(await talks(client)).toBe("hello");
  });

  it("connects by a signed WebSocket", async () => {
    const url = signedWebSocketUrl(server, "us-east-1");

    expect(await talks(await connected(url, { clientId: "ws", protocolVersion }))).toBe("hello");
    expect(
      await talks(
        await connected(`${url}&X-Amz-Security-Token=token`, { clientId: "ws2", protocolVersion }),
      ),
    ).toBe("hello");
  });
});

describe("whoever has no certificate", () => {
  it("is hung up on, and told nothing", async () => {
    const { host, port } = endpoint;

    expect(await ended(`mqtts://${host}:${port}`, { clientId: THING })).toBe("closed");
    expect(await ended(`mqtts://${host}:${port}`, { clientId: THING, protocolVersion: 5 })).toMatch(
      /not authorized/i,
    );
  });

  it("is not let in by a WebSocket with a wrong signature", async () => {
    const url = signedWebSocketUrl(server, "us-east-1").replace(/.$/, (last) =>
      last === "0" ? "1" : "0",
    );

    const status = await new Promise((resolve, reject) => {
      const socket = new WebSocket(url, "mqtt");
      socket.once("unexpected-response", (_, response) => resolve(response.statusCode));
      socket.once("open", () => reject(new Error("it was let in")));
    });

    expect(status).toBe(403);
  });
});

describe("a device over HTTPS", () => {
  const ask = (path: string, own: object): Promise<[number | undefined, string]> =>
    new Promise((resolve, reject) => {
      request(`${server.url.replace("http:", "https:")}${path}`, { ca, ...own }, (response) => {
        text(response).then((body) => resolve([response.statusCode, body]), reject);
      })
        .on("error", reject)
        .end();
    });

  it("does what the HTTP actions of its policies say, and nothing else", async () => {
    expect(await ask(`/things/${THING}/shadow`, device)).toMatchObject([
      404,
      expect.stringMatching(/No shadow/),
    ]);
    expect(await ask(`/things/${THING}/jobs`, device)).toMatchObject([
      403,
      expect.stringMatching(/Forbidden/),
    ]);
    expect(await ask(`/things/other/shadow`, device)).toMatchObject([403, expect.anything()]);
    // A thing's registry is not for devices.
    expect((await ask(`/things/${THING}`, device))[0]).toBeGreaterThanOrEqual(400);
  });

  it("needs a certificate or a signature", async () => {
    expect((await ask(`/things/${THING}/shadow`, {}))[0]).toBe(403);
  });
});

it("says where it is", async () => {
  const { endpointAddress } = await iot.send(
    new DescribeEndpointCommand({ endpointType: "iot:Data-ATS" }),
  );

  expect(endpointAddress).toBe(new URL(server.url).host);
  expect(endpoint).toMatchObject({ host: "localhost", caFile: expect.stringMatching(/ca\.pem$/) });
});

it("offers what clients of AWS's ports ask for", async () => {
  const names: (string | false | null)[] = [];
  for (const name of ["x-amzn-mqtt-ca", "mqtt", "x-amzn-http-ca", "http/1.1", undefined]) {
    const socket = connectTls({
      host: "127.0.0.1",
      port: endpoint.port,
      ca,
      ...(name && { ALPNProtocols: [name] }),
    });
    await new Promise((resolve, reject) => {
      socket.once("secureConnect", resolve);
      socket.once("error", reject);
    });
    names.push(socket.alpnProtocol);
    socket.destroy();
  }

  expect(names).toEqual(["x-amzn-mqtt-ca", "mqtt", "x-amzn-http-ca", "http/1.1", false]);
});

/** Something to do for the thing. */
async function prepare(jobId: string): Promise<void> {
  await iot.send(new CreateJobCommand({ jobId, targets: [thingArn()], document: '{"work":true}' }));
  // Until the job has its execution.
  await delay(1_200);
}

const thingArn = () => `arn:aws:iot:us-east-1:${server.credentials.account}:thing/${THING}`;

describe.skipIf(!python)("Python's clients", () => {
  it("walk through everything", { timeout: 120_000 }, async () => {
    await prepare("work");

    const { code, output } = await run(
      python as string,
      [
        join(projectRoot, "test", "sandbox", "mqtt", "clients_walk.py"),
        endpoint.host,
        String(endpoint.port),
        new URL(server.url).port,
        endpoint.caFile,
        join(home, "device.pem"),
        join(home, "device.key"),
        THING,
      ],
      {
        AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
      },
    );

    expect(code, output).toBe(0);
    expect(output.match(/^ok /gm), output).toHaveLength(10);
  });
});

describe.skipIf(!hasSdk)("AWS's JavaScript SDK for devices", () => {
  it("walks through everything", { timeout: 120_000 }, async () => {
    await prepare("js-work");

    const { code, output } = await run(process.execPath, [
      join(projectRoot, "test", "sandbox", "mqtt", "sdk_walk.cjs"),
      endpoint.host,
      String(endpoint.port),
      endpoint.caFile,
      join(home, "device.pem"),
      join(home, "device.key"),
      THING,
    ]);

    expect(code, output).toBe(0);
    expect(output.match(/^ok /gm), output).toHaveLength(6);
  });
});

describe.skipIf(!hasMosquitto)("mosquitto's clients", () => {
  const options = (version: string) => [
    ...["-h", endpoint.host, "-p", String(endpoint.port), "--cafile", endpoint.caFile],
    ...["--cert", join(home, "device.pem"), "--key", join(home, "device.key")],
    ...["-V", version, "-i", THING],
  ];

  it.each(["311", "5"])("listen to themselves, with MQTT of version %s", async (version) => {
    const heard = await run("mosquitto_rr", [
      ...options(version),
      ...["-t", "rr", "-e", "rr", "-m", "hello", "-q", "1", "-W", "20"],
    ]);

    expect(heard.output).toMatch(/hello/);
  });

  it("reach the port of HTTP by the name of the protocol", async () => {
    const byName = options("311").map((one) =>
      one === String(endpoint.port) ? new URL(server.url).port : one,
    );
    const said = ["--tls-alpn", "x-amzn-mqtt-ca", "-t", "a", "-m", "b", "-q", "1"];

    const { code, output } = await run("mosquitto_pub", [...byName, ...said]);

    expect(code, output).toBe(0);
  });

  it.each(["311", "5"])("are hung up on by the policy, with version %s", async (version) => {
    const refused = options(version).map((one) => (one === THING ? "not-allowed" : one));
    const { code, output } = await run("mosquitto_pub", [...refused, "-t", "a", "-m", "b"]);

    expect(output).toMatch(version === "5" ? /not authori[sz]ed/i : /lost|closed/i);
    expect(code).not.toBe(0);
  });

  it("carry out a command", async () => {
    const { url, credentials } = server;
    const jobs = new IoTJobsDataPlaneClient({ endpoint: url, credentials, region: "us-east-1" });
    const base = `$aws/commands/things/${THING}/executions`;
    const { commandArn } = await iot.send(
      new CreateCommandCommand({
        commandId: "lock",
        payload: { content: Buffer.from('{"action":"lock"}'), contentType: "application/json" },
      }),
    );
    const filter = `${base}/+/request/json`;
    const heard = run("mosquitto_sub", [
      ...options("5"),
      ...["-t", filter, "-F", "%t %p", "-C", "1", "-W", "20"],
    ]);
    const data = new IoTDataPlaneClient({ endpoint: url, credentials, region: "us-east-1" });
    await expect
      .poll(async () => {
        const asked = new ListSubscriptionsCommand({ clientId: THING });
        const { subscriptions = [] } = await data.send(asked).catch(() => ({ subscriptions: [] }));
        return subscriptions.map(({ topicFilter }) => topicFilter);
      })
      .toEqual([filter]);
    const { executionId = "" } = await jobs.send(
      new StartCommandExecutionCommand({
        commandArn: commandArn as string,
        targetArn: thingArn(),
        executionTimeoutSeconds: 60,
      }),
    );
    expect((await heard).output.trim()).toBe(
      `${base}/${executionId}/request/json {"action":"lock"}`,
    );

    const report = await run("mosquitto_pub", [
      ...options("5"),
      ...["-t", `${base}/${executionId}/response/json`, "-m", '{"status":"SUCCEEDED"}', "-q", "1"],
    ]);

    expect(report.code, report.output).toBe(0);
    await expect
      .poll(async () => {
        const which = { executionId, targetArn: thingArn() };
        return (await iot.send(new GetCommandExecutionCommand(which))).status;
      })
      .toBe("SUCCEEDED");
  });
});
