import {
  DescribeIndexCommand,
  GetBucketsAggregationCommand,
  GetCardinalityCommand,
  GetIndexingConfigurationCommand,
  GetPercentilesCommand,
  GetStatisticsCommand,
  GetThingConnectivityDataCommand,
  ListIndicesCommand,
  SearchIndexCommand,
  UpdateIndexingConfigurationCommand,
} from "@aws-sdk/client-iot";
import { DeleteThingShadowCommand, UpdateThingShadowCommand } from "@aws-sdk/client-iot-data-plane";
import { beforeAll, describe, expect, it } from "vitest";
import { makeGroup, makeThing } from "./makers.js";
import { longest, pagesOf } from "./paging.js";
import { answerOf, invalid, notFound, refused } from "./refused.js";
import { customField, enableIndexing } from "./settings.js";
import { mark, openTarget } from "./target.js";

const target = await openTarget();
const { iot, iotData } = target;

const invalidQuery = refused("InvalidQueryException", 400);
const invalidAggregation = refused("InvalidAggregationException", 400);

const search = async (queryString: string) => {
  const { things } = await iot.send(new SearchIndexCommand({ queryString }));
  return things?.map(({ thingName }) => thingName).sort();
};

/** Three cars of one model: two eager ones with a charge of 82 and 50, an easy one that never told. */
const model = target.name("model");
const ofModel = `attributes.model:${model}`;
const [eager, thrifty, silent] = ["eager", "eager", "easy"].map(() => target.name("car")) as [
  string,
  string,
  string,
];

beforeAll(async () => {
  await enableIndexing(target);
  for (const [thingName, contractMode] of [
    [eager, "eager"],
    [thrifty, "eager"],
    [silent, "easy"],
  ] as const) {
    const attributePayload = { attributes: { ...mark, model, contractMode } };
    await makeThing(target, { thingName, attributePayload });
  }
  await report(eager, undefined, { charge: 82, city: "San Diego", features: ["abs", "gps"] });
  await report(thrifty, undefined, { charge: 50, port: null });
  await report(eager, "$package", { [`pack-${model}`]: { version: "1.0.0" } });
  await target.eventually(async () => {
    expect(await search(ofModel)).toHaveLength(3);
    expect(await search(`${ofModel} AND shadow.reported.charge:*`)).toHaveLength(2);
    expect(await search(packed)).toHaveLength(1);
  });
});

const packed = `shadow.name.$package.reported.pack-${model}.version:1.0.0`;

async function report(thingName: string, shadowName: string | undefined, reported: object) {
  const payload = JSON.stringify({ state: { reported } });
  await iotData.send(new UpdateThingShadowCommand({ thingName, shadowName, payload }));
  target.cleanUp(`shadow ${shadowName ?? ""} of ${thingName}`, () =>
    iotData.send(new DeleteThingShadowCommand({ thingName, shadowName })),
  );
}

