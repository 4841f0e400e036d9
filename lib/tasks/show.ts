import type { Fleet } from "../aws/connect.js";
import { redactText } from "../aws/redact.js";
import { barChart, type BarChart } from "../show/bar-chart.js";
import { table } from "../show/table.js";

/**
 * Show rows as a table: a column for each of `names`, at most eight rows, and how many more there
 * are. Account numbers and secrets are redacted.
 *
 * @param names properties of the rows, in order. Default: those of the first row.
 */
export function showTable<R extends object>(
  fleet: Fleet,
  rows: readonly R[],
  names: readonly (keyof R & string)[] = columnsOf(rows[0] ?? {}) as (keyof R & string)[],
): void {
  const columns = names.map((name) => ({ header: name, value: (row: R) => cellOf(row[name]) }));
  fleet.output.show(table(rows, columns));
}

/** All properties but what the SDK adds for itself. */
function columnsOf(row: object): string[] {
  return Object.keys(row).filter((name) => name !== "$metadata");
}

/** Show a bar chart: a picture in a notebook, its numbers in a terminal. */
export async function showBars(fleet: Fleet, chart: BarChart): Promise<void> {
  fleet.output.show(await barChart(chart));
}

/** How many of `items` there are by place and part, as bars: `countBy(devices, d => d.country, d => d.type)`. */
export function countBy<T>(
  items: Iterable<T>,
  at: (item: T) => string,
  part?: (item: T) => string,
): { at: string; part?: string; value: number }[] {
  const counts = new Map<string, { at: string; part?: string; value: number }>();
  for (const item of items) {
    const bar = { at: at(item), ...(part && { part: part(item) }) };
    const id = JSON.stringify(bar);
    counts.set(id, { ...bar, value: (counts.get(id)?.value ?? 0) + 1 });
  }
  return [...counts.values()].sort(
    (a, b) => compare(a.at, b.at) || compare(a.part ?? "", b.part ?? ""),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function cellOf(value: unknown): string | number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number") return value;
  // Notebooks are saved: account numbers, keys and signed links do not go into them.
  if (typeof value === "string") return redactText(value);
  if (value instanceof Date) return value.toISOString().replace("T", " ").slice(0, 16);
  if (typeof value === "boolean") return value ? "yes" : "no";
  return Array.isArray(value) ? value.map(cellOf).join(", ") : pairs(value as object);
}

/** `country: US, colour: red`; what nests deeper stays JSON. */
function pairs(value: object): string {
  const shown = (inner: unknown) =>
    typeof inner === "object" ? JSON.stringify(inner) : String(inner);
  return Object.entries(value)
    .map(([name, inner]) => `${name}: ${redactText(shown(inner))}`)
    .join(", ");
}
