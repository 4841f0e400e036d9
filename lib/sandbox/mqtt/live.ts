import type { Delivery, Message } from "./messages.js";
import type { Version } from "./wire/packets.js";
import type { Subscription } from "./records.js";
import type { DisconnectReason } from "./wire/reasons.js";

/** A client's subscriptions and what waits for it, with or without a connection. */
export interface Session {
  readonly clientId: string;
  readonly sessionId: string;
  readonly version: Version;
  /** 0 for one that ends with its connection. */
  expirySeconds: number;
  readonly subscriptions: Map<string, Subscription>;
  /** Messages that are stored for it. */
  stored: number;
  /** Its connection, while there is one. */
  live?: Live | undefined;
}

/** A client that is connected. */
export interface Live {
  readonly clientId: string;
  readonly session: Session;
  readonly certificateId: string | undefined;
  /** Take a message on its way. */
  offer(delivery: Delivery): void;
  /** Whether its policies let it, as things are now. A refusal is logged. */
  may(action: string, resource: string): boolean;
  /**
   * Give it a message without any subscription.
   *
   * @returns when it is acknowledged, for QoS 1; else at once. False when the connection ended before.
   */
  give(message: Message, qos: 0 | 1): Promise<boolean>;
  /**
   * Hang up, in the transaction that runs; what follows from that is the caller's.
   *
   * @param code what a v5 client is told
   */
  giveWay(code: number): void;
  /** End the connection. What follows from that is a transaction of its own. */
  close(reason: DisconnectReason, options?: Ending): Promise<void>;
}

export interface Ending {
  /** What a v5 client is told. */
  readonly code?: number;
  readonly withoutWill?: boolean;
  readonly withoutSession?: boolean;
}
