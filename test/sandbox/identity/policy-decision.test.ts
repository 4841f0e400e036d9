import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { holds } from "../../../lib/sandbox/identity/policy-conditions.js";
import { permissionsOf } from "../../../lib/sandbox/identity/policy-decision.js";

const ARN = "arn:aws:iot:eu-west-1:111122223333:";

interface Written {
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: object;
}

const policy = (statements: readonly Written[], policyName = "p") => ({
  policyName,
  policyDocument: JSON.stringify({ Version: "2012-10-17", Statement: statements }),
});

const variables = (values: Readonly<Record<string, string>>) => (name: string) => values[name];

function isAllowed(
  statements: readonly Written[],
  action: string,
  resource: string,
  values: Readonly<Record<string, string>> = {},
) {
  return permissionsOf([policy(statements)], variables(values)).decide({
    action: `iot:${action}`,
    resource: resource === "*" ? "*" : ARN + resource,
  }).isAllowed;
}

const allow = (Action: string, Resource: string): Written => ({
  Effect: "Allow",
  Action: `iot:${Action}`,
  Resource: Resource === "*" ? "*" : ARN + Resource,
});
const deny = (Action: string, Resource: string): Written => ({
  ...allow(Action, Resource),
  Effect: "Deny",
});

describe("what a policy allows", () => {
  it.each<[string, Written[], string, string, boolean]>([
    ["nothing by itself", [], "Connect", "client/a", false],
    ["what it names", [allow("Connect", "client/a")], "Connect", "client/a", true],
    ["no other resource", [allow("Connect", "client/a")], "Connect", "client/b", false],
    ["no other action", [allow("Connect", "client/a")], "Publish", "client/a", false],
    ["all actions with a star", [allow("*", "client/a")], "Publish", "client/a", true],
    ["the whole text only", [allow("Publish", "topic/a")], "Publish", "topic/ab", false],
    ["levels with a star", [allow("Publish", "topic/a/*")], "Publish", "topic/a/b/c", true],
    ["one character with a ?", [allow("Publish", "topic/a?c")], "Publish", "topic/a/c", true],
    ["no two with a ?", [allow("Publish", "topic/a?c")], "Publish", "topic/abbc", false],
    [
      "not what another denies",
      [allow("*", "*"), deny("Publish", "topic/x")],
      "Publish",
      "topic/x",
      false,
    ],
    [
      "not what an earlier denies",
      [deny("*", "topic/x"), allow("*", "*")],
      "Publish",
      "topic/x",
      false,
    ],
    [
      "a filter by itself",
      [allow("Subscribe", "topicfilter/a/#")],
      "Subscribe",
      "topicfilter/a/#",
      true,
    ],
    [
      "a filter by a star",
      [allow("Subscribe", "topicfilter/a/*")],
      "Subscribe",
      "topicfilter/a/#",
      true,
    ],
    [
      "no wider filter",
      [allow("Subscribe", "topicfilter/a/b")],
      "Subscribe",
      "topicfilter/a/#",
      false,
    ],
    [
      "# as a character",
      [allow("Subscribe", "topicfilter/a/#")],
      "Subscribe",
      "topicfilter/a/b",
      false,
    ],
    ["no filter by a topic", [allow("Subscribe", "topic/a")], "Subscribe", "topicfilter/a", false],
    ["a star that is meant", [allow("Publish", "topic/${*}")], "Publish", "topic/*", true],
    ["only a star then", [allow("Publish", "topic/${*}")], "Publish", "topic/a", false],
    [
      "a ? and a $ that are meant",
      [allow("Publish", "topic/${?}${$}")],
      "Publish",
      "topic/?$",
      true,
    ],
    ["what starts no variable", [allow("Publish", "topic/$a{b}")], "Publish", "topic/$a{b}", true],
  ])("%s", (_, statements, action, resource, expected) => {
    expect(isAllowed(statements, action, resource)).toBe(expected);
  });

  it("takes a variable's value as it is, wildcards included", () => {
    const own = [allow("Subscribe", "topicfilter/${iot:ClientId}/x")];

    expect(isAllowed(own, "Subscribe", "topicfilter/a/x", { "iot:ClientId": "a" })).toBe(true);
    expect(isAllowed(own, "Subscribe", "topicfilter/a/x", { "iot:ClientId": "*" })).toBe(false);
    expect(isAllowed(own, "Subscribe", "topicfilter/*/x", { "iot:ClientId": "*" })).toBe(true);
    // That is why a policy should say who may be called `+`.
    expect(isAllowed(own, "Subscribe", "topicfilter/+/x", { "iot:ClientId": "+" })).toBe(true);
  });

  it("lets a statement alone whose variable has no value, be it Allow or Deny", () => {
    const thing = "topic/${iot:Connection.Thing.ThingName}";

    expect(isAllowed([allow("Publish", thing)], "Publish", "topic/")).toBe(false);
    expect(isAllowed([allow("*", "*"), deny("Publish", thing)], "Publish", "topic/")).toBe(true);
  });

  it("says which statement it was", () => {
    const both = permissionsOf(
      [policy([allow("Connect", "client/a")], "own"), policy([deny("Publish", "*")], "narrow")],
      variables({}),
    );
    const ask = (action: string, resource: string) =>
      both.decide({ action, resource: ARN + resource }).reason;

    expect(ask("iot:Connect", "client/a")).toBe("allowed by policy own statement 1");
    expect(ask("iot:Publish", "topic/a")).toBe("denied by policy narrow statement 1");
    expect(ask("iot:Subscribe", "topicfilter/a")).toBe("no statement of own, narrow allows it");
    expect(
      permissionsOf([], variables({})).decide({ action: "iot:Connect", resource: "*" }).reason,
    ).toBe("no policy is attached");
  });

  it("takes no time for patterns that are made to take it", () => {
    const stars = [allow("Publish", `topic/${"*a".repeat(1000)}b`)];

    expect(isAllowed(stars, "Publish", `topic/${"a".repeat(5000)}`)).toBe(false);
  });
});

