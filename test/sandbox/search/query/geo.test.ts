import {
  CreateDynamicThingGroupCommand,
  CreateThingCommand,
  DescribeThingGroupCommand,
  GetBucketsAggregationCommand,
  GetCardinalityCommand,
  GetPercentilesCommand,
  GetStatisticsCommand,
  ListThingsInThingGroupCommand,
  SearchIndexCommand,
  UpdateDynamicThingGroupCommand,
  UpdateIndexingConfigurationCommand,
  type ThingIndexingConfiguration,
} from "@aws-sdk/client-iot";
import { UpdateThingShadowCommand } from "@aws-sdk/client-iot-data-plane";
import { describe, expect, it } from "vitest";
import { pointIn } from "../../../../lib/sandbox/search/query/geo.js";
import { parseQuery, printQuery } from "../../../../lib/sandbox/search/query/parse.js";
import { openSandbox } from "../../clients.js";

const LAG = 1_500;
const BUILD = 5_000;

/** Seattle's Space Needle, from which the page's examples measure. */
const near = "geo_distance,47.6204,-122.3491,15.5km";
const invalidQuery = { name: "InvalidQueryException", $metadata: { httpStatusCode: 400 } };
const invalidRequest = { name: "InvalidRequestException", $metadata: { httpStatusCode: 400 } };

const classic = (order?: "LatLon" | "LonLat"): ThingIndexingConfiguration => ({
  thingIndexingMode: "REGISTRY_AND_SHADOW",
  filter: { geoLocations: [{ name: "shadow.reported.coordinates", order }] },
});

/** Bikes with what each reports of its place, indexed. */
async function withBikes(
  coordinates: Readonly<Record<string, unknown>>,
  configuration: ThingIndexingConfiguration = classic(),
  shadowName?: string,
) {
  const clients = openSandbox();
  const { iot, iotData, clock } = clients;
  const report = (thingName: string, reported: object) =>
    iotData.send(
      new UpdateThingShadowCommand({
        thingName,
        shadowName,
        payload: JSON.stringify({ state: { reported } }),
      }),
    );
  for (const [thingName, place] of Object.entries(coordinates)) {
    await iot.send(new CreateThingCommand({ thingName }));
    await report(thingName, { coordinates: place, gear: thingName.length });
  }
  const index = (thingIndexingConfiguration: ThingIndexingConfiguration) =>
    iot.send(new UpdateIndexingConfigurationCommand({ thingIndexingConfiguration }));
  await index(configuration);
  await clock.advance(BUILD);
  const search = async (queryString: string) => {
    const { things } = await iot.send(new SearchIndexCommand({ queryString }));
    return (things ?? []).map(({ thingName }) => thingName);
  };
  return { ...clients, report, index, search };
}

const downtown = { lat: 47.6153, lon: -122.3333 };
const tacoma = { lat: 47.2529, lon: -122.4443 };

describe("pointIn (location-indexing-geoquery, Supported data formats)", () => {
  const point = { latitude: 41.12, longitude: -71.34 };

  it.each<[string, unknown, "LatLon" | "LonLat" | undefined]>([
    ["well-known text", "POINT(-71.34 41.12)", undefined],
    ["well-known text, whatever the order configured", "Point ( -71.34  41.12 )", "LonLat"],
    ["two numbers in a text", "41.12,-71.34", undefined],
    ["two numbers in a text, the other way round", "-71.34, 41.12", "LonLat"],
    ["lat and lon", { lat: 41.12, lon: -71.34 }, undefined],
    ["latitude and longitude", { latitude: 41.12, longitude: -71.34, altitude: 3 }, "LonLat"],
    ["lat and long", { lat: 41.12, long: -71.34 }, undefined],
    ["an array", [41.12, -71.34], "LatLon"],
    ["an array as in GeoJSON", [-71.34, 41.12], "LonLat"],
  ])("reads %s", (_, value, order) => {
    expect(pointIn(value, order)).toEqual(point);
  });

  it.each<[string, unknown]>([
    ["another text", "at home"],
    ["an empty text", ""],
    ["three numbers", [1, 2, 3]],
    ["no numbers", ["a", "b"]],
    ["half an object", { lat: 1 }],
    ["what is not on the earth", [91, 0]],
    ["nor this", { lat: 0, lon: 180.5 }],
    ["a number", 41.12],
    ["nothing", null],
  ])("finds none in %s", (_, value) => {
    expect(pointIn(value)).toBeUndefined();
  });
});

