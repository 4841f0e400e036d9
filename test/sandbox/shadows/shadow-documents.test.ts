import { describe, expect, it } from "vitest";
import {
  deltaOf,
  documentOf,
  readUpdate,
  ShadowRefusal,
  updated,
  type ShadowDocument,
} from "../../../lib/sandbox/shadows/shadow-documents.js";

const bytes = (document: unknown) =>
  Buffer.from(typeof document === "string" ? document : JSON.stringify(document));

/** Apply requests one after another, at second 1, 2, 3 …; the last record and the last answer. */
function after(...requests: object[]) {
  let shadow: ShadowDocument | undefined;
  let answer: object = {};
  for (const [i, request] of requests.entries()) {
    const step = updated(shadow, readUpdate(bytes(request)), i + 1);
    shadow = step.after;
    answer = step.answer;
  }
  const { state, metadata } = shadow?.sections ?? {};
  return { shadow: shadow as ShadowDocument, state, metadata, answer };
}

const reported = (value: unknown) => ({ state: { reported: value } });
const desired = (value: unknown) => ({ state: { desired: value } });
/** `under("ab", 1)` is `{a: {b: 1}}`. */
const under = (keys: string, value: unknown): unknown =>
  [...keys].reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);

describe("merging an update", () => {
  it.each<[string, object[], object]>([
    ["adds keys", [reported({ a: 1 }), reported({ b: 2 })], { reported: { a: 1, b: 2 } }],
    [
      "merges objects deeply",
      [reported({ a: { b: 1, c: 2 } }), reported({ a: { c: 3, d: { e: 4 } } })],
      { reported: { a: { b: 1, c: 3, d: { e: 4 } } } },
    ],
    [
      "replaces arrays whole",
      [reported({ a: [1, 2] }), reported({ a: [3] })],
      { reported: { a: [3] } },
    ],
    [
      "replaces a value by an object",
      [reported({ a: 1 }), reported({ a: { b: 2 } })],
      { reported: { a: { b: 2 } } },
    ],
    [
      "replaces an object by a value",
      [reported({ a: { b: 2 } }), reported({ a: 1 })],
      { reported: { a: 1 } },
    ],
    [
      "deletes a key with null",
      [reported({ a: 1, b: 2 }), reported({ a: null })],
      { reported: { b: 2 } },
    ],
    [
      "does not mind a null for what is not there",
      [reported({ a: 1 }), reported({ b: null })],
      { reported: { a: 1 } },
    ],
    ["drops a section with its last key", [reported({ a: 1 }), reported({ a: null })], {}],
    // https://github.com/aws-greengrass/aws-greengrass-shadow-manager/pull/213
    [
      "keeps an inner object that loses its last key",
      [reported({ a: { b: 1 }, c: 1 }), reported({ a: { b: null } })],
      { reported: { a: {}, c: 1 } },
    ],
    [
      "makes no object of nothing but nulls, however deep",
      [reported({ c: 1, a: { b: null, d: { e: null } } })],
      { reported: { c: 1 } },
    ],
    [
      "does not turn a value into an object of nothing but nulls",
      [reported({ a: 1, c: 1 }), reported({ a: { b: null } })],
      { reported: { c: 1 } },
    ],
    ["keeps an object that is written empty", [reported({ a: {} })], { reported: { a: {} } }],
    [
      "replaces a value by an empty object",
      [reported({ a: { b: 1 } }), reported({ a: { b: {} } })],
      { reported: { a: { b: {} } } },
    ],
    [
      "changes nothing by an empty object over a full one",
      [reported({ a: { b: 1 } }), reported({ a: {} })],
      { reported: { a: { b: 1 } } },
    ],
    [
      "replaces an array by an empty one",
      [reported({ a: [1] }), reported({ a: [] })],
      { reported: { a: [] } },
    ],
    ["makes no section that is written empty", [desired({})], {}],
    ["makes no section of nothing but nulls", [reported({ a: null, b: { c: null } })], {}],
    [
      "keeps a section over which an empty one is written",
      [desired({ a: 1 }), { state: { desired: {}, reported: {} } }],
      { desired: { a: 1 } },
    ],
    [
      "deletes a section with null",
      [reported({ a: 1 }), desired({ b: 1 }), desired(null)],
      { reported: { a: 1 } },
    ],
    ["clears both with a null state", [reported({ a: 1 }), desired({ b: 1 }), { state: null }], {}],
    [
      "keeps a key that JavaScript gives a meaning of its own",
      [JSON.parse('{"state":{"reported":{"__proto__":{"a":1},"constructor":2}}}') as object],
      JSON.parse('{"reported":{"__proto__":{"a":1},"constructor":2}}') as object,
    ],
  ])("%s", (_, requests, expected) => {
    expect(JSON.stringify(after(...requests).state)).toBe(JSON.stringify(expected));
  });

  it("does not mutate the shadow it was given", () => {
    const first = after(reported({ a: { b: 1 } })).shadow;
    const before = JSON.stringify(first);

    updated(first, readUpdate(bytes(reported({ a: { b: 2, c: null } }))), 9);

    expect(JSON.stringify(first)).toBe(before);
  });
});

