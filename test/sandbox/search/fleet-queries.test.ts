import {
  AddThingToBillingGroupCommand,
  AddThingToThingGroupCommand,
  CreateBillingGroupCommand,
  CreateDynamicThingGroupCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  CreateThingTypeCommand,
  DeleteBillingGroupCommand,
  DeleteThingCommand,
  DeleteThingGroupCommand,
  GetBucketsAggregationCommand,
  GetCardinalityCommand,
  GetPercentilesCommand,
  GetStatisticsCommand,
  RemoveThingFromBillingGroupCommand,
  SearchIndexCommand,
  UpdateIndexingConfigurationCommand,
  UpdateThingCommand,
  type ThingIndexingConfiguration,
} from "@aws-sdk/client-iot";
import { DeleteThingShadowCommand, UpdateThingShadowCommand } from "@aws-sdk/client-iot-data-plane";
import { describe, expect, it } from "vitest";
import { clientsOf, openSandbox } from "../clients.js";

const everything: ThingIndexingConfiguration = {
  thingIndexingMode: "REGISTRY_AND_SHADOW",
  thingConnectivityIndexingMode: "STATUS",
  namedShadowIndexingMode: "ON",
  filter: { namedShadowNames: ["$package"] },
  customFields: [
    { name: "shadow.reported.battery", type: "Number" },
    { name: "attributes.country", type: "String" },
    { name: "shadow.name.$package.reported.app.version", type: "String" },
  ],
};

/** Lags of 1,500 ms for a change and 5,000 ms for a build, the sandbox's defaults. */
const LAG = 1_500;
const BUILD = 5_000;

/** Three cars, indexed: car-1 and car-2 are of type Sedan, car-3 has no shadow. */
async function withFleet(configuration = everything) {
  const clients = openSandbox();
  const { iot, iotData, clock } = clients;
  await iot.send(new CreateThingTypeCommand({ thingTypeName: "Sedan" }));
  const create = (thingName: string, country: string, thingTypeName?: string) =>
    iot.send(
      new CreateThingCommand({
        thingName,
        thingTypeName,
        attributePayload: { attributes: { country } },
      }),
    );
  const report = (thingName: string, reported: object | null, shadowName?: string) =>
    iotData.send(
      new UpdateThingShadowCommand({
        thingName,
        shadowName,
        payload: JSON.stringify({ state: { reported } }),
      }),
    );
  const index = (thingIndexingConfiguration: ThingIndexingConfiguration) =>
    iot.send(new UpdateIndexingConfigurationCommand({ thingIndexingConfiguration }));
  const search = async (queryString: string) => {
    const { things } = await iot.send(new SearchIndexCommand({ queryString }));
    return (things ?? []).map(({ thingName }) => thingName);
  };

  await create("car-1", "US", "Sedan");
  await create("car-2", "CA", "Sedan");
  await create("car-3", "US");
  await report("car-1", { battery: 82 });
  await report("car-2", { battery: 40 });
  await report("car-1", { app: { version: "1.0.0" } }, "$package");
  await report("car-2", { app: { version: "1.1.0" } }, "$package");
  await report("car-1", { secret: 1 }, "other");
  await report("ghost", { battery: 99 });
  await index(configuration);
  await clock.advance(BUILD);
  return { ...clients, create, report, index, search };
}

