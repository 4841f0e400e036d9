import { randomUUID } from "node:crypto";
import type { IConnackPacket, IConnectPacket } from "mqtt-packet";
import type { Exchange } from "../exchange.js";
import {
  LARGEST_PACKET,
  LARGEST_PAYLOAD,
  LONGEST_CLIENT_ID,
  LONGEST_KEEP_ALIVE,
  LONGEST_SESSION,
  MOST_IN_FLIGHT,
  MOST_TOPIC_ALIASES,
  SHORTEST_KEEP_ALIVE,
} from "../limits.js";
import type { Session } from "../live.js";
import { expiryOf, forwarded } from "../messages.js";
import type { Version } from "../wire/packets.js";
import type { Judge } from "./principals.js";
import type { Will } from "../records.js";
import { REASON } from "../wire/reasons.js";
import { topicFault } from "../topics.js";

/*
 * What a CONNECT asks for, and whether it is granted.
 * https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html
 */

/** A CONNECT with everything decided that depends on nothing but itself. */
export interface Wish {
  readonly version: Version;
  readonly clientId: string;
  /** The client has left its name to us. */
  readonly isAssigned: boolean;
  readonly isClean: boolean;
  /** In seconds, as it will be. */
  readonly keepAlive: number;
  /** In seconds, as it will be. */
  readonly sessionExpiry: number;
  readonly will: Will | undefined;
  /** QoS 1 messages that the client takes before it acknowledges the first. */
  readonly receiveMaximum: number;
  readonly maximumPacketSize: number;
}

/** Why a client is not let in, and what it is told. */
export interface NoEntry {
  readonly why: string;
  /** Of v5. */
  readonly code: number;
  /** Of 3.1.1, which hears nothing on AWS but of these; undefined for a connection that is just closed. */
  readonly returnCode?: number;
  /** It is a matter of permissions, of which AWS tells by an event. */
  readonly isDenied?: boolean;
}

/** @param now on the sandbox's clock */
export function readConnect(packet: IConnectPacket, now: number): Wish | NoEntry {
  const version = packet.protocolVersion as Version;
  const { clean: isClean = true, properties = {} } = packet;
  const isAssigned = packet.clientId === "";
  const clientId = isAssigned ? randomUUID() : packet.clientId;
  const fault = clientIdFault(clientId);
  if (fault !== undefined) return { why: fault, code: REASON.badClientId, returnCode: 2 };
  if (isAssigned && version === 4 && !isClean) {
    return {
      why: "a persistent session needs a client id",
      code: REASON.badClientId,
      returnCode: 2,
    };
  }
  if (properties.authenticationMethod !== undefined) {
    return { why: "AWS IoT has no enhanced authentication", code: REASON.unspecified };
  }
  const will = willOf(packet, now);
  if (will && "why" in will) return will;
  const askedExpiry =
    version === 5 ? (properties.sessionExpiryInterval ?? 0) : isClean ? 0 : LONGEST_SESSION;
  return {
    version,
    clientId,
    isAssigned,
    isClean,
    keepAlive: keepAliveOf(packet.keepalive ?? 0),
    sessionExpiry: Math.min(askedExpiry, LONGEST_SESSION),
    will,
    receiveMaximum: Math.min(properties.receiveMaximum ?? MOST_IN_FLIGHT, MOST_IN_FLIGHT),
    maximumPacketSize: properties.maximumPacketSize ?? Infinity,
  };
}

/** 0 and what is too long become the longest, what is too short the shortest. */
function keepAliveOf(seconds: number): number {
  if (seconds === 0 || seconds > LONGEST_KEEP_ALIVE) return LONGEST_KEEP_ALIVE;
  return Math.max(seconds, SHORTEST_KEEP_ALIVE);
}

function clientIdFault(clientId: string): string | undefined {
  if (clientId.startsWith("$")) return "a client id does not begin with $";
  if (/[\0\ufffd]/.test(clientId)) return "its client id is not UTF-8 text without NUL";
  const isLong = Buffer.byteLength(clientId) > LONGEST_CLIENT_ID;
  return isLong ? `its client id is longer than ${LONGEST_CLIENT_ID} bytes` : undefined;
}

