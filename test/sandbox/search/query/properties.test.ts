import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fields } from "../../../../lib/sandbox/search/query/document.js";
import { createFleetIndex } from "../../../../lib/sandbox/search/index/fleet-index.js";
import { matcherOf } from "../../../../lib/sandbox/search/query/match.js";
import {
  InvalidQueryError,
  parseQuery,
  printQuery,
} from "../../../../lib/sandbox/search/query/parse.js";
import type { Query } from "../../../../lib/sandbox/search/query/query.js";
import { anyQuery, fields, fleetQuery, mutations } from "./generators.js";
import { tries } from "../../../tries.js";

/** The query, or undefined if it was refused; any other error is thrown on. */
function parsed(text: string): Query | undefined {
  try {
    return parseQuery(text);
  } catch (error) {
    if (error instanceof InvalidQueryError) return undefined;
    throw error;
  }
}

// Pieces of the grammar in any order reach deeper into the parser than random characters do.
const grammarSoup = fc
  .array(
    fc.constantFrom(
      ...'()[]{}:<>=-*?\\"$.~^'.split(""),
      " ",
      " AND ",
      " OR ",
      "NOT ",
      " TO ",
      "a",
      "50",
      "thingName",
      "attributes.a",
      "shadow.name.$package.reported.*.version",
      '"san diego"',
      "geo_distance,",
      "47.5,-122.5,15km",
    ),
    { maxLength: 25 },
  )
  .map((pieces) => pieces.join(""));

describe("parseQuery", () => {
  it("reads any string or refuses it with InvalidQueryError", () => {
    const anything = fc.oneof(fc.string(), fc.string({ unit: "binary" }), grammarSoup);
    fc.assert(
      fc.property(anything, (text) => {
        const query = parsed(text);
        // What was read is read again as the same; writing out a longer text could break a limit.
        if (query && text.length < 50) expect(parseQuery(printQuery(query))).toEqual(query);
      }),
      { numRuns: tries(5_000) },
    );
  });

  it("reads what printQuery wrote as the same query", () => {
    let compared = 0;
    fc.assert(
      fc.property(anyQuery, (query) => {
        const again = parsed(printQuery(query));
        // Refused are only queries beyond a limit or a rule, and those are tested one by one.
        fc.pre(again !== undefined);
        compared++;
        expect(again).toEqual(query);
      }),
      { numRuns: tries(2_000) },
    );
    expect(compared).toBe(tries(2_000));
  });
});

describe("createFleetIndex", () => {
  it("finds what a scan of all documents finds, after any mutations", () => {
    fc.assert(
      fc.property(
        mutations(40, 60),
        mutations(40, 10),
        fc.array(fleetQuery, { minLength: 4, maxLength: 4 }),
        (first, second, queries) => {
          const index = createFleetIndex();
          const truth = new Map<string, Fields>();
          for (const batch of [first, second]) {
            for (const mutation of batch) {
              if (mutation.fields) {
                index.put(mutation.name, mutation.fields);
                truth.set(mutation.name, mutation.fields);
              } else {
                index.delete(mutation.name);
                truth.delete(mutation.name);
              }
            }
            // Searched between the batches too: the sorted structures are made by then.
            for (const query of queries) {
              const matcher = matcherOf(query);
              const scanned = [...truth.keys()].filter((name) => {
                const document = truth.get(name);
                return document !== undefined && matcher(document);
              });
              expect([...index.search(query)]).toEqual(scanned.sort());
            }
            expect(index.size).toBe(truth.size);
          }
          for (const [name, document] of truth) expect(index.fieldsOf(name)).toEqual(document);
        },
      ),
      { numRuns: tries(1_000) },
    );
  }, 30_000);

  it("finds the same in a fleet that is large enough for bit sets, while it shrinks", () => {
    fc.assert(
      fc.property(
        fc.array(fields, { minLength: 3, maxLength: 12 }),
        fc.array(fleetQuery, { minLength: 5, maxLength: 5 }),
        fc.integer({ min: 2, max: 9 }),
        (kinds, queries, step) => {
          const index = createFleetIndex();
          const truth = new Map<string, Fields>();
          for (let n = 0; n < 1_500; n++) {
            const document = kinds[n % kinds.length] ?? new Map();
            index.put(`thing-${n}`, document);
            truth.set(`thing-${n}`, document);
          }
          for (let round = 0; round < 2; round++) {
            for (const query of queries) {
              const matcher = matcherOf(query);
              const scanned = [...truth].filter(([, document]) => matcher(document));
              expect([...index.search(query)]).toEqual(scanned.map(([name]) => name).sort());
            }
            for (let n = 0; n < 1_500; n++) {
              if (n % step === 0) continue;
              index.delete(`thing-${n}`);
              truth.delete(`thing-${n}`);
            }
          }
        },
      ),
      { numRuns: tries(60) },
    );
  }, 30_000);

  it("pages through an answer without losing or doubling a name", () => {
    fc.assert(
      fc.property(
        mutations(40, 60),
        fleetQuery,
        fc.integer({ min: 1, max: 5 }),
        (fleet, query, page) => {
          const index = createFleetIndex();
          for (const { name, fields: document } of fleet) index.put(name, document ?? new Map());
          const paged: string[] = [];
          for (let before = -1; before !== paged.length;) {
            before = paged.length;
            for (const name of index.search(query, paged.at(-1))) {
              paged.push(name);
              if (paged.length === before + page) break;
            }
          }
          expect(paged).toEqual([...index.search(query)]);
        },
      ),
      { numRuns: tries(300) },
    );
  });
});
