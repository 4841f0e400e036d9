import { duration } from "../show/progress.js";
import { systemClock, type Clock } from "./clock.js";
import type { Fleet } from "./connect.js";
import { FleetError, InvalidInputError, NO_ANSWER } from "./errors.js";
import { interruptible } from "./interrupt.js";
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

/** Longest time that may pass in one call, in milliseconds: 31 days. */
const LONGEST_MS = 31 * 24 * 60 * 60 * 1000;

/**
 * Let time pass, for whatever takes its time: a rollout, a timeout, a thing type's five minutes.
 *
 * On the sandbox its clock is set ahead and this returns at once; everything that was due in
 * between happens. On AWS it waits, as long as it says.
 *
 * @param time minutes and seconds, together from 0 to 31 days
 * @throws InvalidInputError when that is out of range
 * @throws InterruptedError on SIGINT, while it waits
 */
export async function letTimePass(
  fleet: Fleet,
  time: { readonly minutes?: number; readonly seconds?: number },
): Promise<void> {
  const ms = ((time.minutes ?? 0) * 60 + (time.seconds ?? 0)) * 1000;
  if (!(ms >= 0 && ms <= LONGEST_MS)) {
    throw new InvalidInputError("a time to pass", time, "be from 0 seconds to 31 days");
  }
  const shown = duration(ms / 1000);
  if (fleet.target === "aws") fleet.output.line(`Waiting ${shown} …`);
  await interruptible((signal) => fleet.passTime(ms, signal));
  if (fleet.target === "sandbox") fleet.output.line(`The sandbox's clock is set ${shown} ahead.`);
}

/**
 * Set the clock of a running sandbox ahead.
 *
 * @returns its time then, in milliseconds since the epoch
 * @throws FleetError when it does not answer, or not as a sandbox of this version does
 */
export async function moveSandboxClock(
  { url, credentials }: LocalSandbox,
  advanceMs: number,
): Promise<number> {
  const response = await fetch(`${url}/_fleetlab/clock`, {
    method: "POST",
    headers: { authorization: `Bearer ${credentials.secretAccessKey}` },
    body: JSON.stringify({ advanceMs }),
  }).catch((error: unknown) => {
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