describe("metadata", () => {
  it("has a timestamp for each value, and one per element of an array", () => {
    const { metadata } = after(reported({ a: 1, b: { c: [1, { d: 2 }] } }));

    expect(metadata).toEqual({
      reported: {
        a: { timestamp: 1 },
        b: { c: [{ timestamp: 1 }, { d: { timestamp: 1 } }] },
      },
    });
  });

  it("moves only the timestamps of what was sent, also when it has the same value", () => {
    const { metadata } = after(reported({ a: 1, b: { c: 1, d: 1 } }), reported({ b: { c: 1 } }));

    expect(metadata).toEqual({
      reported: { a: { timestamp: 1 }, b: { c: { timestamp: 2 }, d: { timestamp: 1 } } },
    });
  });

  it("follows a value that becomes an object, and the other way round", () => {
    const toObject = after(reported({ a: 1 }), reported({ a: { b: 1 } })).metadata;
    const toValue = after(reported({ a: { b: 1 } }), reported({ a: 1 })).metadata;

    expect(toObject).toEqual({ reported: { a: { b: { timestamp: 2 } } } });
    expect(toValue).toEqual({ reported: { a: { timestamp: 2 } } });
  });

  it("forgets what was deleted", () => {
    expect(after(reported({ a: 1, b: 2 }), reported({ a: null })).metadata).toEqual({
      reported: { b: { timestamp: 1 } },
    });
  });
});

describe("the answer to an update", () => {
  it("has the sections sent, as sent, without delta", () => {
    const { answer } = after(reported({ a: 1 }), {
      state: { desired: { a: 2, gone: null } },
      clientToken: "t-1",
    });

    expect(answer).toEqual({
      state: { desired: { a: 2, gone: null } },
      metadata: { desired: { a: { timestamp: 2 }, gone: { timestamp: 2 } } },
      version: 2,
      timestamp: 2,
      clientToken: "t-1",
    });
  });

  it("to a null state has only a timestamp for metadata", () => {
    const { shadow, answer } = after(reported({ a: 1 }), { state: null });

    expect(answer).toEqual({
      state: null,
      metadata: { timestamp: 2 },
      version: 2,
      timestamp: 2,
    });
    expect(documentOf(shadow, 3)).toEqual({ state: {}, metadata: {}, version: 2, timestamp: 3 });
  });
});

