import {
  DeleteConnectionCommand,
  GetConnectionCommand,
  InvalidRequestException,
  ListSubscriptionsCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-iot-data-plane";
import { fault, paged } from "../state/operation.js";
import { exchangeOf } from "./exchange.js";
import { departed } from "./presence.js";
import { REASON } from "./wire/reasons.js";
import { operation } from "./tables.js";

/** https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_GetConnection.html */
export const getConnection = operation(
  GetConnectionCommand,
  (state, { clientId, includeSocketInformation = false }) => {
    const record = state.mqttConnections.get(clientId) ?? notThere(clientId);
    const { isConnected, thingName, source, target, disconnectedAt, disconnectReason } = record;
    return {
      connected: isConnected,
      ...(thingName !== undefined && { thingName }),
      clientId,
      cleanSession: record.cleanSession,
      keepAliveDuration: record.keepAlive,
      sessionExpiry: record.sessionExpiry,
      ...(isConnected && { connectedSince: record.connectedAt }),
      ...(disconnectedAt !== undefined && { disconnectedSince: disconnectedAt, disconnectReason }),
      ...(includeSocketInformation && {
        sourceIp: source.ip,
        sourcePort: source.port,
        targetIp: target.ip,
        targetPort: target.port,
      }),
    };
  },
);

/**
 * Of a persistent session also while nobody is connected.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_ListSubscriptions.html
 */
export const listSubscriptions = operation(
  ListSubscriptionsCommand,
  (state, { clientId, ...page }) => {
    const session = exchangeOf(state).sessions.get(clientId) ?? notThere(clientId);
    const { items, ...next } = paged({
      page,
      question: ["ListSubscriptions", clientId],
      *entries(after): Iterable<[string, { topicFilter: string; qos: number }]> {
        for (const topicFilter of [...session.subscriptions.keys()].sort()) {
          if (after !== undefined && topicFilter <= after) continue;
          const { qos = 0 } = session.subscriptions.get(topicFilter) ?? {};
          yield [topicFilter, { topicFilter, qos }];
        }
      },
      largest: 200,
      badToken: () => fault(InvalidRequestException, "Invalid nextToken"),
    });
    return { subscriptions: items, ...next };
  },
);

/**
 * The client may come back at once. A session without a connection is deleted with `cleanSession` only.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_DeleteConnection.html
 */
export const deleteConnection = operation(
  DeleteConnectionCommand,
  (state, { clientId, cleanSession = false, preventWillMessage = false }) => {
    if (clientId.startsWith("$"))
      fault(InvalidRequestException, "A client id does not begin with $");
    const exchange = exchangeOf(state);
    const session = exchange.sessions.get(clientId) ?? notThere(clientId);
    if (session.live) {
      session.live.giveWay(REASON.administrative);
      departed(state, session, "API_INITIATED_DISCONNECT", {
        withoutWill: preventWillMessage,
        withoutSession: cleanSession,
      });
    } else if (cleanSession) {
      exchange.forget(session);
    }
    return {};
  },
);

function notThere(clientId: string): never {
  return fault(ResourceNotFoundException, `Client ${clientId} cannot be found`);
}
