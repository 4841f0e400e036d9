import { exchangeOf, type Exchange, type Route } from "./exchange.js";
import type { Session } from "./live.js";
import type { Message } from "./messages.js";
import { retain } from "./retained.js";
import type { State } from "./tables.js";

/** How a message is published. */
export interface Manner {
  /** Kept for whoever subscribes later. */
  readonly isRetained?: boolean;
  /** The session of whoever publishes it. */
  readonly from?: Session;
}

/** Publish in the transaction that runs: subscribers get it once that is kept. */
export function publish(state: State, message: Message, manner: Manner = {}): void {
  if (manner.isRetained) retain(state, message);
  const exchange = exchangeOf(state);
  exchange.deliver(exchange.match(message, manner.from), message);
  if (exchange.taps.size > 0) state.onceKept(() => tellTaps(exchange, message, manner));
}

function tellTaps({ taps }: Exchange, message: Message, { from }: Manner): void {
  for (const tap of taps) tap(message, from?.clientId);
}

/**
 * Publish when nothing of it has to be kept: at once, without a transaction.
 *
 * @returns false, having done nothing, when something must be kept
 */
export function publishAtOnce(state: State, message: Message, manner: Manner = {}): boolean {
  if (manner.isRetained) return false;
  const exchange = exchangeOf(state);
  const routes: readonly Route[] = exchange.match(message, manner.from);
  if (routes.some(({ isStored }) => isStored)) return false;
  for (const { session, qos } of routes) session.live?.offer({ message, qos });
  if (exchange.taps.size > 0) tellTaps(exchange, message, manner);
  return true;
}
