import {
  CreateDynamicThingGroupCommand,
  DeleteDynamicThingGroupCommand,
  DescribeIndexCommand,
  GetIndexingConfigurationCommand,
  ListIndicesCommand,
  UpdateIndexingConfigurationCommand,
  type ThingGroupIndexingConfiguration,
  type ThingIndexingConfiguration,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { openSandbox } from "../clients.js";

function open() {
  const clients = openSandbox();
  const { iot } = clients;
  const update = (
    thingIndexingConfiguration?: ThingIndexingConfiguration,
    thingGroupIndexingConfiguration?: ThingGroupIndexingConfiguration,
  ) =>
    iot.send(
      new UpdateIndexingConfigurationCommand({
        thingIndexingConfiguration,
        thingGroupIndexingConfiguration,
      }),
    );
  const get = () => iot.send(new GetIndexingConfigurationCommand({}));
  const status = async (indexName = "AWS_Things") =>
    (await iot.send(new DescribeIndexCommand({ indexName }))).indexStatus;
  return { ...clients, update, get, status };
}

const everything: ThingIndexingConfiguration = {
  thingIndexingMode: "REGISTRY_AND_SHADOW",
  thingConnectivityIndexingMode: "STATUS",
  namedShadowIndexingMode: "ON",
  filter: { namedShadowNames: ["$package"] },
  customFields: [{ name: "shadow.name.$package.reported.app.version", type: "String" }],
};

describe("GetIndexingConfiguration (API_GetIndexingConfiguration)", () => {
  it("has everything off in a fresh account", async () => {
    const { get } = open();

    expect(await get()).toMatchObject({
      thingIndexingConfiguration: {
        thingIndexingMode: "OFF",
        thingConnectivityIndexingMode: "OFF",
        deviceDefenderIndexingMode: "OFF",
        namedShadowIndexingMode: "OFF",
        managedFields: [],
      },
      thingGroupIndexingConfiguration: { thingGroupIndexingMode: "OFF", managedFields: [] },
    });
  });

  it("tells the managed fields of the modes that are on", async () => {
    const { update, get } = open();
    const namesOf = async () =>
      (await get()).thingIndexingConfiguration?.managedFields?.map(({ name }) => name);

    await update({ thingIndexingMode: "REGISTRY" }, { thingGroupIndexingMode: "ON" });
    const registry = await namesOf();
    await update(everything);
    const all = await namesOf();

    expect(registry).toEqual([
      "thingId",
      "thingName",
      "registry.version",
      "registry.thingTypeName",
      "registry.thingGroupNames",
    ]);
    expect(all).toEqual([
      ...(registry ?? []),
      "shadow.version",
      "shadow.hasDelta",
      "shadow.name.*.version",
      "shadow.name.*.hasDelta",
      "connectivity.timestamp",
      "connectivity.version",
      "connectivity.connected",
      "connectivity.disconnectReason",
    ]);
    expect((await get()).thingGroupIndexingConfiguration?.managedFields).toContainEqual({
      name: "version",
      type: "Number",
    });
  });
});

describe("UpdateIndexingConfiguration (API_UpdateIndexingConfiguration)", () => {
  it("replaces the half that is sent and leaves the other", async () => {
    const { update, get } = open();
    await update(everything);

    await update(undefined, { thingGroupIndexingMode: "ON" });
    const kept = await get();
    await update({ thingIndexingMode: "REGISTRY" });
    const replaced = await get();

    expect(kept.thingIndexingConfiguration).toMatchObject(everything);
    expect(replaced.thingIndexingConfiguration).toMatchObject({
      thingIndexingMode: "REGISTRY",
      thingConnectivityIndexingMode: "OFF",
      namedShadowIndexingMode: "OFF",
    });
    expect(replaced.thingIndexingConfiguration).not.toHaveProperty("customFields");
    expect(replaced.thingGroupIndexingConfiguration?.thingGroupIndexingMode).toBe("ON");
  });

  it("does not take managed fields from the client", async () => {
    const { update, get } = open();

    await update({ thingIndexingMode: "REGISTRY", managedFields: [{ name: "x", type: "String" }] });

    const { managedFields } = (await get()).thingIndexingConfiguration ?? {};
    expect(managedFields).not.toContainEqual({ name: "x", type: "String" });
  });

  const fields = (...names: string[]) => names.map((name) => ({ name, type: "String" as const }));

  it.each<[string, ThingIndexingConfiguration]>([
    ["connectivity alone", { thingIndexingMode: "OFF", thingConnectivityIndexingMode: "STATUS" }],
    ["violations alone", { thingIndexingMode: "OFF", deviceDefenderIndexingMode: "VIOLATIONS" }],
    [
      "named shadows alone",
      {
        thingIndexingMode: "OFF",
        namedShadowIndexingMode: "ON",
        filter: { namedShadowNames: ["a"] },
      },
    ],
    [
      "named shadows without names",
      { thingIndexingMode: "REGISTRY", namedShadowIndexingMode: "ON" },
    ],
    [
      "eleven named shadows",
      {
        thingIndexingMode: "REGISTRY",
        namedShadowIndexingMode: "ON",
        filter: { namedShadowNames: Array.from({ length: 11 }, (_, i) => `s${i}`) },
      },
    ],
    ["an unknown mode", { thingIndexingMode: "ALL" as "OFF" }],
    [
      "six custom fields",
      {
        thingIndexingMode: "REGISTRY",
        customFields: fields(...Array.from({ length: 6 }, (_, i) => `attributes.a${i}`)),
      },
    ],
    [
      "a custom field that is managed",
      { thingIndexingMode: "REGISTRY", customFields: fields("registry.version") },
    ],
    [
      "a custom field of the shadow without shadows",
      { thingIndexingMode: "REGISTRY", customFields: fields("shadow.reported.battery") },
    ],
    [
      "a custom field of a named shadow that is not selected",
      {
        ...everything,
        customFields: fields("shadow.name.other.reported.battery"),
      },
    ],
    [
      "a custom field of no source",
      { thingIndexingMode: "REGISTRY_AND_SHADOW", customFields: fields("colour") },
    ],
    [
      "a custom field of an unknown type",
      {
        thingIndexingMode: "REGISTRY",
        customFields: [{ name: "attributes.a", type: "Date" as "String" }],
      },
    ],
    [
      "two geolocation targets",
      {
        thingIndexingMode: "REGISTRY",
        filter: { geoLocations: [{ name: "shadow.reported.a" }, { name: "shadow.reported.b" }] },
      },
    ],
  ])("refuses %s and changes nothing", async (_, configuration) => {
    const { update, get } = open();

    await expect(update(configuration)).rejects.toMatchObject({
      name: "InvalidRequestException",
      $metadata: { httpStatusCode: 400 },
    });

    expect((await get()).thingIndexingConfiguration?.thingIndexingMode).toBe("OFF");
  });

  it("counts ten named shadows without $package", async () => {
    const { update } = open();
    const namedShadowNames = ["$package", ...Array.from({ length: 10 }, (_, i) => `s${i}`)];

    await update({ ...everything, filter: { namedShadowNames } });
  });

  it("does not turn indexing off while there are dynamic groups", async () => {
    const { iot, clock, update } = open();
    await update({ thingIndexingMode: "REGISTRY" });
    await clock.advance(5_000);
    await iot.send(new CreateDynamicThingGroupCommand({ thingGroupName: "all", queryString: "*" }));

    await expect(update({ thingIndexingMode: "OFF" })).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
    await iot.send(new DeleteDynamicThingGroupCommand({ thingGroupName: "all" }));

    await update({ thingIndexingMode: "OFF" });
  });
});

describe("DescribeIndex (API_DescribeIndex)", () => {
  it("builds, is active, rebuilds after a change, and is active again", async () => {
    const { clock, update, status } = open();
    const seen: (string | undefined)[] = [];
    const look = async () => seen.push(await status());

    await update({ thingIndexingMode: "REGISTRY" });
    await look();
    await clock.advance(4_999);
    await look();
    await clock.advance(1);
    await look();
    await update(everything);
    await look();
    await clock.advance(5_000);
    await look();

    expect(seen).toEqual(["BUILDING", "BUILDING", "ACTIVE", "REBUILDING", "ACTIVE"]);
  });

  it("goes on building when the configuration changes meanwhile", async () => {
    const { clock, update, status } = open();
    await update({ thingIndexingMode: "REGISTRY" });
    await clock.advance(4_000);

    await update(everything);
    await clock.advance(4_000);

    expect(await status()).toBe("BUILDING");
  });

  it("does not rebuild for what is there already", async () => {
    const { clock, update, status } = open();
    await update(everything, { thingGroupIndexingMode: "ON" });
    await clock.advance(5_000);

    await update(everything, { thingGroupIndexingMode: "ON" });

    expect(await status()).toBe("ACTIVE");
    expect(await status("AWS_ThingGroups")).toBe("ACTIVE");
  });

  it("builds anew when it is switched on again", async () => {
    const { clock, update, status } = open();
    await update({ thingIndexingMode: "REGISTRY" });
    await clock.advance(5_000);
    await update({ thingIndexingMode: "OFF" });

    await update({ thingIndexingMode: "REGISTRY" });

    expect(await status()).toBe("BUILDING");
  });

  it.each<[string, ThingIndexingConfiguration]>([
    ["REGISTRY", { thingIndexingMode: "REGISTRY" }],
    ["REGISTRY_AND_SHADOW", { thingIndexingMode: "REGISTRY_AND_SHADOW" }],
    [
      "REGISTRY_AND_CONNECTIVITY_STATUS",
      { thingIndexingMode: "REGISTRY", thingConnectivityIndexingMode: "STATUS" },
    ],
    [
      "REGISTRY_AND_SHADOW_AND_CONNECTIVITY_STATUS",
      { thingIndexingMode: "REGISTRY_AND_SHADOW", thingConnectivityIndexingMode: "STATUS" },
    ],
    ["MULTI_INDEXING_MODE", everything],
  ])("tells the schema %s", async (schema, configuration) => {
    const { iot, update } = open();
    await update(configuration);

    expect(await iot.send(new DescribeIndexCommand({ indexName: "AWS_Things" }))).toMatchObject({
      indexName: "AWS_Things",
      schema,
    });
  });

  it("tells the schema of the index of groups", async () => {
    const { iot, update } = open();
    await update(undefined, { thingGroupIndexingMode: "ON" });

    expect(
      await iot.send(new DescribeIndexCommand({ indexName: "AWS_ThingGroups" })),
    ).toMatchObject({ schema: "THING_GROUPS", indexStatus: "BUILDING" });
  });

  it.each(["AWS_Things", "AWS_ThingGroups", "nope"])(
    "refuses %s when there is no such index",
    async (indexName) => {
      const { iot } = open();

      await expect(iot.send(new DescribeIndexCommand({ indexName }))).rejects.toMatchObject({
        name: "ResourceNotFoundException",
        $metadata: { httpStatusCode: 404 },
      });
    },
  );
});

describe("ListIndices (API_ListIndices)", () => {
  it("lists what is on, in pages", async () => {
    const { iot, update } = open();
    const none = await iot.send(new ListIndicesCommand({}));
    await update(everything, { thingGroupIndexingMode: "ON" });

    const first = await iot.send(new ListIndicesCommand({ maxResults: 1 }));
    const last = await iot.send(new ListIndicesCommand({ nextToken: first.nextToken }));

    expect(none.indexNames).toEqual([]);
    expect(first.indexNames).toEqual(["AWS_ThingGroups"]);
    expect(last.indexNames).toEqual(["AWS_Things"]);
    expect(last.nextToken).toBeUndefined();
  });
});
