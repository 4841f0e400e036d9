import { exclusiveThing, thingOf } from "../identity/device-permissions.js";
import { exchangeOf } from "./exchange.js";
import type { Ending, Session } from "./live.js";
import { serviceMessage } from "./messages.js";
import { publish } from "./publishing.js";
import type { Address, ConnectionRecord, Will } from "./records.js";
import type { DisconnectReason } from "./wire/reasons.js";
import { REMEMBERED_MS } from "./limits.js";
import type { State } from "./tables.js";

/*
 * Who is there, who has gone and why: for lifecycle events, for fleet indexing and for whoever asks.
 * https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html
 */

/** A client that has been let in, or not. */
export interface Arrival {
  readonly clientId: string;
  readonly certificateArn: string | undefined;
  /** A certificate's id, or who has signed. */
  readonly principalIdentifier: string;
  readonly cleanSession: boolean;
  readonly keepAlive: number;
  readonly sessionExpiry: number;
  readonly source: Address;
  readonly target: Address;
  readonly will: Will | undefined;
  /** It goes on with the session of the connection before. */
  readonly isResumed: boolean;
}

/** Note, in the transaction that runs, that a client is connected. */
export function arrived(state: State, arrival: Arrival): ConnectionRecord {
  const { clientId, certificateArn, will, isResumed, ...told } = arrival;
  const now = state.now().getTime();
  const exclusive = certificateArn && exclusiveThing(state, certificateArn);
  const thingName = thingOf(state, certificateArn, clientId)?.thingName;
  const before = state.mqttConnections.get(clientId);
  // What was put off for the session to go on ends with the session.
  if (before?.will && !isResumed) sendWill(state, before.will);
  const record: ConnectionRecord = {
    ...told,
    clientId,
    isConnected: true,
    versionNumber: before ? before.versionNumber + 1 : 0,
    sessionIdentifier: state.newId(),
    ...(exclusive !== undefined && { exclusiveThing: exclusive }),
    ...(thingName !== undefined && { thingName }),
    connectedAt: now,
    ...(will && { will }),
  };
  state.mqttConnections.set(clientId, record);
  tellIndex(state, record);
  tellLifecycle(state, "presence/connected", record, {
    ...identityOf(record),
    ipAddress: record.source.ip,
    versionNumber: record.versionNumber,
  });
  return record;
}

/** Note, in the transaction that runs, that a connection has ended, and send what it has left behind. */
export function departed(
  state: State,
  session: Session,
  reason: DisconnectReason,
  { withoutWill = false, withoutSession = false }: Ending = {},
): void {
  const { clientId } = session;
  const { will, ...record } = state.mqttConnections.get(clientId) as ConnectionRecord;
  const now = state.now().getTime();
  const exchange = exchangeOf(state);
  const lives = session.expirySeconds > 0 && !withoutSession;
  // One that a next connection goes on with is kept by that one.
  if (!lives) exchange.forget(session);
  else exchange.note(session, now + session.expirySeconds * 1000);

  const gone: ConnectionRecord = {
    ...record,
    isConnected: false,
    disconnectedAt: now,
    disconnectReason: reason,
  };
  const delaySeconds = Math.min(will?.delaySeconds ?? 0, lives ? session.expirySeconds : 0);
  const isLater = will !== undefined && !withoutWill && delaySeconds > 0;
  state.mqttConnections.set(clientId, {
    ...gone,
    ...(isLater && { will, willAt: now + delaySeconds * 1000 }),
  });
  tellIndex(state, gone);
  if (will && !withoutWill && !isLater) sendWill(state, will);
  tellLifecycle(state, "presence/disconnected", gone, {
    ...identityOf(gone),
    clientInitiatedDisconnect: reason === "CLIENT_INITIATED_DISCONNECT",
    disconnectReason: reason,
    versionNumber: gone.versionNumber,
  });
}

function sendWill(state: State, { message, isRetained }: Will): void {
  publish(state, message, { isRetained });
}

