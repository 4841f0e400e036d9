import {
  CreateThingGroupCommand,
  DeleteThingGroupCommand,
  DescribeThingGroupCommand,
  InvalidRequestException,
  ListThingGroupsCommand,
  UpdateThingGroupCommand,
  type GroupNameAndArn,
} from "@aws-sdk/client-iot";
import {
  areSameProperties,
  checkGroupVersion,
  existingGroup,
  existingStaticGroup,
  patchedProperties,
  refuseDuplicate,
  refuseDynamic,
  removeGroup,
} from "./existing-groups.js";
import { ancestorsOf, disband, familyOf } from "./memberships.js";
import { operation, type State } from "./tables.js";
import { fault, paged } from "../state/operation.js";
import { dynamicMembership, ties } from "./ports.js";
import { isDynamic } from "./existing-groups.js";
import type { ThingGroupRecord } from "./records.js";
import { thingGroupChanged } from "./registry-news.js";
import { startTags, tagsOf } from "./resource-tags.js";

/** https://docs.aws.amazon.com/general/latest/gr/iot-core.html, "Thing groups" */
const mostChildren = 100;
const mostLevels = 7;

/**
 * The same group again succeeds; tags are not compared.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_CreateThingGroup.html
 */
export const createThingGroup = operation(CreateThingGroupCommand, (state, input) => {
  const { thingGroupName, parentGroupName } = input;
  const thingGroupProperties = patchedProperties(
    {},
    input.thingGroupProperties ?? {},
    thingGroupName,
  );
  const existing = state.thingGroups.get(thingGroupName);
  if (existing) {
    const isSame =
      !isDynamic(existing) &&
      existing.thingGroupMetadata?.parentGroupName === parentGroupName &&
      areSameProperties(existing.thingGroupProperties, thingGroupProperties);
    return isSame ? existing : refuseDuplicate(existing);
  }
  const group: ThingGroupRecord = {
    thingGroupName,
    thingGroupArn: state.arn(`thinggroup/${thingGroupName}`),
    thingGroupId: state.newId(),
    version: 1,
    thingGroupProperties,
    thingGroupMetadata: {
      creationDate: state.now(),
      ...(parentGroupName !== undefined && placeUnder(state, parentGroupName)),
    },
  };
  state.thingGroups.set(thingGroupName, group);
  startTags(state, group.thingGroupArn, tagsOf(input.tags));
  state.tell(thingGroupChanged, { operation: "CREATED", group });
  return group;
});

/** https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeThingGroup.html */
export const describeThingGroup = operation(
  DescribeThingGroupCommand,
  (state, { thingGroupName }) => {
    const group = existingGroup(state, thingGroupName);
    return isDynamic(group)
      ? { ...group, status: state.ask(dynamicMembership).statusOf(state, group) }
      : group;
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateThingGroup.html */
export const updateThingGroup = operation(UpdateThingGroupCommand, (state, input) => {
  const group = existingStaticGroup(state, input.thingGroupName);
  checkGroupVersion(group, input.expectedVersion);
  const version = group.version + 1;
  const updated: ThingGroupRecord = {
    ...group,
    version,
    thingGroupProperties: patchedProperties(
      group.thingGroupProperties ?? {},
      input.thingGroupProperties,
      group.thingGroupName,
    ),
  };
  state.thingGroups.set(group.thingGroupName, updated);
  state.tell(thingGroupChanged, { operation: "UPDATED", group: updated });
  return { version };
});

/**
 * A group that is not there counts as deleted; things in it lose the membership.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteThingGroup.html
 */
export const deleteThingGroup = operation(DeleteThingGroupCommand, (state, input) => {
  const group = state.thingGroups.get(input.thingGroupName);
  if (!group) return {};
  refuseDynamic(group);
  checkGroupVersion(group, input.expectedVersion);
  if (childrenOf(state, group.thingGroupName).length > 0) {
    fault(
      InvalidRequestException,
      `Cannot delete thing group : ${group.thingGroupName} when there are still child groups attached to it.`,
    );
  }
  disband(state, group);
  state.ask(ties).detachPolicies(state, group.thingGroupArn);
  removeGroup(state, group);
  return {};
});

/**
 * Without a parent all groups, with one its children, or all below it when recursive. Dynamic
 * groups are listed as well.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_ListThingGroups.html
 */
export const listThingGroups = operation(ListThingGroupsCommand, (state, input) => {
  const { nextToken, maxResults, ...filter } = input;
  const { parentGroup, namePrefixFilter = "", recursive = false } = filter;
  if (parentGroup !== undefined) existingGroup(state, parentGroup);
  const belongs = (group: ThingGroupRecord): boolean =>
    parentGroup === undefined ||
    (recursive
      ? ancestorsOf(group).some(({ groupName }) => groupName === parentGroup)
      : group.thingGroupMetadata?.parentGroupName === parentGroup);
  const { items, ...next } = paged<GroupNameAndArn>({
    page: { nextToken, maxResults },
    question: ["ListThingGroups", filter],
    *entries(after) {
      for (const [name, group] of state.thingGroups.entries({ prefix: namePrefixFilter, after })) {
        if (belongs(group)) yield [name, { groupName: name, groupArn: group.thingGroupArn }];
      }
    },
    largest: 250,
    badToken: () => fault(InvalidRequestException, "Invalid nextToken"),
  });
  return { thingGroups: items, ...next };
});

/** What a new group's metadata says of a parent that may have one more child. */
function placeUnder(state: State, parentGroupName: string) {
  const parent = existingGroup(state, parentGroupName);
  if (isDynamic(parent)) {
    fault(
      InvalidRequestException,
      `Thing group ${parentGroupName} is dynamic and cannot be a parent`,
    );
  }
  const rootToParentThingGroups = [
    ...ancestorsOf(parent),
    { groupName: parent.thingGroupName, groupArn: parent.thingGroupArn },
  ];
  if (rootToParentThingGroups.length >= mostLevels) {
    fault(
      InvalidRequestException,
      `A hierarchy of thing groups can have ${mostLevels} levels; ${parentGroupName} is on the last one`,
    );
  }
  if (childrenOf(state, parentGroupName).length >= mostChildren) {
    fault(
      InvalidRequestException,
      `Thing group ${parentGroupName} already has ${mostChildren} child groups, the most it can have`,
    );
  }
  return { parentGroupName, rootToParentThingGroups };
}

function childrenOf(state: State, groupName: string): ThingGroupRecord[] {
  return familyOf(state, groupName).filter(
    (group) => group.thingGroupMetadata?.parentGroupName === groupName,
  );
}
