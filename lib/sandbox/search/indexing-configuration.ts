import {
  InvalidRequestException,
  type Field,
  type ThingGroupIndexingConfiguration,
  type ThingIndexingConfiguration,
} from "@aws-sdk/client-iot";
import { fault } from "../state/operation.js";
import { packageShadow } from "../shadows/shadow-documents.js";
import type { FieldType } from "./aggregate.js";

/*
 * What an indexing configuration may say.
 * https://docs.aws.amazon.com/iot/latest/developerguide/managing-fleet-index.html
 */

/** Numbers: https://docs.aws.amazon.com/general/latest/gr/iot_device_management.html, "Fleet indexing" */
const mostCustomFields = 5;
const mostNamedShadows = 10;
const longestFieldName = 1024;
const mostGeoLocations = 1;

type ManagedField = Field & { readonly name: string; readonly type: FieldType };

function field(name: string, type: FieldType): ManagedField {
  return { name, type };
}

/** The fields of AWS_Things that can be aggregated without declaring them. */
export function managedThingFields(configuration: ThingIndexingConfiguration): ManagedField[] {
  const mode = configuration.thingIndexingMode;
  if (mode === undefined || mode === "OFF") return [];
  return [
    field("thingId", "String"),
    field("thingName", "String"),
    field("registry.version", "Number"),
    field("registry.thingTypeName", "String"),
    field("registry.thingGroupNames", "String"),
    ...(mode === "REGISTRY_AND_SHADOW"
      ? [field("shadow.version", "Number"), field("shadow.hasDelta", "Boolean")]
      : []),
    ...(configuration.namedShadowIndexingMode === "ON"
      ? [field("shadow.name.*.version", "Number"), field("shadow.name.*.hasDelta", "Boolean")]
      : []),
    ...(configuration.thingConnectivityIndexingMode === "STATUS"
      ? [
          field("connectivity.timestamp", "Number"),
          field("connectivity.version", "Number"),
          field("connectivity.connected", "Boolean"),
          field("connectivity.disconnectReason", "String"),
        ]
      : []),
    ...(configuration.deviceDefenderIndexingMode === "VIOLATIONS"
      ? [field("deviceDefender.violationCount", "Number")]
      : []),
  ];
}

/** The same for AWS_ThingGroups. */
export function managedGroupFields(configuration: ThingGroupIndexingConfiguration): ManagedField[] {
  if (configuration.thingGroupIndexingMode !== "ON") return [];
  return [
    field("description", "String"),
    field("parentGroupNames", "String"),
    field("thingGroupId", "String"),
    field("thingGroupName", "String"),
    field("version", "Number"),
  ];
}

/** The type of a managed or custom field; undefined when it is neither. */
export function typeOfField(
  name: string,
  managed: readonly ManagedField[],
  custom: readonly Field[] | undefined,
): FieldType | undefined {
  // The managed fields of named shadows have `*` for the name, which has no dot.
  const known = managed.find(
    (one) => one.name === name || one.name === name.replace(/^(shadow\.name\.)[^.]+\./, "$1*."),
  );
  return known?.type ?? custom?.find((one) => one.name === name)?.type;
}

/** The configuration as it is kept: modes that were not sent are off, managed fields are not kept. */
export function checkedThingConfiguration(
  sent: ThingIndexingConfiguration,
): ThingIndexingConfiguration {
  const { thingIndexingMode, customFields, filter } = sent;
  const configuration: ThingIndexingConfiguration = {
    thingIndexingMode,
    thingConnectivityIndexingMode: sent.thingConnectivityIndexingMode ?? "OFF",
    deviceDefenderIndexingMode: sent.deviceDefenderIndexingMode ?? "OFF",
    namedShadowIndexingMode: sent.namedShadowIndexingMode ?? "OFF",
    ...(customFields && { customFields }),
    ...(filter && { filter }),
  };
  const { thingConnectivityIndexingMode, deviceDefenderIndexingMode, namedShadowIndexingMode } =
    configuration;
  if (thingIndexingMode === "OFF") {
    const needsThings =
      thingConnectivityIndexingMode === "STATUS" ||
      deviceDefenderIndexingMode === "VIOLATIONS" ||
      namedShadowIndexingMode === "ON";
    if (needsThings) {
      refuse("Connectivity, Device Defender and named shadow indexing need a thingIndexingMode");
    }
  }
  const shadowNames = filter?.namedShadowNames ?? [];
  if (namedShadowIndexingMode === "ON" && shadowNames.length === 0) {
    refuse("namedShadowIndexingMode ON needs names in filter.namedShadowNames");
  }
  if (shadowNames.filter((name) => name !== packageShadow).length > mostNamedShadows) {
    refuse(`filter.namedShadowNames can have at most ${mostNamedShadows} names`);
  }
  if ((filter?.geoLocations ?? []).length > mostGeoLocations) {
    refuse(`filter.geoLocations can have at most ${mostGeoLocations} target`);
  }
  for (const { name = "" } of filter?.geoLocations ?? []) {
    if (!name.startsWith("shadow.") || !fitsThings(name, configuration)) {
      refuse(`Geolocation target ${name} is no field of a shadow in the indexing modes`);
    }
  }
  checkCustomFields(customFields, managedThingFields(configuration), (name) =>
    fitsThings(name, configuration),
  );
  return configuration;
}

/** The same for thing groups. */
export function checkedGroupConfiguration(
  sent: ThingGroupIndexingConfiguration,
): ThingGroupIndexingConfiguration {
  const { thingGroupIndexingMode, customFields } = sent;
  const configuration = { thingGroupIndexingMode, ...(customFields && { customFields }) };
  checkCustomFields(customFields, managedGroupFields(configuration), (name) =>
    /^attributes\../s.test(name),
  );
  return configuration;
}

function checkCustomFields(
  fields: readonly Field[] | undefined,
  managed: readonly ManagedField[],
  fits: (name: string) => boolean,
): void {
  const names = (fields ?? []).map(({ name }) => name ?? "");
  if (names.length > mostCustomFields) {
    refuse(`customFields can have at most ${mostCustomFields} fields`);
  }
  for (const [i, name] of names.entries()) {
    if (name.length > longestFieldName) {
      refuse(`The name of a custom field can have at most ${longestFieldName} characters`);
    }
    if (!fields?.[i]?.type) refuse(`Custom field ${name} needs a type`);
    if (typeOfField(name, managed, undefined)) refuse(`Custom field ${name} is a managed field`);
    if (!fits(name)) refuse(`Custom field ${name} does not fit the indexing modes`);
    if (names.indexOf(name) !== i) refuse(`Custom field ${name} is given twice`);
  }
}

/** Does the index hold this field of a thing in its modes? */
function fitsThings(name: string, configuration: ThingIndexingConfiguration): boolean {
  const { thingIndexingMode, namedShadowIndexingMode, deviceDefenderIndexingMode, filter } =
    configuration;
  if (/^attributes\../s.test(name)) return thingIndexingMode !== "OFF";
  if (/^shadow\.(?:desired|reported)\../s.test(name)) {
    return thingIndexingMode === "REGISTRY_AND_SHADOW";
  }
  const shadowName = /^shadow\.name\.([^.]+)\.(?:desired|reported)\../s.exec(name)?.[1];
  if (shadowName !== undefined) {
    return (
      namedShadowIndexingMode === "ON" && (filter?.namedShadowNames ?? []).includes(shadowName)
    );
  }
  return /^deviceDefender\../s.test(name) && deviceDefenderIndexingMode === "VIOLATIONS";
}

function refuse(message: string): never {
  return fault(InvalidRequestException, message);
}
