import type { Declarations } from "./state.js";
import type { Change } from "./tables.js";

/** How much a sandbox holds of one kind of thing. */
export interface Content {
  /** As a user calls it, in the plural: `things`, `job executions`. */
  readonly what: string;
  /** Undefined for what is shared by all Regions. */
  readonly region?: string;
  readonly count: number;
}

/**
 * What the records of a store amount to, in the order of the declarations.
 *
 * @param records as `Store.load` gives them
 */
export function contentsOf(records: Iterable<Change>, declared: Declarations): Content[] {
  const counts = new Map<string, number>();
  for (const { table } of records) counts.set(table, (counts.get(table) ?? 0) + 1);
  return Object.entries(declared).flatMap(([name, { holds: what }]) => {
    if (what === undefined) return [];
    return [...counts].flatMap(([table, count]): Content[] => {
      // `<account>/<region>/things`, `<account>/roles`, `buckets`
      const path = table.split("/");
      if (path.at(-1) !== name) return [];
      return [{ what, count, ...(path.length === 3 && { region: path[1] as string }) }];
    });
  });
}
