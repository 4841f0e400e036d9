import { InvalidRequestException } from "@aws-sdk/client-iot";
import { fault } from "../state/operation.js";
import { isDynamic } from "./existing-groups.js";
import { dynamicMembership } from "./ports.js";
import { membershipChanged, type MembershipChange } from "./registry-news.js";
import type { ThingGroupRecord } from "./records.js";
import type { State } from "./tables.js";

/*
 * Who is in which group. Static memberships are kept in two tables, one for each direction; dynamic
 * ones follow from the index whenever somebody asks.
 * https://docs.aws.amazon.com/iot/latest/developerguide/thing-groups.html
 */

/** Groups that a thing may be in, static and dynamic together. */
export const mostGroupsOfThing = 10;

/** Names of the groups that a thing is in itself: static ones oldest membership first, then dynamic. */
export function groupsOf(state: State, thingName: string): readonly string[] {
  return [...staticGroupsOf(state, thingName), ...dynamicGroupsOf(state, thingName)];
}

/** Names of the things that are in a group itself, in order, behind `after`. */
export function* membersOf(
  state: State,
  group: ThingGroupRecord,
  after?: string,
): Generator<string> {
  if (isDynamic(group)) {
    yield* state.ask(dynamicMembership).membersOf(state, group, after);
    return;
  }
  const prefix = `${group.thingGroupName}/`;
  const range = { prefix, ...(after !== undefined && { after: prefix + after }) };
  for (const [key] of state.groupMembers.entries(range)) yield key.slice(prefix.length);
}

/** A group and all below it, in the order of their names. */
export function familyOf(state: State, groupName: string): ThingGroupRecord[] {
  return [...state.thingGroups.values()].filter(
    (group) =>
      group.thingGroupName === groupName ||
      ancestorsOf(group).some((ancestor) => ancestor.groupName === groupName),
  );
}

/** The groups above a group, from the root to its parent. */
export function ancestorsOf(group: ThingGroupRecord) {
  return group.thingGroupMetadata?.rootToParentThingGroups ?? [];
}

/**
 * Add a thing to a static group; does nothing when it is in.
 *
 * A thing can be in ten groups, and in one of each hierarchy. Dynamic groups make room when
 * `overridesDynamic` says so: the index then counts one place less and lets the newest go.
 */
export function join(
  state: State,
  thingName: string,
  group: ThingGroupRecord,
  overridesDynamic = false,
): void {
  const names = staticGroupsOf(state, thingName);
  if (names.includes(group.thingGroupName)) return;
  const relative = names.find(
    (name) => rootOf(state, name) === rootOf(state, group.thingGroupName),
  );
  if (relative !== undefined) {
    fault(
      InvalidRequestException,
      `Thing ${thingName} cannot be in two groups of one hierarchy: it is already in ${relative}`,
    );
  }
  const taken = overridesDynamic
    ? names.length
    : names.length + dynamicGroupsOf(state, thingName).length;
  if (taken >= mostGroupsOfThing) {
    fault(
      InvalidRequestException,
      `Thing ${thingName} is already in ${mostGroupsOfThing} groups, which is the most it can be in`,
    );
  }
  state.groupsOfThing.set(thingName, [...names, group.thingGroupName]);
  state.groupMembers.set(`${group.thingGroupName}/${thingName}`, true);
  tell(state, "ADDED", thingName, group);
}

/** Take a thing out of a static group; does nothing when it is not in. */
export function leave(state: State, thingName: string, groupName: string): void {
  const names = staticGroupsOf(state, thingName);
  if (!names.includes(groupName)) return;
  const left = names.filter((name) => name !== groupName);
  if (left.length > 0) state.groupsOfThing.set(thingName, left);
  else state.groupsOfThing.delete(thingName);
  state.groupMembers.delete(`${groupName}/${thingName}`);
  tell(state, "REMOVED", thingName, state.thingGroups.get(groupName));
}

function tell(
  state: State,
  operation: MembershipChange["operation"],
  thingName: string,
  group: ThingGroupRecord | undefined,
): void {
  const thing = state.things.get(thingName);
  if (thing && group) state.tell(membershipChanged, { operation, thing, group });
}

/** Take a thing out of all its static groups. */
export function leaveAll(state: State, thingName: string): void {
  for (const groupName of staticGroupsOf(state, thingName)) leave(state, thingName, groupName);
}

/** Take all things out of a group. */
export function disband(state: State, group: ThingGroupRecord): void {
  if (isDynamic(group)) return;
  const members = [...membersOf(state, group)];
  for (const thingName of members) leave(state, thingName, group.thingGroupName);
}

function staticGroupsOf(state: State, thingName: string): readonly string[] {
  return state.groupsOfThing.get(thingName) ?? [];
}

function dynamicGroupsOf(state: State, thingName: string): readonly string[] {
  return state.ask(dynamicMembership).groupsOf(state, thingName);
}

function rootOf(state: State, groupName: string): string {
  const group = state.thingGroups.get(groupName);
  return (group && ancestorsOf(group)[0]?.groupName) ?? groupName;
}
