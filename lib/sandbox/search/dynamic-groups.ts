import {
  CreateDynamicThingGroupCommand,
  DeleteDynamicThingGroupCommand,
  InvalidRequestException,
  LimitExceededException,
  ResourceNotFoundException,
  UpdateDynamicThingGroupCommand,
} from "@aws-sdk/client-iot";
import {
  areSameProperties,
  checkGroupVersion,
  existingGroup,
  patchedProperties,
  refuseDuplicate,
  removeGroup,
} from "../registry/existing-groups.js";
import { operation, type State } from "./tables.js";
import { fault } from "../state/operation.js";
import { checkGeo, QUERY_VERSION, queryOf } from "./ask.js";
import { thingsSchema } from "./query/document.js";
import { isDynamic } from "../registry/existing-groups.js";
import { dynamicGroups, statusOf } from "./dynamic-members.js";
import { fleetOf } from "./feed.js";
import { thingsIndex } from "./index-life.js";
import type { ThingGroupRecord } from "../registry/records.js";
import { startTags, tagsOf } from "../registry/resource-tags.js";
import { thingGroupChanged } from "../registry/registry-news.js";

/** Dynamic groups of one account in one Region. */
const mostDynamicGroups = 100;

/**
 * The same group again succeeds. Its members appear when it is ACTIVE.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_CreateDynamicThingGroup.html
 */
export const createDynamicThingGroup = operation(CreateDynamicThingGroupCommand, (state, input) => {
  const { thingGroupName, queryString, queryVersion } = input;
  const { configuration } = checkIndex(state, input.indexName);
  checkGeo(queryOf(queryString, thingsSchema, queryVersion), queryString, configuration);
  const thingGroupProperties = patchedProperties(
    {},
    input.thingGroupProperties ?? {},
    thingGroupName,
  );
  const existing = state.thingGroups.get(thingGroupName);
  if (existing) {
    const isSame =
      existing.queryString === queryString &&
      areSameProperties(existing.thingGroupProperties, thingGroupProperties);
    return isSame ? existing : refuseDuplicate(existing);
  }
  if (dynamicGroups(state).length >= mostDynamicGroups) {
    fault(LimitExceededException, `An account can have ${mostDynamicGroups} dynamic thing groups`);
  }
  const group: ThingGroupRecord = {
    thingGroupName,
    thingGroupArn: state.arn(`thinggroup/${thingGroupName}`),
    thingGroupId: state.newId(),
    version: 1,
    thingGroupProperties,
    thingGroupMetadata: { creationDate: state.now() },
    indexName: "AWS_Things",
    queryString,
    queryVersion: QUERY_VERSION,
    buildStartedAt: state.now().getTime(),
  };
  state.thingGroups.set(thingGroupName, group);
  startTags(state, group.thingGroupArn, tagsOf(input.tags));
  state.tell(thingGroupChanged, { operation: "CREATED", group });
  return group;
});

/**
 * A new query makes the group build its members anew; those of the old one stay until then.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateDynamicThingGroup.html
 */
export const updateDynamicThingGroup = operation(UpdateDynamicThingGroupCommand, (state, input) => {
  const group = existingGroup(state, input.thingGroupName);
  refuseStatic(group);
  checkGroupVersion(group, input.expectedVersion);
  const { configuration } = checkIndex(state, input.indexName);
  const queryString = input.queryString ?? group.queryString;
  if (input.queryString !== undefined) {
    const query = queryOf(input.queryString, thingsSchema, input.queryVersion);
    checkGeo(query, input.queryString, configuration);
  }
  // The members must have followed the old query up to now before the new one takes over.
  fleetOf(state);
  const { previousQueryString, ...rest } = group;
  const settled = statusOf(state, group) === "ACTIVE" ? group.queryString : previousQueryString;
  const version = group.version + 1;
  const updated: ThingGroupRecord = {
    ...(queryString === group.queryString ? group : rest),
    version,
    thingGroupProperties: patchedProperties(
      group.thingGroupProperties ?? {},
      input.thingGroupProperties,
      group.thingGroupName,
    ),
    ...(queryString !== group.queryString && {
      queryString,
      buildStartedAt: state.now().getTime(),
      ...(settled !== undefined && { previousQueryString: settled }),
    }),
  };
  state.thingGroups.set(group.thingGroupName, updated);
  state.tell(thingGroupChanged, { operation: "UPDATED", group: updated });
  return { version };
});

/**
 * A group that is not there counts as deleted.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteDynamicThingGroup.html
 */
export const deleteDynamicThingGroup = operation(DeleteDynamicThingGroupCommand, (state, input) => {
  const group = state.thingGroups.get(input.thingGroupName);
  if (!group) return {};
  refuseStatic(group);
  checkGroupVersion(group, input.expectedVersion);
  // The index must have seen the members before they go, to lose them one lag later.
  fleetOf(state);
  removeGroup(state, group);
  return {};
});

function refuseStatic(group: ThingGroupRecord): void {
  if (isDynamic(group)) return;
  fault(
    InvalidRequestException,
    `This operation does not support static thing groups. Thing group arn: ${group.thingGroupArn}`,
  );
}

/** A dynamic group lives on the index of things, which must be there and built. */
function checkIndex(state: State, indexName = "AWS_Things") {
  if (indexName !== "AWS_Things") {
    fault(InvalidRequestException, `Dynamic thing groups use the index AWS_Things only`);
  }
  const index =
    thingsIndex(state) ?? fault(ResourceNotFoundException, `Index ${indexName} cannot be found`);
  if (index.status === "BUILDING") {
    fault(InvalidRequestException, `Index ${indexName} is being built; wait until it is ACTIVE`);
  }
  return index;
}
