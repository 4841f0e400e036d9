import type { IConnectPacket, IDisconnectPacket, Packet } from "mqtt-packet";
import { attach, type Attached, type Line } from "./attached.js";
import type { Admissions } from "./admissions.js";
import {
  acknowledgement,
  connectFault,
  readConnect,
  sessionFor,
  type NoEntry,
  type Wish,
} from "./connect.js";
import { exchangeOf } from "../exchange.js";
import { createThroughput } from "./throughput.js";
import { createFrameReader, FrameError } from "../wire/frames.js";
import {
  CONNECT_MS,
  LARGEST_PACKET,
  LARGEST_PAYLOAD,
  LONGEST_SESSION,
  MOST_UNREAD,
  WEBSOCKET_MS,
} from "../limits.js";
import type { Ending } from "../live.js";
import {
  createPacketReader,
  greetingOf,
  MalformedPacket,
  write,
  type Version,
} from "../wire/packets.js";
import { arrived, departed, refused } from "../presence.js";
import { createJudge, principalOf, type Judge, type Principal } from "./principals.js";
import { REASON, type DisconnectReason } from "../wire/reasons.js";
import { receive } from "./receiving.js";
import type { Link, Runtime } from "../runtime.js";
import { subscribe, unsubscribe } from "./subscribing.js";
import type { State } from "../tables.js";

/** Packets that wait to be handled; with more than that, no more are read. */
const MOST_UNHANDLED = 64;

/** How long a client may take to hang up once it is told to, in milliseconds. */
const LINGER_MS = 2_000;

/** A connection, from the first byte to the last. */
export interface Connection {
  /** Do what is due: end it when the client is silent for too long, send again what is not acknowledged. */
  tick(): void;
  /** The broker closes. */
  shutDown(): Promise<void>;
}

/** What connections have in common. */
export interface ConnectionHooks {
  readonly admissions: Admissions;
  /** A client is in: from now on something may be due. */
  readonly onConnected: (state: State) => void;
  /** Called once, when nothing more will come. */
  readonly onEnd: () => void;
}