describe("SearchIndex (API_SearchIndex)", () => {
  it.each([
    ["*", ["car-1", "car-2", "car-3"]],
    ["thingTypeName:sedan AND attributes.country:US", ["car-1"]],
    ["shadow.reported.battery>50", ["car-1"]],
    ["shadow.name.$package.reported.app.version:1.1.0", ["car-2"]],
    ["connectivity.connected:false", ["car-1", "car-2", "car-3"]],
    ["NOT shadow.reported.battery:*", ["car-3"]],
    ["attributes.nope:1", []],
  ])("finds %s", async (query, expected) => {
    const { search } = await withFleet();

    expect(await search(query)).toEqual(expected);
  });

  it("tells the whole thing, with its shadows as JSON text", async () => {
    const { iot, clock } = await withFleet();

    const { things } = await iot.send(new SearchIndexCommand({ queryString: "thingName:car-1" }));

    const { thingId, shadow, ...thing } = things?.[0] ?? {};
    const timestamp = Math.floor((clock.now() - BUILD) / 1000);
    expect(thingId).toHaveLength(36);
    expect(thing).toEqual({
      thingName: "car-1",
      thingTypeName: "Sedan",
      attributes: { country: "US" },
      connectivity: { connected: false },
    });
    expect(JSON.parse(shadow ?? "")).toEqual({
      reported: { battery: 82 },
      metadata: { reported: { battery: { timestamp } } },
      hasDelta: false,
      version: 1,
      name: {
        $package: {
          reported: { app: { version: "1.0.0" } },
          metadata: { reported: { app: { version: { timestamp } } } },
          hasDelta: false,
          version: 1,
        },
      },
    });
  });

  it("finds things by groups of all kinds, billing groups among them", async () => {
    const { iot, clock, search } = await withFleet();
    const billingGroupName = "bill1";
    await iot.send(new CreateBillingGroupCommand({ billingGroupName }));
    await iot.send(new CreateThingGroupCommand({ thingGroupName: "cars" }));
    await iot.send(
      new CreateDynamicThingGroupCommand({
        thingGroupName: "billed",
        queryString: "thingGroupNames:bill1",
      }),
    );
    for (const thingName of ["car-1", "car-3"]) {
      await iot.send(new AddThingToBillingGroupCommand({ thingName, billingGroupName }));
    }
    await iot.send(new AddThingToThingGroupCommand({ thingName: "car-1", thingGroupName: "cars" }));
    expect(await search("thingGroupNames:bill1")).toEqual([]);
    await clock.advance(BUILD + 2 * LAG);

    expect(await search("thingGroupNames:bill1")).toEqual(["car-1", "car-3"]);
    expect(await search("thingGroupNames:BILL*")).toEqual(["car-1", "car-3"]);
    expect(await search("bill1")).toEqual(["car-1", "car-3"]);
    expect(await search("NOT thingGroupNames:bill1")).toEqual(["car-2"]);
    expect(await search("thingGroupNames:cars AND thingGroupNames:bill1")).toEqual(["car-1"]);
    const { things } = await iot.send(new SearchIndexCommand({ queryString: "thingName:car-1" }));
    expect(things?.[0]?.thingGroupNames?.toSorted()).toEqual(["bill1", "billed", "cars"]);
    const { buckets } = await iot.send(
      new GetBucketsAggregationCommand({
        queryString: "*",
        aggregationField: "registry.thingGroupNames",
        bucketsAggregationType: { termsAggregation: {} },
      }),
    );
    expect(buckets).toContainEqual({ keyValue: "bill1", count: 2 });

    await iot.send(
      new RemoveThingFromBillingGroupCommand({ thingName: "car-1", billingGroupName }),
    );
    await iot.send(new DeleteBillingGroupCommand({ billingGroupName }));
    await clock.advance(LAG);
    expect(await search("thingGroupNames:*")).toEqual(["car-1", "car-3"]);
    await clock.advance(LAG);
    expect(await search("thingGroupNames:*")).toEqual(["car-1"]);
  });

  it("shows a delta and finds it", async () => {
    const { iot, iotData, clock, search } = await withFleet();
    await iotData.send(
      new UpdateThingShadowCommand({
        thingName: "car-2",
        payload: JSON.stringify({ state: { desired: { battery: 50 } } }),
      }),
    );
    await clock.advance(LAG);

    const { things } = await iot.send(
      new SearchIndexCommand({ queryString: "shadow.hasDelta:true" }),
    );

    expect(things?.map(({ thingName }) => thingName)).toEqual(["car-2"]);
    expect(JSON.parse(things?.[0]?.shadow ?? "")).toMatchObject({ delta: { battery: 50 } });
    expect(await search("shadow.delta.battery:50")).toEqual(["car-2"]);
  });

  it("finds only what the configuration selects", async () => {
    const { iot, search } = await withFleet({ thingIndexingMode: "REGISTRY" });

    expect(await search("attributes.country:US")).toEqual(["car-1", "car-3"]);
    expect(await search("shadow.reported.battery:*")).toEqual([]);
    expect(await search("shadow.name.$package.reported.app.version:*")).toEqual([]);
    expect(await search("connectivity.connected:*")).toEqual([]);
    const { things } = await iot.send(new SearchIndexCommand({ queryString: "thingName:car-1" }));
    expect(things?.[0]).not.toHaveProperty("shadow");
    expect(things?.[0]).not.toHaveProperty("connectivity");
  });

  it("finds named shadows only that are selected, and none of unregistered things", async () => {
    const { search } = await withFleet();

    expect(await search("shadow.name.other.reported.secret:1")).toEqual([]);
    expect(await search("shadow.reported.battery:99")).toEqual([]);
  });

  it("sees changes of registry, shadows and memberships after the lag, and not before", async () => {
    const { iot, iotData, clock, create, report, search } = await withFleet();
    await iot.send(new CreateThingGroupCommand({ thingGroupName: "west" }));

    await create("car-4", "DE");
    await iot.send(
      new UpdateThingCommand({
        thingName: "car-3",
        attributePayload: { attributes: { country: "FR" } },
      }),
    );
    await iot.send(new DeleteThingCommand({ thingName: "car-2" }));
    await report("car-1", { battery: 10 });
    await iotData.send(
      new DeleteThingShadowCommand({ thingName: "car-1", shadowName: "$package" }),
    );
    await iot.send(new AddThingToThingGroupCommand({ thingName: "car-1", thingGroupName: "west" }));
    const queries = [
      "*",
      "attributes.country:(DE OR FR)",
      "shadow.reported.battery<20",
      "shadow.name.$package.reported.app.version:1.0.0",
      "thingGroupNames:west",
    ];
    const look = () => Promise.all(queries.map(search));
    await clock.advance(LAG - 1);
    const before = await look();
    await clock.advance(1);
    const after = await look();

    expect(before).toEqual([["car-1", "car-2", "car-3"], [], [], ["car-1"], []]);
    expect(after).toEqual([
      ["car-1", "car-3", "car-4"],
      ["car-3", "car-4"],
      ["car-1"],
      [],
      ["car-1"],
    ]);
  });

  it("sees each change at its own time, also when nobody searched between", async () => {
    const { iot, clock, report, search } = await withFleet();
    await iot.send(new CreateThingGroupCommand({ thingGroupName: "step-1" }));
    await iot.send(new CreateThingGroupCommand({ thingGroupName: "step-2" }));
    const change = async (step: number) => {
      await report("car-3", { step });
      await iot.send(
        new UpdateThingCommand({
          thingName: "car-3",
          attributePayload: { attributes: { step: `${step}` } },
        }),
      );
      await iot.send(
        new AddThingToThingGroupCommand({ thingName: "car-3", thingGroupName: `step-${step}` }),
      );
    };
    const find = (step: number) =>
      Promise.all(
        [
          `shadow.reported.step:${step}`,
          `attributes.step:${step}`,
          `thingGroupNames:step-${step}`,
        ].map(search),
      );

    await change(1);
    await clock.advance(1_000);
    await change(2);
    await clock.advance(LAG - 1_000);
    const seen = [await find(1), await find(2)];
    await clock.advance(1_000);

    expect(seen).toEqual([
      [["car-3"], ["car-3"], ["car-3"]],
      [[], [], []],
    ]);
    expect(await find(2)).toEqual([["car-3"], ["car-3"], ["car-3"]]);
  });

  it("never sees a change that was refused", async () => {
    const { iot, clock, search } = await withFleet();

    await expect(
      iot.send(
        new UpdateThingCommand({
          thingName: "car-3",
          attributePayload: { attributes: { a: "1", b: "2", c: "3", d: "4" } },
        }),
      ),
    ).rejects.toThrow();
    await clock.advance(LAG);

    expect(await search("attributes.d:4")).toEqual([]);
  });

  it("finds a shadow that was there before its thing", async () => {
    const { clock, create, search } = await withFleet();

    await create("ghost", "XX");
    await clock.advance(LAG);

    expect(await search("shadow.reported.battery:99")).toEqual(["ghost"]);
  });

  it("refuses while the index builds, with IndexNotReadyException", async () => {
    const { iot } = openSandbox();
    await iot.send(
      new UpdateIndexingConfigurationCommand({ thingIndexingConfiguration: everything }),
    );

    await expect(iot.send(new SearchIndexCommand({ queryString: "*" }))).rejects.toMatchObject({
      name: "IndexNotReadyException",
      $metadata: { httpStatusCode: 400 },
    });
  });

  it("answers as before while the index rebuilds", async () => {
    const { clock, index, search } = await withFleet({ thingIndexingMode: "REGISTRY" });

    await index(everything);
    const rebuilding = await search("shadow.reported.battery:82");
    await clock.advance(BUILD);
    const active = await search("shadow.reported.battery:82");

    expect([rebuilding, active]).toEqual([[], ["car-1"]]);
  });

  it("forgets and finds again when indexing is switched off and on", async () => {
    const { clock, index, create, search } = await withFleet();
    await index({ thingIndexingMode: "OFF" });
    await create("car-4", "US");
    await index({ thingIndexingMode: "REGISTRY" });
    await clock.advance(BUILD);

    expect(await search("attributes.country:US")).toEqual(["car-1", "car-3", "car-4"]);
    expect(await search("shadow.reported.battery:*")).toEqual([]);
  });

  it.each([undefined, "AWS_Things", "AWS_ThingGroups", "nope"])(
    "refuses index %s when there is none of that name",
    async (indexName) => {
      const { iot } = openSandbox();

      await expect(
        iot.send(new SearchIndexCommand({ queryString: "*", indexName })),
      ).rejects.toMatchObject({
        name: "ResourceNotFoundException",
        $metadata: { httpStatusCode: 404 },
      });
    },
  );

  it("refuses a bad query in AWS's words", async () => {
    const { search } = await withFleet();

    await expect(search("colour:red")).rejects.toMatchObject({
      name: "InvalidQueryException",
      message:
        "Unable to parse query, invalid field name, field name: colour, query string: colour:red",
      $metadata: { httpStatusCode: 400 },
    });
    await expect(search("attributes.country:(US OR")).rejects.toMatchObject({
      name: "InvalidQueryException",
    });
  });

  it("refuses another query version, and knows its own", async () => {
    const { iot } = await withFleet();
    const ask = (queryVersion: string) =>
      iot.send(new SearchIndexCommand({ queryString: "*", queryVersion }));

    await expect(ask("2030-01-01")).rejects.toMatchObject({ name: "InvalidQueryException" });
    expect((await ask("2017-09-30")).things).toHaveLength(3);
  });

  it("refuses an empty query and an empty page", async () => {
    const { iot } = await withFleet();

    for (const input of [{ queryString: "" }, { queryString: "*", maxResults: 0 }]) {
      await expect(iot.send(new SearchIndexCommand(input))).rejects.toMatchObject({
        name: "InvalidRequestException",
      });
    }
  });

  it.each([101, 250, 500, 2_147_483_647])(
    "takes maxResults %d and gives 100",
    async (maxResults) => {
      const { clock, create, iot } = await withFleet();
      for (let number = 4; number <= 120; number++) await create(`car-${number}`, "US");
      await clock.advance(LAG);

      const { things, nextToken } = await iot.send(
        new SearchIndexCommand({ queryString: "*", maxResults }),
      );
      const rest = await iot.send(
        new SearchIndexCommand({ queryString: "*", maxResults, nextToken }),
      );

      expect(things).toHaveLength(100);
      expect(rest.things).toHaveLength(20);
      expect(rest).not.toHaveProperty("nextToken");
    },
  );

  it("pages without loss or repetition and refuses a foreign token", async () => {
    const { iot } = await withFleet();

    const first = await iot.send(new SearchIndexCommand({ queryString: "*", maxResults: 2 }));
    const { nextToken } = first;
    const last = await iot.send(new SearchIndexCommand({ queryString: "*", nextToken }));

    expect(first.things?.map(({ thingName }) => thingName)).toEqual(["car-1", "car-2"]);
    expect(last.things?.map(({ thingName }) => thingName)).toEqual(["car-3"]);
    expect(last).not.toHaveProperty("nextToken");
    await expect(
      iot.send(new SearchIndexCommand({ queryString: "thingName:car*", nextToken })),
    ).rejects.toMatchObject({ name: "InvalidRequestException" });
  });

  it("does not see other accounts and Regions", async () => {
    const { sandbox, clock } = await withFleet();
    const other = clientsOf(sandbox, "999999999999").iot;
    await other.send(
      new UpdateIndexingConfigurationCommand({ thingIndexingConfiguration: everything }),
    );
    await clock.advance(BUILD);

    const { things } = await other.send(new SearchIndexCommand({ queryString: "*" }));

    expect(things).toEqual([]);
  });
});

