import type { EventType } from "@aws-sdk/client-iot";
import { createHash } from "node:crypto";
import type {
  MembershipChange,
  ThingChange,
  ThingGroupChange,
  ThingTypeChange,
} from "../../registry/registry-news.js";
import type { ThingRecord } from "../../registry/records.js";
import { isPublished } from "../event-configurations.js";
import { serviceMessage } from "../messages.js";
import { publish } from "../publishing.js";
import type { State } from "../tables.js";

/*
 * Events of the registry, which have to be asked for. They tell the time in milliseconds.
 * https://docs.aws.amazon.com/iot/latest/developerguide/registry-events.html
 */

export function tellThingEvent(state: State, { operation, thing, before }: ThingChange): void {
  const { thingName, thingId, thingTypeName = null, attributes, version } = thing;
  tell(state, "THING", operation, `thing/${thingName}`, {
    accountId: state.account,
    thingId,
    thingName,
    versionNumber: version,
    thingTypeName,
    attributes,
  });
  const is = operation === "DELETED" ? undefined : thing.thingTypeName;
  const was = operation === "DELETED" ? thing.thingTypeName : before?.thingTypeName;
  if (is === was) return;
  if (was !== undefined) tellAssociation(state, "REMOVED", thing, was);
  if (is !== undefined) tellAssociation(state, "ADDED", thing, is);
}

function tellAssociation(
  state: State,
  operation: "ADDED" | "REMOVED",
  { thingName, thingId }: ThingRecord,
  thingTypeName: string,
): void {
  const topic = `thingTypeAssociation/thing/${thingName}/thingType/${thingTypeName}`;
  const members = { thingId, thingName, thingTypeName };
  tell(state, "THING_TYPE_ASSOCIATION", operation, topic, members);
}

export function tellTypeEvent(state: State, { operation, type }: ThingTypeChange): void {
  const { thingTypeName, thingTypeId, thingTypeMetadata, thingTypeProperties } = type;
  const { deprecated = false, deprecationDate } = thingTypeMetadata ?? {};
  tell(state, "THING_TYPE", operation, `thingType/${thingTypeName}`, {
    accountId: state.account,
    thingTypeId,
    thingTypeName,
    isDeprecated: deprecated,
    deprecationDate: deprecationDate?.getTime() ?? null,
    searchableAttributes: thingTypeProperties?.searchableAttributes ?? [],
    description: thingTypeProperties?.thingTypeDescription ?? null,
  });
}

/** Of a group that has a parent, it is told too that the two belong together, or not any more. */
export function tellGroupEvent(state: State, { operation, group }: ThingGroupChange): void {
  const { thingGroupName, thingGroupId, thingGroupMetadata, thingGroupProperties } = group;
  const { parentGroupName = null, rootToParentThingGroups = [] } = thingGroupMetadata ?? {};
  const parent = parentGroupName === null ? undefined : state.thingGroups.get(parentGroupName);
  tell(state, "THING_GROUP", operation, `thingGroup/${thingGroupName}`, {
    accountId: state.account,
    thingGroupId,
    thingGroupName,
    versionNumber: group.version,
    parentGroupName,
    parentGroupId: parent?.thingGroupId ?? null,
    description: thingGroupProperties?.thingGroupDescription ?? null,
    rootToParentThingGroups: rootToParentThingGroups.map(({ groupName = "", groupArn }) => ({
      groupArn,
      groupId: state.thingGroups.get(groupName)?.thingGroupId,
    })),
    attributes: thingGroupProperties?.attributePayload?.attributes ?? {},
    dynamicGroupMappingId: null,
  });
  if (!parent || operation === "UPDATED") return;
  const topic = `thingGroupHierarchy/thingGroup/${parent.thingGroupName}/childThingGroup/${thingGroupName}`;
  tell(state, "THING_GROUP_HIERARCHY", operation === "CREATED" ? "ADDED" : "REMOVED", topic, {
    accountId: state.account,
    thingGroupId: parent.thingGroupId,
    thingGroupName: parent.thingGroupName,
    childGroupId: thingGroupId,
    childGroupName: thingGroupName,
  });
}

/** Of static groups: who is in a dynamic one follows from the index, and nobody is told. */
export function tellMembershipEvent(
  state: State,
  { operation, thing, group }: MembershipChange,
): void {
  const { thingName, thingId = "" } = thing;
  const { thingGroupName, thingGroupArn, thingGroupId = "" } = group;
  const topic = `thingGroupMembership/thingGroup/${thingGroupName}/thing/${thingName}`;
  tell(state, "THING_GROUP_MEMBERSHIP", operation, topic, {
    accountId: state.account,
    groupArn: thingGroupArn,
    groupId: thingGroupId,
    thingArn: state.arn(`thing/${thingName}`),
    thingId,
    membershipId: membershipIdOf(thingGroupId, thingId),
  });
}

/** The same when a thing comes and when it goes. Nobody else is told of it, so it is not kept. */
function membershipIdOf(groupId: string, thingId: string): string {
  const hash = createHash("sha256").update(`${groupId}/${thingId}`).digest("hex");
  return hash.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function tell(
  state: State,
  type: EventType,
  operation: string,
  topic: string,
  members: object,
): void {
  if (!isPublished(state, type)) return;
  publish(
    state,
    serviceMessage(`$aws/events/${topic}/${operation.toLowerCase()}`, {
      eventType: `${type}_EVENT`,
      eventId: state.newId(),
      timestamp: state.now().getTime(),
      operation,
      ...members,
    }),
  );
}
