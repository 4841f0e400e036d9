import type { Clock } from "../clock.js";

/** How fast something may happen. */
export interface Rate {
  /** Sustained rate, in calls per second. Greater than 0; may be a fraction. */
  readonly perSecond: number;
  /** Calls that may leave at once after an idle period. At least 1. */
  readonly burst: number;
}

/** A token bucket without a clock of its own: ask it at a time, and it says yes or how long to wait. */
export interface Bucket {
  /** Take a token at `nowMs`. Returns 0 when it was there, else the milliseconds until one will be. */
  take(nowMs: number): number;
}

/**
 * Milliseconds since the epoch are exact to a quarter of a microsecond: after a shorter sleep the
 * clock may stand where it stood, and a waiter would sleep for ever. So a token that is less than
 * this away is there; the bucket owes the difference.
 */
const EXACT_MS = 0.001;

/** @throws RangeError when the rate is not a positive number or the burst is below 1 */
export function createBucket({ perSecond, burst }: Rate): Bucket {
  if (!(perSecond > 0 && Number.isFinite(perSecond))) {
    throw new RangeError(`perSecond must be a number greater than 0, got ${perSecond}`);
  }
  if (!(burst >= 1)) throw new RangeError(`burst must be at least 1, got ${burst}`);
  let tokens = burst;
  let filledAt = Number.NEGATIVE_INFINITY;

  return {
    take(nowMs) {
      tokens = Math.min(burst, tokens + (Math.max(0, nowMs - filledAt) * perSecond) / 1000);
      filledAt = Math.max(filledAt, nowMs);
      const waitMs = ((1 - tokens) * 1000) / perSecond;
      if (waitMs > EXACT_MS) return waitMs;
      tokens -= 1;
      return 0;
    },
  };
}

/** A queue in front of a bucket: first come, first served, and never faster than the rate. */
export interface Limiter {
  /** Resolve when this call may leave. Rejects with `signal.reason` when the signal aborts first. */
  take(signal?: AbortSignal): Promise<void>;
  /** Calls waiting for their turn now. */
  readonly waiting: number;
}

/**
 * A limiter that lets calls out at `rate` on `clock`: evenly spaced, after at most `burst` at once.
 *
 * @param bucket says when; default one of its own
 */
export function createLimiter(
  rate: Rate,
  clock: Clock,
  bucket: Bucket = createBucket(rate),
): Limiter {
  const queue: { leave(): void; gone: boolean }[] = [];
  let serving = false;

  // One loop hands out tokens, so a waiter that gives up costs nothing and nobody overtakes.
  const serve = async (): Promise<void> => {
    serving = true;
    for (let first = queue[0]; first; first = queue[0]) {
      const waitMs = first.gone ? 0 : bucket.take(clock.now());
      if (waitMs > 0) {
        await clock.sleep(waitMs);
      } else {
        queue.shift();
        first.leave();
      }
    }
    serving = false;
  };

  return {
    get waiting() {
      return queue.reduce((count, waiter) => count + (waiter.gone ? 0 : 1), 0);
    },
    take: (signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error);
        const abort = () => {
          waiter.gone = true;
          reject(signal?.reason as Error);
        };
        const waiter = {
          gone: false,
          leave() {
            signal?.removeEventListener("abort", abort);
            resolve();
          },
        };
        signal?.addEventListener("abort", abort, { once: true });
        queue.push(waiter);
        if (!serving) void serve();
      }),
  };
}
