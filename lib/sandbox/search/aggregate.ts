import { isObject } from "../http/json.js";
import { scalarsOf, type ThingDocument, type ThingGroupDocument } from "./query/document.js";
import type { FieldValue } from "./query/query.js";
import { numberIn } from "./query/values.js";

/** The type of a managed or custom field, as UpdateIndexingConfiguration names it. */
export type FieldType = "Number" | "String" | "Boolean";

/**
 * The values that one document adds to an aggregation over `field`; none if it has no such field.
 *
 * Reads the document, not its searchable fields: managed fields such as `registry.version` and
 * `shadow.version` can be aggregated and not searched. Values of another type are left out, where
 * a registry attribute has the type that its text spells.
 */
export function aggregationValuesOf(
  document: ThingDocument | ThingGroupDocument,
  field: string,
  type: FieldType,
): readonly FieldValue[] {
  const values = valuesAt(aggregatable(document), field);
  return values.flatMap((value) => typed(value, type, field.startsWith("attributes.")));
}

function aggregatable(document: ThingDocument | ThingGroupDocument): object {
  if ("thingGroupName" in document) {
    return { ...document, description: document.thingGroupDescription };
  }
  const { version, thingTypeName, thingGroupNames, ...rest } = document;
  return { ...rest, registry: { version, thingTypeName, thingGroupNames } };
}

// Keys may hold dots themselves (package names do), so every key that fits is tried.
function valuesAt(node: unknown, path: string): readonly FieldValue[] {
  if (!isObject(node)) return [];
  for (const [key, child] of Object.entries(node)) {
    const values =
      path === key
        ? scalarsOf(child)
        : path.startsWith(`${key}.`)
          ? valuesAt(child, path.slice(key.length + 1))
          : [];
    if (values.length > 0) return values;
  }
  return [];
}

function typed(value: FieldValue, type: FieldType, isRegistryText: boolean): FieldValue[] {
  if (typeof value === type.toLowerCase()) return [value];
  if (!isRegistryText || typeof value !== "string") return [];
  if (type === "Boolean") return /^(?:true|false)$/i.test(value) ? [/^true$/i.test(value)] : [];
  const number = numberIn(value);
  return number === undefined ? [] : [number];
}

/** All but `count` are missing for text and for no values. */
export interface Statistics {
  readonly count: number;
  readonly average?: number;
  readonly sum?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly sumOfSquares?: number;
  readonly variance?: number;
  readonly stdDeviation?: number;
}

/**
 * GetStatistics over the values of each matching document. A Boolean counts as 0 or 1.
 *
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/index-aggregate.html
 */
export function statisticsOf(rows: Iterable<readonly FieldValue[]>): Statistics {
  let count = 0;
  let hasText = false;
  let sum = 0;
  let sumOfSquares = 0;
  let minimum = Infinity;
  let maximum = -Infinity;
  // Welford's running mean: sumOfSquares / n - mean² loses all digits for timestamps.
  let mean = 0;
  let squaredDeviations = 0;
  for (const row of rows) {
    for (const value of row) {
      count++;
      hasText ||= typeof value === "string";
      const number = Number(value);
      sum += number;
      sumOfSquares += number * number;
      minimum = Math.min(minimum, number);
      maximum = Math.max(maximum, number);
      const deviation = number - mean;
      mean += deviation / count;
      squaredDeviations += deviation * (number - mean);
    }
  }
  if (hasText || count === 0) return { count };
  const variance = squaredDeviations / count;
  return {
    count,
    average: sum / count,
    sum,
    minimum,
    maximum,
    sumOfSquares,
    variance,
    stdDeviation: Math.sqrt(variance),
  };
}

/** GetCardinality: how many values differ. AWS's count is approximate, ours is exact. */
export function cardinalityOf(rows: Iterable<readonly FieldValue[]>): number {
  const distinct = new Set<FieldValue>();
  for (const row of rows) for (const value of row) distinct.add(value);
  return distinct.size;
}

const defaultPercents: readonly number[] = [1, 5, 25, 50, 75, 95, 99];

/** GetPercentiles: interpolated between the two nearest values; `[]` when there is no number. */
export function percentilesOf(
  rows: Iterable<readonly FieldValue[]>,
  percents: readonly number[] = defaultPercents,
): { percent: number; value: number }[] {
  const numbers: number[] = [];
  for (const row of rows) {
    for (const value of row) if (typeof value === "number") numbers.push(value);
  }
  if (numbers.length === 0) return [];
  const sorted = Float64Array.from(numbers).sort();
  return percents.map((percent) => {
    const rank = (percent / 100) * (sorted.length - 1);
    const below = sorted[Math.floor(rank)] ?? NaN;
    const above = sorted[Math.ceil(rank)] ?? NaN;
    return { percent, value: below + (above - below) * (rank % 1) };
  });
}

const defaultMaxBuckets = 10;

/**
 * GetBucketsAggregation: the most frequent values first, ties in the order of their text.
 *
 * @returns `totalCount` counts all rows, also those without a value: it is the number of documents
 * that fit the query
 */
export function bucketsOf(
  rows: Iterable<readonly FieldValue[]>,
  maxBuckets: number = defaultMaxBuckets,
): { totalCount: number; buckets: { keyValue: string; count: number }[] } {
  const counts = new Map<string, number>();
  let totalCount = 0;
  for (const row of rows) {
    totalCount++;
    for (const key of new Set(row.map(String))) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const buckets = Array.from(counts, ([keyValue, count]) => ({ keyValue, count }));
  buckets.sort((a, b) => b.count - a.count || (a.keyValue < b.keyValue ? -1 : 1));
  return { totalCount, buckets: buckets.slice(0, maxBuckets) };
}
