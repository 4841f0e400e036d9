import { describe, expect, it } from "vitest";
import { fieldsOf } from "../../../../lib/sandbox/search/query/document.js";
import { createFleetIndex } from "../../../../lib/sandbox/search/index/fleet-index.js";
import { matches } from "../../../../lib/sandbox/search/query/match.js";
import { parseQuery } from "../../../../lib/sandbox/search/query/parse.js";

// Rules of query-syntax.html and example-queries.html that the fixture fleet does not show.

const fields = fieldsOf({
  thingName: "Vehicle-VIN-001",
  thingId: "1b2c",
  thingTypeName: "SedanVehicle",
  thingGroupNames: ["Fleet-West"],
  attributes: { year: "2021", firmware: "1.10.0", big: "9007199254740993", padded: "007" },
  shadow: {
    reported: {
      city: "San Diego Bay",
      stringNumber: "50",
      temperature: -5.5,
      parked: true,
      words: ["over heat", "low oil"],
      emoji: "a😀",
      sections: ["1 2", 300],
    },
    hasDelta: false,
    name: {
      $package: {
        reported: {
          "my.pkg": { version: "1.0.0", attributes: { build: 7, version: 3 } },
        },
      },
      climate: { reported: { fan: "On" } },
    },
  },
  connectivity: { connected: true, timestamp: 1_760_000_000_000, disconnectReason: "NONE" },
});
const index = createFleetIndex();
index.put("Vehicle-VIN-001", fields);

describe("matches", () => {
  it.each([
    ["shadow.reported.city:DIEGO", true],
    ['shadow.reported.city:"diego bay"', true],
    ['shadow.reported.city:"san bay"', false],
    ['shadow.reported.city:"bay diego"', false],
    ["shadow.reported.city:die*", true],
    ["shadow.reported.city:san*bay", false], // a pattern is about one word
    ['shadow.reported.words:"heat low"', false], // a phrase is about one element
    ['shadow.reported.words:"low oil"', true],
    ["thingName:VIN", false], // words end at white space only
    ["thingName:vehicle", false],
    ["thingName:*vin*", true],
    ["thingName:vehicle-vin-0?", false],
    ["shadow.reported.emoji:a?", true],
    ["shadow.reported.emoji:a??", false],
    ["attributes.year>2020", true],
    ["attributes.year:2021", true],
    ["attributes.padded:7", false], // a term compares text,
    ["attributes.padded:[7 TO 7]", true], // a range compares numbers
    ["attributes.firmware>1", false],
    ["attributes.firmware:[1.1.0 TO 1.2.0]", true], // text order, not version order
    ["attributes.big>0", false], // beyond 2^53 a double cannot hold it
    ["shadow.reported.stringNumber>1", false], // text in a shadow stays text
    ["shadow.reported.stringNumber:50", true],
    ["shadow.reported.temperature<-5", true],
    ["shadow.reported.temperature:-5.5", true],
    ["shadow.reported.temperature:[-6 TO -5]", true],
    ["shadow.reported.temperature:[-5 TO -6]", false],
    ["shadow.reported.sections>299", true],
    ["shadow.reported.sections<10", false],
    ["shadow.reported.parked:TRUE", true],
    ["shadow.reported.parked:false", false],
    ['shadow.reported.city:["c" TO "e"]', true],
    ['shadow.reported.city:{"BAY" TO "c"]', false],
    ["shadow.reported.City:diego", false],
    ["shadow.version:*", false],
    ["NOT shadow.reported.nope:1", true],
    ["NOT shadow.reported.nope>1", true],
    ["shadow.name.climate.reported.fan:on", true],
    ["shadow.name.$package.reported.my.pkg.version:1.0.0", true],
    ["shadow.name.$package.reported.*.version:1.*", true],
    ["shadow.name.$package.reported.*.version:3", false], // that is an attribute's
    ["shadow.name.$package.reported.*.attributes.version:3", true],
    ["shadow.name.\\$package.reported.*.attributes.build<8", true],
    ["diego", true],
    ['"san diego"', true],
    ["sedan*", true],
    ["fleet-west", true],
    ["NONE", false], // a bare term does not look at connectivity
    ["1760000000000", false],
  ])("%s is %s", (text, expected) => {
    const query = parseQuery(text);

    expect(matches(query, fields)).toBe(expected);
    expect([...index.search(query)]).toHaveLength(expected ? 1 : 0);
  });

  it("stays fast on the pattern and the word that are worst for it", () => {
    const long = fieldsOf({
      thingName: "t",
      thingId: "i",
      thingGroupNames: [],
      attributes: {},
      shadow: { reported: { text: "a".repeat(8_000) } },
    });
    const query = parseQuery(`shadow.reported.text:*${"a".repeat(30)}*b`);

    expect(matches(query, long)).toBe(false);
  }, 1_000);
});
