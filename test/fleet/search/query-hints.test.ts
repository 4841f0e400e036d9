import { describe, expect, it } from "vitest";
import { queryHints } from "../../../lib/fleet/search/query-hints.js";

describe("queryHints", () => {
  it.each([
    ["country:US", /it is called attributes\.country/],
    ["batteryStatus>50", /it is called shadow\.reported\.batteryStatus/],
    ["colour:red", /There is no field colour: fields begin with thingName/],
    ["thingtypename:Van", /case of a field's name matters: thingTypeName/],
    ["attributes.Country:US", /case of a field's name matters: attributes\.country/],
    ["Shadow.reported.batteryStatus>50", /case of a field's name matters: shadow\.reported/],
    ["attributes.country:US and thingTypeName:Van", /capitals/],
    ["not attributes.country:US", /capitals/],
    ["attributes.country:US && thingTypeName:Van", /^AND, OR and NOT are words/],
    ["attributes.country:US & thingTypeName:Van", /^AND, OR and NOT are words/],
    ["attributes.country:US || attributes.country:CA", /^AND, OR and NOT are words/],
    ["attributes.country:US&&thingTypeName:Van", /^AND, OR and NOT are words/],
    ["thingTypeName:Van && !attributes.country:US", /^AND, OR and NOT are words/],
    ["attributes.country=US", /Equality is a colon/],
    ["attributes.country!=US", /Equality is a colon/],
    ["shadow.reported.batteryStatus:[50 to *]", /TO in a range/],
    ["attributes.country:(US OR", /bracket has no partner/],
    ["shadow.reported.batteryStatus:[50 TO", /bracket has no partner/],
    ['attributes.country:"US', /quotation mark has no partner/],
    ["attributes.model:a;b", /supports none of/],
    ["attributes.model:a,b", /a comma only in geo_distance/],
    ["shadow.reported.city:San Diego", /quotation marks: "San Diego"/],
    ["shadow.name.$package.reported.Van.version>1.0.0", /A version is text/],
    ["shadow.name.$package.reported.Van.version:[1.0.0 TO 1.1.0]", /A version is text/],
  ])("says of %s what may be wrong", (query, hint) => {
    expect(queryHints(query).join("\n")).toMatch(hint);
  });

  it("says of signs between terms only that they are words", () => {
    expect(queryHints("attributes.country:US && thingTypeName:Van")).toHaveLength(1);
  });

  it.each([
    "thingTypeName:SedanVehicle AND attributes.country:(US OR CA)",
    "shadow.reported.batteryStatus>=50",
    "shadow.reported.batteryStatus : [50 TO *]",
    'thingTypeName:Van NOT shadow.reported.city:"San Diego; and (more"',
    "attributes.model:(ab* AND -abc) -thingTypeName:Van",
    "thingTypeName:Van attributes.modelYear>2021",
    "shadow.name.\\$package.reported.Van.version:1.0.0",
    "shadow.reported.location:geo_distance,47.6,-122.3,15km AND thingTypeName:Van",
    "shadow.reported.coordinates:geo_distance,47.6204,-122.3491,15.5km",
    "*",
  ])("has nothing to say of %s", (query) => {
    expect(queryHints(query)).toEqual([]);
  });
});
