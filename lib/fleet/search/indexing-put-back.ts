import type {
  Field,
  ThingGroupIndexingConfiguration,
  ThingIndexingConfiguration,
} from "@aws-sdk/client-iot";
import { PACKAGE_SHADOW } from "../shadows/shadows.js";

/** Both halves of the indexing setting. */
export interface Indexing {
  readonly thingIndexingConfiguration?: ThingIndexingConfiguration | undefined;
  readonly thingGroupIndexingConfiguration?: ThingGroupIndexingConfiguration | undefined;
}

/** How the setting should be, and what of it stays on although it was off before. */
export interface IndexingPutBack {
  readonly next: Indexing;
  readonly isChanged: boolean;
  /** What stays, and why: one sentence each. */
  readonly left: readonly string[];
}

/**
 * Work out how the indexing setting should be without the workshop. Calls nothing.
 *
 * Part by part: what the workshop switched on goes back to what it was; what somebody else has
 * changed since stays as they want it; and what a dynamic group, a custom field or another shadow of
 * theirs needs by now stays on.
 *
 * @param before the setting as it was before the workshop
 * @param now the setting as it is
 * @param queries of the dynamic groups that stay, by the group's name
 */
export function indexingPutBack(
  before: Indexing,
  now: Indexing,
  queries: ReadonlyMap<string, string>,
): IndexingPutBack {
  const was = withoutManaged(before);
  const is = withoutManaged(now);
  const things = thingsPutBack(was.things, is.things, queries);
  const groups = groupsPutBack(was.groups, is.groups);
  const merged = {
    thingIndexingConfiguration: things.next,
    thingGroupIndexingConfiguration: groups.next,
  };
  const former = {
    thingIndexingConfiguration: was.things,
    thingGroupIndexingConfiguration: was.groups,
  };
  // Where both mean the same, what was there is put back to the letter.
  const next = meaningOf(merged) === meaningOf(former) ? former : merged;
  return {
    next,
    isChanged: meaningOf(next) !== meaningOf(now),
    left: [...things.left, ...groups.left],
  };
}

interface PartPutBack<T> {
  readonly next: T;
  readonly left: readonly string[];
}

function thingsPutBack(
  was: ThingIndexingConfiguration,
  is: ThingIndexingConfiguration,
  queries: ReadonlyMap<string, string>,
): PartPutBack<ThingIndexingConfiguration> {
  const left: string[] = [];
  const stays = (what: string, why: string | undefined): boolean => {
    if (why !== undefined) left.push(`${what} stays on: ${why}`);
    return why !== undefined;
  };
  const fields = namesAdded(was.customFields, is.customFields);
  /** Who reads a field like this and stays, as a reason: a dynamic group, or a custom field. */
  const readerOf = (field: RegExp): string | undefined => {
    const group = [...queries].find(([, query]) => field.test(query))?.[0];
    if (group !== undefined) return `the dynamic group ${group} reads it`;
    const added = fields.find((name) => field.test(name));
    return added === undefined ? undefined : `somebody added the field ${added} since`;
  };

  const known = was.filter?.namedShadowNames ?? [];
  const names = (is.filter?.namedShadowNames ?? []).filter(
    (name) =>
      name !== PACKAGE_SHADOW ||
      known.includes(name) ||
      stays(`The shadow ${PACKAGE_SHADOW}`, readerOf(/shadow\.name\.\\?\$package\./)),
  );
  const theirs = names.filter((name) => name !== PACKAGE_SHADOW && !known.includes(name));
  if (theirs.length > 0)
    stays("Named shadow indexing", `somebody added ${theirs.join(", ")} since`);
  const isNamed =
    is.namedShadowIndexingMode === "ON" &&
    names.length > 0 &&
    (was.namedShadowIndexingMode === "ON" || names.some((name) => !known.includes(name)));

  const isConnected =
    is.thingConnectivityIndexingMode === "STATUS" &&
    (was.thingConnectivityIndexingMode === "STATUS" ||
      stays("Connectivity indexing", readerOf(/connectivity\./)));

  /** The least mode that still serves everybody, and who needs it. */
  const needed = (): { readonly mode: ThingMode; readonly why: string | undefined } => {
    const shadows = isNamed ? "named shadows are indexed" : readerOf(/shadow\./);
    if (shadows !== undefined) return { mode: "REGISTRY_AND_SHADOW", why: shadows };
    const isDefended = is.deviceDefenderIndexingMode === "VIOLATIONS";
    const why = readerOf(/./) ?? (isDefended ? "Device Defender is indexed" : undefined);
    return { mode: why === undefined ? "OFF" : "REGISTRY", why };
  };
  const modeNext = (): ThingMode | undefined => {
    // Another mode than ours: somebody has set it, and wants it so.
    if (is.thingIndexingMode !== "REGISTRY_AND_SHADOW") return is.thingIndexingMode;
    const former = was.thingIndexingMode ?? "OFF";
    const { mode, why } = needed();
    if (MODES.indexOf(mode) <= MODES.indexOf(former)) return former;
    stays(`Thing indexing (${mode})`, why);
    return mode;
  };

  const { namedShadowNames: _, ...otherFilter } = is.filter ?? {};
  const filter = { ...otherFilter, ...(names.length > 0 && { namedShadowNames: names }) };
  return {
    next: {
      ...is,
      thingIndexingMode: modeNext(),
      namedShadowIndexingMode: isNamed ? "ON" : "OFF",
      thingConnectivityIndexingMode: isConnected ? "STATUS" : "OFF",
      filter: Object.keys(filter).length > 0 ? filter : undefined,
    },
    left,
  };
}

