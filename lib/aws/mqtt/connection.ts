import type { IClientOptions, MqttClient } from "mqtt";
import { randomUUID } from "node:crypto";
import type { Duplex } from "node:stream";
import type { Fleet } from "../connect.js";
import { interruptible, ofNoCell, untilAborted } from "../interrupt.js";
import { createLimiter } from "../pacing/limiter.js";
import { redactedJson, redactText } from "../redact.js";
import type { DeviceKeys } from "./device-keys.js";
import { noteOpen } from "./open-connections.js";
import { connectRefused, DeviceLostError, reasonWords, topicRefused } from "./refusals.js";

/** Who connects, and as whom. */
export interface ConnectionWish {
  readonly clientId: string;
  readonly keys: DeviceKeys;
  readonly certificateId: string;
  /** In seconds, from 30 to 1,200, which is what AWS IoT grants. */
  readonly keepAliveSeconds: number;
}

/** Called for each message, in the order in which they come. */
export type MessageListener = (topic: string, payload: Buffer) => void;

/** A device's connection to AWS IoT, by MQTT 5 over TLS. It does not come back by itself. */
export interface MqttConnection {
  readonly clientId: string;
  readonly isOpen: boolean;
  /** Why it is over, as far as this end knows; undefined while it is open. */
  readonly ending: string | undefined;
  /**
   * Subscribe at QoS 1; what is subscribed to already is not asked for again.
   *
   * @throws DeviceRefusedError when a policy does not allow one of the filters
   */
  subscribe(filters: readonly string[]): Promise<void>;
  unsubscribe(filters: readonly string[]): Promise<void>;
  /**
   * Publish a document at QoS 1, and wait until the broker has it.
   *
   * @throws DeviceRefusedError when a policy does not allow the topic
   */
  publish(topic: string, document: object): Promise<void>;
  /**
   * Publish a request to one of AWS's reserved topics, and wait for the answer on `<topic>/accepted`
   * or `<topic>/rejected` that carries the request's token. Subscribe first.
   *
   * @param answers where it is answered, for a service that gives no tokens back: whatever comes there
   * first is the answer, so ask one thing at a time
   * @throws DeviceLostError when no answer comes within ten seconds
   */
  request(topic: string, document: object, answers?: AnswerTopics): Promise<Answer>;
  /** Hear every message that answers no request of this connection. Returns how to stop. */
  listen(listener: MessageListener): () => void;
  /** Ask whether the broker is there: what it sent before its answer has been heard then. */
  ping(): Promise<void>;
  /**
   * Say goodbye, and wait until the connection is closed: two seconds at most, then it is cut. A second
   * call does nothing.
   */
  close(): Promise<void>;
  /** Drop the connection without a word, as a device does that has lost its power. */
  kill(): void;
  /** Send and read nothing any more, and keep the connection, as a device does that hangs. */
  freeze(): void;
}

/** What AWS IoT answered to a request. */
export interface Answer {
  readonly isAccepted: boolean;
  readonly document: Readonly<Record<string, unknown>>;
}

/** Where a request is answered. */
export interface AnswerTopics {
  readonly accepted: string;
  readonly rejected: string;
}

/** How long an answer may take, in milliseconds of real time: this is about a wire. */
const ANSWER_MS = 10_000;

/** Of one connection, in and out together AWS IoT lets 100 through, and drops the rest unsaid. */
const PUBLISHES_PER_SECOND = 80;

/**
 * A connection over `stream`, once AWS IoT has let it in.
 *
 * @param Client mqtt.js's class, which is loaded with the first device
 */
