import { askSandbox, otherVersion } from "./ask-sandbox.js";
import { systemClock, type Clock } from "./clock.js";
import type { LocalSandbox } from "./local.js";

/** A clock that can be set ahead, such as the one of a fleet on the sandbox. */
export interface MovableClock extends Clock {
  /** Say what time it is, in milliseconds since the epoch; an earlier time than now changes nothing. */
  moveTo(nowMs: number): void;
}

/** A clock that runs with `base` and may be set ahead of it. */
export function movableClock(base: Clock): MovableClock {
  let aheadMs = 0;
  return {
    now: () => base.now() + aheadMs,
    sleep: (ms, signal) => base.sleep(ms, signal),
    moveTo: (nowMs) => (aheadMs = Math.max(aheadMs, nowMs - base.now())),
  };
}

const clocks = new Map<string, MovableClock>();

/**
 * The clock of the sandbox at this address, one for all connections of the process: limits are kept
 * by clock, so that two connections share them.
 */
export function sandboxClock(url: string): MovableClock {
  const clock = clocks.get(url) ?? movableClock(systemClock);
  clocks.set(url, clock);
  return clock;
}

/** How long a sandbox may take over all that is due when its clock is set ahead, in milliseconds. */
const LONGEST_MS = 60_000;

/**
 * Set the clock of a running sandbox ahead.
 *
 * @returns its time then, in milliseconds since the epoch
 * @throws the signal's reason as soon as it aborts
 * @throws FleetError when it does not answer within a minute, or not as a sandbox of this version does
 */
export async function moveSandboxClock(
  sandbox: LocalSandbox,
  advanceMs: number,
  signal?: AbortSignal,
): Promise<number> {
  const patience = { longestMs: LONGEST_MS, ...(signal && { signal }) };
  const answer = await askSandbox(sandbox, "clock", { advanceMs }, patience);
  const now = answer.isOk ? nowOf(answer.text) : undefined;
  if (now !== undefined) return now;
  throw otherVersion(sandbox, answer, "its time");
}

function nowOf(text: string): number | undefined {
  try {
    const { now } = JSON.parse(text) as { readonly now?: unknown };
    return typeof now === "number" ? now : undefined;
  } catch {
    return undefined;
  }
}
