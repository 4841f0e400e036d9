import { setTimeout as delay } from "node:timers/promises";

/** Where time comes from. Everything that waits, paces or expires asks a clock, so tests can drive it. */
export interface Clock {
  /** Milliseconds since the epoch, with fractions. Never runs backwards. */
  now(): number;
  /** Resolve after `ms` milliseconds. Rejects with `signal.reason` when the signal aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. Monotonic: a corrected system time neither stalls nor floods a rate limit. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  async sleep(ms, signal) {
    try {
      await delay(Math.max(0, ms), undefined, { signal });
    } catch (error) {
      // node:timers wraps the reason in its own AbortError; callers want to see why, not how.
      signal?.throwIfAborted();
      throw error;
    }
  },
};

/**
 * A clock that agrees with `base` now and then runs `speed` times as fast: an hour in a minute at 60.
 *
 * @throws RangeError when the speed is not a number greater than 0
 */
export function fastClock(speed: number, base: Clock = systemClock): Clock {
  if (!(speed > 0 && Number.isFinite(speed))) {
    throw new RangeError(`speed must be a number greater than 0, got ${speed}`);
  }
  const start = base.now();
  return {
    now: () => start + (base.now() - start) * speed,
    sleep: (ms, signal) => base.sleep(ms / speed, signal),
  };
}

/** A clock that stands still until a test or a sandbox moves it. */
export interface ManualClock extends Clock {
  /** Move `ms` ahead, waking every sleeper that comes due on the way, in order of time. */
  advance(ms: number): Promise<void>;
  /** Wake sleepers one by one until none is left. */
  runAll(): Promise<void>;
}

interface Sleeper {
  readonly due: number;
  wake(): void;
}

/** @param startMs where the clock stands, in milliseconds since the epoch */
export function manualClock(startMs = Date.UTC(2026, 0, 1)): ManualClock {
  let now = startMs;
  const sleepers = new Set<Sleeper>();

  const next = (): Sleeper | undefined => {
    let first: Sleeper | undefined;
    for (const sleeper of sleepers) if (!first || sleeper.due < first.due) first = sleeper;
    return first;
  };

  const wake = async (sleeper: Sleeper): Promise<void> => {
    now = Math.max(now, sleeper.due);
    sleeper.wake();
    await settled();
  };

  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(asError(signal.reason));
        const abort = () => {
          sleepers.delete(sleeper);
          reject(asError(signal?.reason));
        };
        const sleeper: Sleeper = {
          due: now + Math.max(0, ms),
          wake: () => {
            sleepers.delete(sleeper);
            signal?.removeEventListener("abort", abort);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", abort, { once: true });
      }),
    async advance(ms) {
      const target = now + ms;
      await settled();
      for (let first = next(); first && first.due <= target; first = next()) await wake(first);
      now = target;
      await settled();
    },
    async runAll() {
      await settled();
      for (let first = next(); first; first = next()) await wake(first);
    },
  };
}

/** Let every promise that can go on without time passing go on; a macrotask turn drains them all. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
