import fc from "fast-check";
import { pointField, type Fields } from "../../../../lib/sandbox/search/query/document.js";
import { pointText } from "../../../../lib/sandbox/search/query/geo.js";
import type {
  FieldValue,
  PatternPart,
  Query,
  ValueTest,
} from "../../../../lib/sandbox/search/query/query.js";

// Few words, few numbers and few fields, so that random queries hit random documents.
const words = [
  "us",
  "US",
  "ca",
  "Comet-S",
  "comet-x",
  "san",
  "diego",
  "1.0.0",
  "50",
  "2021",
  "true",
];
const numbers = [-5.5, 0, 5, 50, 82, 2021, 1_760_000_000_000];

const word = fc.constantFrom(...words);
const number = fc.constantFrom(...numbers);

export const fieldNames = [
  "thingName",
  "attributes.a",
  "attributes.b",
  "shadow.reported.a",
  "shadow.reported.b",
  "shadow.name.$package.reported.p.version",
  "shadow.name.$package.reported.my.pkg.version",
  "shadow.name.$package.reported.p.attributes.version",
  "connectivity.timestamp",
] as const;

const text = fc.array(word, { minLength: 1, maxLength: 3 }).map((some) => some.join(" "));
const value: fc.Arbitrary<FieldValue> = fc.oneof(
  { weight: 3, arbitrary: text },
  { weight: 2, arbitrary: number },
  fc.boolean(),
);

/** Places on half degrees, so that random circles hold some of them. */
const degrees = (most: number) => fc.integer({ min: -2 * most, max: 2 * most }).map((n) => n / 2);
const place = fc.record({ latitude: degrees(90), longitude: degrees(180) });
const around = fc
  .tuple(place, fc.constantFrom(0.5, 15.5, 500, 5_000), fc.constantFrom("km", "m", "mi"))
  .map(([center, distance, unit]) => ({ ...center, distance, unit: unit as "km" | "m" | "mi" }));
const geoTest = around.map((some): ValueTest => ({ kind: "geoDistance", around: some }));

const valueFields: fc.Arbitrary<Fields> = fc
  .dictionary(fc.constantFrom(...fieldNames), fc.array(value, { minLength: 1, maxLength: 3 }), {
    maxKeys: 6,
  })
  .map((record) => new Map(Object.entries(record)));

/** Some of them with a place, as the index keeps it. */
export const fields: fc.Arbitrary<Fields> = fc
  .tuple(valueFields, fc.option(place, { freq: 2, nil: undefined }))
  .map(([values, at]) =>
    at ? new Map([...values, [pointField("shadow.reported.a"), [pointText(at)]]]) : values,
  );

export type Mutation = { readonly name: string; readonly fields: Fields | undefined };

/** Names come again, so that documents are replaced, deleted and put back. */
export const mutations = (names: number, maxLength: number): fc.Arbitrary<Mutation[]> =>
  fc.array(
    fc.record({
      name: fc.nat(names - 1).map((n) => `thing-${n}`),
      fields: fc.option(fields, { freq: 5, nil: undefined }),
    }),
    { minLength: 1, maxLength },
  );

const range = <T extends string | number>(bound: fc.Arbitrary<T>) => {
  const side = fc.record({ value: bound, inclusive: fc.boolean() });
  return fc.oneof(
    fc.record({ low: side, high: side }),
    fc.record({ low: side }),
    fc.record({ high: side }),
  );
};

const queryField = fc.constantFrom(
  ...fieldNames,
  "attributes.nope",
  "shadow.name.$package.reported.*.version",
  "shadow.name.$package.reported.*.attributes.version",
);

/** Queries over the fields and words above. */
export const fleetQuery: fc.Arbitrary<Query> = queryOf(queryField, text, number, wordPattern(word));

