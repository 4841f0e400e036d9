import {
  AttachPolicyCommand,
  CreatePolicyCommand,
  RegisterCertificateWithoutCACommand,
} from "@aws-sdk/client-iot";
import { generateKeyPairSync, randomBytes, X509Certificate } from "node:crypto";
import type { Duplex } from "node:stream";
import codec, { type IConnectPacket, type Packet } from "mqtt-packet";
import type { SandboxOptions } from "../../../lib/sandbox/index.js";
import type { Peer } from "../../../lib/sandbox/mqtt/runtime.js";
import { createCertificate, nameOf } from "../../../lib/sandbox/pki/certificate.js";
import { ACCOUNT, openSandbox, REGION, type SandboxClients } from "../clients.js";
import { wire } from "./wire.js";

export const ARN = `arn:aws:iot:${REGION}:${ACCOUNT}:`;

export interface Statement {
  readonly Effect?: "Allow" | "Deny";
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: object;
}

export const EVERYTHING: Statement = { Action: "iot:*", Resource: "*" };

/** A certificate of a device, made here: EC keys take no time. */
export function newCertificate(validDays = 365): X509Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const subject = { name: nameOf("a device"), publicKey };
  const now = Date.UTC(2026, 0, 1);
  return new X509Certificate(
    createCertificate({
      subject,
      issuer: subject,
      signingKey: privateKey,
      serial: randomBytes(16).toString("hex"),
      notBefore: new Date(now - 86_400_000),
      notAfter: new Date(now + validDays * 86_400_000),
      isAuthority: false,
    }),
  );
}

export interface Identity {
  readonly certificate: X509Certificate;
  readonly certificateId: string;
  readonly certificateArn: string;
}

/** A sandbox on a clock of the test's own, and devices that speak MQTT with it. */
export interface Broker extends SandboxClients {
  /** Every line that was told of devices. */
  readonly lines: string[];
  /** A registered, active certificate with one policy of these statements. */
  identity(statements?: readonly Statement[]): Promise<Identity>;
  /** A connection that has said nothing yet. */
  dial(peer: Peer, isWebSocket?: boolean, serverName?: string): Wire;
  /** A client that is connected, with a certificate that may do everything unless told otherwise. */
  client(clientId: string, options?: ClientOptions): Promise<Wire>;
  /** Let time pass, and what is due happen. */
  pass(ms: number): Promise<void>;
}

export interface ClientOptions extends Partial<Omit<IConnectPacket, "cmd" | "clientId">> {
  readonly identity?: Identity;
  /** 4 or 5. */
  readonly version?: 4 | 5;
}

export function openBroker(options: Omit<SandboxOptions, "clock"> = {}): Broker {
  const lines: string[] = [];
  const clients = openSandbox({ onDevice: (line) => lines.push(line), ...options });
  const { sandbox, iot } = clients;
  let shared: Promise<Identity> | undefined;
  let policies = 0;

  const identity = async (statements: readonly Statement[] = [EVERYTHING]): Promise<Identity> => {
    const certificate = newCertificate();
    const { certificateId, certificateArn } = await iot.send(
      new RegisterCertificateWithoutCACommand({
        certificatePem: certificate.toString(),
        status: "ACTIVE",
      }),
    );
    const policyName = `policy-${++policies}`;
    await iot.send(
      new CreatePolicyCommand({
        policyName,
        policyDocument: JSON.stringify({
          Version: "2012-10-17",
          Statement: statements.map((one) => ({ Effect: "Allow", ...one })),
        }),
      }),
    );
    await iot.send(new AttachPolicyCommand({ policyName, target: certificateArn }));
    return {
      certificate,
      certificateId: certificateId as string,
      certificateArn: certificateArn as string,
    };
  };

  const dial = (peer: Peer, isWebSocket = false, serverName = "localhost"): Wire => {
    const [near, far] = wire();
    sandbox.devices.connect({
      stream: far,
      peer,
      isWebSocket,
      serverName,
      source: { ip: "127.0.0.1", port: 50_000 },
      target: { ip: "127.0.0.1", port: 8883 },
    });
    return new Wire(near);
  };

  return {
    ...clients,
    lines,
    identity,
    dial,
    async client(clientId, { identity: own, version = 4, ...connect } = {}) {
      const { certificate } = own ?? (await (shared ??= identity()));
      const client = dial({ kind: "certificate", certificate });
      client.connect(clientId, version, connect);
      await client.next("connack");
      return client;
    },
    async pass(ms) {
      await sandbox.advance(ms);
      await settled();
    },
  };
}

