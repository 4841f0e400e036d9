import { describe, expect, it } from "vitest";
import { thingGroupsSchema, thingsSchema } from "../../../../lib/sandbox/search/query/document.js";
import {
  InvalidQueryError,
  parseQuery,
  printQuery,
  termCount,
} from "../../../../lib/sandbox/search/query/parse.js";

// https://docs.aws.amazon.com/iot/latest/developerguide/query-syntax.html

describe("parseQuery", () => {
  it.each([
    // [written, means the same as]
    ["a b", "a AND b"],
    ["a OR b AND c", "a OR (b AND c)"],
    ["a b OR c d", "(a AND b) OR (c AND d)"],
    ["a AND b NOT c", "a AND b AND NOT c"],
    ["a OR b NOT c", "(a OR b) AND NOT c"],
    ["a OR b -c", "(a OR b) AND NOT c"],
    ["a OR b AND NOT c", "a OR (b AND NOT c)"],
    ["a OR b OR NOT c", "a OR b OR (NOT c)"],
    ["a OR b NOT c OR d", "((a OR b) AND NOT c) OR d"],
    ["-(a OR b)", "NOT (a OR b)"],
    ["NOT(a OR b)", "NOT (a OR b)"],
    ["--a", "NOT NOT a"],
    ["((a))", "a"],
    ["(a)(b)", "a AND b"],
    ["thingName : a", "thingName:a"],
    ["thingName:\ta", "thingName:a"],
    ["shadow.x <= 5", "shadow.x:[* TO 5]"],
    ["shadow.x >= 5", "shadow.x:[5 TO *]"],
    ["shadow.x<5", "shadow.x:{* TO 5}"],
    ["shadow.x > -5.5", "shadow.x:{-5.5 TO *]"],
    ["shadow.x>1e3", "shadow.x>1000"],
    ["shadow.x:[* TO *]", "shadow.x:*"],
    ["thingName:(a OR b)", "thingName:a OR thingName:b"],
    ["thingName:(ab* AND -abc)", "thingName:ab* AND NOT thingName:abc"],
    ["thingName:(a (b OR c))", "thingName:a AND (thingName:b OR thingName:c)"],
    ["thingName:(a OR [b TO c])", 'thingName:a OR thingName:["b" TO "c"]'],
    ["shadow.name.\\$package.reported.p.version:1", "shadow.name.$package.reported.p.version:1"],
    ['thingName:"Comet-S"', "thingName:Comet-S"],
    ["thingName:a\\:b", 'thingName:"a:b"'],
    ["shadow.city:san\\ diego", 'shadow.city:"san diego"'],
    ["shadow.x:-5", 'shadow.x:"-5"'],
    ["shadow.x:(\\-5)", 'shadow.x:"-5"'],
    ["\\AND", '"AND"'],
    ["and or not", "and AND or AND not"],
    ["shadow.x:[5 TO abc]", 'shadow.x:["5" TO "abc"]'],
  ])("reads %s as %s", (written, meaning) => {
    expect(parseQuery(written)).toEqual(parseQuery(meaning));
  });

  it("takes a number in a range as a number and a quoted one as text", () => {
    const bound = { inclusive: true };

    expect(parseQuery("shadow.x:[-5 TO 7.5]")).toEqual({
      kind: "term",
      field: "shadow.x",
      test: {
        kind: "numberRange",
        range: { low: { value: -5, ...bound }, high: { value: 7.5, ...bound } },
      },
    });
    expect(parseQuery('shadow.x:["5" TO *]')).toEqual({
      kind: "term",
      field: "shadow.x",
      test: { kind: "textRange", range: { low: { value: "5", ...bound } } },
    });
  });

  it("takes wildcards in quotes or after a backslash literally", () => {
    const literal = { kind: "term", field: "thingName", test: { kind: "text", text: "a*?" } };

    expect(parseQuery('thingName:"a*?"')).toEqual(literal);
    expect(parseQuery("thingName:a\\*\\?")).toEqual(literal);
  });

  it.each([
    "",
    "   ",
    "a AND",
    "a OR",
    "OR a",
    "AND a",
    "a AND OR b",
    "NOT",
    "-",
    "a NOT",
    "()",
    "thingName:()",
    "(a",
    "a)",
    "thingName:(a",
    "thingName:(a OR)",
    "thingName:",
    "thingName: AND a",
    'thingName:""',
    'thingName:" "',
    "thingName:\\ ",
    '"a',
    'thingName:"a',
    '"a""b"',
    '"a"b',
    'a"b"',
    "a(b)",
    "a:b:c",
    "thingName:a:b",
    "thingName:(shadow.x:1)",
    '"thingName":a',
    ":a",
    "[a TO b]",
    "<5",
    "shadow.x<",
    "shadow.x<abc",
    'shadow.x<"5"',
    "shadow.x<*",
    "shadow.x:<5",
    "shadow.x:(>5)",
    "shadow.x:[1 TO 2",
    "shadow.x:[1 TO ]",
    "shadow.x:[1 2]",
    "shadow.x:[1 to 2]",
    "shadow.x:[TO 2]",
    "shadow.x:[1 TO 2)",
    "shadow.x:[a* TO b]",
    "shadow.x:[1 TO 2]shadow.y:1",
    "a\\",
    "a\\\\b",
    "roam~",
    "comet^2",
  ])("refuses %j", (text) => {
    expect(() => parseQuery(text)).toThrow(InvalidQueryError);
  });

  it.each(["`", "@", "#", "%", "/", "'", ";", ","])(
    "refuses %s, quoted and escaped too",
    (char) => {
      for (const text of [`a${char}b`, `"a${char}b"`, `a\\${char}b`]) {
        expect(() => parseQuery(text)).toThrow(`unsupported character: ${char}`);
      }
    },
  );

  it.each([
    "colour:red",
    "Thingname:a",
    "registry.version:1",
    "thingName.x:a",
    "attributes:a",
    "attributes.:a",
    "shadow:*",
    "*:*",
    "attributes.*:a",
    "attributes.a?:a",
    "shadow.name.*.reported.x:1",
    "shadow.name.$package.reported.*:1",
    "shadow.name.$package.reported.*.:1",
    "shadow.name.$package.reported.*.attributes.*:1",
  ])("refuses the field of %s with AWS's message", (text) => {
    const field = text.slice(0, text.indexOf(":"));

    expect(() => parseQuery(text)).toThrow(
      `Unable to parse query, invalid field name, field name: ${field}, query string: ${text}`,
    );
  });

  it("says in every refusal what is wrong and in which query", () => {
    expect(() => parseQuery("thingTypeName:")).toThrow(
      "Unable to parse query, expected a value for the field thingTypeName, found the end, " +
        "query string: thingTypeName:",
    );
    expect(() => parseQuery("a AND OR b")).toThrow("expected a term, found: OR");
  });

  it("knows the fields of the index it is given", () => {
    const groups = 'thingGroupName:f* AND description:"west" AND attributes.a:1';

    expect(() => parseQuery(groups, thingGroupsSchema)).not.toThrow();
    expect(() => parseQuery(groups, thingsSchema)).toThrow("field name: thingGroupName");
    expect(() => parseQuery("thingName:a", thingGroupsSchema)).toThrow("field name: thingName");
  });

  it.each(["<2", ":[1 TO 2]", ':["1" TO "2"]', ":[1 TO *]"])(
    "refuses %s on the version of a package, not on its attributes",
    (range) => {
      for (const name of ["p", "*", "my.pkg"]) {
        const reported = `shadow.name.$package.reported.${name}`;

        expect(() => parseQuery(`${reported}.version${range}`)).toThrow(InvalidQueryError);
        expect(() => parseQuery(`${reported}.attributes.version${range}`)).not.toThrow();
      }
    },
  );

  it("refuses inViolation:false, because only violations are indexed", () => {
    const field = "deviceDefender.profile.behavior.inViolation";

    expect(() => parseQuery(`${field}:false`)).toThrow(InvalidQueryError);
    expect(() => parseQuery(`NOT ${field}:(true OR "FALSE")`)).toThrow(InvalidQueryError);
    expect(() => parseQuery(`${field}:true`)).not.toThrow();
  });
});

