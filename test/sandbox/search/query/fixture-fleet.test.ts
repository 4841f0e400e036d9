import { describe, expect, it } from "vitest";
import { fieldsOf } from "../../../../lib/sandbox/search/query/document.js";
import { createFleetIndex } from "../../../../lib/sandbox/search/index/fleet-index.js";
import { matches } from "../../../../lib/sandbox/search/query/match.js";
import {
  InvalidQueryError,
  parseQuery,
  printQuery,
} from "../../../../lib/sandbox/search/query/parse.js";
import { fixtureFleet } from "./fixture-fleet.js";

const invalid = "InvalidQueryException";
const thirteen = Array.from({ length: 13 }, (_, n) => `thingName:t${n}`).join(" OR ");

// aws-behaviour.md section 3.6, numbered as there: [number, query, keys that must match].
const rows: readonly (readonly [number, string, string])[] = [
  [1, "*", "A B C D E F"],
  [2, "thingName:Vehicle-VIN-001", "A"],
  [3, "thingName:Vehicle-*", "A B C D E"],
  [4, "thingName:vehicle-vin-00?", "A B C D E"],
  [5, "thingTypeName:SedanVehicle", "A B E"],
  [6, "NOT thingTypeName:SedanVehicle", "C D F"],
  [7, "-thingTypeName:SedanVehicle", "C D F"],
  [8, "attributes.country:US", "A C E F"],
  [9, "attributes.country:(US OR CA)", "A B C E F"],
  [10, "attributes.Country:US", ""],
  [
    11,
    "thingTypeName:SedanVehicle AND attributes.country:(US OR CA) AND shadow.reported.batteryStatus:[50 TO *]",
    "A B",
  ],
  [12, "shadow.reported.batteryStatus>50", "A"],
  [13, "shadow.reported.batteryStatus>=50", "A B"],
  [14, "shadow.reported.batteryStatus<50", "C"],
  [15, "shadow.reported.batteryStatus:{50 TO 82]", "A"],
  [16, "shadow.reported.batteryStatus:[50 TO 82}", "B"],
  [17, "shadow.reported.batteryStatus:*", "A B C D"],
  [18, "NOT shadow.reported.batteryStatus:*", "E F"],
  [19, "shadow.reported.batteryStatus:HIGH", "D"],
  [20, "attributes.modelYear:[2021 TO 2023]", "A B"],
  [21, "thingTypeName:SedanVehicle attributes.modelYear>2021", "B E"],
  [22, 'attributes.model:"Comet-S"', "A B"],
  [23, "attributes.model:c*-s", "A B"],
  [24, "attributes.model:*-X", "E"],
  [25, "shadow.reported.features:gps", "A B"],
  [26, "shadow.reported.city:diego", "A"],
  [27, 'shadow.reported.city:"san diego"', "A"],
  [28, "shadow.hasDelta:true", "B"],
  [29, "shadow.desired.port:ready AND shadow.hasDelta:false", "F"],
  [30, "shadow.name.$package.reported.SedanVehicle.version:1.0.0", "A E"],
  [31, "shadow.name.\\$package.reported.SedanVehicle.version:1.1.0", "B"],
  [
    32,
    "thingTypeName:SedanVehicle NOT shadow.name.$package.reported.SedanVehicle.version:1.1.0",
    "A E",
  ],
  [33, "shadow.name.$package.reported.*.attributes.buildId>1500", "C"],
  [34, "NOT shadow.name.$package.reported.*.version:*", "D F"],
  [35, "connectivity.connected:true", "A C F"],
  [36, "connectivity.connected:false", "B D E"],
  [37, "connectivity.connected:false AND connectivity.timestamp<1760000000000", "B"],
  [38, "connectivity.disconnectReason:CONNECTION_LOST", "B"],
  [39, "connectivity.timestamp : [1760000000000 TO 1760000600000]", "A C"],
  [40, "thingGroupNames:(Fleet-West OR Fleet-East) AND NOT thingGroupNames:Recall-2024", "A C D"],
  [41, "(attributes.country:DE OR attributes.country:CA) AND shadow.reported.odometer<1000", "B D"],
  [42, "thingTypeName:* NOT shadow.reported.batteryStatus:*", "E"],
  [43, "comet-x", "E"],
  [44, 'attributes.country:["A" TO "D"] AND thingTypeName:TruckVehicle', ""],
  [45, "attributes.nope:1", ""],
  [46, "attributes.country:(US OR", invalid],
  [47, "thingTypeName:", invalid],
  [48, "AND attributes.country:US", invalid],
  [49, "shadow.reported.batteryStatus:[50 TO", invalid],
  [50, "colour:red", invalid],
  [51, thirteen, invalid],
];

const documents = Object.entries(fixtureFleet).map(
  ([key, document]) => [key, document.thingName, fieldsOf(document)] as const,
);
const index = createFleetIndex();
for (const [, name, fields] of documents) index.put(name, fields);

describe("the fixture fleet of the behaviour reference", () => {
  it.each(rows)("row %i: %s", (_number, text, expected) => {
    if (expected === invalid) {
      expect(() => parseQuery(text)).toThrow(InvalidQueryError);
      return;
    }

    const query = parseQuery(text);
    const scanned = documents.filter(([, , fields]) => matches(query, fields));
    const found = [...index.search(query)];

    expect(scanned.map(([key]) => key).join(" ")).toBe(expected);
    expect(found).toEqual(scanned.map(([, name]) => name).sort());
    expect(parseQuery(printQuery(query))).toEqual(query);
  });
});