describe("geo_distance in a query", () => {
  it.each([
    `shadow.reported.coordinates:${near}`,
    `shadow.name.gps-tracker.reported.coordinates:geo_distance,-33.9,151.2,500m`,
    "connectivity.connected:false AND NOT shadow.reported.coordinates:geo_distance,0,180,1mi",
    "shadow.reported.a:(geo_distance,1,2,3km OR geo_distance,4,5,6km)",
  ])("is read and written: %s", (text) => {
    const query = parseQuery(text);

    expect(parseQuery(printQuery(query))).toEqual(query);
    expect(printQuery(query)).toContain("geo_distance,");
  });

  it.each([
    ["no distance", "geo_distance,47.6,-122.3"],
    ["no unit", "geo_distance,47.6,-122.3,15"],
    ["another unit", "geo_distance,47.6,-122.3,15parsec"],
    ["a distance of nothing", "geo_distance,47.6,-122.3,0km"],
    ["a negative distance", "geo_distance,47.6,-122.3,-1km"],
    ["a latitude beyond the pole", "geo_distance,90.1,0,1km"],
    ["a longitude beyond the date line", "geo_distance,0,-180.1,1km"],
    ["text for a number", "geo_distance,here,there,1km"],
    ["a wildcard", "geo_distance,47*,-122.3,15km"],
    ["blanks between", "geo_distance, 47.6, -122.3, 15km"],
    ["too much", "geo_distance,47.6,-122.3,15km,1"],
    ["a form that AWS's page does not have", "geo_bounding_box,1,2,3,4"],
  ])("is refused with %s", (_, value) => {
    expect(() => parseQuery(`shadow.reported.a:${value}`)).toThrow(/^Unable to parse query, /);
  });

  it("is refused without a field, and is the only place for a comma", () => {
    expect(() => parseQuery(near)).toThrow("a geoquery needs a field");
    for (const text of [
      "a,b",
      "attributes.a:b,c",
      '"a,b"',
      'attributes.a:"geo_distance,1,2,3km"',
    ]) {
      expect(() => parseQuery(text)).toThrow("unsupported character: ,");
    }
  });
});