/** Tell, in the transaction that runs, that somebody was not let in. */
export function refused(
  state: State,
  arrival: Pick<Arrival, "clientId" | "principalIdentifier" | "source">,
): void {
  const { clientId, principalIdentifier, source } = arrival;
  tellLifecycle(
    state,
    "presence/connect_failed",
    { clientId },
    {
      sessionIdentifier: state.newId(),
      principalIdentifier,
      ipAddress: source.ip,
      connectFailureReason: "AUTHORIZATION_FAILED",
    },
  );
}

/** Tell, in the transaction that runs, what a client has subscribed to, or not any more. */
export function toldSubscriptions(
  state: State,
  clientId: string,
  what: "subscribed" | "unsubscribed",
  topics: readonly string[],
): void {
  const record = state.mqttConnections.get(clientId);
  if (!record) return;
  tellLifecycle(state, `subscriptions/${what}`, record, { ...identityOf(record), topics });
}

function identityOf({ sessionIdentifier, principalIdentifier }: ConnectionRecord) {
  return { sessionIdentifier, principalIdentifier };
}

function tellLifecycle(
  state: State,
  kind: string,
  who: { readonly clientId: string; readonly exclusiveThing?: string },
  members: object,
): void {
  const { clientId, exclusiveThing: thingName } = who;
  // AWS has no events of clients that are called like a filter.
  if (/[#+]/.test(clientId)) return;
  publish(
    state,
    serviceMessage(`$aws/events/${kind}/${clientId}`, {
      clientId,
      ...(thingName !== undefined && { thingName }),
      timestamp: state.now().getTime(),
      eventType: kind.slice(kind.indexOf("/") + 1),
      ...members,
    }),
  );
}

/** A thing is shown as its latest connection is. */
function tellIndex(state: State, record: ConnectionRecord): void {
  const { thingName, clientId, isConnected, disconnectReason, connectedAt } = record;
  const shown = thingName === undefined ? undefined : state.connectivity.get(thingName);
  // One that is over does not hide another one of the same thing that goes on.
  const isHidden = !isConnected && shown?.connected === true && shown.clientId !== clientId;
  if (thingName === undefined || isHidden) return;
  state.connectivity.set(thingName, {
    clientId,
    connected: isConnected,
    timestamp: record.disconnectedAt ?? connectedAt,
    ...(disconnectReason !== undefined && { disconnectReason }),
    keepAliveDuration: record.keepAlive,
    cleanSession: record.cleanSession,
    sessionExpiry: record.sessionExpiry,
    sourceIp: record.source.ip,
    sourcePort: record.source.port,
    targetIp: record.target.ip,
    targetPort: record.target.port,
  });
}

/** When something is next to be done for clients that are gone; undefined when nothing is. */
export function isDue(state: State, now: number): boolean {
  for (const { willAt } of state.mqttConnections.values()) {
    if (willAt !== undefined && willAt <= now) return true;
  }
  for (const { endsAt } of state.mqttSessions.values()) {
    if (endsAt !== undefined && endsAt <= now) return true;
  }
  for (const record of state.mqttConnections.values())
    if (isForgotten(state, record, now)) return true;
  return false;
}

/** Do, in the transaction that runs, what is due for clients that are gone. */
export function advancePresence(state: State): void {
  const now = state.now().getTime();
  const exchange = exchangeOf(state);
  for (const record of [...state.mqttConnections.values()]) {
    const { will, willAt, ...others } = record;
    if (willAt !== undefined && willAt <= now) {
      state.mqttConnections.set(record.clientId, others);
      if (will) sendWill(state, will);
    } else if (isForgotten(state, record, now)) {
      state.mqttConnections.delete(record.clientId);
    }
  }
  for (const { clientId, endsAt } of [...state.mqttSessions.values()]) {
    if (endsAt === undefined || endsAt > now) continue;
    const session = exchange.sessions.get(clientId);
    if (session && !session.live) exchange.forget(session);
  }
}

/** After an hour, and not before its session has ended, nobody knows of a client any more. */
function isForgotten(state: State, record: ConnectionRecord, now: number): boolean {
  const { isConnected, disconnectedAt = now, clientId, willAt } = record;
  const isOld = now >= disconnectedAt + REMEMBERED_MS;
  return !isConnected && isOld && willAt === undefined && !state.mqttSessions.has(clientId);
}