// https://docs.aws.amazon.com/iot/latest/apireference/API_GetIndexingConfiguration.html
describe("GetIndexingConfiguration", () => {
  it("tells both halves with the fields that AWS manages", async () => {
    const found = await iot.send(new GetIndexingConfigurationCommand({}));

    expect(found.thingIndexingConfiguration).toMatchObject({
      thingIndexingMode: "REGISTRY_AND_SHADOW",
      thingConnectivityIndexingMode: "STATUS",
      namedShadowIndexingMode: "ON",
      filter: { namedShadowNames: expect.arrayContaining(["$package"]) },
      customFields: expect.arrayContaining([customField]),
      managedFields: expect.arrayContaining([
        { name: "thingName", type: "String" },
        { name: "registry.version", type: "Number" },
        { name: "connectivity.connected", type: "Boolean" },
      ]),
    });
    expect(found.thingGroupIndexingConfiguration).toMatchObject({
      thingGroupIndexingMode: "ON",
      managedFields: expect.arrayContaining([{ name: "thingGroupName", type: "String" }]),
    });
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateIndexingConfiguration.html
describe("UpdateIndexingConfiguration", () => {
  it.each([
    ["connectivity", { thingConnectivityIndexingMode: "STATUS" }],
    ["violations", { deviceDefenderIndexingMode: "VIOLATIONS" }],
  ] as const)("refuses %s without an index of things", async (_, rest) => {
    const updated = iot.send(
      new UpdateIndexingConfigurationCommand({
        thingIndexingConfiguration: { thingIndexingMode: "OFF", ...rest },
      }),
    );

    await expect(updated).rejects.toMatchObject(invalid);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeIndex.html
// https://docs.aws.amazon.com/iot/latest/apireference/API_ListIndices.html
describe("DescribeIndex and ListIndices", () => {
  it.each([
    ["AWS_Things", "MULTI_INDEXING_MODE"],
    ["AWS_ThingGroups", "THING_GROUPS"],
  ])("tell of %s", async (indexName, schema) => {
    const index = await iot.send(new DescribeIndexCommand({ indexName }));

    expect(answerOf(index)).toEqual({ indexName, indexStatus: "ACTIVE", schema });
  });

  it("refuse an unknown index with 404", async () => {
    const index = iot.send(new DescribeIndexCommand({ indexName: "AWS_Nothing" }));

    await expect(index).rejects.toMatchObject(notFound);
  });

  it("page through both indexes", async () => {
    const pages = await pagesOf(async (nextToken) => {
      const page = await iot.send(new ListIndicesCommand({ maxResults: 1, nextToken }));
      return { items: page.indexNames, next: page.nextToken };
    });

    expect(longest(pages)).toBe(1);
    expect(pages.flat().sort()).toEqual(["AWS_ThingGroups", "AWS_Things"]);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_SearchIndex.html
describe("SearchIndex", () => {
  it("answers with the whole thing, its shadow as JSON in a text", async () => {
    const { things = [] } = await iot.send(
      new SearchIndexCommand({ queryString: `thingName:${eager}` }),
    );

    expect(things).toMatchObject([
      { thingName: eager, attributes: { ...mark, model }, connectivity: { connected: false } },
    ]);
    expect(JSON.parse(things[0]?.shadow ?? "")).toMatchObject({
      reported: { charge: 82, city: "San Diego", features: ["abs", "gps"] },
      hasDelta: false,
      version: 1,
      name: { $package: { reported: { [`pack-${model}`]: { version: "1.0.0" } } } },
    });
  });

  // https://docs.aws.amazon.com/iot/latest/developerguide/query-syntax.html
  it.each([
    ["attributes.contractMode:eager", [eager, thrifty]],
    ["attributes.contractMode:EAGER", [eager, thrifty]],
    ["attributes.contractmode:eager", []],
    ["attributes.contractMode:(eager OR easy)", [eager, thrifty, silent]],
    ["attributes.contractMode:ea??", [silent]],
    ["NOT attributes.contractMode:eager", [silent]],
    ["-attributes.contractMode:eager", [silent]],
    ["shadow.reported.charge:[50 TO 82]", [eager, thrifty]],
    ["shadow.reported.charge:{50 TO 82]", [eager]],
    ["shadow.reported.charge>50", [eager]],
    ["shadow.reported.charge<82", [thrifty]],
    ["shadow.reported.charge:*", [eager, thrifty]],
    ["NOT shadow.reported.charge:*", [silent]],
    ["shadow.reported.features:gps", [eager]],
    ["shadow.reported.city:diego", [eager]],
    ['shadow.reported.city:"san diego"', [eager]],
    ["shadow.hasDelta:false", [eager, thrifty]],
    ["connectivity.connected:false", [eager, thrifty, silent]],
    ["attributes.nope:1", []],
  ])("finds by %s", async (query, names) => {
    expect(await search(`${ofModel} AND ${query}`)).toEqual([...names].sort());
  });

  it("finds by the version of a package", async () => {
    expect(await search(packed)).toEqual([eager]);
    expect(await search(packed.replace("$package", "\\$package"))).toEqual([eager]);
  });

  it.each([
    "attributes.country:(US OR",
    "thingTypeName:",
    "AND attributes.country:US",
    "shadow.reported.charge:[50 TO",
    "colour:red",
    Array.from({ length: 13 }, (_, i) => `thingName:a${i}`).join(" OR "),
  ])("refuses %s with 400", async (query) => {
    await expect(search(query)).rejects.toMatchObject(invalidQuery);
  });

  it("pages through what it finds, each once", async () => {
    const pages = await pagesOf(async (nextToken) => {
      const input = { queryString: ofModel, maxResults: 2, nextToken };
      const page = await iot.send(new SearchIndexCommand(input));
      return { items: page.things?.map(({ thingName }) => thingName), next: page.nextToken };
    });

    expect(longest(pages)).toBeLessThanOrEqual(2);
    expect(pages.flat().sort()).toEqual([eager, thrifty, silent].sort());
  });

  it("finds groups in their own index", async () => {
    const { thingGroupName, thingGroupId } = await makeGroup(target, {
      thingGroupProperties: { thingGroupDescription: "Cars of the north" },
    });

    await target.eventually(async () => {
      const found = await iot.send(
        new SearchIndexCommand({
          indexName: "AWS_ThingGroups",
          queryString: `thingGroupName:${thingGroupName}`,
        }),
      );
      expect(found.thingGroups).toMatchObject([
        { thingGroupName, thingGroupId, thingGroupDescription: "Cars of the north" },
      ]);
    });
  });

  it("refuses an unknown index with 404", async () => {
    const found = iot.send(new SearchIndexCommand({ indexName: "AWS_Nothing", queryString: "*" }));

    await expect(found).rejects.toMatchObject(notFound);
  });
});

// https://docs.aws.amazon.com/iot/latest/developerguide/index-aggregate.html
describe("GetStatistics, GetCardinality, GetPercentiles and GetBucketsAggregation", () => {
  it("GetStatistics sums up a number", async () => {
    const { statistics } = await iot.send(
      new GetStatisticsCommand({ queryString: ofModel, aggregationField: "registry.version" }),
    );

    expect(statistics).toMatchObject({ count: 3, average: 1, minimum: 1, maximum: 1, sum: 3 });
  });

  it("GetCardinality counts values", async () => {
    const { cardinality } = await iot.send(
      new GetCardinalityCommand({ queryString: ofModel, aggregationField: customField.name }),
    );

    expect(cardinality).toBe(2);
  });

  it("GetPercentiles gives the percents that were asked for", async () => {
    const { percentiles } = await iot.send(
      new GetPercentilesCommand({
        queryString: ofModel,
        aggregationField: "registry.version",
        percents: [50, 99],
      }),
    );

    expect(percentiles).toEqual([
      { percent: 50, value: 1 },
      { percent: 99, value: 1 },
    ]);
  });

  it("GetBucketsAggregation counts things by value", async () => {
    const found = await iot.send(
      new GetBucketsAggregationCommand({
        queryString: ofModel,
        aggregationField: customField.name,
        bucketsAggregationType: { termsAggregation: { maxBuckets: 5 } },
      }),
    );

    expect(found.totalCount).toBe(3);
    expect(found.buckets).toHaveLength(2);
    expect(found.buckets).toEqual(
      expect.arrayContaining([
        { keyValue: "eager", count: 2 },
        { keyValue: "easy", count: 1 },
      ]),
    );
  });

  it.each([
    ["GetStatistics", GetStatisticsCommand],
    ["GetCardinality", GetCardinalityCommand],
    ["GetPercentiles", GetPercentilesCommand],
  ] as const)("%s refuses a field that is neither managed nor custom", async (_, Command) => {
    const input = { queryString: ofModel, aggregationField: "attributes.model" };

    await expect(iot.send(new Command(input))).rejects.toMatchObject(invalidAggregation);
  });

  it("GetBucketsAggregation refuses such a field as well", async () => {
    const counted = iot.send(
      new GetBucketsAggregationCommand({
        queryString: ofModel,
        aggregationField: "attributes.model",
        bucketsAggregationType: { termsAggregation: {} },
      }),
    );

    await expect(counted).rejects.toMatchObject(invalidAggregation);
  });

  it("GetPercentiles refuses a text", async () => {
    const input = { queryString: ofModel, aggregationField: customField.name };

    await expect(iot.send(new GetPercentilesCommand(input))).rejects.toMatchObject(
      invalidAggregation,
    );
  });

  it("refuse a broken query with 400", async () => {
    const counted = iot.send(new GetCardinalityCommand({ queryString: "thingName:" }));

    await expect(counted).rejects.toMatchObject(invalidQuery);
  });
});

// https://docs.aws.amazon.com/iot/latest/apireference/API_GetThingConnectivityData.html
describe("GetThingConnectivityData", () => {
  it("says of a thing that has never connected that it is not connected", async () => {
    const found = await iot.send(new GetThingConnectivityDataCommand({ thingName: silent }));

    expect(found).toMatchObject({ thingName: silent, connected: false });
  });

  it("refuses an unknown thing with 404", async () => {
    const thingName = target.name("thing");
    const found = iot.send(new GetThingConnectivityDataCommand({ thingName }));

    await expect(found).rejects.toMatchObject(notFound);
  });
});