describe("geoqueries (location-indexing-geoquery, Example geoqueries)", () => {
  it("find what is near in a classic shadow, also with NOT and beside other terms", async () => {
    const places = { down: downtown, taco: tacoma, lost: "nowhere" };
    const { search } = await withBikes(places, {
      ...classic(),
      thingConnectivityIndexingMode: "STATUS",
    });
    const field = "shadow.reported.coordinates";

    expect(await search(`${field}:${near}`)).toEqual(["down"]);
    expect(await search(`${field}:geo_distance,47.6204,-122.3491,60km`)).toEqual(["down", "taco"]);
    expect(await search(`NOT ${field}:${near}`)).toEqual(["lost", "taco"]);
    expect(await search(`connectivity.connected:false AND (NOT ${field}:${near})`)).toEqual([
      "lost",
      "taco",
    ]);
    expect(await search(`${field}:(${near} OR geo_distance,47.25,-122.44,1km)`)).toEqual([
      "down",
      "taco",
    ]);
    expect(await search(`${field}:${near} AND shadow.reported.gear:9`)).toEqual([]);
    // The place is still found as what it is.
    expect(await search(`${field}.lat>47.5`)).toEqual(["down"]);
  });

  it("find what is near in a named shadow", async () => {
    const { search } = await withBikes(
      { down: downtown, taco: tacoma },
      {
        thingIndexingMode: "REGISTRY",
        namedShadowIndexingMode: "ON",
        filter: {
          namedShadowNames: ["gps-tracker"],
          geoLocations: [{ name: "shadow.name.gps-tracker.reported.coordinates" }],
        },
      },
      "gps-tracker",
    );

    expect(await search(`shadow.name.gps-tracker.reported.coordinates:${near}`)).toEqual(["down"]);
  });

  it("read numbers in the order configured", async () => {
    const geoJson = { bike: [-122.3333, 47.6153], text: "-122.3333,47.6153" };
    const lonLat = await withBikes(geoJson, classic("LonLat"));
    const latLon = await withBikes(geoJson, classic());
    const query = `shadow.reported.coordinates:${near}`;

    expect(await lonLat.search(query)).toEqual(["bike", "text"]);
    expect(await latLon.search(query)).toEqual([]);
    await latLon.index(classic("LonLat"));
    await latLon.clock.advance(BUILD);
    expect(await latLon.search(query)).toEqual(["bike", "text"]);
  });

  it("follow a bike that moves, and forget one that hides", async () => {
    const { clock, report, search } = await withBikes({ bike: tacoma });
    const query = `shadow.reported.coordinates:${near}`;

    await report("bike", { coordinates: downtown });
    expect(await search(query)).toEqual([]);
    await clock.advance(LAG);
    expect(await search(query)).toEqual(["bike"]);
    await report("bike", { coordinates: null });
    await clock.advance(LAG);
    expect(await search(query)).toEqual([]);
  });

  it("measure across the date line and at the poles", async () => {
    const { search } = await withBikes({ fiji: [-17, 179.99], pole: [89.999, 10] });
    const field = "shadow.reported.coordinates";

    expect(await search(`${field}:geo_distance,-17,-179.99,3km`)).toEqual(["fiji"]);
    expect(await search(`${field}:geo_distance,89.999,-170,1km`)).toEqual(["pole"]);
    // Half of the earth's circumference, give or take.
    expect(await search(`${field}:geo_distance,17,0.01,20000km`)).toEqual(["pole"]);
  });

  it("count in every operation that takes a query", async () => {
    const { iot } = await withBikes(
      { down: downtown, taco: tacoma },
      {
        ...classic(),
        customFields: [{ name: "shadow.reported.gear", type: "Number" }],
      },
    );
    const input = {
      queryString: `shadow.reported.coordinates:${near}`,
      aggregationField: "shadow.reported.gear",
    };

    const { statistics } = await iot.send(new GetStatisticsCommand(input));
    const { cardinality } = await iot.send(new GetCardinalityCommand(input));
    const { percentiles } = await iot.send(new GetPercentilesCommand({ ...input, percents: [50] }));
    const { totalCount } = await iot.send(
      new GetBucketsAggregationCommand({
        ...input,
        bucketsAggregationType: { termsAggregation: {} },
      }),
    );

    expect(statistics?.count).toBe(1);
    expect(cardinality).toBe(1);
    expect(percentiles).toEqual([{ percent: 50, value: 4 }]);
    expect(totalCount).toBe(1);
  });

  it("make dynamic groups, whose members come and go with their places", async () => {
    const { iot, clock, report } = await withBikes({ down: downtown, taco: tacoma });
    const thingGroupName = "Seattle";
    const queryString = `shadow.reported.coordinates:${near}`;
    await iot.send(new CreateDynamicThingGroupCommand({ thingGroupName, queryString }));
    await clock.advance(BUILD);
    const members = async () =>
      (await iot.send(new ListThingsInThingGroupCommand({ thingGroupName }))).things;
    const found = await iot.send(new DescribeThingGroupCommand({ thingGroupName }));

    expect(found.queryString).toBe(queryString);
    expect(await members()).toEqual(["down"]);
    await report("taco", { coordinates: downtown });
    await report("down", { coordinates: tacoma });
    await clock.advance(LAG);
    expect(await members()).toEqual(["taco"]);
    await iot.send(
      new UpdateDynamicThingGroupCommand({
        thingGroupName,
        thingGroupProperties: {},
        queryString: "shadow.reported.coordinates:geo_distance,47.2529,-122.4443,1km",
      }),
    );
    await clock.advance(BUILD);
    expect(await members()).toEqual(["down"]);
  });

  it("are refused for a field that is not indexed as a place, everywhere", async () => {
    const { iot } = await withBikes({ bike: downtown });
    for (const field of [
      "shadow.reported.elsewhere",
      "shadow.desired.coordinates",
      "attributes.a",
    ]) {
      const queryString = `${field}:${near}`;

      await expect(iot.send(new SearchIndexCommand({ queryString }))).rejects.toMatchObject({
        ...invalidQuery,
        message: `Unable to parse query, not among filter.geoLocations of the indexing configuration, field name: ${field}, query string: ${queryString}`,
      });
      await expect(iot.send(new GetStatisticsCommand({ queryString }))).rejects.toMatchObject(
        invalidQuery,
      );
      await expect(
        iot.send(new CreateDynamicThingGroupCommand({ thingGroupName: "g", queryString })),
      ).rejects.toMatchObject(invalidQuery);
    }
  });
});

describe("filter.geoLocations (API_IndexingFilter)", () => {
  const named = (name: string | undefined, rest: Partial<ThingIndexingConfiguration> = {}) => ({
    ...classic(),
    ...rest,
    filter: { geoLocations: [{ name }], ...rest.filter },
  });

  it.each<[string, ThingIndexingConfiguration]>([
    ["no name", named(undefined)],
    ["a registry attribute", named("attributes.place")],
    ["no section of a shadow", named("shadow.coordinates")],
    [
      "a classic shadow that is not indexed",
      named("shadow.reported.a", { thingIndexingMode: "REGISTRY" }),
    ],
    ["a named shadow that is not selected", named("shadow.name.gps.reported.a")],
    ["thing indexing that is off", named("shadow.reported.a", { thingIndexingMode: "OFF" })],
    ["an unknown order", classic("North" as "LatLon")],
  ])("are refused with %s", async (_, thingIndexingConfiguration) => {
    const { iot } = openSandbox();

    await expect(
      iot.send(new UpdateIndexingConfigurationCommand({ thingIndexingConfiguration })),
    ).rejects.toMatchObject(invalidRequest);
  });
});