function wordPattern(literal: fc.Arbitrary<string>): fc.Arbitrary<PatternPart[]> {
  const cut = fc.tuple(literal, fc.nat(4), fc.nat(4), fc.constantFrom("*", "?"));
  return cut.map(([of, from, length, wildcard]) => {
    const [head, tail] = [of.slice(0, from), of.slice(from + length)];
    const parts: PatternPart[] = [];
    if (head) parts.push({ literal: head });
    parts.push({ wildcard: wildcard as "*" | "?" });
    if (tail) parts.push({ literal: tail });
    return parts;
  });
}

// Everything a query string may hold, white space, brackets and what has to be escaped included.
const character = fc
  .oneof(
    fc.constantFrom(...'aZ09 -_.$:()[]{}"<>*?^~+=&|!\tß😀'),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
  )
  .filter((char) => !/[`@#%\\/';,]/.test(char));
const anyText = fc
  .array(character, { minLength: 1, maxLength: 12 })
  .map((some) => some.join(""))
  .filter((some) => some.trim() !== "");
const anyPath = anyText.filter((path) => !path.includes("*"));
const anyField = fc.oneof(
  fc.constantFrom("thingName", "thingId", "thingGroupNames"),
  fc
    .tuple(fc.constantFrom("attributes.", "shadow.", "connectivity.", "deviceDefender."), anyPath)
    .map(([prefix, path]) => prefix + path),
  anyPath.map((path) => `shadow.name.$package.reported.*.${path}`),
);
const anyPattern = fc
  .array(
    fc.oneof(
      anyText.map((literal) => ({ literal })),
      fc.constantFrom({ wildcard: "*" as const }, { wildcard: "?" as const }),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map(mergeLiterals)
  .filter((parts) => parts.some((part) => "wildcard" in part));
const anyNumber = fc
  .oneof(fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true }))
  .filter((some) => Math.abs(some) <= Number.MAX_SAFE_INTEGER && !Object.is(some, -0));

/** Queries of any shape and any text that the parser could give. */
export const anyQuery: fc.Arbitrary<Query> = queryOf(anyField, anyText, anyNumber, anyPattern);

function mergeLiterals(parts: readonly PatternPart[]): PatternPart[] {
  const merged: PatternPart[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    if (last && "literal" in last && "literal" in part) {
      merged[merged.length - 1] = { literal: last.literal + part.literal };
    } else {
      merged.push(part);
    }
  }
  return merged;
}

function queryOf(
  field: fc.Arbitrary<string>,
  texts: fc.Arbitrary<string>,
  numeric: fc.Arbitrary<number>,
  patterns: fc.Arbitrary<PatternPart[]>,
): fc.Arbitrary<Query> {
  const textTest = texts.map((some): ValueTest => ({ kind: "text", text: some }));
  // A lone `*` is no pattern: it is `exists`, or all documents.
  const patternTest = patterns.map((parts): ValueTest => {
    const [first] = parts;
    const isStar = parts.length === 1 && first && "wildcard" in first && first.wildcard === "*";
    return { kind: "pattern", parts: isStar ? [{ literal: "a" }, first] : parts };
  });
  const fieldTest: fc.Arbitrary<ValueTest> = fc.oneof(
    { weight: 3, arbitrary: textTest },
    { weight: 2, arbitrary: patternTest },
    fc.constant<ValueTest>({ kind: "exists" }),
    range(numeric).map((some): ValueTest => ({ kind: "numberRange", range: some })),
    // A text side that is not quoted could be a number or a star, so printing quotes it.
    range(texts).map((some): ValueTest => ({ kind: "textRange", range: some })),
    geoTest,
  );
  return fc.letrec<{ query: Query; leaf: Query }>((tie) => ({
    leaf: fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({ kind: fc.constant("term" as const), field, test: fieldTest }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant("term" as const),
          test: fc.oneof(textTest, patternTest),
        }),
      },
      fc.constant({ kind: "all" as const }),
    ),
    query: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      tie("leaf"),
      fc.record({ kind: fc.constant("not" as const), operand: tie("query") }),
      fc.record({
        kind: fc.constantFrom("and" as const, "or" as const),
        operands: fc.array(tie("query"), { minLength: 2, maxLength: 3 }),
      }),
    ),
  })).query;
}
