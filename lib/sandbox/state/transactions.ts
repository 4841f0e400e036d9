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

/** @param advance lets happen what was to happen by itself until now */
export function createTransactions(
  tables: Tables,
  keeper: Keeper,
  advance: (state: Core) => void,
): Transactions {
  let ends: (() => void)[] | undefined;
  let tellings: (() => void)[] = [];

  const transact = <T>(work: () => T) => {
    ends = [];
    tellings = [];
    try {
      const { result, changes } = tables.transact(() => {
        const made = work();
        // It may grow meanwhile.
        for (const end of ends ?? []) end();
        return made;
      });
      return { result, changes, tellings };
    } finally {
      ends = undefined;
      tellings = [];
    }
  };

  return {
    atEnd(work) {
      if (!ends) throw new Error("No transaction runs");
      ends.push(work);
    },
    onceKept(work) {
      if (!ends) throw new Error("No transaction runs");
      tellings.push(work);
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
