import type { DisconnectReasonValue } from "@aws-sdk/client-iot";

/** Why a connection ended, in the words of lifecycle events and of fleet indexing. */
export type DisconnectReason = Exclude<DisconnectReasonValue, "NONE" | "UNKNOWN">;

/** What MQTT 5 has numbers for, of those that AWS sends. */
export const REASON = {
  success: 0x00,
  disconnectWithWill: 0x04,
  unspecified: 0x80,
  malformed: 0x81,
  protocolError: 0x82,
  badClientId: 0x85,
  notAuthorized: 0x87,
  shuttingDown: 0x8b,
  keepAliveTimeout: 0x8d,
  takenOver: 0x8e,
  badFilter: 0x8f,
  badTopic: 0x90,
  receiveMaximum: 0x93,
  badAlias: 0x94,
  quota: 0x97,
  administrative: 0x98,
  badQos: 0x9b,
  noSubscriptionIds: 0xa1,
} as const;
