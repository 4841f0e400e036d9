import { duration } from "../show/progress.js";
import type { Fleet } from "./connect.js";
import { InvalidInputError } from "./errors.js";
import { interruptible } from "./interrupt.js";

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
