import {
  AddThingToThingGroupCommand,
  AttachPolicyCommand,
  CreateJobCommand,
  CreatePolicyCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  IoTClient,
  RegisterCertificateWithoutCACommand,
} from "@aws-sdk/client-iot";
import type { MqttClient } from "mqtt";
import { spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as delay } from "node:timers/promises";
import { createCertificate, nameOf } from "../../sandbox/pki/certificate.js";
import { startMinistack } from "./ministack.js";
import { newHome, removeHome, residentMiB, startIn, type Scenario } from "./scenario.js";

/** Clients that are connected at once. */
const CLIENTS = 200;
/** Connects that are under way at once. */
const AT_ONCE = 8;
const QOS0_MESSAGES = 40_000;
const QOS1_MESSAGES = 10_000;
/** In bytes. */
const PAYLOAD = 200;

interface Broker {
  readonly name: string;
  readonly port: number;
  readonly ca: Buffer;
  readonly device: { readonly cert: string; readonly key: string };
  readonly versions: readonly (4 | 5)[];
  residentMiB(): Promise<number | undefined>;
  /** Of one that has jobs as well. */
  readonly iot?: IoTClient;
}

/** How long one measurement may take, in milliseconds: others may lose messages that we wait for. */
const PATIENCE_MS = 180_000;

/** A row of what was measured, or one that says that it could not be: of somebody else's broker. */
async function orFailure(
  name: string,
  work: () => Promise<Record<string, string | number>>,
  tell: (line: string) => void,
): Promise<Record<string, string | number>> {
  const isOver = new AbortController();
  const patience = delay(PATIENCE_MS, undefined, { signal: isOver.signal, ref: false }).then(() => {
    throw new Error(`it is not done after ${PATIENCE_MS / 1000} s`);
  });
  patience.catch(() => {});
  try {
    return await Promise.race([work(), patience]);
  } catch (error) {
    if (name.startsWith("sandbox")) throw error;
    tell(`${name} could not be measured: ${(error as Error).message}`);
    return { ...emptyRow(name), "connects/s": "failed" };
  } finally {
    isOver.abort();
  }
}

/** Our broker, and beside it two of somebody else's, on the same work from the same process. */
export const mqtt: Scenario = {
  name: "mqtt",
  about: `connects and messages a second of ${CLIENTS} clients, and a rollout over them`,
  async run(tell) {
    const home = newHome();
    const sandbox = await startIn(home, ["--ephemeral", "--quotas", "off"]);
    const endpoint = sandbox.mqtt;
    if (!endpoint) throw new Error("the sandbox speaks no MQTT");
    const { url, credentials } = sandbox;
    const iot = new IoTClient({ endpoint: url, credentials, region: "us-east-1" });
    const device = await deviceOf(iot);
    const ca = readFileSync(endpoint.caFile);
    const other = await startOther(join(dirname(endpoint.caFile), "server.pem"));
    const ministack = await startMinistack(tell);
    try {
      const ours = { ca, device, port: endpoint.port, residentMiB: sandbox.residentMiB };
      const rows: Record<string, string | number>[] = [];
      const brokers: Broker[] = [
        { ...ours, name: "sandbox", versions: [4, 5], iot },
        { ...other, ca, device, name: "aedes 1.2", versions: [4] },
        ...(ministack ? [{ ...ministack, name: "ministack", versions: [4, 5] as const }] : []),
      ];
      for (const broker of brokers) {
        for (const version of broker.versions) {
          const name = `${broker.name}, ${version === 4 ? "3.1.1" : "5"}`;
          tell(name);
          rows.push(await orFailure(name, () => measure(broker, version), tell));
        }
        if (!broker.iot) continue;
        const name = `${broker.name}, rollout`;
        tell(`${name} over ${CLIENTS} connected vehicles`);
        rows.push(await orFailure(name, () => rollOut(broker), tell));
      }
      return rows;
    } finally {
      other.close();
      ministack?.close();
      await sandbox.close();
      removeHome(home);
    }
  },
};

function emptyRow(broker: string) {
  return {
    broker,
    "connects/s": "",
    "QoS 0/s": "",
    "QoS 1/s": "",
    "KiB/connection": "",
    "rollout s": "" as string | number,
  };
}

async function measure(broker: Broker, version: 4 | 5): Promise<Record<string, string | number>> {
  const before = (await broker.residentMiB()) ?? 0;
  const [seconds, clients] = await timed(() => connectAll(broker, version));
  const after = (await broker.residentMiB()) ?? 0;
  for (const [i, client] of clients.entries())
    await client.subscribeAsync(`bench/${i}`, { qos: 1 });
  const row = {
    ...emptyRow(`${broker.name}, ${version === 4 ? "3.1.1" : "5"}`),
    "connects/s": Math.round(CLIENTS / seconds),
    "QoS 0/s": await messagesPerSecond(clients, QOS0_MESSAGES, 0),
    "QoS 1/s": await messagesPerSecond(clients, QOS1_MESSAGES, 1),
    "KiB/connection": Math.max(0, Math.round(((after - before) * 1024) / CLIENTS)),
  };
  await Promise.all(clients.map((client) => client.endAsync()));
  return row;
}