/** Speak MQTT with whoever is there. */
export function openConnection(link: Link, runtime: Runtime, hooks: ConnectionHooks): Connection {
  const { stream } = link;
  const frames = createFrameReader(LARGEST_PACKET);
  const reader = createPacketReader();
  const unhandled: Buffer[] = [];
  let version: Version = 4;
  let client: Attached | undefined;
  let isHandling = false;
  let isOver = false;

  const greeting = setTimeout(() => hangUp(), CONNECT_MS);

  const send = (packet: Packet): void => {
    if (!isOver) stream.write(write(packet, version));
  };

  /**
   * End the connection: say why, if there is something to say and a version to say it in, and hang up as
   * AWS does, so that SDKs report what they report there.
   */
  const hangUp = (last?: Packet): void => {
    if (isOver) return;
    if (last) send(last);
    isOver = true;
    clearTimeout(greeting);
    unhandled.length = 0;
    stream.end();
    setTimeout(() => stream.destroy(), LINGER_MS).unref();
    hooks.onEnd();
  };

  /** @param last what the client is told */
  const end = (
    last: Packet | undefined,
    reason: DisconnectReason,
    how: Ending = {},
  ): Promise<void> => {
    if (isOver) return Promise.resolve();
    hangUp(last);
    const gone = client;
    if (!gone) return Promise.resolve();
    gone.detach();
    return runtime.run(gone.state, () => departed(gone.state, gone.session, reason, how));
  };

  const lastWords = (code: number | undefined): Packet | undefined =>
    code !== undefined && version === 5 && client
      ? { cmd: "disconnect", reasonCode: code }
      : undefined;

  const throughput = runtime.excess && createThroughput(runtime.excess.bytes);
  const isSpent = (): boolean => throughput?.isSpent(runtime.now()) === true;

  const line: Line = {
    send,
    write(bytes) {
      if (isOver) return;
      throughput?.add(bytes.byteLength, runtime.now());
      stream.write(bytes);
    },
    isCongested: () => stream.writableLength > MOST_UNREAD,
    isSpent,
    end: (code, reason, how) => end(lastWords(code), reason, how),
    hangUp: (code) => hangUp(lastWords(code)),
  };

  const refuse = (
    { why, code, returnCode }: NoEntry,
    name: string,
    clientId: string | undefined,
  ): void => {
    runtime.log(`refused: ${name}: ${why}`, clientId);
    const isTold = version === 5 || returnCode !== undefined;
    hangUp(
      isTold
        ? {
            cmd: "connack",
            sessionPresent: false,
            ...(version === 5 ? { reasonCode: code } : { returnCode: returnCode as number }),
          }
        : undefined,
    );
  };

  const connect = async (packet: IConnectPacket): Promise<void> => {
    // AWS does not get as far as this without: whom a client wants to reach is part of the handshake.
    if (runtime.isStrict && link.peer.kind === "certificate" && !link.serverName) {
      runtime.log(
        `closed: client ${packet.clientId.slice(0, 128)}: it has sent no server name (SNI)`,
      );
      return hangUp();
    }
    const wish = readConnect(packet, runtime.now());
    const given = packet.clientId.slice(0, 128);
    const name = `client ${given || "without a name"}`;
    if ("why" in wish) return refuse(wish, name, given);
    const principal = principalOf(link.peer, runtime);
    if (typeof principal === "string") {
      return refuse({ why: principal, code: REASON.notAuthorized }, name, given);
    }
    const who = `${name}, ${nameOf(principal)}`;
    const { state } = principal;
    const judge = createJudge(principal, wish.clientId, link.source.ip);
    const fault = connectFault(wish, judge);
    if (fault) {
      await runtime.run(state, () =>
        refused(state, {
          clientId: wish.clientId,
          principalIdentifier: principal.identifier,
          source: link.source,
        }),
      );
      return refuse(fault, who, given);
    }
    const { clientId } = wish;
    const tooMuch =
      runtime.limitsConnects && hooks.admissions.connect(state, clientId, runtime.now());
    if (tooMuch) return refuse({ why: tooMuch, code: REASON.quota }, who, given);
    await letIn(wish, principal, judge, who);
  };

  const letIn = async (
    wish: Wish,
    principal: Principal,
    judge: Judge,
    who: string,
  ): Promise<void> => {
    const { state } = principal;
    const { clientId, sessionExpiry } = wish;
    const exchange = exchangeOf(state);
    const isIgnored = wish.will?.message.topic.startsWith("$") === true;
    if (isIgnored) runtime.log(`${who}: its will to a reserved topic is ignored`);
    await runtime.run(state, () => {
      const earlier = exchange.connections.get(clientId);
      if (earlier) {
        earlier.giveWay(REASON.takenOver);
        departed(state, earlier.session, "DUPLICATE_CLIENTID");
      }
      const { session, isPresent } = sessionFor(exchange, wish);
      exchange.note(session);
      // From here on messages come; none is sent before the CONNACK, since that is kept first.
      client = attach({
        admissions: hooks.admissions,
        wish,
        session,
        principal,
        judge,
        who,
        version,
        link,
        runtime,
        line,
      });
      state.onceKept(() => send(acknowledgement(wish, isPresent)));
      arrived(state, {
        clientId,
        certificateArn: principal.certificateArn,
        principalIdentifier: principal.identifier,
        cleanSession: wish.isClean,
        keepAlive: wish.keepAlive,
        sessionExpiry,
        source: link.source,
        target: link.target,
        will: isIgnored ? undefined : wish.will,
        isResumed: isPresent,
      });
      const stored = isPresent ? exchange.storedFor(session) : { own: [], shared: [] };
      const held = client;
      state.onceKept(() => held.outbox.resume(stored));
    });
    clearTimeout(greeting);
    hooks.onConnected(state);
  };

  const handle = (frame: Buffer): Promise<void> | void => {
    if (!client) {
      const found = greetingOf(frame);
      if (!found) return void end(undefined, "CLIENT_ERROR");
      if (found.name !== "MQTT" || (found.level !== 4 && found.level !== 5)) {
        const fault = { why: `protocol ${found.level}`, code: 0x84, returnCode: 1 };
        return refuse(fault, "a client", undefined);
      }
      version = found.level;
      if (frame.byteLength > LARGEST_PAYLOAD) {
        const why = `its CONNECT has ${frame.byteLength} bytes`;
        return refuse({ why, code: REASON.quota }, "a client", undefined);
      }
    }
    const packet = reader.read(frame);
    const { cmd } = packet;
    if (!client) return connect(packet as IConnectPacket);
    client.heardAt = runtime.now();
    switch (cmd) {
      case "publish":
        return receive(client, client.aliases, packet);
      case "puback":
        // One that was never sent is nothing that anybody could do something about.
        return void client.outbox.acknowledge(packet.messageId ?? 0);
      case "subscribe":
        return subscribe(client, packet);
      case "unsubscribe":
        return unsubscribe(client, packet);
      case "pingreq":
        return send({ cmd: "pingresp" });
      case "disconnect":
        return disconnect(client, packet);
      case "connect":
        return client.protest("CLIENT_ERROR", REASON.protocolError, "connected a second time");
      case "pubrec":
      case "pubrel":
      case "pubcomp":
      case "auth":
      case "connack":
      case "suback":
      case "unsuback":
      case "pingresp":
        return client.protest("CLIENT_ERROR", REASON.protocolError, `sent a packet ${cmd}`);
    }
  };

  const disconnect = (
    from: Attached,
    { properties, reasonCode }: IDisconnectPacket,
  ): Promise<void> => {
    const { session } = from;
    const expiry = properties?.sessionExpiryInterval;
    if (expiry !== undefined && expiry > 0 && session.expirySeconds === 0) {
      return from.protest(
        "CLIENT_ERROR",
        REASON.protocolError,
        "wants its session to live on, which it did not say when it connected",
      );
    }
    if (expiry !== undefined) session.expirySeconds = Math.min(expiry, LONGEST_SESSION);
    return end(undefined, "CLIENT_INITIATED_DISCONNECT", {
      withoutWill: reasonCode !== REASON.disconnectWithWill,
    });
  };

  const malformed = (error: unknown): Promise<void> => {
    const isOurs = error instanceof FrameError || error instanceof MalformedPacket;
    if (!isOurs) console.error("sandbox: a packet could not be handled", error);
    const reason = isOurs ? "CLIENT_ERROR" : "SERVER_ERROR";
    const code = isOurs ? REASON.malformed : REASON.unspecified;
    if (client) return client.protest(reason, code, (error as Error).message);
    hangUp();
    return Promise.resolve();
  };

  /** One packet after the other, in order: the next waits until the one before is kept. */
  const work = async (): Promise<void> => {
    if (isHandling) return;
    isHandling = true;
    try {
      while (!isOver && !isSpent()) {
        const frame = unhandled.shift();
        if (!frame) break;
        throughput?.add(frame.byteLength, runtime.now());
        const handled = handle(frame);
        if (handled) await handled;
      }
    } catch (error) {
      await malformed(error);
    } finally {
      isHandling = false;
      // Behind one that has to wait, nothing is read.
      if (unhandled.length > 0) stream.pause();
      else if (stream.isPaused()) stream.resume();
    }
  };
  const workAndTell = (): void => {
    work().catch((error: unknown) => console.error("sandbox: a connection failed", error));
  };

  stream.on("data", (bytes: Buffer) => {
    if (isOver) return;
    try {
      unhandled.push(...frames.push(bytes));
    } catch (error) {
      malformed(error).catch((fault: unknown) =>
        console.error("sandbox: a connection failed", fault),
      );
      return;
    }
    if (unhandled.length > MOST_UNHANDLED) stream.pause();
    workAndTell();
  });
  const lost = (): void => {
    const how = { withoutWill: link.isWebSocket && link.hasSaidGoodbye?.() === true };
    const reason = how.withoutWill ? "CLIENT_INITIATED_DISCONNECT" : "CONNECTION_LOST";
    end(undefined, reason, how).catch((error: unknown) =>
      console.error("sandbox: a connection failed", error),
    );
  };
  stream.on("end", lost);
  stream.on("close", lost);
  stream.on("error", lost);
  stream.on("drain", () => client?.outbox.tick());

  return {
    tick() {
      if (!client || isOver) return;
      const now = runtime.now();
      const { wish, heardAt, since, outbox } = client;
      if (now - heardAt >= wish.keepAlive * 1500) {
        void client.close("MQTT_KEEP_ALIVE_TIMEOUT", { code: REASON.keepAliveTimeout });
      } else if (link.isWebSocket && now - since >= WEBSOCKET_MS) {
        void client.close("WEBSOCKET_TTL_EXPIRATION", { code: REASON.administrative });
      } else if (!outbox.isIdle) {
        outbox.tick();
      }
      if (unhandled.length > 0) workAndTell();
    },
    shutDown: () => end(lastWords(REASON.shuttingDown), "SERVER_INITIATED_DISCONNECT"),
  };
}

function nameOf({ certificateId, identifier }: Principal): string {
  return certificateId === undefined ? `key ${identifier}` : `certificate ${certificateId}`;
}