function groupsPutBack(
  was: ThingGroupIndexingConfiguration,
  is: ThingGroupIndexingConfiguration,
): PartPutBack<ThingGroupIndexingConfiguration> {
  if (was.thingGroupIndexingMode === "ON") return { next: is, left: [] };
  const [field] = namesAdded(was.customFields, is.customFields);
  if (field === undefined) return { next: { ...is, thingGroupIndexingMode: "OFF" }, left: [] };
  const left = [`Thing group indexing stays on: somebody added the field ${field} since`];
  return { next: is, left };
}

type ThingMode = NonNullable<ThingIndexingConfiguration["thingIndexingMode"]>;

/** From the least to the most. */
const MODES: readonly ThingMode[] = ["OFF", "REGISTRY", "REGISTRY_AND_SHADOW"];

/** Fields that are declared now and were not before. */
function namesAdded(was: readonly Field[] = [], is: readonly Field[] = []): string[] {
  const known = was.map(({ name }) => name);
  return is.flatMap(({ name }) => (name === undefined || known.includes(name) ? [] : name));
}

/** Both halves without what AWS only tells: fields that it always indexes. */
function withoutManaged(indexing: Indexing): {
  readonly things: ThingIndexingConfiguration;
  readonly groups: ThingGroupIndexingConfiguration;
} {
  const { managedFields: _, ...things } = indexing.thingIndexingConfiguration ?? {
    thingIndexingMode: "OFF",
  };
  const { managedFields: __, ...groups } = indexing.thingGroupIndexingConfiguration ?? {
    thingGroupIndexingMode: "OFF",
  };
  return { things, groups };
}

/** A text that is the same for settings that mean the same: what is not there is off. */
function meaningOf(indexing: Indexing): string {
  const { things, groups } = withoutManaged(indexing);
  const { filter, ...modes } = things;
  const names = [...(filter?.namedShadowNames ?? [])].sort();
  const parts = { ...modes, ...groups, ...filter, namedShadowNames: names };
  const fields = [things.customFields ?? [], groups.customFields ?? []];
  const isOn = ([name, value]: [string, unknown]) =>
    name !== "customFields" &&
    value !== undefined &&
    value !== "OFF" &&
    !(Array.isArray(value) && value.length === 0);
  const on = Object.entries(parts).filter(isOn);
  return JSON.stringify([on.sort(([a], [b]) => (a < b ? -1 : 1)), fields]);
}
