import fc from "fast-check";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { fromText, toText } from "../../../lib/sandbox/state/values.js";

/** Any text there is: astral characters, NUL, halves of surrogate pairs. */
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
);
const key = fc.oneof(text, fc.constantFrom("__proto__", "$", "v", "constructor", "toJSON", "0"));
const leaf = fc.oneof(
  text,
  fc.boolean(),
  fc.double(),
  fc.constantFrom(-0, Number.NaN, Infinity, -Infinity, 2 ** 53 + 2, 5e-324, 1e308, null, undefined),
  fc.bigInt(),
  // Node's equality takes no invalid date for another; they have a test of their own.
  fc.date({ noInvalidDate: true }),
  fc.uint8Array(),
);

/** With own keys only, as JSON.parse makes them: a literal's `__proto__` would set the prototype. */
function objectOf(entries: readonly (readonly [string, unknown])[]): object {
  return Object.fromEntries(entries);
}

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    leaf,
    fc.array(tie("value")),
    fc.array(fc.tuple(key, tie("value"))).map(objectOf),
    fc.array(fc.tuple(key, tie("value"))).map((entries) => new Map(entries)),
    fc.array(key).map((items) => new Set(items)),
  ),
}));

describe("toText and fromText", () => {
  it("give back every value exactly as it was, in one line", () => {
    fc.assert(
      fc.property(value, (given) => {
        const line = toText(given);
        const back = fromText(line);

        expect(line).not.toMatch(/[\r\n]/);
        // Not vitest's equality, which looks at a member called `constructor` and not at `__proto__`.
        expect(isDeepStrictEqual(back, given), line).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it("give back a date that is none", () => {
    const { a: back } = fromText(toText({ a: new Date(Number.NaN) })) as { a: unknown };

    expect(back).toBeInstanceOf(Date);
    expect((back as Date).getTime()).toBeNaN();
  });

  it("leave what they are given as it is", () => {
    const given = Object.freeze({ at: Object.freeze([new Date(1), Object.freeze({ $: -0 })]) });

    expect(fromText(toText(given))).toStrictEqual({ at: [new Date(1), { $: -0 }] });
  });

  it("say in plain JSON what JSON can say", () => {
    expect(toText({ a: [1, "é", null, { b: true }] })).toBe('{"a":[1,"é",null,{"b":true}]}');
    expect(toText({ at: new Date(5) })).toBe('{"at":{"$":"date","v":5}}');
  });

  it.each([
    ["a function", () => 1],
    ["a symbol", Symbol("a")],
    ["an error", new Error("a")],
    ["a wrapped text", new String("a")],
  ])("refuse %s, instead of giving back something else", (_, given) => {
    expect(() => toText({ given })).toThrow(/^a record cannot hold a /);
  });
});
