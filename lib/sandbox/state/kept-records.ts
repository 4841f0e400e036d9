import type { Change } from "./tables.js";

/** One commit: table and key, and the record when it was not deleted. */
export type Line = readonly (readonly [table: string, key: string, record?: unknown])[];

/** The records that a log amounts to. */
export interface Records {
  apply(line: Line): void;
  table(name: string): ReadonlyMap<string, unknown>;
  /** Every record, table by table, in key order. */
  all(): Iterable<Change>;
  /**
   * What a log needs to say to amount to the same, as it is when each line is asked for: what changes
   * meanwhile has to follow.
   */
  lines(): Iterable<Line>;
  count(): number;
  /** How many changes were applied. */
  changes(): number;
}

/** Records in one line of a log that is rewritten. */
const LINE_RECORDS = 500;

export function createRecords(): Records {
  const tables = new Map<string, Map<string, unknown>>();
  let changes = 0;

  /** The table that was asked for last, which most often is the next one too. */
  let last: { readonly name: string; readonly table: Map<string, unknown> } | undefined;

  const tableOf = (name: string): Map<string, unknown> => {
    if (last?.name === name) return last.table;
    let table = tables.get(name);
    if (!table) tables.set(name, (table = new Map<string, unknown>()));
    last = { name, table };
    return table;
  };
  const sorted = (names: Iterable<string>): string[] => [...names].sort();

  return {
    apply(line) {
      for (const change of line) {
        // Not taken apart: a start comes here for every record there is.
        if (change.length > 2) tableOf(change[0]).set(change[1], change[2]);
        else tableOf(change[0]).delete(change[1]);
      }
      changes += line.length;
    },
    table: tableOf,
    *all() {
      for (const name of sorted(tables.keys())) {
        const table = tableOf(name);
        for (const key of sorted(table.keys())) yield { table: name, key, record: table.get(key) };
      }
    },
    *lines() {
      for (const name of sorted(tables.keys())) {
        const table = tableOf(name);
        const keys = sorted(table.keys());
        for (let at = 0; at < keys.length; at += LINE_RECORDS) {
          const there = keys.slice(at, at + LINE_RECORDS).filter((key) => table.has(key));
          if (there.length > 0) yield there.map((key) => [name, key, table.get(key)] as const);
        }
      }
    },
    count: () => [...tables.values()].reduce((sum, { size }) => sum + size, 0),
    changes: () => changes,
  };
}