describe("SearchIndex over AWS_ThingGroups", () => {
  async function withGroups() {
    const clients = openSandbox();
    const { iot, clock } = clients;
    await iot.send(new CreateThingGroupCommand({ thingGroupName: "world" }));
    await iot.send(
      new CreateThingGroupCommand({
        thingGroupName: "west",
        parentGroupName: "world",
        thingGroupProperties: {
          thingGroupDescription: "Sunny coast",
          attributePayload: { attributes: { region: "west" } },
        },
      }),
    );
    await iot.send(
      new UpdateIndexingConfigurationCommand({
        thingGroupIndexingConfiguration: { thingGroupIndexingMode: "ON" },
      }),
    );
    await clock.advance(BUILD);
    const search = async (queryString: string) => {
      const { thingGroups } = await iot.send(
        new SearchIndexCommand({ queryString, indexName: "AWS_ThingGroups" }),
      );
      return thingGroups ?? [];
    };
    return { ...clients, search };
  }

  it("finds groups by what they have", async () => {
    const { search } = await withGroups();

    const found = await search("attributes.region:west AND description:sunny");

    expect(found).toEqual([
      {
        thingGroupName: "west",
        thingGroupId: expect.any(String),
        thingGroupDescription: "Sunny coast",
        attributes: { region: "west" },
        parentGroupNames: ["world"],
      },
    ]);
    expect(await search("parentGroupNames:world")).toHaveLength(1);
  });

  it("sees new and deleted groups after the lag", async () => {
    const { iot, clock, search } = await withGroups();
    const names = async () => (await search("*")).map(({ thingGroupName }) => thingGroupName);

    await iot.send(new CreateThingGroupCommand({ thingGroupName: "new" }));
    await iot.send(new DeleteThingGroupCommand({ thingGroupName: "west" }));
    const before = await names();
    await clock.advance(LAG);

    expect(before).toEqual(["west", "world"]);
    expect(await names()).toEqual(["new", "world"]);
  });

  it("refuses fields of things", async () => {
    const { search } = await withGroups();

    await expect(search("thingName:x")).rejects.toMatchObject({ name: "InvalidQueryException" });
  });

  it("aggregates groups", async () => {
    const { iot } = await withGroups();

    const { statistics } = await iot.send(
      new GetStatisticsCommand({ queryString: "*", indexName: "AWS_ThingGroups" }),
    );

    expect(statistics?.count).toBe(2);
  });
});

