import type { GeoDistance } from "./geo.js";

/** One value that the index holds of a field. A field with several values is an array in the shadow. */
export type FieldValue = string | number | boolean;

/** A piece of a term with wildcards: `c*-s` is "c", `*`, "-s". Adjacent literals are one literal. */
export type PatternPart = { readonly literal: string } | { readonly wildcard: "*" | "?" };

export interface Bound<T> {
  readonly value: T;
  readonly inclusive: boolean;
}

/** A missing side is an open one: `[50 TO *]` has no `high`. At least one side is there. */
export interface Range<T> {
  readonly low?: Bound<T>;
  readonly high?: Bound<T>;
}

/** What one term asks of one value. A comparison (`f<5`) is a range with one side. */
export type ValueTest =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "pattern"; readonly parts: readonly PatternPart[] }
  | { readonly kind: "exists" }
  | { readonly kind: "numberRange"; readonly range: Range<number> }
  | { readonly kind: "textRange"; readonly range: Range<string> }
  | { readonly kind: "geoDistance"; readonly around: GeoDistance };

/** Without a field it is a bare term: any registry, shadow or Device Defender field may answer. */
export interface Term {
  readonly kind: "term";
  readonly field?: string;
  readonly test: ValueTest;
}

/** A parsed query. Field groups are spelled out: `f:(a OR b)` is `f:a OR f:b`. */
export type Query =
  | { readonly kind: "all" }
  | { readonly kind: "and" | "or"; readonly operands: readonly Query[] }
  | { readonly kind: "not"; readonly operand: Query }
  | Term;

/**
 * What one query may hold.
 *
 * @see https://docs.aws.amazon.com/general/latest/gr/iot_device_management.html
 */
export const queryLimits = {
  terms: 12,
  /** Length of the query string in UTF-8 bytes. */
  bytes: 1_000,
  /** `*` in one term. */
  runsPerTerm: 2,
  /** `?` in one term. */
  singlesPerTerm: 5,
  leadingWildcards: 1,
  /** Length of the whole query string, in characters, when a term in it begins with a wildcard. */
  charactersWithLeadingWildcard: 100,
} as const;

/** The message is AWS's own pattern, so the service can pass it on in an InvalidQueryException. */
export class InvalidQueryError extends Error {
  override readonly name = "InvalidQueryError";
  constructor(reason: string, queryString: string) {
    super(`Unable to parse query, ${reason}, query string: ${queryString}`);
  }
}

/** Every term of the query, left to right. */
export function* termsOf(query: Query): Generator<Term> {
  switch (query.kind) {
    case "all":
      return;
    case "term":
      yield query;
      return;
    case "not":
      yield* termsOf(query.operand);
      return;
    case "and":
    case "or":
      for (const operand of query.operands) yield* termsOf(operand);
  }
}

/** Terms as the quota counts them: a range is 1, `*` is 1, each value of a field group is 1. */
export function termCount(query: Query): number {
  switch (query.kind) {
    case "all":
    case "term":
      return 1;
    case "not":
      return termCount(query.operand);
    case "and":
    case "or":
      return query.operands.reduce((sum, operand) => sum + termCount(operand), 0);
  }
}
