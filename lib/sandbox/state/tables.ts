import { createSortedList } from "./sorted-list.js";

/**
 * The sandbox's records in memory: named tables of plain, immutable records, sorted by key.
 *
 * Every change goes through `transact`, so an operation that throws half-way leaves nothing behind,
 * and what it did change is handed over as one batch for the store.
 */
export interface Table<R> {
  get(key: string): R | undefined;
  has(key: string): boolean;
  /** Replace the record. Records are never mutated in place: undo and the store rely on it. */
  set(key: string, record: R): void;
  delete(key: string): void;
  /** Entries in key order. Collect them before changing the table: the order is live. */
  entries(range?: Range): Iterable<[string, R]>;
  values(range?: Range): Iterable<R>;
  readonly size: number;
}

export interface Range {
  /** Begin behind this key. */
  readonly after?: string | undefined;
  /** Only keys that begin so. */
  readonly prefix?: string;
}

/** One changed record; `record` is undefined when it was deleted. */
export interface Change {
  readonly table: string;
  readonly key: string;
  readonly record: unknown;
}

export interface Tables {
  /** The table of that name. It takes no room before something is put into it. */
  open<R>(name: string): Table<R>;
  /** Names of the tables that something is in, in no order. */
  names(): Iterable<string>;
  /** Whether something is in a table whose name begins so. */
  holds(prefix: string): boolean;
  /**
   * Run `work` and return its result with what it changed, oldest record state undone on a throw.
   * `work` is synchronous, which is what makes each operation atomic.
   */
  transact<T>(work: () => T): { result: T; changes: Change[] };
  /** The same for a part of the work that runs: what it has changed is undone when it throws, and nothing else. */
  attempt<T>(work: () => T): T;
  /** Put a record read back from disk, outside any transaction. */
  load(change: Change): void;
  /** Hear of every change as it happens (also of those undone), to keep derived state such as an index. */
  onChange(listener: (table: string, key: string) => void): void;
}

export function createTables(): Tables {
  const tables = new Map<string, Rows>();
  const listeners: ((table: string, key: string) => void)[] = [];
  let journal: Journal | undefined;

  const rowsOf = (name: string): Rows => tables.get(name) ?? none;

  const put = (name: string, key: string, record: unknown): void => {
    let rows = tables.get(name);
    if (!rows) {
      if (record === undefined) return;
      tables.set(name, (rows = createRows()));
    }
    rows.put(key, record);
    if (rows.size() === 0) tables.delete(name);
  };

  const undo = (noted: Journal): void => {
    for (const [table, records] of noted) {
      for (const [key, before] of records) {
        put(table, key, before);
        for (const listener of listeners) listener(table, key);
      }
    }
  };

  const change = (table: string, key: string, record: unknown): void => {
    if (!journal) throw new Error(`${table} was changed outside a transaction`);
    let noted = journal.get(table);
    if (!noted) journal.set(table, (noted = new Map<string, unknown>()));
    if (!noted.has(key)) noted.set(key, rowsOf(table).get(key));
    put(table, key, record);
    for (const listener of listeners) listener(table, key);
  };

  return {
    open<R>(name: string): Table<R> {
      return {
        get: (key) => rowsOf(name).get(key) as R | undefined,
        has: (key) => rowsOf(name).get(key) !== undefined,
        set: (key, record) => change(name, key, record),
        delete: (key) => {
          if (rowsOf(name).get(key) !== undefined) change(name, key, undefined);
        },
        entries: (range) => rowsOf(name).entries(range) as Iterable<[string, R]>,
        *values(range) {
          for (const [, record] of rowsOf(name).entries(range)) yield record as R;
        },
        get size() {
          return rowsOf(name).size();
        },
      };
    },
    names: () => tables.keys(),
    holds(prefix) {
      for (const name of tables.keys()) if (name.startsWith(prefix)) return true;
      return false;
    },
    transact(work) {
      if (journal) throw new Error("transactions do not nest");
      journal = new Map();
      try {
        const result = work();
        const changes: Change[] = [];
        for (const [table, noted] of journal) {
          const rows = rowsOf(table);
          for (const key of noted.keys()) changes.push({ table, key, record: rows.get(key) });
        }
        return { result, changes };
      } catch (error) {
        undo(journal);
        throw error;
      } finally {
        journal = undefined;
      }
    },
    attempt(work) {
      const outer = journal;
      if (!outer) throw new Error("there is no transaction to attempt something in");
      const mine: Journal = (journal = new Map());
      try {
        return work();
      } catch (error) {
        undo(mine);
        mine.clear();
        throw error;
      } finally {
        journal = outer;
        for (const [table, records] of mine) {
          const noted = outer.get(table) ?? new Map<string, unknown>();
          outer.set(table, noted);
          for (const [key, before] of records) if (!noted.has(key)) noted.set(key, before);
        }
      }
    },
    load({ table, key, record }) {
      put(table, key, record);
    },
    onChange(listener) {
      listeners.push(listener);
    },
  };
}

/** By table, then by key: the record as it was before. */
type Journal = Map<string, Map<string, unknown>>;

type Rows = ReturnType<typeof createRows>;

/** What every table is that nothing was put into. */
const none: Rows = createRows();

/** A map with its keys in order. */
function createRows() {
  const records = new Map<string, unknown>();
  const keys = createSortedList<string>(compare, []);

  return {
    get: (key: string) => records.get(key),
    size: () => records.size,
    put(key: string, record: unknown): void {
      if (record === undefined) {
        if (records.delete(key)) keys.remove(key);
        return;
      }
      if (!records.has(key)) keys.add(key);
      records.set(key, record);
    },
    *entries(range: Range = {}): Iterable<[string, unknown]> {
      const { after, prefix = "" } = range;
      const isBefore = (key: string): boolean =>
        key < prefix || (after !== undefined && key <= after);
      for (const key of keys.from(isBefore)) {
        if (!key.startsWith(prefix)) return;
        yield [key, records.get(key)];
      }
    },
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
