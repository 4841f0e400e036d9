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
  /** The table of that name, made when it is first asked for. */
  open<R>(name: string): Table<R>;
  /**
   * Run `work` and return its result with what it changed, oldest record state undone on a throw.
   * `work` is synchronous, which is what makes each operation atomic.
   */
  transact<T>(work: () => T): { result: T; changes: Change[] };
  /** Put a record read back from disk, outside any transaction. */
  load(change: Change): void;
  /** Hear of every change as it happens (also of those undone), to keep derived state such as an index. */
  onChange(listener: (table: string, key: string) => void): void;
}

export function createTables(): Tables {
  const tables = new Map<string, Rows>();
  const listeners: ((table: string, key: string) => void)[] = [];
  let journal: Map<string, { table: string; key: string; before: unknown }> | undefined;

  const rowsOf = (name: string): Rows => {
    let rows = tables.get(name);
    if (!rows) tables.set(name, (rows = createRows()));
    return rows;
  };

  const change = (table: string, key: string, record: unknown): void => {
    if (!journal) throw new Error(`${table} was changed outside a transaction`);
    const rows = rowsOf(table);
    const id = `${table}\n${key}`;
    if (!journal.has(id)) journal.set(id, { table, key, before: rows.get(key) });
    rows.put(key, record);
    for (const listener of listeners) listener(table, key);
  };

  return {
    open<R>(name: string): Table<R> {
      const rows = rowsOf(name);
      return {
        get: (key) => rows.get(key) as R | undefined,
        has: (key) => rows.get(key) !== undefined,
        set: (key, record) => change(name, key, record),
        delete: (key) => {
          if (rows.get(key) !== undefined) change(name, key, undefined);
        },
        entries: (range) => rows.entries(range) as Iterable<[string, R]>,
        *values(range) {
          for (const [, record] of rows.entries(range)) yield record as R;
        },
        get size() {
          return rows.size();
        },
      };
    },
    transact(work) {
      if (journal) throw new Error("transactions do not nest");
      journal = new Map();
      try {
        const result = work();
        const changes = [...journal.values()].map(({ table, key }) => ({
          table,
          key,
          record: rowsOf(table).get(key),
        }));
        return { result, changes };
      } catch (error) {
        for (const { table, key, before } of journal.values()) {
          rowsOf(table).put(key, before);
          for (const listener of listeners) listener(table, key);
        }
        throw error;
      } finally {
        journal = undefined;
      }
    },
    load({ table, key, record }) {
      rowsOf(table).put(key, record);
    },
    onChange(listener) {
      listeners.push(listener);
    },
  };
}

type Rows = ReturnType<typeof createRows>;

/** A map with its keys in order. The store hands its records over in order, so loading is linear. */
function createRows() {
  const records = new Map<string, unknown>();
  const keys: string[] = [];

  return {
    get: (key: string) => records.get(key),
    size: () => records.size,
    put(key: string, record: unknown): void {
      if (record === undefined) {
        if (records.delete(key)) keys.splice(positionOf(keys, key), 1);
        return;
      }
      if (!records.has(key)) {
        const last = keys.at(-1);
        if (last === undefined || compare(last, key) < 0) keys.push(key);
        else keys.splice(positionOf(keys, key), 0, key);
      }
      records.set(key, record);
    },
    *entries(range: Range = {}): Iterable<[string, unknown]> {
      const { after, prefix = "" } = range;
      let at = positionOf(keys, prefix);
      if (after !== undefined && compare(after, prefix) >= 0) {
        at = positionOf(keys, after);
        if (keys[at] === after) at++;
      }
      for (let key = keys[at]; key?.startsWith(prefix); key = keys[++at]) {
        yield [key, records.get(key)];
      }
    },
  };
}

/** Where `key` stands or would stand. */
function positionOf(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(sorted[middle] as string, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
