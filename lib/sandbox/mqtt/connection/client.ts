import type { Packet } from "mqtt-packet";
import type { Exchange } from "../exchange.js";
import type { Live } from "../live.js";
import type { Outbox } from "./outbox.js";
import type { Version } from "../wire/packets.js";
import type { DisconnectReason } from "../wire/reasons.js";
import type { Link, Runtime } from "../runtime.js";
import type { State } from "../tables.js";

/** A client that is connected, as those see it who handle its packets. */
export interface Client extends Live {
  readonly version: Version;
  readonly state: State;
  readonly exchange: Exchange;
  readonly runtime: Runtime;
  readonly link: Link;
  readonly outbox: Outbox;
  /** Whether one more message, in or out, is within what AWS lets through: it drops what is not. */
  admitsMessage(): boolean;
  /** Whether a message that counts as so many is within what comes from all clients of the account. */
  admitsPublish(count: number): boolean;
  /** Whether so many filters more are within what the account may subscribe to in a second. */
  admitsFilters(count: number): boolean;
  send(packet: Packet): void;
  /**
   * End the connection for what the client has done, and say in the log what that was.
   *
   * @param code what a v5 client is told
   */
  protest(reason: DisconnectReason, code: number, why: string): Promise<void>;
}
