import { describe, expect, it } from "vitest";
import {
  aggregationValuesOf,
  bucketsOf,
  cardinalityOf,
  percentilesOf,
  statisticsOf,
} from "../../../lib/sandbox/search/aggregate.js";
import type { ThingDocument } from "../../../lib/sandbox/search/query/document.js";

// https://docs.aws.amazon.com/iot/latest/developerguide/index-aggregate.html

const thing: ThingDocument = {
  thingName: "t",
  thingId: "i",
  thingTypeName: "Sedan",
  thingGroupNames: ["g", "h"],
  attributes: { year: "2021", "a.b": "TRUE" },
  version: 4,
  shadow: {
    reported: { level: 5, text: "5" },
    version: 7,
    name: { $package: { reported: { "my.pkg": { version: "1.0.0" } }, version: 2 } },
  },
  connectivity: { connected: false, timestamp: 9 },
};

describe("aggregationValuesOf", () => {
  it.each([
    ["registry.version", "Number", [4]],
    ["registry.thingTypeName", "String", ["Sedan"]],
    ["registry.thingGroupNames", "String", ["g", "h"]],
    ["thingName", "String", ["t"]],
    ["shadow.version", "Number", [7]],
    ["shadow.name.$package.version", "Number", [2]],
    ["shadow.name.$package.reported.my.pkg.version", "String", ["1.0.0"]],
    ["connectivity.connected", "Boolean", [false]],
    ["attributes.year", "Number", [2021]],
    ["attributes.year", "String", ["2021"]],
    ["attributes.year", "Boolean", []],
    ["attributes.a.b", "Boolean", [true]],
    ["shadow.reported.text", "Number", []],
    ["shadow.reported.level", "String", []],
    ["shadow.reported.nope", "Number", []],
    ["shadow.reported", "String", []],
  ] as const)("finds %s as %s: %j", (field, type, expected) => {
    expect(aggregationValuesOf(thing, field, type)).toEqual(expected);
  });

  it("knows the managed fields of a group", () => {
    const group = {
      thingGroupName: "g",
      thingGroupId: "i",
      thingGroupDescription: "west",
      attributes: {},
      parentGroupNames: [],
      version: 2,
    };

    expect(aggregationValuesOf(group, "version", "Number")).toEqual([2]);
    expect(aggregationValuesOf(group, "description", "String")).toEqual(["west"]);
  });
});

describe("statisticsOf", () => {
  it("describes numbers, with the variance of the whole population", () => {
    expect(statisticsOf([[1], [], [2, 4]])).toEqual({
      count: 3,
      average: 7 / 3,
      sum: 7,
      minimum: 1,
      maximum: 4,
      sumOfSquares: 21,
      variance: expect.closeTo(14 / 9, 10),
      stdDeviation: expect.closeTo(1.2472, 4),
    });
  });

  it("counts true as 1, so that the average is its share", () => {
    expect(statisticsOf([[true], [false], [true], [true]]).average).toBe(0.75);
  });

  it("only counts text, and nothing", () => {
    expect(statisticsOf([["a"], ["b"]])).toEqual({ count: 2 });
    expect(statisticsOf([])).toEqual({ count: 0 });
  });

  it("keeps its digits for timestamps", () => {
    const rows = [[1_760_000_000_001], [1_760_000_000_003]];

    expect(statisticsOf(rows).variance).toBe(1);
  });
});

describe("cardinalityOf", () => {
  it("counts what differs", () => {
    expect(cardinalityOf([["a", "b"], ["a"], []])).toBe(2);
    expect(cardinalityOf([])).toBe(0);
  });
});

describe("percentilesOf", () => {
  it("interpolates between the nearest values", () => {
    expect(percentilesOf([[3], [1], [2], ["x"], [4]], [0, 50, 100])).toEqual([
      { percent: 0, value: 1 },
      { percent: 50, value: 2.5 },
      { percent: 100, value: 4 },
    ]);
  });

  it("asks for AWS's seven percents unless told, and finds none in nothing", () => {
    expect(percentilesOf([[1]]).map(({ percent }) => percent)).toEqual([1, 5, 25, 50, 75, 95, 99]);
    expect(percentilesOf([["a"]])).toEqual([]);
  });
});

describe("bucketsOf", () => {
  it("gives the most frequent values first and counts a document once per value", () => {
    const rows = [["b", "b"], ["a"], ["c"], ["c"], []];

    expect(bucketsOf(rows, 2)).toEqual({
      totalCount: 5,
      buckets: [
        { keyValue: "c", count: 2 },
        { keyValue: "a", count: 1 },
      ],
    });
  });

  it("gives ten unless told", () => {
    expect(bucketsOf(Array.from({ length: 20 }, (_, n) => [n])).buckets).toHaveLength(10);
  });
});
