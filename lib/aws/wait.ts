import type { Fleet } from "./connect.js";
import { WaitTimeoutError } from "./errors.js";
import { interruptible } from "./interrupt.js";
import { redactText } from "./redact.js";
import { duration } from "../show/progress.js";

/** What a probe found: the thing waited for, or why it is not there yet. */
export type Probe<T> = { readonly ready: T } | { readonly waiting: string };

export interface WaitOptions {
  /** What is waited for, as in "waiting until …": `the fleet index is ACTIVE`. */
  readonly until: string;
  /** Milliseconds from one look to the next. Default 2,000; AWS asks pollers not to be faster. */
  readonly everyMs?: number;
  /** Milliseconds after which to give up. */
  readonly timeoutMs: number;
  /**
   * True when only time is missing: the sandbox's clock is then set ahead instead of waited for. A
   * function is asked before each pause.
   */
  readonly isPassable?: boolean | (() => boolean);
}

/**
 * Look until something is so, on the fleet's clock; the first look is at once.
 *
 * @throws WaitTimeoutError with what was seen last
 * @throws InterruptedError on SIGINT
 */
export async function waitUntil<T>(
  fleet: Fleet,
  { until, everyMs = 2_000, timeoutMs, isPassable = false }: WaitOptions,
  probe: () => Promise<Probe<T>>,
): Promise<T> {
  return interruptible(async (signal) => {
    const deadline = fleet.clock.now() + timeoutMs;
    let told = "";
    for (;;) {
      const found = await probe();
      if ("ready" in found) return found.ready;
      const leftMs = deadline - fleet.clock.now();
      if (leftMs <= 0) {
        throw new WaitTimeoutError(
          `Gave up waiting until ${until}, after ${duration(timeoutMs / 1000)}: ${found.waiting}.`,
        );
      }
      if (found.waiting !== told) {
        // What is waited for may be told in AWS's words, with the account's number in an ARN.
        fleet.output.line(redactText(`Waiting until ${until}: ${found.waiting} …`));
        told = found.waiting;
      }
      const pause = Math.min(everyMs, leftMs);
      const isPassed = typeof isPassable === "function" ? isPassable() : isPassable;
      await (isPassed ? fleet.passTime(pause, signal) : fleet.clock.sleep(pause, signal));
    }
  });
}