async function connectAll({ port, ca, device }: Broker, version: 4 | 5): Promise<MqttClient[]> {
  const { connectAsync } = await import("mqtt");
  const clients: MqttClient[] = [];
  const connectSome = async (first: number): Promise<void> => {
    for (let i = first; i < CLIENTS; i += AT_ONCE) {
      clients[i] = await connectAsync(`mqtts://localhost:${port}`, {
        ...device,
        ca,
        clientId: nameOfVehicle(i),
        protocolVersion: version,
        reconnectPeriod: 0,
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, first) => connectSome(first)));
  return clients;
}

/** Each client sends to the next one. */
async function messagesPerSecond(
  clients: readonly MqttClient[],
  count: number,
  qos: 0 | 1,
): Promise<number> {
  const payload = randomBytes(PAYLOAD);
  let heard = 0;
  const all = new Promise<void>((resolve) => {
    for (const client of clients) {
      client.removeAllListeners("message");
      client.on("message", () => void (++heard === count && resolve()));
    }
  });
  const [seconds] = await timed(async () => {
    const sendSome = async (client: MqttClient, first: number): Promise<void> => {
      for (let i = first; i < count; i += clients.length) {
        await client.publishAsync(`bench/${(i + 1) % clients.length}`, payload, { qos });
      }
    };
    await Promise.all([...clients.map(sendSome), all]);
  });
  return Math.round(count / seconds);
}

/** From CreateJob until the last vehicle has reported its success, all of them told by `notify-next`. */
async function rollOut(broker: Broker): Promise<Record<string, string | number>> {
  const iot = broker.iot as IoTClient;
  const group = await iot.send(new CreateThingGroupCommand({ thingGroupName: "bench" }));
  for (let i = 0; i < CLIENTS; i++) {
    const thingName = nameOfVehicle(i);
    await iot.send(new CreateThingCommand({ thingName }));
    await iot.send(new AddThingToThingGroupCommand({ thingName, thingGroupName: "bench" }));
  }
  const clients = await connectAll(broker, 5);
  let done = 0;
  const all = new Promise<void>((resolve) => {
    for (const [i, client] of clients.entries()) {
      const prefix = `$aws/things/${nameOfVehicle(i)}/jobs`;
      client.on("message", (topic, payload) => {
        const { execution } = JSON.parse(payload.toString()) as { execution?: { jobId: string } };
        if (topic === `${prefix}/notify-next` && execution)
          client.publish(`${prefix}/start-next`, "{}");
        if (topic === `${prefix}/start-next/accepted` && execution) {
          client.publish(`${prefix}/${execution.jobId}/update`, '{"status":"SUCCEEDED"}');
        }
        if (topic.endsWith("/update/accepted") && ++done === CLIENTS) resolve();
      });
    }
  });
  for (const [i, client] of clients.entries()) {
    await client.subscribeAsync(`$aws/things/${nameOfVehicle(i)}/jobs/notify-next`, { qos: 1 });
  }
  const [seconds] = await timed(async () => {
    const targets = [group.thingGroupArn as string];
    await iot.send(new CreateJobCommand({ jobId: "bench", targets, document: '{"work":true}' }));
    await all;
  });
  await Promise.all(clients.map((client) => client.endAsync()));
  return { ...emptyRow(`${broker.name}, rollout`), "rollout s": Number(seconds.toFixed(1)) };
}

function nameOfVehicle(i: number): string {
  return `bench-${i}`;
}

async function timed<T>(work: () => Promise<T>): Promise<[seconds: number, result: T]> {
  const start = performance.now();
  const result = await work();
  return [(performance.now() - start) / 1000, result];
}

/** One certificate that may do everything, for all clients. */
async function deviceOf(iot: IoTClient): Promise<{ cert: string; key: string }> {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const subject = { name: nameOf("bench"), publicKey };
  const cert = createCertificate({
    subject,
    issuer: subject,
    signingKey: privateKey,
    serial: randomBytes(16).toString("hex"),
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + 86_400_000),
    isAuthority: false,
  });
  const { certificateArn: target } = await iot.send(
    new RegisterCertificateWithoutCACommand({ certificatePem: cert, status: "ACTIVE" }),
  );
  const policyDocument = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "iot:*", Resource: "*" }],
  });
  await iot.send(new CreatePolicyCommand({ policyName: "bench", policyDocument }));
  await iot.send(new AttachPolicyCommand({ policyName: "bench", target: target as string }));
  return { cert, key: privateKey.export({ type: "pkcs8", format: "pem" }) as string };
}

/** @param pem the key and the certificate that it serves with */
async function startOther(pem: string) {
  const program = fileURLToPath(new URL("other-broker.js", import.meta.url));
  const child = spawn(process.execPath, [program, pem], { stdio: ["ignore", "pipe", "inherit"] });
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.once("data", (text: Buffer) => resolve(Number(text.toString())));
    child.once("exit", () => reject(new Error("the other broker did not come up")));
  });
  return {
    port,
    residentMiB: () => residentMiB(child.pid),
    close: () => void child.kill(),
  };
}