describe("a condition", () => {
  const facts = {
    "iot:ConnectAttributes": ["LastWill", "PersistentConnect"],
    "iot:ClientId": "lorry-7",
    "aws:SourceIp": "127.0.0.1",
    count: "7",
    at: "2026-01-01T00:00:00Z",
  } as Readonly<Record<string, string | string[]>>;

  it.each<[string, object, boolean]>([
    ["holds when it is empty", {}, true],
    ["StringEquals", { StringEquals: { "iot:ClientId": "lorry-7" } }, true],
    ["StringEquals, of another", { StringEquals: { "iot:ClientId": "lorry-8" } }, false],
    ["StringEquals, one of several", { StringEquals: { "iot:ClientId": ["a", "lorry-7"] } }, true],
    ["StringEquals, wildcards are none", { StringEquals: { "iot:ClientId": "lorry-*" } }, false],
    ["StringEqualsIgnoreCase", { StringEqualsIgnoreCase: { "iot:ClientId": "LORRY-7" } }, true],
    ["StringLike", { StringLike: { "iot:ClientId": "lorry-?" } }, true],
    ["StringNotLike", { StringNotLike: { "iot:ClientId": ["x*", "lorry-*"] } }, false],
    ["StringNotEquals", { StringNotEquals: { "iot:ClientId": ["a", "b"] } }, true],
    ["a key without a value", { StringEquals: { nothing: "x" } }, false],
    ["the negation of one", { StringNotEquals: { nothing: "x" } }, true],
    ["…IfExists without", { StringEqualsIfExists: { nothing: "x" } }, true],
    ["…IfExists with", { StringEqualsIfExists: { "iot:ClientId": "x" } }, false],
    ["Null", { Null: { nothing: "true" } }, true],
    ["Null, of one that is there", { Null: { "iot:ClientId": "true" } }, false],
    ["a variable", { StringEquals: { "iot:ClientId": "${iot:ClientId}" } }, true],
    ["a variable without a value", { StringNotEquals: { "iot:ClientId": "${nothing}" } }, false],
    ["IpAddress", { IpAddress: { "aws:SourceIp": "127.0.0.0/8" } }, true],
    ["IpAddress, of another family", { IpAddress: { "aws:SourceIp": "::/0" } }, false],
    ["NotIpAddress", { NotIpAddress: { "aws:SourceIp": ["10.0.0.0/8"] } }, true],
    ["IpAddress that is none", { IpAddress: { "aws:SourceIp": "127.0.0.0/99" } }, false],
    ["Bool", { Bool: { flag: "true" } }, false],
    ["NumericLessThan", { NumericLessThan: { count: "8" } }, true],
    ["NumericEquals of no number", { NumericEquals: { count: "seven" } }, false],
    ["DateGreaterThan", { DateGreaterThan: { at: "2025-12-31T23:59:59Z" } }, true],
    [
      "all of two",
      { StringLike: { "iot:ClientId": "l*" }, NumericLessThan: { count: "1" } },
      false,
    ],
    ["an operator that there is not", { StringSounds: { "iot:ClientId": "lorry" } }, false],
    ["what is no condition", { StringEquals: "lorry" }, false],
    [
      "ForAllValues",
      { "ForAllValues:StringEquals": { "iot:ConnectAttributes": ["PersistentConnect"] } },
      false,
    ],
    [
      "ForAllValues, with all",
      {
        "ForAllValues:StringEquals": {
          "iot:ConnectAttributes": ["PersistentConnect", "LastWill"],
        },
      },
      true,
    ],
    ["ForAllValues of nothing", { "ForAllValues:StringEquals": { nothing: ["x"] } }, true],
    ["ForAnyValue", { "ForAnyValue:StringEquals": { "iot:ConnectAttributes": "LastWill" } }, true],
    ["ForAnyValue of nothing", { "ForAnyValue:StringEquals": { nothing: "x" } }, false],
  ])("%s", (_, condition, expected) => {
    const value = (name: string) => facts[name];
    const variable = (name: string) => (typeof facts[name] === "string" ? facts[name] : undefined);

    expect(holds(condition, value, variable)).toBe(expected);
  });
});

