import { systemClock, type Clock } from "./clock.js";
import { FleetError, NO_ANSWER } from "./errors.js";
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
  { url, credentials }: LocalSandbox,
  advanceMs: number,
  signal?: AbortSignal,
): Promise<number> {
  const timeout = AbortSignal.timeout(LONGEST_MS);
  const response = await fetch(`${url}/_fleetlab/clock`, {
    method: "POST",
    headers: { authorization: `Bearer ${credentials.secretAccessKey}` },
    body: JSON.stringify({ advanceMs }),
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  }).catch((error: unknown) => {
    signal?.throwIfAborted();
    // Node says "fetch failed" of whatever went wrong.
    throw new FleetError(NO_ANSWER, { cause: error });
  });
  const text = await response.text();
  const now = response.ok ? nowOf(text) : undefined;
  if (now !== undefined) return now;
  throw new FleetError(
    `The sandbox at ${url} did not say its time (${response.status}: ${text.slice(0, 200)}). It may be of ` +
      `another version of Fleetlab: stop it with "npm run sandbox -- --stop", and connect again.`,
  );
}

function nowOf(text: string): number | undefined {
  try {
    const { now } = JSON.parse(text) as { readonly now?: unknown };
    return typeof now === "number" ? now : undefined;
  } catch {
    return undefined;
  }
}