describe("aggregations", () => {
  it("GetStatistics: numbers by default the registry version", async () => {
    const { iot } = await withFleet();

    const versions = await iot.send(new GetStatisticsCommand({ queryString: "*" }));
    const battery = await iot.send(
      new GetStatisticsCommand({ queryString: "*", aggregationField: "shadow.reported.battery" }),
    );

    expect(versions.statistics).toMatchObject({ count: 3, average: 1 });
    expect(battery.statistics).toMatchObject({
      count: 2,
      average: 61,
      sum: 122,
      minimum: 40,
      maximum: 82,
      variance: 441,
      stdDeviation: 21,
    });
  });

  it("GetStatistics: counts texts and truths", async () => {
    const { iot } = await withFleet();
    const of = async (aggregationField: string) =>
      (await iot.send(new GetStatisticsCommand({ queryString: "*", aggregationField }))).statistics;

    expect(await of("attributes.country")).toEqual({ count: 3 });
    expect(await of("connectivity.connected")).toMatchObject({ count: 3, average: 0 });
    expect(await of("shadow.name.$package.version")).toMatchObject({ count: 2, sum: 2 });
  });

  it("GetCardinality: counts different values", async () => {
    const { iot } = await withFleet();
    const of = async (queryString: string) =>
      (
        await iot.send(
          new GetCardinalityCommand({ queryString, aggregationField: "attributes.country" }),
        )
      ).cardinality;

    expect(await of("*")).toBe(2);
    expect(await of("attributes.country:US")).toBe(1);
    expect(await of("attributes.nope:1")).toBe(0);
  });

  it("GetPercentiles: numbers only", async () => {
    const { iot } = await withFleet();
    const of = (aggregationField: string, percents?: number[]) =>
      iot.send(new GetPercentilesCommand({ queryString: "*", aggregationField, percents }));

    expect((await of("shadow.reported.battery", [0, 50, 100])).percentiles).toEqual([
      { percent: 0, value: 40 },
      { percent: 50, value: 61 },
      { percent: 100, value: 82 },
    ]);
    expect((await of("shadow.reported.battery")).percentiles).toHaveLength(7);
    await expect(of("attributes.country")).rejects.toMatchObject({
      name: "InvalidAggregationException",
    });
    await expect(of("shadow.reported.battery", [101])).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
  });

  it("GetBucketsAggregation: the distribution of versions in the fleet", async () => {
    const { iot, report, clock } = await withFleet();
    await report("car-3", { app: { version: "1.1.0" } }, "$package");
    await clock.advance(LAG);
    const of = (maxBuckets?: number) =>
      iot.send(
        new GetBucketsAggregationCommand({
          queryString: "*",
          aggregationField: "shadow.name.$package.reported.app.version",
          bucketsAggregationType: { termsAggregation: { maxBuckets } },
        }),
      );

    expect(await of()).toMatchObject({
      totalCount: 3,
      buckets: [
        { keyValue: "1.1.0", count: 2 },
        { keyValue: "1.0.0", count: 1 },
      ],
    });
    expect((await of(1)).buckets).toHaveLength(1);
    await expect(of(10_001)).rejects.toMatchObject({ name: "InvalidRequestException" });
  });

  it("refuse a field that is neither managed nor custom", async () => {
    const { iot } = await withFleet();

    await expect(
      iot.send(
        new GetCardinalityCommand({ queryString: "*", aggregationField: "attributes.model" }),
      ),
    ).rejects.toMatchObject({
      name: "InvalidAggregationException",
      $metadata: { httpStatusCode: 400 },
    });
  });

  it("refuse a bad query and an index that is off", async () => {
    const { iot } = await withFleet();

    await expect(
      iot.send(new GetCardinalityCommand({ queryString: "colour:red" })),
    ).rejects.toMatchObject({ name: "InvalidQueryException" });
    await expect(
      openSandbox().iot.send(new GetStatisticsCommand({ queryString: "*" })),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});
