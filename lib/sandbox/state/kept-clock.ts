import type { Clock } from "../../aws/clock.js";
import type { Change, Tables } from "./tables.js";

/** Time as the sandbox tells it. Nothing in it sleeps, so nobody has to be woken. */
export type SandboxClock = Pick<Clock, "now">;

/** The sandbox's own time: it can be moved ahead, and never goes back, over restarts either. */
export interface KeptClock extends SandboxClock {
  /**
   * Move it ahead at once. The offset is a record like any other: it is undone with the transaction,
   * and kept with the changes that are returned.
   *
   * @param ms milliseconds, 0 or more
   */
  advance(ms: number): readonly Change[];
  /**
   * What to keep beside what was done, so that it will be later than now after a restart. Of what was only
   * read it is nothing most of the time.
   */
  note(hasChanged: boolean): readonly Change[];
}

/** While there are only readers, the time is noted this often, in milliseconds. */
const READ_NOTE_MS = 10_000;

/**
 * `base`, and as far ahead of it as the records say: time that was let pass has passed after a restart
 * as well. Records without an offset mean 0.
 *
 * The machine's clock may be set back, between two runs or during one. The sandbox's then goes on from
 * where it stood: what it keeps has times, and an index that is built in the future is never built.
 */
export function createKeptClock(tables: Tables, base: Clock): KeptClock {
  const times = tables.open<number>(CLOCK);
  const offset = (): number => times.get("offsetMs") ?? 0;
  let last = base.now();
  /** How far `base` has been set back, in milliseconds. */
  let setBack = Math.max(0, (times.get("latestMs") ?? 0) - last - offset());

  const now = (): number => {
    const found = base.now();
    if (found < last) setBack += last - found;
    last = found;
    return found + setBack + offset();
  };

  return {
    now,
    advance: (ms) =>
      tables.transact(() => {
        times.set("offsetMs", offset() + ms);
        times.set("latestMs", now());
      }).changes,
    note(hasChanged) {
      const noted = times.get("latestMs") ?? Infinity;
      if (!hasChanged && now() - noted < READ_NOTE_MS) return [];
      return tables.transact(() => times.set("latestMs", now())).changes;
    },
  };
}

/**
 * The table of the clock, in milliseconds: `offsetMs` is how far it was moved ahead, `latestMs` what it
 * told when something was kept last.
 */
const CLOCK = "clock";