describe("delta", () => {
  it.each([
    ["nothing without desired", {}, { a: 1 }, undefined],
    ["nothing for equal values", { a: 1, b: [1, { c: 2 }] }, { a: 1, b: [1, { c: 2 }] }, undefined],
    ["nothing for keys only reported", { a: 1 }, { a: 1, b: 2 }, undefined],
    ["the desired value where they differ", { a: 1, b: 2 }, { a: 1, b: 3 }, { b: 2 }],
    ["the desired value where nothing is reported", { a: { b: 1 } }, undefined, { a: { b: 1 } }],
    [
      "only the differing keys of objects",
      { a: { b: 1, c: 2 } },
      { a: { b: 1, c: 3 } },
      { a: { c: 2 } },
    ],
    ["arrays whole", { a: [1, 2, 3] }, { a: [1, 2] }, { a: [1, 2, 3] }],
    ["an object over a value", { a: { b: 1 } }, { a: 5 }, { a: { b: 1 } }],
    ["a text that looks like the number", { a: "1" }, { a: 1 }, { a: "1" }],
    ["an object that is empty, where none is reported", { a: {} }, {}, { a: {} }],
    [
      "empty objects at any depth, with nothing reported",
      { a: 1, b: { c: {} }, d: {} },
      undefined,
      { a: 1, b: { c: {} }, d: {} },
    ],
    ["an empty object over a value", { a: {} }, { a: 1 }, { a: {} }],
    ["nothing for empty objects on both sides", { a: { b: {} } }, { a: { b: {} } }, undefined],
    ["nothing for an empty object over a full one", { a: {} }, { a: { b: 1 } }, undefined],
    ["an empty array over a full one", { a: [] }, { a: [1] }, { a: [] }],
    ["an empty object over an empty array", { a: {} }, { a: [] }, { a: {} }],
  ])("is %s", (_, desiredState, reportedState, expected) => {
    const sections = {
      desired: desiredState,
      ...(reportedState && { reported: reportedState }),
    };

    expect(deltaOf(sections)).toEqual(expected);
  });

  it("comes in a read with the timestamps of the desired values", () => {
    const { shadow } = after(
      desired({ speed: 100, mode: { eco: true, sport: false } }),
      reported({ speed: 120, mode: { eco: true } }),
    );

    expect(documentOf(shadow, 7)).toEqual({
      state: {
        desired: { speed: 100, mode: { eco: true, sport: false } },
        reported: { speed: 120, mode: { eco: true } },
        delta: { speed: 100, mode: { sport: false } },
      },
      metadata: {
        desired: {
          speed: { timestamp: 1 },
          mode: { eco: { timestamp: 1 }, sport: { timestamp: 1 } },
        },
        reported: { speed: { timestamp: 2 }, mode: { eco: { timestamp: 2 } } },
        delta: { speed: { timestamp: 1 }, mode: { sport: { timestamp: 1 } } },
      },
      version: 2,
      timestamp: 7,
    });
  });
});

describe("versions", () => {
  it("count from 1, also for an update that changes nothing", () => {
    expect(after(reported({ a: 1 })).shadow.version).toBe(1);
    expect(after(reported({ a: 1 }), reported({ a: 1 })).shadow.version).toBe(2);
  });

  it("go on after a delete", () => {
    const deleted: ShadowDocument = { version: 4 };

    expect(updated(deleted, readUpdate(bytes(reported({ a: 1 }))), 1).after.version).toBe(5);
  });

  it("must be the current one when given", () => {
    const { shadow } = after(reported({ a: 1 }));
    const withVersion = (version: number) =>
      updated(shadow, readUpdate(bytes({ ...reported({ a: 2 }), version })), 2);

    expect(withVersion(1).after.version).toBe(2);
    expect(() => withVersion(2)).toThrow(new ShadowRefusal(409, "Version conflict"));
  });
});

