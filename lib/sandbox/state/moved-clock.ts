import type { Clock } from "../../aws/clock.js";
import type { Change, Tables } from "./tables.js";

/** Time as the sandbox tells it. Nothing in it sleeps, so nobody has to be woken. */
export type SandboxClock = Pick<Clock, "now">;

/** A clock that stands ahead of another one, and can be moved further ahead. */
export interface MovedClock extends SandboxClock {
  /**
   * Move it ahead at once. The offset is a record like any other: it is undone with the transaction,
   * and kept with the changes that are returned.
   *
   * @param ms milliseconds, 0 or more
   */
  advance(ms: number): readonly Change[];
}

/**
 * `base`, and as far ahead of it as the records say: time that was let pass has passed after a restart
 * as well. Records without an offset mean 0.
 */
export function createMovedClock(tables: Tables, base: Clock): MovedClock {
  const offsets = tables.open<number>(CLOCK);
  const offset = (): number => offsets.get("offsetMs") ?? 0;
  return {
    now: () => base.now() + offset(),
    advance: (ms) => tables.transact(() => offsets.set("offsetMs", offset() + ms)).changes,
  };
}

/** The table with the one record of how far the clock is ahead, in milliseconds: `offsetMs`. */
export const CLOCK = "clock";