export async function connectionOf(
  fleet: Fleet,
  wish: ConnectionWish,
  Client: typeof MqttClient,
  stream: Duplex,
  signal: AbortSignal,
): Promise<MqttConnection> {
  const { clientId } = wish;
  const client = new Client(() => stream, optionsOf(wish));
  let wireError: Error | undefined;
  stream.on("error", (error: Error) => (wireError = error));
  try {
    await untilAborted(
      new Promise<void>((resolve, reject) => {
        client.once("connect", () => resolve());
        client.once("error", (error) => {
          const { code } = error as { readonly code?: unknown };
          reject(typeof code === "number" ? connectRefused(fleet, wish, code, error) : error);
        });
        client.once("close", () =>
          reject(
            wireError
              ? unreachable(fleet, clientId, wireError)
              : connectRefused(fleet, wish, undefined),
          ),
        );
      }),
      signal,
    );
  } catch (error) {
    client.on("error", () => undefined);
    client.end(true);
    stream.destroy();
    throw error === wireError ? unreachable(fleet, clientId, error as Error) : error;
  }

  let ending: string | undefined;
  let isFrozen = false;
  const listeners = new Set<MessageListener>();
  /** Who waits for an answer: by its topic, and by the request's token where there is one. */
  const requests = new Map<string, (document: Answer["document"]) => void>();
  const subscribed = new Set<string>();
  const pongs: ((() => void) | undefined)[] = [];
  let nextPong: (() => void) | undefined;
  const onEnd = new Set<() => void>();
  const publishes = createLimiter(
    { perSecond: PUBLISHES_PER_SECOND, burst: PUBLISHES_PER_SECOND / 10 },
    fleet.clock,
  );

  const tell = (arrow: string, topic: string, payload: unknown): void => {
    if (fleet.debug) {
      fleet.output.line(redactText(`mqtt ${clientId} ${arrow} ${topic}  ${redactedJson(payload)}`));
    }
  };
  const over = (why: string): void => {
    if (ending !== undefined) return;
    ending = why;
    forget();
    for (const wake of onEnd) wake();
    onEnd.clear();
  };
  /** What `work` says, unless the connection ends first, or the answer does not come in time. */
  const whileOpen = <T>(what: string, work: () => Promise<T>): Promise<T> =>
    interruptible((signal) =>
      untilAborted(
        new Promise<T>((resolve, reject) => {
          const lost = () => reject(new DeviceLostError(`${clientId} cannot ${what}: ${ending}.`));
          if (ending !== undefined) return lost();
          const timer = setTimeout(() => {
            const seconds = ANSWER_MS / 1000;
            const why = `AWS IoT has not answered for ${seconds} seconds`;
            reject(new DeviceLostError(`${clientId} cannot ${what}: ${why}. ${UNHEARD}`));
          }, ANSWER_MS);
          onEnd.add(lost);
          work()
            .then(resolve, reject)
            .finally(() => {
              clearTimeout(timer);
              onEnd.delete(lost);
            });
        }),
        signal,
      ),
    );

  client.on("message", (topic, payload) => {
    tell("←", topic, payload);
    if (requests.size > 0 && /\/(accepted|rejected)(\/|$)/.test(topic)) {
      const document = parse(payload);
      const token = document["clientToken"];
      const settle = requests.get(`${topic} ${String(token)}`) ?? requests.get(topic);
      if (settle) return settle(document);
    }
    for (const listener of listeners) {
      try {
        // Of no cell: the one that connected may have been interrupted long ago.
        ofNoCell(() => listener(topic, payload));
      } catch (error) {
        // Thrown into the client it would end the connection; it is the listener's own matter.
        fleet.output.line(redactText(`${clientId}, on a message of ${topic}: ${String(error)}`));
      }
    }
  });
  client.on("packetsend", ({ cmd }) => {
    if (cmd !== "pingreq") return;
    pongs.push(nextPong);
    nextPong = undefined;
  });
  client.on("packetreceive", ({ cmd }) => {
    if (cmd === "pingresp") pongs.shift()?.();
  });
  client.on("disconnect", ({ reasonCode = 0 }) => {
    over(`AWS IoT has ended its connection: ${reasonWords(reasonCode)}`);
  });
  client.on("error", () => undefined);
  client.on("close", () =>
    over(wireError ? `its connection was lost: ${wireError.message}` : "its connection was closed"),
  );

  const connection: MqttConnection = {
    clientId,
    get isOpen() {
      return ending === undefined;
    },
    get ending() {
      return ending;
    },
    async subscribe(filters) {
      const fresh = filters.filter((filter) => !subscribed.has(filter));
      if (fresh.length === 0) return;
      for (const filter of fresh) tell("subscribes to", filter, {});
      const grants = () =>
        new Promise<void>((resolve, reject) => {
          client.subscribe([...fresh], { qos: 1 }, (error, granted, packet) => {
            const codes = (packet?.granted ?? []) as readonly number[];
            const refused = fresh.filter((_, i) => (codes[i] ?? 0) >= 0x80);
            const code = codes.find((one) => one >= 0x80);
            if (code !== undefined) {
              return reject(topicRefused(fleet, wish, "subscribe to", refused, code));
            }
            if (error) reject(error);
            else resolve(void granted);
          });
        });
      await whileOpen(`subscribe to ${fresh.join(", ")}`, grants);
      for (const filter of fresh) subscribed.add(filter);
    },
    async unsubscribe(filters) {
      for (const filter of filters) subscribed.delete(filter);
      if (ending !== undefined) return;
      await whileOpen("unsubscribe", () => client.unsubscribeAsync([...filters]));
    },
    async publish(topic, document) {
      await interruptible((signal) => publishes.take(signal));
      tell("→", topic, document);
      const sent = () =>
        new Promise<void>((resolve, reject) => {
          client.publish(topic, JSON.stringify(document), { qos: 1 }, (error) => {
            if (!error) return resolve();
            const { code } = error as { readonly code?: unknown };
            const isReason = typeof code === "number" && code >= 0x80;
            reject(isReason ? topicRefused(fleet, wish, "publish to", [topic], code) : error);
          });
        });
      await whileOpen(`publish to ${topic}`, sent);
    },
    async request(topic, document, answers) {
      const token = answers ? undefined : { clientToken: randomUUID() };
      const { accepted, rejected } = answers ?? {
        accepted: `${topic}/accepted ${token?.clientToken}`,
        rejected: `${topic}/rejected ${token?.clientToken}`,
      };
      const answer = new Promise<Answer>((settle) => {
        requests.set(accepted, (heard) => settle({ isAccepted: true, document: heard }));
        requests.set(rejected, (heard) => settle({ isAccepted: false, document: heard }));
      });
      try {
        const published = connection.publish(topic, { ...document, ...token });
        // Refused, it is never answered; answered, its acknowledgement may still be on the way.
        const refusal = published.then(() => answer);
        return await whileOpen(`get an answer on ${topic}`, () => Promise.race([answer, refusal]));
      } finally {
        requests.delete(accepted);
        requests.delete(rejected);
      }
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async ping() {
      if (isFrozen) throw new DeviceLostError(`${clientId} cannot ask: it is frozen.`);
      const pong = () =>
        new Promise<void>((resolve) => {
          nextPong = resolve;
          client.sendPing();
        });
      await whileOpen("get an answer to a ping", pong);
    },
    async close() {
      if (ending !== undefined) return;
      over("it was closed");
      // A frozen one reads no goodbye, and of a broker that hangs nobody waits for one.
      if (!isFrozen) await untilGone(client.endAsync());
      stream.destroy();
    },
    kill() {
      over("it was killed");
      stream.destroy();
      client.end(true);
    },
    freeze() {
      isFrozen = true;
      forget();
      client.keepaliveManager?.destroy();
      stream.pause();
    },
  };
  const forget = noteOpen(fleet.clock, {
    keepAliveSeconds: wish.keepAliveSeconds,
    // Whoever cannot answer any more has said so to whoever waits for it.
    pulse: () => (isFrozen ? Promise.resolve() : connection.ping().catch(() => undefined)),
  });
  return connection;
}

/** How long a broker may take to close a connection that is ended, in milliseconds of real time. */
const GOODBYE_MS = 2_000;

async function untilGone(end: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, GOODBYE_MS)));
  await Promise.race([end.catch(() => undefined), late]);
  clearTimeout(timer);
}

function optionsOf({ clientId, keepAliveSeconds }: ConnectionWish): IClientOptions {
  return {
    clientId,
    protocolVersion: 5,
    clean: true,
    keepalive: keepAliveSeconds,
    // Who is lost stays lost: somebody decides what becomes of that.
    reconnectPeriod: 0,
    resubscribe: false,
    connectTimeout: ANSWER_MS,
  };
}

/** On AWS nothing else says so. */
const UNHEARD =
  "When the request was let through and nothing came back, its policy may not allow iot:Receive on the answer.";

function unreachable(fleet: Fleet, clientId: string, error: Error): DeviceLostError {
  const wayOut =
    fleet.target === "sandbox"
      ? "Run the cell with connect() again: it starts the sandbox with all it held."
      : "Is this machine online, and may it call port 8883?";
  return new DeviceLostError(
    `${clientId} could not reach AWS IoT (${redactText(error.message)}). ${wayOut}`,
    { cause: error },
  );
}

function parse(payload: Buffer): Record<string, unknown> {
  try {
    const document: unknown = JSON.parse(payload.toString("utf8"));
    return typeof document === "object" && document !== null ? { ...document } : {};
  } catch {
    return {};
  }
}
