import { isPackageVersionField, type QuerySchema, thingsSchema, unknownField } from "./document.js";
import { isGeoWord, parseGeoDistance } from "./geo.js";
import { InvalidQueryError, queryLimits, termCount, termsOf } from "./query.js";
import type { Bound, PatternPart, Query, Range, Term, ValueTest } from "./query.js";
import { type Fail, isOperator, type Token, tokenize } from "./tokens.js";
import { numberIn, wordsOf } from "./values.js";

export { printQuery } from "./print.js";
export { InvalidQueryError, termCount, type Query } from "./query.js";

interface Reader {
  readonly tokens: readonly Token[];
  readonly schema: QuerySchema;
  readonly fail: Fail;
  /** Index of the next token. */
  at: number;
}

/**
 * Read a query of version 2017-09-30.
 *
 * @param schema which fields the index has; AWS_Things unless given
 * @throws InvalidQueryError and nothing else, whatever the text
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/query-syntax.html
 */
export function parseQuery(queryString: string, schema: QuerySchema = thingsSchema): Query {
  const fail: Fail = (reason) => {
    throw new InvalidQueryError(reason, queryString);
  };
  // First of all: it also bounds the depth to which brackets can nest.
  if (new TextEncoder().encode(queryString).length > queryLimits.bytes) {
    fail(`more than ${queryLimits.bytes} bytes`);
  }
  // The page rules these out without an exception for quotes or escapes, so there is none here.
  const unsupported = /[`@#%/';]/.exec(queryString);
  if (unsupported) fail(`unsupported character: ${unsupported[0]}`);

  const reader: Reader = { tokens: tokenize(queryString, fail), schema, fail, at: 0 };
  const comma = reader.tokens.find((token) => token.source.includes(",") && !isGeo(token));
  if (comma) fail(`unsupported character: ,`);
  const query = readGroup(reader, undefined);
  const rest = reader.tokens[reader.at];
  if (rest) fail(`unexpected: ${rest.source}`);
  checkLimits(query, queryString, fail);
  return query;
}

/** Clauses up to a closing bracket or the end: AND (also left out) binds tighter than OR. */
function readGroup(reader: Reader, field: string | undefined): Query {
  let alternatives: Query[][] = [[readClause(reader, field)]];
  for (let token = peek(reader); token && token.kind !== ")"; token = peek(reader)) {
    if (isWord(token, "OR")) {
      reader.at++;
      alternatives.push([readClause(reader, field)]);
      continue;
    }
    if (isWord(token, "AND")) {
      reader.at++;
    } else if (alternatives.length > 1 && (isWord(token, "NOT") || token.kind === "-")) {
      // `a OR b NOT c`: without AND before it, NOT filters everything to its left.
      alternatives = [[joined("or", alternatives.map(allOf))]];
    }
    alternatives.at(-1)?.push(readClause(reader, field));
  }
  return joined("or", alternatives.map(allOf));
}

function allOf(clauses: readonly Query[]): Query {
  return joined("and", clauses);
}

function joined(kind: "and" | "or", operands: readonly Query[]): Query {
  const [only, ...others] = operands;
  return only && others.length === 0 ? only : { kind, operands };
}

function readClause(reader: Reader, field: string | undefined): Query {
  const token = next(reader, "a term");
  if (token.kind === "-" || isWord(token, "NOT")) {
    return { kind: "not", operand: readClause(reader, field) };
  }
  if (token.kind === "(") return readBracketed(reader, field);
  if (field !== undefined) return readValue(reader, field, token);
  if (token.kind === "phrase") return term(reader, undefined, textTest(reader, token.text));
  if (token.kind !== "word" || isOperator(token)) {
    return reader.fail(`expected a term, found: ${token.source}`);
  }
  if (isGeo(token)) return reader.fail(`a geoquery needs a field: ${token.source}`);

  const mark = peek(reader)?.kind;
  if (mark === ":") {
    reader.at++;
    const name = fieldName(reader, token.parts);
    const value = next(reader, `a value for the field ${name}`);
    return value.kind === "(" ? readBracketed(reader, name) : readValue(reader, name, value);
  }
  if (mark === "<" || mark === "<=" || mark === ">" || mark === ">=") {
    reader.at++;
    const name = fieldName(reader, token.parts);
    return term(reader, name, readComparison(reader, mark));
  }
  return isLoneStar(token) ? { kind: "all" } : term(reader, undefined, wordTest(reader, token));
}

function readBracketed(reader: Reader, field: string | undefined): Query {
  const query = readGroup(reader, field);
  if (next(reader, ")").kind !== ")") reader.fail("bracket without its partner");
  return query;
}

/** One value of a field, whose first token was just read. */
function readValue(reader: Reader, field: string, token: Token): Query {
  if (token.kind === "[" || token.kind === "{") {
    return term(reader, field, readRange(reader, token.kind === "["));
  }
  if (token.kind === "phrase") return term(reader, field, textTest(reader, token.text));
  if (token.kind !== "word" || isOperator(token)) {
    return reader.fail(`expected a value for the field ${field}, found: ${token.source}`);
  }
  if (isGeo(token)) return term(reader, field, geoTest(reader, token));
  return term(reader, field, isLoneStar(token) ? { kind: "exists" } : wordTest(reader, token));
}

/** The one form that AWS's page has. */
function geoTest(reader: Reader, { source }: Token): ValueTest {
  const around = parseGeoDistance(source);
  if (around) return { kind: "geoDistance", around };
  return reader.fail(
    `expected geo_distance,<latitude>,<longitude>,<distance>km and found: ${source}`,
  );
}

function isGeo(token: Token): boolean {
  return token.kind === "word" && isGeoWord(token.source);
}

function wordTest(reader: Reader, token: Token & { kind: "word" }): ValueTest {
  const text = literalOf(token.parts);
  return text === undefined ? { kind: "pattern", parts: token.parts } : textTest(reader, text);
}

function textTest(reader: Reader, text: string): ValueTest {
  if (wordsOf(text).length === 0) reader.fail("empty value");
  return { kind: "text", text };
}

function readComparison(reader: Reader, mark: "<" | "<=" | ">" | ">="): ValueTest {
  const token = next(reader, "a number");
  const value = token.kind === "word" ? numberIn(literalOf(token.parts) ?? "") : undefined;
  if (value === undefined) return reader.fail(`expected a number, found: ${token.source}`);
  const bound = { value, inclusive: mark.length === 2 };
  return { kind: "numberRange", range: mark.startsWith("<") ? { high: bound } : { low: bound } };
}

/** A range after its opening bracket. It is one of numbers when each given side is a number. */
function readRange(reader: Reader, lowInclusive: boolean): ValueTest {
  const low = readBound(reader);
  if (!isWord(next(reader, "TO"), "TO")) reader.fail("expected TO in a range");
  const high = readBound(reader);
  const close = next(reader, "] or }");
  if (close.kind !== "]" && close.kind !== "}") reader.fail("range without its closing bracket");
  const highInclusive = close.kind === "]";

  if (!low && !high) return { kind: "exists" };
  const isNumeric = [low, high].every((side) => !side || side.number !== undefined);
  return isNumeric
    ? { kind: "numberRange", range: range(low?.number, lowInclusive, high?.number, highInclusive) }
    : { kind: "textRange", range: range(low?.text, lowInclusive, high?.text, highInclusive) };
}

function range<T>(
  low: T | undefined,
  lowInclusive: boolean,
  high: T | undefined,
  highInclusive: boolean,
): Range<T> {
  const bound = (value: T, inclusive: boolean): Bound<T> => ({ value, inclusive });
  return {
    ...(low !== undefined && { low: bound(low, lowInclusive) }),
    ...(high !== undefined && { high: bound(high, highInclusive) }),
  };
}

/** One side of a range; undefined for `*`. A quoted number is text. */
function readBound(reader: Reader): { text: string; number?: number | undefined } | undefined {
  const token = next(reader, "a side of a range");
  if (token.kind === "phrase") return { text: token.text };
  if (token.kind !== "word") return reader.fail(`expected a side of a range: ${token.source}`);
  if (isLoneStar(token)) return undefined;
  const text = literalOf(token.parts);
  if (text === undefined) return reader.fail(`wildcard in a range: ${token.source}`);
  return { text, number: numberIn(text) };
}

function fieldName(reader: Reader, parts: readonly PatternPart[]): string {
  const name = parts.map((part) => ("literal" in part ? part.literal : part.wildcard)).join("");
  const hasSingle = parts.some((part) => "wildcard" in part && part.wildcard === "?");
  if (hasSingle || unknownField(name, reader.schema)) {
    reader.fail(`invalid field name, field name: ${name}`);
  }
  return name;
}

function term(reader: Reader, field: string | undefined, test: ValueTest): Term {
  if (field === undefined) return { kind: "term", test };
  const isRange = test.kind === "numberRange" || test.kind === "textRange";
  // An empty answer would read as "no vehicle is behind this version"; a refusal cannot be misread.
  if (isRange && isPackageVersionField(field)) {
    reader.fail(`a package version can be matched by term only, field name: ${field}`);
  }
  // Only violations are indexed, so `false` would find nothing, ever.
  const isFalse = test.kind === "text" && test.text.trim().toLowerCase() === "false";
  if (isFalse && /^deviceDefender\..*\.inViolation$/s.test(field)) {
    reader.fail(`inViolation can be matched with true only, field name: ${field}`);
  }
  return { kind: "term", field, test };
}

function checkLimits(query: Query, queryString: string, fail: Fail): void {
  if (termCount(query) > queryLimits.terms) fail(`more than ${queryLimits.terms} terms`);
  let leading = 0;
  for (const { test } of termsOf(query)) {
    if (test.kind !== "pattern") continue;
    const wildcards = test.parts.map((part) => ("wildcard" in part ? part.wildcard : ""));
    if (wildcards.filter((mark) => mark === "*").length > queryLimits.runsPerTerm) {
      fail(`more than ${queryLimits.runsPerTerm} * in one term`);
    }
    if (wildcards.filter((mark) => mark === "?").length > queryLimits.singlesPerTerm) {
      fail(`more than ${queryLimits.singlesPerTerm} ? in one term`);
    }
    if (wildcards[0]) leading++;
  }
  if (leading > queryLimits.leadingWildcards) fail("more than one term with a leading wildcard");
  if (leading > 0 && [...queryString].length > queryLimits.charactersWithLeadingWildcard) {
    fail(`a leading wildcard in more than ${queryLimits.charactersWithLeadingWildcard} characters`);
  }
}

function peek(reader: Reader): Token | undefined {
  return reader.tokens[reader.at];
}

function next(reader: Reader, expected: string): Token {
  const token = reader.tokens[reader.at++];
  return token ?? reader.fail(`expected ${expected}, found the end`);
}

function isWord(token: Token, source: string): boolean {
  return token.kind === "word" && token.source === source;
}

function isLoneStar(token: Token): boolean {
  return isWord(token, "*");
}

/** The text of a word without wildcards; undefined when it has some. */
function literalOf(parts: readonly PatternPart[]): string | undefined {
  const [first, ...others] = parts;
  return first && "literal" in first && others.length === 0 ? first.literal : undefined;
}
