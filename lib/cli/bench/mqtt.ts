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

type Row = Record<keyof ReturnType<typeof emptyRow>, string | number>;

/**
 * A row of what was measured, cell by cell: where a broker of somebody else's fails, that is in its
 * cell, and the others are measured all the same. Clients that are left are hung up on.
 *
 * @param work fills the row
 */
async function measured(
  name: string,
  work: (row: Row, clients: MqttClient[]) => Promise<void>,
  tell: (line: string) => void,
): Promise<Row> {
  tell(name);
  const row: Row = emptyRow(name);
  const clients: MqttClient[] = [];
  const isOver = new AbortController();
  const patience = delay(PATIENCE_MS, undefined, { signal: isOver.signal, ref: false }).then(() => {
    throw new Error(`it is not done after ${PATIENCE_MS / 1000} s`);
  });
  patience.catch(() => {});
  const working = work(row, clients);
  working.catch(() => {});
  try {
    await Promise.race([working, patience]);
  } catch (error) {
    if (name.startsWith("sandbox")) throw error;
    tell(`${name} could not be measured: ${(error as Error).message}`);
    const cell = name.endsWith("rollout") ? ["rollout s" as const] : MEASURES;
    const failed = cell.find((one) => row[one] === "");
    if (failed !== undefined) row[failed] = "failed";
  } finally {
    isOver.abort();
    for (const client of clients) client?.end(true);
  }
  return row;
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
      const rows: Row[] = [];
      const brokers: Broker[] = [
        { ...ours, name: "sandbox", versions: [4, 5], iot },
        { ...other, ca, device, name: "aedes 1.2", versions: [4] },
        ...(ministack ? [{ ...ministack, name: "ministack", versions: [4, 5] as const }] : []),
      ];
      for (const broker of brokers) {
        for (const version of broker.versions) {
          const name = `${broker.name}, ${version === 4 ? "3.1.1" : "5"}`;
          const work = (row: Row, clients: MqttClient[]) => measure(broker, version, row, clients);
          rows.push(await measured(name, work, tell));
        }
        if (!broker.iot) continue;
        const work = (row: Row, clients: MqttClient[]) => rollOut(broker, row, clients);
        rows.push(await measured(`${broker.name}, rollout`, work, tell));
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

/** What is measured of every broker, in this order. */
const MEASURES = ["connects/s", "KiB/connection", "QoS 0/s", "QoS 1/s"] as const;

function emptyRow(broker: string) {
  return {
    broker: broker as string | number,
    "connects/s": "" as string | number,
    "KiB/connection": "" as string | number,
    "QoS 0/s": "" as string | number,
    "QoS 1/s": "" as string | number,
    "rollout s": "" as string | number,
  };
}

async function measure(
  broker: Broker,
  version: 4 | 5,
  row: Row,
  clients: MqttClient[],
): Promise<void> {
  const before = (await broker.residentMiB()) ?? 0;
  const [seconds] = await timed(() => connectAll(broker, version, clients));
  const after = (await broker.residentMiB()) ?? 0;
  row["connects/s"] = Math.round(CLIENTS / seconds);
  row["KiB/connection"] = Math.max(0, Math.round(((after - before) * 1024) / CLIENTS));
  for (const [i, client] of clients.entries())
    await client.subscribeAsync(`bench/${i}`, { qos: 1 });
  row["QoS 0/s"] = await messagesPerSecond(clients, QOS0_MESSAGES, 0);
  row["QoS 1/s"] = await messagesPerSecond(clients, QOS1_MESSAGES, 1);
  await Promise.all(clients.map((client) => client.endAsync()));
}

/** @param clients gets each as soon as it is connected */
async function connectAll(
  { port, ca, device }: Broker,
  version: 4 | 5,
  clients: MqttClient[],
): Promise<void> {
  const { connectAsync } = await import("mqtt");
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
async function rollOut(broker: Broker, row: Row, clients: MqttClient[]): Promise<void> {
  const iot = broker.iot as IoTClient;
  const group = await iot.send(new CreateThingGroupCommand({ thingGroupName: "bench" }));
  for (let i = 0; i < CLIENTS; i++) {
    const thingName = nameOfVehicle(i);
    await iot.send(new CreateThingCommand({ thingName }));
    await iot.send(new AddThingToThingGroupCommand({ thingName, thingGroupName: "bench" }));
  }
  await connectAll(broker, 5, clients);
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
    const prefix = `$aws/things/${nameOfVehicle(i)}/jobs`;
    // AWS and we answer whoever asks, subscribed or not; ministack those who have subscribed.
    const answers = ["notify-next", "start-next/accepted", "+/update/accepted"];
    await client.subscribeAsync(
      answers.map((tail) => `${prefix}/${tail}`),
      { qos: 1 },
    );
  }
  const [seconds] = await timed(async () => {
    const targets = [group.thingGroupArn as string];
    await iot.send(new CreateJobCommand({ jobId: "bench", targets, document: '{"work":true}' }));
    await all;
  });
  row["rollout s"] = Number(seconds.toFixed(1));
  await Promise.all(clients.map((client) => client.endAsync()));
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