function willOf({ will }: IConnectPacket, now: number): Will | NoEntry | undefined {
  if (!will) return undefined;
  const { topic, qos = 0, retain = false, properties } = will;
  const fault = topicFault(topic);
  if (fault !== undefined)
    return { why: `its will has a wrong topic: ${fault}`, code: REASON.badTopic };
  if (qos > 1) return { why: "AWS IoT has no QoS 2, for a will neither", code: REASON.badQos };
  const payload = Buffer.from(will.payload);
  if (payload.byteLength > LARGEST_PAYLOAD) {
    return { why: `its will has ${payload.byteLength} bytes`, code: REASON.quota };
  }
  const kept = forwarded(properties);
  const expiresAt = expiryOf(now, properties?.messageExpiryInterval);
  return {
    message: {
      topic,
      payload,
      qos: qos as 0 | 1,
      ...(kept && { properties: kept }),
      ...(expiresAt !== undefined && { expiresAt }),
    },
    isRetained: retain,
    delaySeconds: properties?.willDelayInterval ?? 0,
  };
}

/** Whether policies let it connect so; undefined when they do. */
export function connectFault(wish: Wish, judge: Judge): NoEntry | undefined {
  const attributes = [
    ...(wish.sessionExpiry > 0 ? ["PersistentConnect"] : []),
    ...(wish.will ? ["LastWill"] : []),
  ];
  const facts = (key: string) => (key === "iot:ConnectAttributes" ? attributes : undefined);
  const asked: [string, string][] = [["iot:Connect", `client/${wish.clientId}`]];
  const topic = wish.will?.message.topic;
  if (topic !== undefined) asked.push(["iot:Publish", `topic/${topic}`]);
  if (wish.will?.isRetained) asked.push(["iot:RetainPublish", `topic/${topic}`]);
  for (const [action, tail] of asked) {
    const { isAllowed, reason } = judge.decide(action, tail, facts);
    if (isAllowed) continue;
    return {
      why: `${action} on ${tail}: ${reason}`,
      code: REASON.notAuthorized,
      isDenied: true,
    };
  }
  return undefined;
}

/** What the server grants, as a v5 client is told. */
export function acknowledgement(wish: Wish, sessionPresent: boolean): IConnackPacket {
  if (wish.version === 4) return { cmd: "connack", returnCode: 0, sessionPresent };
  return {
    cmd: "connack",
    reasonCode: REASON.success,
    sessionPresent,
    properties: {
      sessionExpiryInterval: wish.sessionExpiry,
      receiveMaximum: MOST_IN_FLIGHT,
      maximumQoS: 1,
      retainAvailable: true,
      maximumPacketSize: LARGEST_PACKET,
      topicAliasMaximum: MOST_TOPIC_ALIASES,
      wildcardSubscriptionAvailable: true,
      subscriptionIdentifiersAvailable: false,
      sharedSubscriptionAvailable: true,
      serverKeepAlive: wish.keepAlive,
      ...(wish.isAssigned && { assignedClientIdentifier: wish.clientId }),
    },
  };
}

/**
 * The session that a client goes on with, or a new one. A session of the other version of MQTT cannot be
 * gone on with. Call it in a transaction.
 */
export function sessionFor(
  exchange: Exchange,
  wish: Wish,
): { readonly session: Session; readonly isPresent: boolean } {
  const before = exchange.sessions.get(wish.clientId);
  if (before && !wish.isClean && before.version === wish.version) {
    before.expirySeconds = wish.sessionExpiry;
    return { session: before, isPresent: true };
  }
  if (before) exchange.forget(before);
  const session: Session = {
    clientId: wish.clientId,
    sessionId: randomUUID(),
    version: wish.version,
    expirySeconds: wish.sessionExpiry,
    subscriptions: new Map(),
    stored: 0,
  };
  exchange.sessions.set(wish.clientId, session);
  return { session, isPresent: false };
}