describe("limits", () => {
  const refusalOf = (work: () => unknown): unknown => {
    try {
      work();
    } catch (error) {
      return error instanceof ShadowRefusal ? [error.status, error.message] : error;
    }
    return undefined;
  };
  const read = (document: unknown, name?: string) => () => readUpdate(bytes(document), name);
  const tooDeep = [400, "JSON contains too many levels of nesting; maximum is 6"];

  it.each<[string, unknown, unknown]>([
    ["no JSON", "{", [400, "Invalid JSON"]],
    ["JSON that is no object", "[]", [400, "Invalid JSON"]],
    ["no state", {}, [400, "Missing required node: state"]],
    ["a state that is no object", { state: 1 }, [400, "State node must be an object"]],
    ["a desired that is no object", desired([]), [400, "Desired node must be an object"]],
    ["a reported that is no object", reported("x"), [400, "Reported node must be an object"]],
    ["another section", { state: { delta: {} } }, [400, "State contains an invalid node: 'delta'"]],
    ["null in an array", reported({ a: [1, null] }), [400, "State contains an invalid node: 'a'"]],
    [
      "null deep in an array",
      reported({ a: [{ b: [null] }] }),
      [400, "State contains an invalid node: 'b'"],
    ],
    ["a version that is no number", { state: {}, version: "1" }, [400, "Invalid version"]],
    ["a negative version", { state: {}, version: -1 }, [400, "Invalid version"]],
    [
      "a token of 65 bytes",
      { state: {}, clientToken: "x".repeat(65) },
      [400, "Invalid clientToken"],
    ],
    ["a token that is no text", { state: {}, clientToken: 1 }, [400, "Invalid clientToken"]],
    ["seven keys below reported", reported(under("1234567", 1)), tooDeep],
    ["seven keys below desired", desired(under("1234567", 1)), tooDeep],
    [
      "seven below one section and six below the other",
      { state: { desired: under("123456", 1), reported: under("1234567", 1) } },
      tooDeep,
    ],
    ["an array of values below six keys", reported(under("123456", [1])), tooDeep],
    [
      "an object in an array that is one level too deep",
      reported(under("12345", [{ a: 1 }])),
      tooDeep,
    ],
    [
      "a thousand levels of arrays",
      `{"state":{"reported":{"a":${"[".repeat(1000)}${"]".repeat(1000)}}}}`,
      tooDeep,
    ],
  ])("refuse %s", (_, document, expected) => {
    expect(refusalOf(read(document))).toEqual(expected);
  });

  it.each<[string, unknown]>([
    // https://github.com/aws-greengrass/aws-greengrass-shadow-manager, JsonUtilTest
    ["six keys below reported", reported(under("123456", 1))],
    [
      "six keys below both sections",
      { state: { desired: under("123456", 1), reported: under("123456", 1) } },
    ],
    ["an empty object behind them", reported(under("123456", {}))],
    ["an array of values below five keys", reported(under("12345", [1, 2]))],
    ["other keys beside state, which are ignored", { state: {}, other: 1 }],
    ["a token of 64 bytes", { state: {}, clientToken: "x".repeat(64) }],
  ])("accept %s", (_, document) => {
    expect(refusalOf(read(document))).toBeUndefined();
  });

  it.each([
    "1e400",
    "-1e400",
    "1e-400",
    "12345678901234567890",
    "9007199254740993",
    "-9007199254740993.0",
    "0.12345678901234567891",
    "9".repeat(200),
  ])("refuse %s, which no double is", (number) => {
    for (const document of [
      `{"state":{"reported":{"a":${number}}}}`,
      `{"state":{"desired":{"1e400":"12345678901234567890","a":{"b":[[1,{"c":${number} }]]}}}}`,
    ]) {
      expect(refusalOf(read(document))).toEqual([
        400,
        expect.stringMatching(/^The sandbox keeps numbers as doubles, which /),
      ]);
    }
  });

  it.each([
    "0",
    "-0.0",
    "0e999",
    "1.50",
    "1E+2",
    "100000000000000000000",
    "1e308",
    "5e-324",
    "9007199254740992",
    // What C's %.17g and %.20f print of 0.1.
    "0.10000000000000001",
    "0.10000000000000000555",
  ])("keep %s", (number) => {
    const document = `{"state":{"reported":{"a":${number},"text":"1e400 \\" 12345678901234567890"}}}`;
    const { state } = updated(undefined, readUpdate(bytes(document)), 1).after.sections ?? {};

    expect(state?.reported?.["a"]).toBe(Number(number));
  });

  it("let the last of two equal keys hold, as AWS's parser does", () => {
    const document = '{"state":{"reported":{"a":1,"a":2}}}';

    expect(readUpdate(bytes(document)).state.reported).toEqual({ a: 2 });
  });

  it("refuse bytes that are not UTF-8", () => {
    expect(refusalOf(() => readUpdate(Buffer.from([0x7b, 0xff, 0x7d])))).toEqual([
      415,
      "Unsupported documented encoding; supported encoding is UTF-8",
    ]);
  });

  it("hold the state to 8,192 bytes, metadata and characters aside", () => {
    const overhead = JSON.stringify({ reported: { a: "" } }).length;
    const fits = reported({ a: "x".repeat(8192 - overhead) });
    const isTooLarge = [413, "The payload exceeds the maximum size allowed"];

    expect(refusalOf(() => after(fits))).toBeUndefined();
    expect(refusalOf(() => after(fits, desired({ b: 1 })))).toEqual(isTooLarge);
    expect(refusalOf(() => after(reported({ a: "é".repeat(4096) })))).toEqual(isTooLarge);
  });

  it.each<[string, unknown, boolean]>([
    ["version and attributes", { app: { version: "1.0.0", attributes: { build: "7" } } }, true],
    ["a package that is removed", { app: null }, true],
    ["an attribute set that is removed", { app: { attributes: null } }, true],
    ["a description", { app: { version: "1.0.0", description: "x" } }, false],
    ["a version that is no text", { app: { version: 1 } }, false],
    ["a package that is no object", { app: "1.0.0" }, false],
    ["attributes that are no object", { app: { attributes: [] } }, false],
  ])("of $package: %s", (_, inventory, isAllowed) => {
    const refusal = refusalOf(read(reported(inventory), "$package"));

    expect(refusal === undefined).toBe(isAllowed);
    expect(refusalOf(read(reported(inventory), "other"))).toBeUndefined();
  });
});
