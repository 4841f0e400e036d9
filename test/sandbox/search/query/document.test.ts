import { describe, expect, it } from "vitest";
import {
  fieldsOf,
  type ThingDocument,
  thingGroupFieldsOf,
  thingGroupsSchema,
} from "../../../../lib/sandbox/search/query/document.js";
import { matches } from "../../../../lib/sandbox/search/query/match.js";
import { parseQuery } from "../../../../lib/sandbox/search/query/parse.js";

// https://docs.aws.amazon.com/iot/latest/developerguide/managing-index.html

const bare: ThingDocument = { thingName: "t", thingId: "i", thingGroupNames: [], attributes: {} };

describe("fieldsOf", () => {
  it("names registry, shadow, Device Defender and connectivity fields as queries do", () => {
    const fields = fieldsOf({
      thingName: "t",
      thingId: "i",
      thingTypeName: "Sedan",
      thingGroupNames: ["g", "h"],
      attributes: { country: "US" },
      version: 4,
      shadow: {
        desired: { limit: 100 },
        reported: { engine: { oil: 0.5 }, features: ["abs", 2, true, null] },
        delta: { limit: 100 },
        metadata: { desired: { limit: { timestamp: 1_760_000_000 } } },
        hasDelta: true,
        version: 3,
        name: { $package: { reported: { p: { version: "1" } }, hasDelta: false, version: 1 } },
      },
      deviceDefender: { violationCount: 1, profile: { behavior: { inViolation: true } } },
      connectivity: { connected: false, timestamp: 5, disconnectReason: "SERVER_ERROR" },
    });

    expect(Object.fromEntries(fields)).toEqual({
      thingName: ["t"],
      thingId: ["i"],
      thingTypeName: ["Sedan"],
      thingGroupNames: ["g", "h"],
      "attributes.country": ["US"],
      "shadow.desired.limit": [100],
      "shadow.reported.engine.oil": [0.5],
      "shadow.reported.features": ["abs", 2, true],
      "shadow.delta.limit": [100],
      "shadow.metadata.desired.limit.timestamp": [1_760_000_000],
      "shadow.hasDelta": [true],
      "shadow.name.$package.reported.p.version": ["1"],
      "shadow.name.$package.hasDelta": [false],
      "deviceDefender.violationCount": [1],
      "deviceDefender.profile.behavior.inViolation": [true],
      "connectivity.connected": [false],
      "connectivity.timestamp": [5],
      "connectivity.disconnectReason": ["SERVER_ERROR"],
    });
  });

  it("skips null, empty arrays, arrays with objects, and inViolation:false", () => {
    const fields = fieldsOf({
      ...bare,
      shadow: { reported: { a: null, b: [], c: [1, { d: 2 }], e: [[1]], f: [null] } },
      deviceDefender: { profile: { behavior: { inViolation: false } } },
    });

    expect([...fields.keys()]).toEqual(["thingName", "thingId"]);
  });

  it("keeps an attribute that is there and empty", () => {
    const fields = fieldsOf({ ...bare, attributes: { note: "" } });

    expect(matches(parseQuery("attributes.note:*"), fields)).toBe(true);
  });

  it("takes a key named __proto__ for a key", () => {
    const reported: unknown = JSON.parse('{"__proto__": {"a": 1}}');

    const fields = fieldsOf({ ...bare, shadow: { reported } });

    expect(fields.get("shadow.reported.__proto__.a")).toEqual([1]);
  });
});

describe("thingGroupFieldsOf", () => {
  it("makes groups searchable by name, description, attributes and parents", () => {
    const fields = thingGroupFieldsOf({
      thingGroupName: "Fleet-West",
      thingGroupId: "g1",
      thingGroupDescription: "All of the west",
      attributes: { region: "us-west-2" },
      parentGroupNames: ["Fleet"],
    });

    const query =
      "thingGroupName:fleet-* AND description:west AND parentGroupNames:fleet us-west-2";
    expect(matches(parseQuery(query, thingGroupsSchema), fields)).toBe(true);
    expect(fields.has("thingGroupId")).toBe(false);
  });
});
