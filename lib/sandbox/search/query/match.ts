import { answersBareTerms, type Fields, packageFieldTest, pointField } from "./document.js";
import { isWithin as isNear, pointIn } from "./geo.js";
import type { FieldValue, Query, Range, Term, ValueTest } from "./query.js";
import { numericValue, patternTest, wordsOf } from "./values.js";

/** Does one document answer the query? For many documents, compile once with `matcherOf`. */
export function matches(query: Query, fields: Fields): boolean {
  return matcherOf(query)(fields);
}

/**
 * Compile a query to a test of documents.
 *
 * This reads the document alone and no index: it is the truth that the index is tested against.
 */
export function matcherOf(query: Query): (fields: Fields) => boolean {
  switch (query.kind) {
    case "all":
      return () => true;
    case "not": {
      const test = matcherOf(query.operand);
      return (fields) => !test(fields);
    }
    case "and": {
      const tests = query.operands.map(matcherOf);
      return (fields) => tests.every((test) => test(fields));
    }
    case "or": {
      const tests = query.operands.map(matcherOf);
      return (fields) => tests.some((test) => test(fields));
    }
    case "term":
      return termMatcher(query);
  }
}

function termMatcher({ field, test }: Term): (fields: Fields) => boolean {
  const accepts = valueTest(test);
  if (test.kind === "geoDistance" && field !== undefined) {
    return (fields) =>
      fields.get(pointField(field))?.some((value) => accepts(value, field)) ?? false;
  }
  const names = field === undefined ? answersBareTerms : packageFieldTest(field);
  if (!names && field !== undefined) {
    return (fields) => fields.get(field)?.some((value) => accepts(value, field)) ?? false;
  }
  return (fields) => {
    for (const [name, values] of fields) {
      if (names?.(name) && values.some((value) => accepts(value, name))) return true;
    }
    return false;
  };
}

/** Compile what a term asks to a test of one value of one field. */
export function valueTest(test: ValueTest): (value: FieldValue, field: string) => boolean {
  switch (test.kind) {
    case "exists":
      return () => true;
    case "text": {
      const wanted = wordsOf(test.text);
      return (value) => includesInOrder(wordsOf(value), wanted);
    }
    case "pattern": {
      const accepts = patternTest(test.parts);
      return (value) => wordsOf(value).some(accepts);
    }
    case "numberRange": {
      const { range } = test;
      return (value, field) => {
        const number = numericValue(field, value);
        return number !== undefined && isWithin(range, number);
      };
    }
    case "geoDistance":
      return (value) => {
        const point = pointIn(value);
        return point !== undefined && isNear(point, test.around);
      };
    case "textRange": {
      const range = lowerCased(test.range);
      return (value) => wordsOf(value).some((word) => isWithin(range, word));
    }
  }
}

/** The bounds of a text range as they are compared: values are case-insensitive. */
export function lowerCased({ low, high }: Range<string>): Range<string> {
  return {
    ...(low && { low: { ...low, value: low.value.toLowerCase() } }),
    ...(high && { high: { ...high, value: high.value.toLowerCase() } }),
  };
}

export function isBelow<T extends string | number>({ low }: Range<T>, value: T): boolean {
  return low !== undefined && (low.inclusive ? value < low.value : value <= low.value);
}

export function isAbove<T extends string | number>({ high }: Range<T>, value: T): boolean {
  return high !== undefined && (high.inclusive ? value > high.value : value >= high.value);
}

function isWithin<T extends string | number>(range: Range<T>, value: T): boolean {
  return !isBelow(range, value) && !isAbove(range, value);
}

function includesInOrder(words: readonly string[], wanted: readonly string[]): boolean {
  return words.some((_, start) => wanted.every((word, offset) => words[start + offset] === word));
}
