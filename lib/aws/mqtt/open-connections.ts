import type { Clock } from "../clock.js";

/** A connection of this process, as far as time is concerned. */
export interface OpenConnection {
  /** In seconds: the broker gives it up when it is silent for one and a half times as long. */
  readonly keepAliveSeconds: number;
  /** Say that it is there; resolves when the broker has answered, or when it cannot any more. */
  readonly pulse: () => Promise<void>;
}

/** Let so many milliseconds pass. */
export type PassTime = (ms: number, signal?: AbortSignal) => Promise<void>;

/** Those of each clock: of one sandbox, in other words. */
const open = new WeakMap<Clock, Set<OpenConnection>>();

/** Count a connection among the open ones, until the function that comes back is called. */
export function noteOpen(clock: Clock, connection: OpenConnection): () => void {
  const all = open.get(clock) ?? new Set();
  open.set(clock, all);
  all.add(connection);
  return () => void all.delete(connection);
}

/**
 * Let time pass as it does for connected devices, which say that they are there every now and then:
 * a clock that is set ahead an hour at once would find all of them silent for an hour.
 *
 * Afterwards they have heard whatever was sent to them in that time: an answer to a ping comes after
 * what was sent before it.
 */
export function keepingAlive(clock: Clock, passTime: PassTime): PassTime {
  return async (ms, signal) => {
    const there = open.get(clock) ?? new Set();
    const pulse = () => Promise.all([...there].map((one) => one.pulse()));
    if (there.size === 0) return passTime(ms, signal);
    await pulse();
    for (let left = ms; left > 0;) {
      const shortest = Math.min(...[...there].map((one) => one.keepAliveSeconds * 1000), left);
      await passTime(shortest, signal);
      left -= shortest;
      await pulse();
    }
  };
}
