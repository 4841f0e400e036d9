import { describe, expect, it } from "vitest";
import { collect } from "../../../lib/aws/collect.js";
import type { Fleet } from "../../../lib/aws/connect.js";
import { InvalidInputError } from "../../../lib/aws/errors.js";
import { listExecutions } from "../../../lib/fleet/jobs/job-executions.js";
import { findJob, jobDocument } from "../../../lib/fleet/jobs/jobs.js";
import {
  checkName,
  checkNames,
  packageName,
  thingGroupName,
  thingName,
  thingTypeName,
  versionName,
  type NameRule,
} from "../../../lib/fleet/registry/names.js";
import { enablePackageConfiguration } from "../../../lib/fleet/software/package-configuration.js";
import { findThingGroup, listThingsInGroup } from "../../../lib/fleet/registry/thing-groups.js";
import { findThing } from "../../../lib/fleet/registry/things.js";
import { openTestFleet } from "../../fleet.js";

const taken: readonly [NameRule, string][] = [
  ...[thingName, thingTypeName, thingGroupName].flatMap((rule): [NameRule, string][] => [
    [rule, "a"],
    [rule, "Vehicle-VIN:001_x"],
    [rule, "x".repeat(128)],
  ]),
  [packageName, "Sedan_Vehicle-2"],
  [packageName, "x".repeat(128)],
  [versionName, "1"],
  [versionName, "1.0.0"],
  [versionName, "2.0.0-beta"],
  [versionName, "1.0.0-rc_1.2026"],
  [versionName, "1".repeat(64)],
];
const refused: readonly [NameRule, string][] = [
  ...[thingName, thingTypeName, thingGroupName].flatMap((rule): [NameRule, string][] => [
    [rule, ""],
    [rule, "a b"],
    [rule, " a"],
    [rule, "a\n"],
    [rule, "a/b"],
    [rule, "a.b"],
    [rule, "$aws"],
    [rule, "über"],
    [rule, "x".repeat(129)],
  ]),
  [packageName, ""],
  [packageName, "a.b"],
  [packageName, "a:b"],
  [packageName, "x".repeat(129)],
  [versionName, ""],
  [versionName, "1..0"],
  [versionName, ".1"],
  [versionName, "1."],
  [versionName, "1.0 beta"],
  [versionName, "1.0.0\n"],
  [versionName, "1:0"],
  [versionName, "1".repeat(65)],
];

describe("checkName", () => {
  it.each(taken.map(([rule, name]) => ({ rule, name, what: rule.what })))(
    "takes $name for $what",
    ({ rule, name }) => {
      expect(checkName(name, rule)).toBe(name);
    },
  );

  it.each(
    refused.map(([rule, name]) => ({
      rule,
      name: JSON.stringify(name),
      given: name,
      what: rule.what,
    })),
  )("refuses $name for $what (D29)", ({ rule, given }) => {
    expect(() => checkName(given, rule)).toThrow(InvalidInputError);
  });

  it("names the value, the rule and the page of the rule", () => {
    expect(() => checkName("a b", packageName)).toThrow(
      `"a b" cannot be a package name: it must have 1 to 128 characters from a-z A-Z 0-9 _ -. ` +
        `See https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePackage.html`,
    );
  });
});

describe("checkName, from JavaScript", () => {
  it.each([undefined, null, 5, ["a"], true])("refuses %j, which is no text", (given) => {
    expect(() => checkName(given as unknown as string, packageName)).toThrow(InvalidInputError);
  });
});

describe("checkNames", () => {
  it.each([undefined, null, "US_Fleet", { 0: "US_Fleet" }])(
    "refuses %j, which is no list",
    (given) => {
      expect(() => checkNames(given as unknown as string[], thingGroupName)).toThrow(
        "cannot be the list of names: it must be an array, each entry a thing group name.",
      );
    },
  );

  it("gives the names back in order", () => {
    expect(checkNames(["b", "a"], thingName)).toEqual(["b", "a"]);
  });

  it("refuses an empty list (D29)", () => {
    expect(() => checkNames([], thingTypeName)).toThrow(
      "[] cannot be the list of names: it must hold at least a thing type name.",
    );
  });

  it("refuses a name that stands there twice", () => {
    expect(() => checkNames(["a", "b", "a"], thingName)).toThrow(
      `"a" cannot be a thing name: it must stand in the list once. Remove the repetition.`,
    );
  });

  it("refuses a list with one wrong name", () => {
    expect(() => checkNames(["a", "b c"], thingName)).toThrow(`"b c" cannot be a thing name`);
  });
});

describe("functions that read", () => {
  it.each<[string, (fleet: Fleet) => Promise<unknown>]>([
    ["findThing", (fleet) => findThing(fleet, "")],
    ["findThingGroup", (fleet) => findThingGroup(fleet, "")],
    ["listThingsInGroup", (fleet) => collect(listThingsInGroup(fleet, ""))],
    ["findJob", (fleet) => findJob(fleet, "")],
    ["jobDocument", (fleet) => jobDocument(fleet, "no dots.")],
    ["listExecutions", (fleet) => collect(listExecutions(fleet, ""))],
    ["enablePackageConfiguration", (fleet) => enablePackageConfiguration(fleet, "")],
  ])("%s refuses an illegal name before it asks AWS (D29)", async (_, read) => {
    const { fleet, calls } = openTestFleet();

    await expect(read(fleet)).rejects.toThrow(InvalidInputError);
    expect(calls()).toEqual([]);
  });
});