/** Let everything go on that can go on without time passing. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A client that says what it is told to say, and nothing else. */
export class Wire {
  readonly stream: Duplex;
  /** All packets that came, in order. */
  readonly heard: Packet[] = [];
  isClosed = false;
  version: 4 | 5 = 4;
  private seen = new Set<Packet>();
  private ids = 0;
  private waiters: (() => void)[] = [];

  constructor(stream: Duplex) {
    this.stream = stream;
    const parser = codec.parser({ protocolVersion: 4 });
    parser.on("packet", (packet) => {
      this.heard.push(packet);
      this.wake();
    });
    stream.on("data", (bytes: Buffer) => {
      // The parser reads each packet by the version that it is told.
      (parser as unknown as { settings: object }).settings = { protocolVersion: this.version };
      parser.parse(bytes);
    });
    stream.on("end", () => {
      this.isClosed = true;
      stream.end();
      this.wake();
    });
    stream.on("close", () => {
      this.isClosed = true;
      this.wake();
    });
  }

  private wake(): void {
    for (const waiter of this.waiters.splice(0)) waiter();
  }

  send(packet: Packet): void {
    this.stream.write(codec.generate(packet, { protocolVersion: this.version }));
  }

  connect(
    clientId: string,
    version: 4 | 5 = 4,
    options: Partial<Omit<IConnectPacket, "cmd" | "clientId">> = {},
  ): void {
    this.version = version;
    this.send({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: version,
      clean: true,
      keepalive: 60,
      clientId,
      ...options,
    });
  }

  /** The next packet of a kind. Throws when the connection ends. */
  async next<C extends Packet["cmd"]>(cmd: C): Promise<Extract<Packet, { cmd: C }>> {
    for (;;) {
      const found = this.heard.find((packet) => !this.seen.has(packet) && packet.cmd === cmd);
      if (found) {
        this.seen.add(found);
        return found as Extract<Packet, { cmd: C }>;
      }
      if (this.isClosed) throw new Error(`closed before ${cmd}`);
      await new Promise<void>((resolve) => this.waiters.push(resolve));
    }
  }

  async closed(): Promise<void> {
    while (!this.isClosed) await new Promise<void>((resolve) => this.waiters.push(resolve));
  }

  /** Subscribe, and return what was granted. */
  async subscribe(filters: string | readonly string[], qos: 0 | 1 | 2 = 0): Promise<number[]> {
    const messageId = ++this.ids;
    this.send({
      cmd: "subscribe",
      messageId,
      subscriptions: [filters].flat().map((topic) => ({ topic, qos })),
    });
    const { granted } = await this.next("suback");
    return granted as number[];
  }

  async unsubscribe(...filters: string[]): Promise<void> {
    this.send({ cmd: "unsubscribe", messageId: ++this.ids, unsubscriptions: filters });
    await this.next("unsuback");
  }

  /** Publish; QoS 1 waits for the acknowledgement and returns its reason code. */
  async publish(
    topic: string,
    payload: string | Buffer | object = "",
    options: { qos?: 0 | 1; retain?: boolean; properties?: object } = {},
  ): Promise<number | undefined> {
    const { qos = 0, retain = false, properties } = options;
    const messageId = qos > 0 ? ++this.ids : undefined;
    const isText = typeof payload === "string" || Buffer.isBuffer(payload);
    this.send({
      cmd: "publish",
      topic,
      payload: isText ? payload : JSON.stringify(payload),
      qos,
      retain,
      dup: false,
      ...(messageId !== undefined && { messageId }),
      ...(properties && { properties }),
    });
    return qos > 0 ? (await this.next("puback")).reasonCode : undefined;
  }

  /** The next message, acknowledged. */
  async message() {
    const packet = await this.next("publish");
    if (packet.qos > 0) this.send({ cmd: "puback", messageId: packet.messageId as number });
    return {
      topic: packet.topic,
      text: packet.payload.toString(),
      bytes: packet.payload as Buffer,
      qos: packet.qos,
      retain: packet.retain,
      properties: packet.properties,
    };
  }

  /** The next message's topic and JSON. */
  async document(): Promise<[topic: string, document: Record<string, unknown>]> {
    const { topic, text } = await this.message();
    return [topic, JSON.parse(text) as Record<string, unknown>];
  }

  /** Topics of the messages that came and were not asked for, once everything has had time to come. */
  async rest(): Promise<string[]> {
    await settled();
    const fresh = this.heard.filter((packet) => !this.seen.has(packet));
    for (const packet of fresh) this.seen.add(packet);
    return fresh.flatMap((packet) => (packet.cmd === "publish" ? [packet.topic] : []));
  }

  /** Say goodbye, and wait until the other side has hung up. */
  async leave(packet: { reasonCode?: number; properties?: object } = {}): Promise<void> {
    this.send({ cmd: "disconnect", ...packet } as Packet);
    await this.closed();
  }
}
