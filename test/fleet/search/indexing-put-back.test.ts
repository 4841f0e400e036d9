import type { ThingIndexingConfiguration } from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { indexingPutBack } from "../../../lib/fleet/search/indexing-put-back.js";

const OFF = {
  thingIndexingConfiguration: { thingIndexingMode: "OFF" },
  thingGroupIndexingConfiguration: { thingGroupIndexingMode: "OFF" },
} as const;

/** As enableFleetIndexing() leaves it, with what somebody has changed since. */
const ours = (since: Partial<ThingIndexingConfiguration> = {}) => ({
  thingIndexingConfiguration: {
    thingIndexingMode: "REGISTRY_AND_SHADOW",
    thingConnectivityIndexingMode: "STATUS",
    deviceDefenderIndexingMode: "OFF",
    namedShadowIndexingMode: "ON",
    filter: { namedShadowNames: ["$package"] },
    managedFields: [{ name: "thingId", type: "String" as const }],
    ...since,
  } as ThingIndexingConfiguration,
  thingGroupIndexingConfiguration: { thingGroupIndexingMode: "ON" as const },
});
const NONE = new Map<string, string>();
const group = (query: string) => new Map([["Depot", query]]);

describe("indexingPutBack", () => {
  it("puts back to the letter what nobody has touched since", () => {
    const put = indexingPutBack(OFF, ours(), NONE);

    expect(put).toEqual({ next: OFF, isChanged: true, left: [] });
  });

  it("puts back what was half on before", () => {
    const before = {
      ...OFF,
      thingIndexingConfiguration: {
        thingIndexingMode: "REGISTRY",
        namedShadowIndexingMode: "OFF",
        thingConnectivityIndexingMode: "STATUS",
      } as ThingIndexingConfiguration,
    };

    expect(indexingPutBack(before, ours(), NONE)).toEqual({
      next: before,
      isChanged: true,
      left: [],
    });
  });

  it("switches named shadows off again that were chosen but off before", () => {
    const filter = { namedShadowNames: ["climate"] };
    const thingIndexingConfiguration = { ...OFF.thingIndexingConfiguration, filter };
    const now = ours({ filter: { namedShadowNames: ["climate", "$package"] } });

    const { next, left } = indexingPutBack({ ...OFF, thingIndexingConfiguration }, now, NONE);

    expect(next.thingIndexingConfiguration).toEqual(thingIndexingConfiguration);
    expect(left).toEqual([]);
  });

  it("keeps a shadow of theirs that was there before, and the mode it needs", () => {
    const filter = { namedShadowNames: ["climate"] };
    const before = {
      ...OFF,
      thingIndexingConfiguration: { ...ours().thingIndexingConfiguration, filter },
    };
    const now = ours({ filter: { namedShadowNames: ["climate", "$package"] } });

    const { next, left } = indexingPutBack(before, now, NONE);

    expect(next.thingIndexingConfiguration).toMatchObject({
      namedShadowIndexingMode: "ON",
      filter,
    });
    expect(left).toEqual([]);
  });

  it("keeps what somebody added since, and says so", () => {
    const now = ours({ filter: { namedShadowNames: ["$package", "climate"] } });

    const { next, left } = indexingPutBack(OFF, now, NONE);

    expect(next.thingIndexingConfiguration).toMatchObject({
      thingIndexingMode: "REGISTRY_AND_SHADOW",
      thingConnectivityIndexingMode: "OFF",
      namedShadowIndexingMode: "ON",
      filter: { namedShadowNames: ["climate"] },
    });
    expect(left).toEqual([
      "Named shadow indexing stays on: somebody added climate since",
      "Thing indexing (REGISTRY_AND_SHADOW) stays on: named shadows are indexed",
    ]);
  });

  it.each([
    ["thingName:*", "REGISTRY", "OFF", "OFF"],
    ["shadow.reported.battery<20", "REGISTRY_AND_SHADOW", "OFF", "OFF"],
    ["connectivity.connected:false", "REGISTRY", "STATUS", "OFF"],
    ["shadow.name.\\$package.reported.Van.version:1.0.0", "REGISTRY_AND_SHADOW", "OFF", "ON"],
  ])("keeps what a dynamic group reads that stays: %s", (query, mode, connectivity, named) => {
    const { next, left } = indexingPutBack(OFF, ours(), group(query));

    expect(next.thingIndexingConfiguration).toMatchObject({
      thingIndexingMode: mode,
      thingConnectivityIndexingMode: connectivity,
      namedShadowIndexingMode: named,
    });
    expect(left.join()).toContain("the dynamic group Depot reads it");
  });

  it.each([
    ["attributes.site", "REGISTRY", "OFF"],
    ["shadow.reported.load", "REGISTRY_AND_SHADOW", "OFF"],
    ["shadow.name.$package.reported.Van.version", "REGISTRY_AND_SHADOW", "ON"],
  ])("keeps what a custom field needs that was added since: %s", (name, mode, named) => {
    const customFields = [{ name, type: "String" as const }];

    const { next, left } = indexingPutBack(OFF, ours({ customFields }), NONE);

    expect(next.thingIndexingConfiguration).toMatchObject({
      thingIndexingMode: mode,
      namedShadowIndexingMode: named,
      customFields,
    });
    expect(left.join()).toContain(name);
  });

  it("leaves a mode that somebody has set since as they want it", () => {
    const now = ours({
      thingIndexingMode: "REGISTRY",
      thingConnectivityIndexingMode: "OFF",
      namedShadowIndexingMode: "OFF",
      filter: {},
    });

    const { next } = indexingPutBack(OFF, now, NONE);

    expect(next.thingIndexingConfiguration).toMatchObject({ thingIndexingMode: "REGISTRY" });
  });

  it("has nothing to do when the setting is as before already", () => {
    const was = { ...OFF.thingIndexingConfiguration, managedFields: [] };

    const put = indexingPutBack(OFF, { ...OFF, thingIndexingConfiguration: was }, NONE);

    expect(put).toMatchObject({ isChanged: false, left: [] });
  });

  it("keeps the index of groups when somebody has added a field to it", () => {
    const customFields = [{ name: "attributes.region", type: "String" as const }];
    const now = {
      ...ours(),
      thingGroupIndexingConfiguration: { thingGroupIndexingMode: "ON" as const, customFields },
    };

    const { next, left } = indexingPutBack(OFF, now, NONE);

    expect(next.thingGroupIndexingConfiguration).toEqual(now.thingGroupIndexingConfiguration);
    expect(left).toEqual([
      "Thing group indexing stays on: somebody added the field attributes.region since",
    ]);
  });
});
