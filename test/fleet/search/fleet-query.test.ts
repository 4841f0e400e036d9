import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../../lib/aws/errors.js";
import {
  deviceQuery,
  groupNameOf,
  queryValue,
  type DeviceCriteria,
} from "../../../lib/fleet/search/fleet-query.js";
import { parseQuery, termCount } from "../../../lib/sandbox/search/query/parse.js";

const SEDANS = { thingType: "SedanVehicle" };
const CODES = "US CA MX GT BZ SV HN NI CR PA CU JM HT".split(" ");

describe("deviceQuery", () => {
  it.each<[DeviceCriteria, string]>([
    [SEDANS, "thingTypeName:SedanVehicle"],
    [{ countries: ["US"] }, "attributes.country:US"],
    [{ countries: [" us", "ca"] }, "attributes.country:(US OR CA)"],
    [
      { ...SEDANS, versions: ["1.0.0"] },
      "thingTypeName:SedanVehicle AND shadow.name.$package.reported.SedanVehicle.version:1.0.0",
    ],
    [
      { ...SEDANS, versions: ["1.0.0", "2.0.0-beta"] },
      "thingTypeName:SedanVehicle AND " +
        "shadow.name.$package.reported.SedanVehicle.version:(1.0.0 OR 2.0.0-beta)",
    ],
    [{ prefix: "Van-" }, "thingName:Van-*"],
    [{ prefix: "a:b-" }, "thingName:a\\:b-*"],
    [
      { battery: ">50", countries: ["US"], ...SEDANS },
      "thingTypeName:SedanVehicle AND attributes.country:US AND shadow.reported.batteryStatus>50",
    ],
  ])("makes of %j the query %s", (criteria, query) => {
    expect(deviceQuery(criteria)).toBe(query);
  });

  it.each([
    [">50", ">50"],
    ["> 50", ">50"],
    [" < 30 ", "<30"],
    ["= 75", ":75"],
    ["75", ":75"],
    ["<7.5", "<7.5"],
    [">050", ">50"],
  ])("D13: reads the battery %j with or without blanks", (battery, test) => {
    expect(deviceQuery({ battery })).toBe(`shadow.reported.batteryStatus${test}`);
  });

  it.each([">=50", "<=50", "", ">", "50%", ">-1", ">101", "full", "50 60", "[50 TO *]"])(
    "D29: refuses the battery %j, with the way to say at least",
    (battery) => {
      expect(() => deviceQuery({ battery })).toThrow(InvalidInputError);
      expect(() => deviceQuery({ battery })).toThrow(/batteryStatus:\[50 TO \*\]/);
    },
  );

  it.each<[string, DeviceCriteria, RegExp]>([
    ["no criterion", {}, /at least one criterion/],
    ["only empty lists", { countries: [], versions: [] }, /at least one criterion/],
    ["versions without a type", { versions: ["1.0.0"] }, /name the thing type/],
    ["a country twice", { countries: ["US", "us"] }, /name US once only/],
    ["a country by its name", { countries: ["Canada"] }, /"Canada" cannot be a country/],
    ["an injected operator", { countries: ["US) OR (*"] }, /two letters/],
    ["a type with a blank", { thingType: "A OR B" }, /a thing type name/],
    ["a version with a wildcard", { ...SEDANS, versions: ["1.*"] }, /a package version/],
    ["a version twice", { ...SEDANS, versions: ["1.0.0", "1.0.0"] }, /stand in the list once/],
    ["an impossible prefix", { prefix: "*" }, /a prefix of thing names/],
    ["a type that no package can have", { thingType: "A:B", versions: ["1.0.0"] }, /package name/],
  ])("D29: refuses %s", (_, criteria, message) => {
    expect(() => deviceQuery(criteria)).toThrow(InvalidInputError);
    expect(() => deviceQuery(criteria)).toThrow(message);
  });

  it("makes at most twelve terms", () => {
    const query = deviceQuery({ ...SEDANS, countries: CODES.slice(0, 10), battery: ">50" });

    expect(termCount(parseQuery(query))).toBe(12);
  });

  it("D13: refuses more countries than fit, with how many do", () => {
    const tooMany = { ...SEDANS, countries: CODES.slice(0, 11), battery: ">50" };

    expect(() => deviceQuery(tooMany)).toThrow(InvalidInputError);
    expect(() => deviceQuery(tooMany)).toThrow(/at most 12 terms, these are 13/);
    expect(() => deviceQuery(tooMany)).toThrow(/room for 10 countries/);
  });

  it("refuses a query beyond AWS's thousand bytes", () => {
    const versions = Array.from({ length: 11 }, (_, i) => `${"v".repeat(62)}${10 + i}`);
    const long = { thingType: "T".repeat(128), versions };

    expect(() => deviceQuery(long)).toThrow(/at most 1,000 bytes/);
  });

  it("quotes a type that the language would misread", () => {
    for (const thingType of ["AND", "a:b", "-x"]) {
      const query = deviceQuery({ thingType });

      expect(parseQuery(query)).toEqual({
        kind: "term",
        field: "thingTypeName",
        test: { kind: "text", text: thingType },
      });
    }
  });
});

describe("queryValue", () => {
  it.each([
    ["US", "US"],
    ["1.0.0-beta", "1.0.0-beta"],
    ["San Diego", '"San Diego"'],
    ["OR", '"OR"'],
    ["a*", '"a*"'],
    ['say "hi"', '"say \\"hi\\""'],
  ])("writes %j as %s", (text, written) => {
    expect(queryValue(text)).toBe(written);
    expect(parseQuery(`attributes.x:${written}`)).toMatchObject({ test: { kind: "text", text } });
  });

  it.each(["a;b", "50%", "a\\b", "it's", "a,b", "", "  "])("refuses %j", (text) => {
    expect(() => queryValue(text)).toThrow(InvalidInputError);
  });
});

describe("groupNameOf", () => {
  it.each<[DeviceCriteria, string]>([
    [SEDANS, "SedanVehicle_Devices"],
    [{ ...SEDANS, versions: ["1.0.0"] }, "SedanVehicle_1_0_0_Devices"],
    [
      { ...SEDANS, countries: ["us"], versions: ["1.0.0"], battery: "> 50" },
      "US_SedanVehicle_1_0_0_batterygt50_Devices",
    ],
    [{ battery: "<30" }, "batterylt30_Devices"],
    [{ battery: "7.5" }, "batteryeq7_5_Devices"],
    [{ countries: ["MX"], prefix: "Ada-" }, "Ada_MX_Devices"],
  ])("calls %j %s", (criteria, name) => {
    expect(groupNameOf(criteria)).toBe(name);
  });

  it.each<DeviceCriteria>([
    { countries: ["US", "CA"] },
    { ...SEDANS, versions: ["1.0.0", "1.1.0"] },
    { thingType: "T".repeat(128) },
  ])("leaves %j to a name of your own", (criteria) => {
    expect(groupNameOf(criteria)).toBeUndefined();
  });

  it("refuses what is no query", () => {
    expect(() => groupNameOf({})).toThrow(InvalidInputError);
  });
});
