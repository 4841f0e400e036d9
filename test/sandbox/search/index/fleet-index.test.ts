import { describe, expect, it } from "vitest";
import type { FieldValue, Fields } from "../../../../lib/sandbox/search/query/document.js";
import { createFleetIndex } from "../../../../lib/sandbox/search/index/fleet-index.js";
import { parseQuery } from "../../../../lib/sandbox/search/query/parse.js";

const nameAt = (n: number): string => `Vehicle-${String(n).padStart(5, "0")}`;

/** Things whose every value follows from their number; put in the reverse order of their names. */
function fleetOf(size: number) {
  const index = createFleetIndex();
  for (let n = size - 1; n >= 0; n--) {
    const fields: [string, FieldValue][] = [
      ["thingName", nameAt(n)],
      ["attributes.country", n % 2 ? "US" : "CA"],
      ["attributes.even", String(n - (n % 2))],
      ["shadow.reported.odometer", n],
    ];
    index.put(nameAt(n), new Map(fields.map(([field, value]) => [field, [value]])));
  }
  return index;
}

const found = (index: ReturnType<typeof fleetOf>, text: string, after?: string): string[] => [
  ...index.search(parseQuery(text), after),
];

describe("createFleetIndex", () => {
  it("answers in the order of names, also for the few and for the many", () => {
    const index = fleetOf(2_000);

    expect(found(index, "attributes.even:(8 OR 4)")).toEqual([4, 5, 8, 9].map(nameAt));
    expect(found(index, "*")).toEqual(Array.from({ length: 2_000 }, (_, n) => nameAt(n)));
    expect(found(index, "attributes.country:us")).toHaveLength(1_000);
    expect(found(index, "shadow.reported.odometer<4 NOT attributes.country:us")).toEqual(
      [0, 2].map(nameAt),
    );
  });

  it("goes on after a name, which need not exist any more", () => {
    const index = fleetOf(100);
    index.delete(nameAt(97));

    expect(found(index, "*", nameAt(97))).toEqual([98, 99].map(nameAt));
    expect(found(index, "thingName:vehicle-0009*", nameAt(97))).toEqual([98, 99].map(nameAt));
    expect(found(index, "*", nameAt(99))).toEqual([]);
  });

  it("forgets what a document no longer says", () => {
    const index = createFleetIndex();
    index.put("a", new Map([["attributes.x", ["old words"]]]));

    index.put("a", new Map([["attributes.y", ["new"]]]));

    expect(index.size).toBe(1);
    expect(found(index, "attributes.x:*")).toEqual([]);
    expect(found(index, "words")).toEqual([]);
    expect(found(index, "attributes.y:new")).toEqual(["a"]);
    expect(index.fieldsOf("a")).toEqual(new Map([["attributes.y", ["new"]]]));
  });

  it("forgets a deleted document and takes deleting it again", () => {
    const index = fleetOf(10);

    index.delete(nameAt(3));
    index.delete(nameAt(3));

    expect(index.size).toBe(9);
    expect(index.fieldsOf(nameAt(3))).toBeUndefined();
    expect(found(index, "shadow.reported.odometer:[2 TO 4]")).toEqual([2, 4].map(nameAt));
  });

  it("keeps ranges, prefixes and names right after they were first searched", () => {
    const index = fleetOf(1_500);
    const queries = ["shadow.reported.odometer>=1498", "thingName:vehicle-0149?", "*"];
    queries.forEach((text) => found(index, text));

    const added: Fields = new Map<string, FieldValue[]>([
      ["thingName", ["Vehicle-01499b"]],
      ["shadow.reported.odometer", [1498.5]],
    ]);
    index.put("Vehicle-01499b", added);
    index.delete(nameAt(1_499));

    expect(found(index, "shadow.reported.odometer>=1498")).toEqual([
      nameAt(1_498),
      "Vehicle-01499b",
    ]);
    expect(found(index, "thingName:vehicle-01499*")).toEqual(["Vehicle-01499b"]);
    expect(found(index, "*").at(-1)).toBe("Vehicle-01499b");
  });

  it("does not read the rest of a large answer", () => {
    const index = fleetOf(1_000);
    const names = index.search(parseQuery("*"))[Symbol.iterator]();

    expect(names.next().value).toBe(nameAt(0));
  });

  it("refuses to go on with a search after a change", () => {
    const index = fleetOf(10);
    const names = index.search(parseQuery("*"))[Symbol.iterator]();
    names.next();

    index.delete(nameAt(5));

    expect(() => names.next()).toThrow("collect its names first");
  });

  it("touches only the candidates of its most selective term", () => {
    let reads = 0;
    const index = createFleetIndex();
    // An array of two is kept as it is, so reading an element of it can be counted.
    const counted = (...values: string[]): string[] =>
      new Proxy(values, {
        get(target, key, receiver) {
          if (key === "0") reads++;
          return Reflect.get(target, key, receiver) as unknown;
        },
      });
    for (let n = 0; n < 5_000; n++) {
      index.put(
        nameAt(n),
        new Map([
          ["thingName", [nameAt(n)]],
          ["attributes.all", counted(`same ${n}`, "other")],
        ]),
      );
    }
    const queries = [
      "thingName:vehicle-00042 AND attributes.all:s*",
      "attributes.all:s* AND thingName:vehicle-00042",
      "NOT attributes.all:x* AND (attributes.all:s* AND thingName:vehicle-00042)",
      "thingName:vehicle-0004? AND NOT attributes.all:[x TO z]",
      'attributes.all:"same 42"',
    ];

    for (const text of queries) {
      reads = 0;
      expect(found(index, text)).toContain(nameAt(42));
      expect(reads).toBeLessThan(50);
    }
  });
});