describe("against an evaluator that knows only regular expressions", () => {
  /** Slow, and written the other way round: every statement votes. */
  function naively(statements: readonly Written[], action: string, resource: string, id: string) {
    const fits = (pattern: string, text: string): boolean => {
      const source = pattern
        .split(/(\$\{[^}]*\}|[*?])/)
        .map((part) =>
          part === "*"
            ? "[^]*"
            : part === "?"
              ? "[^]"
              : quoted(part.replace("${id}", () => id).replace(/^\$\{([*?$])\}$/, "$1")),
        )
        .join("");
      return new RegExp(`^${source}$`).test(text);
    };
    const votes = statements
      .filter(
        ({ Action, Resource }) =>
          [Action].flat().some((one) => fits(one.toLowerCase(), action.toLowerCase())) &&
          [Resource].flat().some((one) => fits(one, resource)),
      )
      .map(({ Effect }) => Effect);
    return votes.includes("Allow") && !votes.includes("Deny");
  }
  const quoted = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

  const letters = fc.constantFrom("a", "b", "/", "#", "+");
  const text = fc.string({ unit: letters, maxLength: 6 });
  const pattern = fc
    .array(fc.oneof(letters, fc.constantFrom("*", "?", "${id}", "${*}", "${?}")), { maxLength: 6 })
    .map((parts) => parts.join(""));
  const action = fc.constantFrom("iot:Publish", "iot:Subscribe", "iot:*", "iot:?ublish", "*");
  const statement = fc.record({
    Effect: fc.constantFrom("Allow" as const, "Allow" as const, "Deny" as const),
    Action: fc.oneof(action, fc.array(action, { minLength: 1, maxLength: 3 })),
    Resource: fc.oneof(pattern, fc.array(pattern, { minLength: 1, maxLength: 3 })),
  });

  it("comes to the same", () => {
    let allowed = 0;
    fc.assert(
      fc.property(
        fc.array(statement, { maxLength: 5 }),
        text,
        fc.oneof(text, fc.constantFrom("*", "?", "a")),
        (statements, resource, id) => {
          const found = permissionsOf([policy(statements)], variables({ id })).decide({
            action: "iot:Publish",
            resource,
          }).isAllowed;
          if (found) allowed++;
          expect(found).toBe(naively(statements, "iot:Publish", resource, id));
        },
      ),
      { numRuns: 5000, seed: 7 },
    );
    // Both answers were given, and often.
    expect(allowed).toBeGreaterThan(200);
  });
});
