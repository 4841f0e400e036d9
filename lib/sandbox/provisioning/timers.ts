import type { ProvisioningTimer } from "./records.js";
import type { State } from "./tables.js";

/* What this room does at a later time: found by whoever comes after it is due, and done as of its own time. */

const TIME_DIGITS = 15;

/** @param at milliseconds since the epoch */
export function setTimer(state: State, at: number, timer: ProvisioningTimer): void {
  const time = String(Math.ceil(at)).padStart(TIME_DIGITS, "0");
  state.provisioningTimers.set(`${time}/${timer.kind}/${timer.of}`, timer);
}

/** Take the first timer that is due, and its time. */
export function takeDueTimer(
  state: State,
): { readonly at: number; readonly timer: ProvisioningTimer } | undefined {
  for (const [key, timer] of state.provisioningTimers.entries()) {
    const at = Number(key.slice(0, TIME_DIGITS));
    if (at > state.now().getTime()) return undefined;
    state.provisioningTimers.delete(key);
    return { at, timer };
  }
  return undefined;
}
