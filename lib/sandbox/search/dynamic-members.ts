import type { ThingGroupRecord } from "../registry/records.js";
import type { State } from "./tables.js";
import type { Fields } from "./query/document.js";
import type { FleetIndex } from "./index/fleet-index.js";
import { isDynamic } from "../registry/existing-groups.js";
import { mostGroupsOfThing } from "../registry/memberships.js";
import { matcherOf } from "./query/match.js";
import { parseQuery } from "./query/parse.js";

/** The dynamic groups, oldest first. */
export function dynamicGroups(state: State): readonly ThingGroupRecord[] {
  return state.derived("dynamicGroups", createDynamicGroups)();
}

function createDynamicGroups(state: State): () => readonly ThingGroupRecord[] {
  let groups: readonly ThingGroupRecord[] | undefined;
  state.onChange("thingGroups", () => {
    groups = undefined;
  });
  return () => {
    groups ??= [...state.thingGroups.values()]
      .filter(isDynamic)
      .sort((a, b) => createdAt(a) - createdAt(b));
    return groups;
  };
}

/** The status of a dynamic group at this moment. Only DescribeThingGroup tells it. */
export function statusOf(
  state: State,
  group: ThingGroupRecord,
): "BUILDING" | "REBUILDING" | "ACTIVE" {
  const { buildStartedAt = 0, previousQueryString } = group;
  if (state.now().getTime() >= buildStartedAt + state.lags.indexBuildMs) return "ACTIVE";
  return previousQueryString === undefined ? "BUILDING" : "REBUILDING";
}

/** Who fits which dynamic group, as the index has it. */
export interface DynamicMembers {
  /** Bring groups that are new, gone or done building up to date. Returns whose groups changed, and when. */
  refresh(index: FleetIndex): Iterable<[name: string, at: number]>;
  /** A document of the index changed, or went when it has no fields. */
  put(name: string, fields: Fields | undefined): void;
  /** The dynamic groups of a thing, oldest first. */
  groupsOf(name: string): string[];
  /** The things of a dynamic group by name, behind `after`. */
  membersOf(groupName: string, after?: string): Iterable<string>;
  clear(): void;
}

interface Entry {
  readonly group: ThingGroupRecord;
  /** The query that `matches` answers; undefined in the first build, when nothing does. */
  query?: string | undefined;
  test?: ((fields: Fields) => boolean) | undefined;
  matches: Set<string>;
  /** `matches` in order, made when somebody lists them. */
  sorted?: readonly string[] | undefined;
}

/**
 * Membership is nowhere stored: it follows from the index, the static groups of a thing and the age
 * of the groups. Of the dynamic groups that a thing fits, those beyond ten groups in total lose it,
 * the newest first, which is what AWS's evictions come to.
 *
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/dynamic-thing-groups.html
 */
export function createDynamicMembers(state: State): DynamicMembers {
  let entries: Entry[] = [];

  const admitted = (name: string): Entry[] => {
    const fixed = state.groupsOfThing.get(name)?.length ?? 0;
    const room = Math.max(0, mostGroupsOfThing - fixed);
    return entries.filter(({ matches }) => matches.has(name)).slice(0, room);
  };

  return {
    *refresh(index) {
      const before = new Map(entries.map((entry) => [entry.group.thingGroupId, entry]));
      entries = dynamicGroups(state).map((group) => ({
        ...(before.get(group.thingGroupId) ?? { matches: new Set<string>() }),
        group,
      }));
      for (const entry of entries) before.delete(entry.group.thingGroupId);
      const now = state.now().getTime();
      for (const { matches } of before.values()) for (const name of matches) yield [name, now];

      for (const entry of entries) {
        const { group } = entry;
        const isBuilding = statusOf(state, group) !== "ACTIVE";
        const query = isBuilding ? group.previousQueryString : group.queryString;
        if (query === entry.query) continue;
        const earlier = entry.matches;
        const parsed = query === undefined ? undefined : parseQuery(query);
        entry.query = query;
        entry.test = parsed && matcherOf(parsed);
        entry.matches = new Set(parsed ? index.search(parsed) : []);
        entry.sorted = undefined;
        const builtAt = (group.buildStartedAt ?? 0) + state.lags.indexBuildMs;
        for (const name of [...earlier, ...entry.matches]) yield [name, Math.min(now, builtAt)];
      }
    },
    put(name, fields) {
      for (const entry of entries) {
        const fits = fields !== undefined && (entry.test?.(fields) ?? false);
        if (fits === entry.matches.has(name)) continue;
        if (fits) entry.matches.add(name);
        else entry.matches.delete(name);
        entry.sorted = undefined;
      }
    },
    groupsOf: (name) => admitted(name).map(({ group }) => group.thingGroupName),
    *membersOf(groupName, after) {
      const entry = entries.find(({ group }) => group.thingGroupName === groupName);
      if (!entry) return;
      entry.sorted ??= [...entry.matches].sort((a, b) => (a < b ? -1 : 1));
      for (const name of entry.sorted.slice(firstBehind(entry.sorted, after))) {
        // The index may still hold a thing that was just deleted.
        if (state.things.has(name) && admitted(name).includes(entry)) yield name;
      }
    },
    clear() {
      entries = [];
    },
  };
}

function firstBehind(sorted: readonly string[], after: string | undefined): number {
  if (after === undefined) return 0;
  const at = sorted.findIndex((name) => name > after);
  return at < 0 ? sorted.length : at;
}

function createdAt(group: ThingGroupRecord): number {
  return group.thingGroupMetadata?.creationDate?.getTime() ?? 0;
}
