import {
  DescribeIndexCommand,
  GetIndexingConfigurationCommand,
  InvalidRequestException,
  ListIndicesCommand,
  ResourceNotFoundException,
  UpdateIndexingConfigurationCommand,
  type ThingGroupIndexingConfiguration,
  type ThingIndexingConfiguration,
} from "@aws-sdk/client-iot";
import { operation, type State } from "./tables.js";
import { fault, paged } from "../state/operation.js";
import { dynamicGroups } from "./dynamic-members.js";
import { fleetOf } from "./feed.js";
import { groupsOf } from "./group-feed.js";
import { thingGroupsIndex, thingsIndex } from "./index-life.js";
import {
  checkedGroupConfiguration,
  checkedThingConfiguration,
  managedGroupFields,
  managedThingFields,
} from "./indexing-configuration.js";
import type { IndexBuild, IndexingRecord } from "./records.js";

/** https://docs.aws.amazon.com/iot/latest/apireference/API_GetIndexingConfiguration.html */
export const getIndexingConfiguration = operation(GetIndexingConfigurationCommand, (state) => {
  const { things, thingGroups } = configurationOf(state);
  return {
    thingIndexingConfiguration: { ...things, managedFields: managedThingFields(things) },
    thingGroupIndexingConfiguration: {
      ...thingGroups,
      managedFields: managedGroupFields(thingGroups),
    },
  };
});

/**
 * Each half that is sent replaces that half whole; the other stays. A change makes the index build
 * anew, sending what is there does not.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateIndexingConfiguration.html
 */
export const updateIndexingConfiguration = operation(
  UpdateIndexingConfigurationCommand,
  (state, input) => {
    const before = configurationOf(state);
    const things = input.thingIndexingConfiguration
      ? checkedThingConfiguration(input.thingIndexingConfiguration)
      : before.things;
    const thingGroups = input.thingGroupIndexingConfiguration
      ? checkedGroupConfiguration(input.thingGroupIndexingConfiguration)
      : before.thingGroups;
    if (things.thingIndexingMode === "OFF" && dynamicGroups(state).length > 0) {
      fault(
        InvalidRequestException,
        "Thing indexing cannot be turned off while there are dynamic thing groups",
      );
    }
    const builds = state.indexing.get("indexing")?.builds;
    const startedAt = state.now().getTime();
    const seenThings = thingsIndex(state);
    const seenGroups = thingGroupsIndex(state);
    const record: IndexingRecord = {
      thingIndexingConfiguration: things,
      thingGroupIndexingConfiguration: thingGroups,
      builds: {
        ...builds,
        ...(!isSame(before.things, things) && { things: buildAfter(seenThings, startedAt) }),
        ...(!isSame(before.thingGroups, thingGroups) && {
          thingGroups: buildAfter(seenGroups, startedAt),
        }),
      },
    };
    state.indexing.set("indexing", record);
    // From now on every change is seen when it happens, and so becomes searchable at its time.
    fleetOf(state);
    groupsOf(state);
    return {};
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeIndex.html */
export const describeIndex = operation(DescribeIndexCommand, (state, { indexName }) => {
  const { things, thingGroups } = configurationOf(state);
  const index =
    indexName === "AWS_Things"
      ? thingsIndex(state)
      : indexName === "AWS_ThingGroups"
        ? thingGroupsIndex(state)
        : undefined;
  if (!index) return fault(ResourceNotFoundException, `Index ${indexName} cannot be found`);
  const schema =
    indexName === "AWS_Things"
      ? schemaOf(things)
      : thingGroups.thingGroupIndexingMode === "ON"
        ? "THING_GROUPS"
        : "OFF";
  return { indexName, indexStatus: index.status, schema };
});

/** https://docs.aws.amazon.com/iot/latest/apireference/API_ListIndices.html */
export const listIndices = operation(ListIndicesCommand, (state, page) => {
  const names = [
    ...(thingGroupsIndex(state) ? ["AWS_ThingGroups"] : []),
    ...(thingsIndex(state) ? ["AWS_Things"] : []),
  ];
  const { items, ...next } = paged({
    page,
    question: ["ListIndices"],
    *entries(after): Iterable<[string, string]> {
      for (const name of names) if (after === undefined || name > after) yield [name, name];
    },
    largest: 500,
    badToken: () => fault(InvalidRequestException, "Invalid nextToken"),
  });
  return { indexNames: items, ...next };
});

/** Both halves of the configuration; everything is OFF in a fresh account. */
function configurationOf(state: State): {
  readonly things: ThingIndexingConfiguration;
  readonly thingGroups: ThingGroupIndexingConfiguration;
} {
  const record = state.indexing.get("indexing");
  return {
    things: record?.thingIndexingConfiguration ?? checkedThingConfiguration(off),
    thingGroups: record?.thingGroupIndexingConfiguration ?? { thingGroupIndexingMode: "OFF" },
  };
}

const off: ThingIndexingConfiguration = { thingIndexingMode: "OFF" };

/** A build of an index that queries can use until then, or a first one. */
function buildAfter<C>(
  seen: { readonly status: string; readonly configuration: C } | undefined,
  startedAt: number,
): IndexBuild<C> {
  const isUsable = seen !== undefined && seen.status !== "BUILDING";
  return { startedAt, ...(isUsable && { previous: seen.configuration }) };
}

function schemaOf(configuration: ThingIndexingConfiguration) {
  const isMulti =
    configuration.namedShadowIndexingMode === "ON" ||
    configuration.deviceDefenderIndexingMode === "VIOLATIONS";
  if (isMulti) return "MULTI_INDEXING_MODE";
  const hasStatus = configuration.thingConnectivityIndexingMode === "STATUS";
  return configuration.thingIndexingMode === "REGISTRY_AND_SHADOW"
    ? hasStatus
      ? "REGISTRY_AND_SHADOW_AND_CONNECTIVITY_STATUS"
      : "REGISTRY_AND_SHADOW"
    : hasStatus
      ? "REGISTRY_AND_CONNECTIVITY_STATUS"
      : "REGISTRY";
}

function isSame(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
