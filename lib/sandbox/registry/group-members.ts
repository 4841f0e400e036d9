import {
  AddThingToThingGroupCommand,
  InvalidRequestException,
  ListThingGroupsForThingCommand,
  ListThingsInThingGroupCommand,
  RemoveThingFromThingGroupCommand,
  UpdateThingGroupsForThingCommand,
  type GroupNameAndArn,
} from "@aws-sdk/client-iot";
import { existingGroup, existingStaticGroup } from "./existing-groups.js";
import { familyOf, groupsOf, join, leave, membersOf } from "./memberships.js";
import { operation, type State } from "./tables.js";
import { fault, paged } from "../state/operation.js";
import { existingThing, nameOf } from "./naming.js";

/**
 * A thing that is in the group already is no error.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_AddThingToThingGroup.html
 */
export const addThingToThingGroup = operation(AddThingToThingGroupCommand, (state, input) => {
  const { thingName, thingGroupName } = named(state, input);
  const group = existingStaticGroup(state, thingGroupName);
  join(state, thingName, group, input.overrideDynamicGroups);
  return {};
});

/**
 * A thing that is not in the group is no error.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_RemoveThingFromThingGroup.html
 */
export const removeThingFromThingGroup = operation(
  RemoveThingFromThingGroupCommand,
  (state, input) => {
    const { thingName, thingGroupName } = named(state, input);
    existingStaticGroup(state, thingGroupName);
    leave(state, thingName, thingGroupName);
    return {};
  },
);

/**
 * Removes first, so that a thing can move within a hierarchy; all or nothing.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateThingGroupsForThing.html
 */
export const updateThingGroupsForThing = operation(
  UpdateThingGroupsForThingCommand,
  (state, { thingName, thingGroupsToAdd, thingGroupsToRemove, overrideDynamicGroups }) => {
    if (thingName === undefined) return fault(InvalidRequestException, "thingName is required");
    existingThing(state, thingName);
    for (const name of thingGroupsToRemove ?? []) {
      leave(state, thingName, existingStaticGroup(state, name).thingGroupName);
    }
    for (const name of thingGroupsToAdd ?? []) {
      join(state, thingName, existingStaticGroup(state, name), overrideDynamicGroups);
    }
    return {};
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_ListThingsInThingGroup.html */
export const listThingsInThingGroup = operation(ListThingsInThingGroupCommand, (state, input) => {
  const { thingGroupName, recursive = false, nextToken, maxResults } = input;
  const group = existingGroup(state, thingGroupName);
  const groups = recursive ? familyOf(state, thingGroupName) : [group];
  const { items, ...next } = paged({
    page: { nextToken, maxResults },
    question: ["ListThingsInThingGroup", thingGroupName, recursive],
    // Group by group: a thing is in one group of a hierarchy only, so none comes twice.
    *entries(after): Iterable<[string, string]> {
      const [lastGroup = "", lastThing] = after?.split("/") ?? [];
      for (const one of groups) {
        const name = one.thingGroupName;
        if (name < lastGroup) continue;
        const members = membersOf(state, one, name === lastGroup ? lastThing : undefined);
        for (const thingName of members) yield [`${name}/${thingName}`, thingName];
      }
    },
    largest: 250,
    badToken: () => fault(InvalidRequestException, "Invalid nextToken"),
  });
  return { things: items, ...next };
});

/**
 * The groups that the thing is in itself, not those above them.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_ListThingGroupsForThing.html
 */
export const listThingGroupsForThing = operation(ListThingGroupsForThingCommand, (state, input) => {
  const { thingName, nextToken, maxResults } = input;
  existingThing(state, thingName);
  const names = [...groupsOf(state, thingName)].sort();
  const { items, ...next } = paged<GroupNameAndArn>({
    page: { nextToken, maxResults },
    question: ["ListThingGroupsForThing", thingName],
    *entries(after) {
      for (const name of names) {
        if (after !== undefined && name <= after) continue;
        yield [name, { groupName: name, groupArn: state.arn(`thinggroup/${name}`) }];
      }
    },
    largest: 250,
    badToken: () => fault(InvalidRequestException, "Invalid nextToken"),
  });
  return { thingGroups: items, ...next };
});

interface Pair {
  readonly thingName?: string | undefined;
  readonly thingArn?: string | undefined;
  readonly thingGroupName?: string | undefined;
  readonly thingGroupArn?: string | undefined;
}

/** Thing and group of a request that may give each by name, by ARN or by both. */
function named(state: State, pair: Pair): { thingName: string; thingGroupName: string } {
  const thingName = nameOf(state, "thing", pair.thingName, pair.thingArn);
  const thingGroupName = nameOf(state, "thinggroup", pair.thingGroupName, pair.thingGroupArn);
  existingThing(state, thingName);
  return { thingName, thingGroupName };
}
