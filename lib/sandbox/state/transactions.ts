import type { Keeper } from "./keeper.js";
import type { Later } from "./later.js";
import type { Core } from "./state.js";
import type { Tables } from "./tables.js";

export interface Transactions extends Later {
  /**
   * Do `work` on the present of `state`, and keep what it changed. What time has brought by then is a
   * transaction of its own: it stays when `work` throws.
   *
   * @throws what `work` throws, and WireError (503) when changes could not be kept
   */
  run<T>(state: Core, work: () => T): Promise<T>;
}

/** A transaction under way. */
interface Running {
  readonly ends: (() => void)[];
  readonly tellings: (() => void)[];
  readonly made: Map<string, unknown>;
}

/** @param advance lets happen what was to happen by itself until now */
export function createTransactions(
  tables: Tables,
  keeper: Keeper,
  advance: (state: Core) => void,
): Transactions {
  let now: Running | undefined;

  const running = (): Running => {
    if (!now) throw new Error("No transaction runs");
    return now;
  };

  const transact = <T>(work: () => T) => {
    const mine: Running = (now = { ends: [], tellings: [], made: new Map() });
    try {
      const { result, changes } = tables.transact(() => {
        const made = work();
        // It may grow meanwhile.
        for (const end of mine.ends) end();
        return made;
      });
      return { result, changes, tellings: mine.tellings };
    } finally {
      now = undefined;
    }
  };

  return {
    atEnd: (work) => void running().ends.push(work),
    onceKept: (work) => void running().tellings.push(work),
    attempt(work) {
      const { ends, tellings } = running();
      const [toEnd, toTell] = [ends.length, tellings.length];
      try {
        return tables.attempt(work);
      } catch (error) {
        ends.length = toEnd;
        tellings.length = toTell;
        throw error;
      }
    },
    during(name, make) {
      const { made } = running();
      if (!made.has(name)) made.set(name, make());
      return made.get(name) as ReturnType<typeof make>;
    },
    async run(state, work) {
      const before = transact(() => advance(state));
      let { changes } = before;
      const told = before.tellings;
      try {
        const done = transact(() => {
          const result = work();
          advance(state);
          return result;
        });
        changes = [...changes, ...done.changes];
        told.push(...done.tellings);
        return done.result;
      } finally {
        await keeper.keep(changes);
        for (const tell of told) tell();
      }
    },
  };
}
