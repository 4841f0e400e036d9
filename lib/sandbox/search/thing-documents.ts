import type { ThingIndexingConfiguration } from "@aws-sdk/client-iot";
import type { ThingRecord } from "../registry/records.js";
import { deltaOf, type ShadowDocument as ShadowRecord } from "../shadows/shadow-documents.js";
import { pointsOf, type ThingDocument } from "./query/document.js";
import type { ConnectivityRecord } from "./records.js";

/** What the index was told about one thing. */
export interface Source {
  thing?: ThingRecord | undefined;
  groups: readonly string[];
  dynamicGroups: readonly string[];
  /** By name; the classic shadow has the empty one. */
  shadows?: Map<string, ShadowRecord>;
  connectivity?: ConnectivityRecord | undefined;
}

/** What of a configuration decides on the documents. */
export function selectionOf(configuration: ThingIndexingConfiguration): string {
  const { thingIndexingMode, thingConnectivityIndexingMode, namedShadowIndexingMode, filter } =
    configuration;
  return JSON.stringify([
    thingIndexingMode,
    thingConnectivityIndexingMode,
    namedShadowIndexingMode,
    filter?.namedShadowNames,
    filter?.geoLocations,
  ]);
}

/** The part of a thing that the configuration selects; nothing when it is not registered. */
export function documentOf(
  { thing, groups, dynamicGroups, shadows, connectivity }: Source,
  configuration: ThingIndexingConfiguration,
): ThingDocument | undefined {
  if (!thing) return undefined;
  const shadow = shadows && shadowOf(shadows, configuration);
  const points = shadow && pointsOf(shadow, configuration.filter?.geoLocations ?? []);
  return {
    thingName: thing.thingName,
    thingId: thing.thingId ?? "",
    ...(thing.thingTypeName !== undefined && { thingTypeName: thing.thingTypeName }),
    thingGroupNames: [
      ...groups,
      ...dynamicGroups,
      ...(thing.billingGroupName === undefined ? [] : [thing.billingGroupName]),
    ],
    attributes: thing.attributes,
    version: thing.version,
    ...(shadow && { shadow }),
    ...(points && { points }),
    ...(configuration.thingConnectivityIndexingMode === "STATUS" && {
      connectivity: connectivityOf(connectivity),
    }),
  };
}

/** Of a thing that was never connected AWS says nothing more. */
function connectivityOf(
  record: ConnectivityRecord | undefined,
): NonNullable<ThingDocument["connectivity"]> {
  if (!record) return { connected: false };
  const { connected, timestamp, disconnectReason } = record;
  return { connected, timestamp, ...(disconnectReason !== undefined && { disconnectReason }) };
}

function shadowOf(
  shadows: ReadonlyMap<string, ShadowRecord>,
  configuration: ThingIndexingConfiguration,
): object | undefined {
  const classic =
    configuration.thingIndexingMode === "REGISTRY_AND_SHADOW" ? shadows.get("") : undefined;
  const selected =
    configuration.namedShadowIndexingMode === "ON"
      ? (configuration.filter?.namedShadowNames ?? [])
      : [];
  const named = selected.flatMap((name) => {
    const shadow = shadows.get(name);
    return shadow ? [[name, indexed(shadow)] as const] : [];
  });
  if (!classic && named.length === 0) return undefined;
  return {
    ...(classic && indexed(classic)),
    ...(named.length > 0 && { name: Object.fromEntries(named) }),
  };
}

function indexed({ sections, version }: ShadowRecord): object {
  const delta = deltaOf(sections?.state ?? {});
  return {
    ...sections?.state,
    ...(delta && { delta }),
    metadata: sections?.metadata,
    hasDelta: delta !== undefined,
    version,
  };
}
