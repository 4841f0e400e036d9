import { createHash } from "node:crypto";
import { MOST_WAITING } from "./limits.js";
import type { Live, Session } from "./live.js";
import { hasExpired, type Delivery, type Message } from "./messages.js";
import type { StoredMessage, Subscription } from "./records.js";
import type { State } from "./tables.js";
import { shareOf } from "./topics.js";
import { createTrie } from "./trie.js";

/*
 * Where messages find those who want them: one account's in one Region. What is kept stands in the
 * tables; here is what follows from that, and who is connected.
 */

export interface Exchange {
  readonly sessions: Map<string, Session>;
  readonly connections: Map<string, Live>;
  /** Grows whenever somebody may have got other permissions, after the lag that such changes have. */
  permissionsAsOf(): number;
  subscribe(session: Session, filter: string, subscription: Subscription): void;
  unsubscribe(session: Session, filter: string): void;
  /** Forget a session, its subscriptions and, in the transaction that runs, its records. */
  forget(session: Session): void;
  /** Keep what a session is by now, in the transaction that runs. */
  note(session: Session, endsAt?: number): void;
  /** Whether anybody could hear of anything. */
  readonly hasListeners: boolean;
  /** Told of every message that is published, whoever it is for. */
  readonly taps: Set<Tap>;
  /** Who gets a message, if nothing changes meanwhile. @param from who has published it */
  match(message: Message, from?: Session): Route[];
  /** Store, in the transaction that runs, what must not be lost, and send everything once that is kept. */
  deliver(routes: readonly Route[], message: Message): void;
  /** What is stored for a session, first those for it alone, then those of its shared subscriptions. */
  storedFor(session: Session): { own: Delivery[]; shared: Delivery[] };
  /** Forget stored messages, in the transaction that runs. */
  drop(session: Session, keys: Iterable<string>): void;
}

/** Hears of a message once it is kept. @param from the client that has published it */
export type Tap = (message: Message, from: string | undefined) => void;

/** One receiver of a message. */
export interface Route {
  readonly session: Session;
  readonly qos: 0 | 1;
  /** It must be stored before anybody is told that it was received. */
  readonly isStored: boolean;
  /** The shared subscription that it waits for, since nobody of it is there. */
  readonly group?: string;
}

/** All members of one shared subscription. */
interface Group {
  readonly id: string;
  readonly members: Map<Session, Subscription>;
}

/** Tables that somebody's permissions depend on. */
const PERMISSIONS = [
  "certificates",
  "policies",
  "policiesOfTarget",
  "thingsOfPrincipal",
  "things",
  "groupsOfThing",
  "thingGroups",
];

export function exchangeOf(state: State): Exchange {
  return state.derived("mqtt exchange", createExchange);
}

