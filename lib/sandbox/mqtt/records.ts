import type { EventType } from "@aws-sdk/client-iot";
import type { DisconnectReason } from "./wire/reasons.js";
import type { Message } from "./messages.js";
import type { Version } from "./wire/packets.js";

/* What is kept of connections. Times are milliseconds since the epoch, on the sandbox's clock. */

export interface Subscription {
  readonly qos: 0 | 1;
  /** MQTT 5: not what the subscriber has published himself. */
  readonly noLocal?: boolean;
}

/** A session that lives on without its connection. */
export interface SessionRecord {
  readonly clientId: string;
  /** Its stored messages go by this. */
  readonly sessionId: string;
  readonly version: Version;
  /** How long it lives on, in seconds. */
  readonly expirySeconds: number;
  readonly subscriptions: Readonly<Record<string, Subscription>>;
  /** While nobody is connected. */
  readonly endsAt?: number;
}

/** A message that a session or a shared subscription has not got yet. */
export interface StoredMessage extends Message {
  readonly storedAt: number;
}

export interface RetainedMessage extends Message {
  readonly lastModifiedTime: number;
}

export interface Will {
  readonly message: Message;
  readonly isRetained: boolean;
  /** MQTT 5: how long after the end of the connection it is sent, in seconds. */
  readonly delaySeconds: number;
}

export interface Address {
  readonly ip: string;
  readonly port: number;
}

/** The latest connection of a client, as long as somebody may ask for it. */
export interface ConnectionRecord {
  readonly clientId: string;
  readonly isConnected: boolean;
  /** Counts the client's connections. */
  readonly versionNumber: number;
  readonly sessionIdentifier: string;
  readonly principalIdentifier: string;
  /** The thing that its certificate is exclusively attached to. */
  readonly exclusiveThing?: string;
  /** The thing that fleet indexing shows it for. */
  readonly thingName?: string;
  readonly connectedAt: number;
  readonly disconnectedAt?: number;
  readonly disconnectReason?: DisconnectReason;
  readonly cleanSession: boolean;
  /** In seconds. */
  readonly keepAlive: number;
  readonly sessionExpiry: number;
  readonly source: Address;
  readonly target: Address;
  /** What is yet to be sent in the client's name. */
  readonly will?: Will;
  /** When, once the connection is over. */
  readonly willAt?: number;
}

/** Which events are published that are not always. */
export interface EventConfigurationRecord {
  readonly enabled: readonly EventType[];
  readonly creationDate: Date;
  readonly lastModifiedDate: Date;
}