describe("query limits", () => {
  const terms = (count: number): string => Array.from({ length: count }, () => "a").join(" OR ");

  it("counts a range as one term and each value of a field group as one", () => {
    expect(termCount(parseQuery("thingName:(a OR b OR c) AND shadow.x:[1 TO 2] NOT *"))).toBe(5);
  });

  it("allows 12 terms", () => {
    expect(() => parseQuery(terms(12))).not.toThrow();
    expect(() => parseQuery(`thingName:(${terms(12)})`)).not.toThrow();
    expect(() => parseQuery(terms(13))).toThrow("more than 12 terms");
    expect(() => parseQuery(`thingName:(${terms(13)})`)).toThrow("more than 12 terms");
  });

  it("allows 2 * and 5 ? in one term", () => {
    expect(() => parseQuery("a*b* c*d*")).not.toThrow();
    expect(() => parseQuery("a?????")).not.toThrow();
    expect(() => parseQuery("a*b*c*")).toThrow("more than 2 *");
    expect(() => parseQuery("a??????")).toThrow("more than 5 ?");
  });

  it("allows one leading wildcard, and then 100 characters", () => {
    const long = (length: number): string => `*b OR ${"a".repeat(length - 6)}`;

    expect(() => parseQuery(long(100))).not.toThrow();
    expect(() => parseQuery(`*b OR ${"😀".repeat(94)}`)).not.toThrow();
    expect(() => parseQuery(long(101))).toThrow("a leading wildcard in more than 100 characters");
    expect(() => parseQuery("*b OR ?c")).toThrow("more than one term with a leading wildcard");
    expect(() => parseQuery("thingName:*b AND * AND shadow.x:*")).not.toThrow();
  });

  it("allows 1,000 bytes", () => {
    expect(() => parseQuery("a".repeat(1_000))).not.toThrow();
    expect(() => parseQuery("a".repeat(1_001))).toThrow("more than 1000 bytes");
    expect(() => parseQuery("ü".repeat(501))).toThrow("more than 1000 bytes");
  });

  it("answers for the deepest nesting that fits", () => {
    expect(() => parseQuery(`${"(".repeat(499)}a${")".repeat(499)}`)).not.toThrow();
    expect(() => parseQuery("(".repeat(1_000))).toThrow(InvalidQueryError);
    expect(() => parseQuery(`${"-".repeat(999)}a`)).not.toThrow();
  });
});

describe("printQuery", () => {
  it.each([
    ["a b c", "a AND b AND c"],
    ["a (b OR c) -d", "a AND (b OR c) AND NOT d"],
    ["attributes.country:US OR attributes.country:CA", "attributes.country:(US OR CA)"],
    ["NOT (thingName:a* AND -thingName:ab)", "NOT thingName:(a* AND NOT ab)"],
    ["shadow.x:[50 TO *]", "shadow.x>=50"],
    ["shadow.x:(a OR [50 TO *])", "shadow.x:(a OR [50 TO *])"],
    ["shadow.x:{1 TO 2]", "shadow.x:{1 TO 2]"],
    ["shadow.city:[a TO b}", 'shadow.city:["a" TO "b"}'],
    ["shadow.a\\:b:\\-*", "shadow.a\\:b:\\-*"],
    ["shadow.name.\\$package.reported.*.version:*", "shadow.name.$package.reported.*.version:*"],
    ['"say \\"hi\\""', '"say \\"hi\\""'],
  ])("writes %s as %s", (written, printed) => {
    expect(printQuery(parseQuery(written))).toBe(printed);
  });
});