function createExchange(state: State): Exchange {
  const sessions = new Map<string, Session>();
  const connections = new Map<string, Live>();
  const plain = createTrie<Session, Subscription>();
  const shared = createTrie<Group, true>();
  const groups = new Map<string, Group>();
  let changed = 0;
  let felt = 0;
  /** Changes that are not felt yet, and from when on they are. */
  const changes: { at: number; count: number }[] = [];
  const taps = new Set<Tap>();
  let last = 0;

  const noteChange = (): void => {
    changed++;
    if (state.lags.policyMs === 0) {
      felt = changed;
      return;
    }
    const at = state.now().getTime() + state.lags.policyMs;
    const last = changes.at(-1);
    if (last?.at === at) last.count = changed;
    else changes.push({ at, count: changed });
  };
  for (const name of PERMISSIONS) state.onChange(name, noteChange);
  state.onChange("certificates", (certificateId) => {
    if (connections.size > 0) state.onceKept(() => endThoseOf(certificateId));
  });

  const endThoseOf = (certificateId: string): void => {
    if (state.certificates.get(certificateId)?.status === "ACTIVE") return;
    for (const live of connections.values()) {
      if (live.certificateId === certificateId) void live.close("AUTH_ERROR", { code: 0x87 });
    }
  };

  const subscribe: Exchange["subscribe"] = (session, filter, subscription) => {
    session.subscriptions.set(filter, subscription);
    const share = shareOf(filter);
    if (share === undefined || share === "malformed") {
      plain.set(filter, session, subscription);
      return;
    }
    let group = groups.get(filter);
    if (!group) {
      // A filter may be long and has slashes; the key of a stored message has one.
      const id = `share-${createHash("sha256").update(filter).digest("hex").slice(0, 32)}`;
      groups.set(filter, (group = { id, members: new Map() }));
      shared.set(share.filter, group, true);
    }
    group.members.set(session, subscription);
  };

  const unsubscribe: Exchange["unsubscribe"] = (session, filter) => {
    session.subscriptions.delete(filter);
    const share = shareOf(filter);
    if (share === undefined || share === "malformed") return plain.delete(filter, session);
    const group = groups.get(filter);
    group?.members.delete(session);
    if (group?.members.size !== 0) return;
    groups.delete(filter);
    shared.delete(share.filter, group);
  };

  const countUnder = (owner: string): number => {
    let count = 0;
    for (const _ of state.mqttMessages.entries({ prefix: `${owner}/` })) count++;
    return count;
  };

  for (const record of state.mqttSessions.values()) {
    const { clientId, sessionId, version, expirySeconds } = record;
    const session: Session = {
      clientId,
      sessionId,
      version,
      expirySeconds,
      subscriptions: new Map(),
      stored: 0,
    };
    sessions.set(clientId, session);
    for (const [filter, one] of Object.entries(record.subscriptions)) {
      subscribe(session, filter, one);
    }
    session.stored = countUnder(sessionId);
  }
  for (const [key] of state.mqttMessages.entries()) {
    last = Math.max(last, Number(key.slice(key.indexOf("/") + 1)));
  }

  const keyFor = (owner: string): string => `${owner}/${String(++last).padStart(15, "0")}`;

  const storedUnder = (owner: string, qos: (message: StoredMessage) => 0 | 1): Delivery[] =>
    [...state.mqttMessages.entries({ prefix: `${owner}/` })].map(([key, message]) => ({
      message,
      key,
      qos: qos(message),
    }));

  /** One member gets it: any who is there, else, if it is to be stored, any who will be back. */
  const memberOf = ({ id, members }: Group, message: Message): Route | undefined => {
    const all = [...members];
    const there = all.filter(([session]) => session.live);
    const isWaiting = there.length === 0;
    const able = isWaiting ? all.filter(([session]) => session.expirySeconds > 0) : there;
    const [session, subscription] = able[Math.floor(Math.random() * able.length)] ?? [];
    if (!session || !subscription) return undefined;
    const qos = least(message.qos, subscription.qos);
    if (isWaiting && qos === 0) return undefined;
    const isStored = qos === 1 && session.expirySeconds > 0;
    return { session, qos, isStored, ...(isWaiting && { group: id }) };
  };

  return {
    sessions,
    connections,
    permissionsAsOf() {
      if (changes.length === 0) return felt;
      const now = state.now().getTime();
      while ((changes[0]?.at ?? Infinity) <= now) felt = changes.shift()?.count ?? felt;
      return felt;
    },
    get hasListeners() {
      return plain.size + shared.size + taps.size > 0;
    },
    taps,
    subscribe,
    unsubscribe,
    forget(session) {
      for (const filter of [...session.subscriptions.keys()]) unsubscribe(session, filter);
      if (sessions.get(session.clientId) === session) sessions.delete(session.clientId);
      const kept = state.mqttSessions.get(session.clientId);
      if (kept?.sessionId === session.sessionId) state.mqttSessions.delete(session.clientId);
      const prefix = `${session.sessionId}/`;
      for (const [key] of [...state.mqttMessages.entries({ prefix })]) {
        state.mqttMessages.delete(key);
      }
    },
    note(session, endsAt) {
      const { clientId, sessionId, version, expirySeconds, subscriptions } = session;
      if (expirySeconds === 0) return;
      state.mqttSessions.set(clientId, {
        clientId,
        sessionId,
        version,
        expirySeconds,
        subscriptions: Object.fromEntries(subscriptions),
        ...(endsAt !== undefined && { endsAt }),
      });
    },
    match(message, from) {
      const found = new Map<Session, Route>();
      for (const [session, { qos: wanted, noLocal }] of plain.match(message.topic)) {
        if (noLocal && session === from) continue;
        const qos = least(message.qos, wanted);
        // Whoever has two filters that fit gets it once, and as safely as the better one says.
        if (qos <= (found.get(session)?.qos ?? -1)) continue;
        found.set(session, { session, qos, isStored: qos === 1 && session.expirySeconds > 0 });
      }
      const routes = [...found.values()].filter(
        ({ session, isStored }) => session.live || isStored,
      );
      for (const [group] of shared.match(message.topic)) {
        const route = memberOf(group, message);
        if (route) routes.push(route);
      }
      return routes;
    },
    deliver(routes, message) {
      for (const { session, qos, isStored, group } of routes) {
        if (!isStored) {
          state.onceKept(() => session.live?.offer({ message, qos }));
          continue;
        }
        // More than that is lost, as it is on AWS.
        const waiting = group === undefined ? session.stored : countUnder(group);
        if (waiting >= MOST_WAITING) continue;
        const key = keyFor(group ?? session.sessionId);
        state.mqttMessages.set(key, { ...message, qos, storedAt: state.now().getTime() });
        if (group !== undefined) continue;
        state.onceKept(() => {
          session.stored++;
          session.live?.offer({ message, qos, key });
        });
      }
    },
    storedFor(session) {
      const now = state.now().getTime();
      const fresh = ({ message }: Delivery): boolean => !hasExpired(message, now);
      const ids = [...session.subscriptions.keys()].flatMap(
        (filter) => groups.get(filter)?.id ?? [],
      );
      const qos = (message: StoredMessage): 0 | 1 => message.qos;
      return {
        own: storedUnder(session.sessionId, qos).filter(fresh),
        shared: ids.flatMap((id) => storedUnder(id, qos)).filter(fresh),
      };
    },
    drop(session, keys) {
      for (const key of keys) {
        if (!state.mqttMessages.has(key)) continue;
        state.mqttMessages.delete(key);
        if (key.startsWith(session.sessionId)) session.stored--;
      }
    },
  };
}

function least(a: 0 | 1, b: 0 | 1): 0 | 1 {
  return a < b ? a : b;
}
