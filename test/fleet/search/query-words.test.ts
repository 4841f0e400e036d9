import { describe, expect, it } from "vitest";
import { deviceQuery } from "../../../lib/fleet/search/fleet-query.js";
import { queryInWords } from "../../../lib/fleet/search/query-words.js";
import { parseQuery } from "../../../lib/sandbox/search/query/parse.js";

describe("queryInWords", () => {
  it.each([
    ["*", "everything"],
    ["thingTypeName:SedanVehicle", "the thing type is SedanVehicle"],
    ["thingTypeName : SedanVehicle", "the thing type is SedanVehicle"],
    ["attributes.country:(US OR CA)", "the attribute country is US or CA"],
    ["shadow.reported.batteryStatus>50", "the reported battery (%) is above 50"],
    ["shadow.reported.batteryStatus <= 50", "the reported battery (%) is at most 50"],
    ["shadow.reported.batteryStatus:[50 TO *]", "the reported battery (%) is at least 50"],
    [
      "shadow.reported.batteryStatus:{30 TO 80]",
      "the reported battery (%) is above 30 and at most 80",
    ],
    [
      "NOT shadow.reported.coordinates:geo_distance,47.6204,-122.3491,15.5km",
      "the reported coordinates is not within 15.5 km of 47.6204, -122.3491",
    ],
    ["shadow.reported.batteryStatus:*", "the reported battery (%) is known"],
    ["NOT shadow.reported.batteryStatus:*", "the reported battery (%) is not known"],
    ["-thingTypeName:SedanVehicle", "the thing type is not SedanVehicle"],
    ["-(thingTypeName:A OR thingTypeName:B)", "not (the thing type is A or the thing type is B)"],
    ["shadow.name.$package.reported.Van.version:1.0.0", "the version of Van is 1.0.0"],
    ["shadow.name.\\$package.reported.Van.version:1.0.0", "the version of Van is 1.0.0"],
    ["NOT shadow.name.$package.reported.*.version:*", "no package's version is known"],
    ['shadow.reported.city:"san diego"', "the reported city is san diego"],
    ["shadow.desired.port:ready", "the desired port is ready"],
    ["thingName:Vehicle-*", "the name is like Vehicle-*"],
    ["comet", "any field has comet"],
    ["thingTypeName:Van -comet", "the thing type is Van and no field has comet"],
    ["NOT attributes.country:(US OR CA)", "the attribute country is not US or CA"],
    ["NOT (thingTypeName:A)", "not (the thing type is A)"],
    [
      "thingTypeName:SedanVehicle attributes.modelYear>2021",
      "the thing type is SedanVehicle and the attribute modelYear is above 2021",
    ],
    [
      "thingTypeName:A NOT attributes.country:US",
      "the thing type is A and the attribute country is not US",
    ],
    [
      "(attributes.country:DE OR attributes.country:CA) AND shadow.reported.odometer<1000",
      "(the attribute country is DE or the attribute country is CA) and the reported odometer is below 1000",
    ],
    ["attributes.model:(ab* AND -abc)", "the attribute model is like ab* and not abc"],
    ['attributes.country:["A" TO "D"]', "the attribute country is at least A and at most D"],
    ["thingGroupNames:US_Fleet", "a group is US_Fleet"],
  ])("puts %s into words", (query, words) => {
    // What AWS would refuse is never put into words.
    parseQuery(query);

    expect(queryInWords(query)).toBe(words);
  });

  it("reads what the builder makes", () => {
    const query = deviceQuery({
      thingType: "Van",
      countries: ["US", "CA"],
      versions: ["1.0.0"],
      battery: "<30",
      prefix: "Van-",
    });

    expect(queryInWords(query)).toBe(
      "the thing type is Van and the attribute country is US or CA and the version of Van is 1.0.0 " +
        "and the reported battery (%) is below 30 and the name is like Van-*",
    );
  });
});
