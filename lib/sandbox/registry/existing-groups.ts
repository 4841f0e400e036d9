import {
  InvalidRequestException,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  VersionConflictException,
  type ThingGroupProperties,
} from "@aws-sdk/client-iot";
import { areSame, attributeLimits, checkAttributes, patched } from "./attributes.js";
import { fault } from "../state/operation.js";
import type { ThingGroupRecord } from "./records.js";
import { thingGroupChanged } from "./registry-news.js";
import { endTags } from "./resource-tags.js";
import type { State } from "./tables.js";

/* What static and dynamic groups have in common. */

/** The group of that name, or AWS's refusal. */
export function existingGroup(state: State, thingGroupName: string): ThingGroupRecord {
  return (
    state.thingGroups.get(thingGroupName) ??
    fault(ResourceNotFoundException, `Thing group ${thingGroupName} cannot be found`)
  );
}

/** The group of that name, when its members are kept by hand. */
export function existingStaticGroup(state: State, thingGroupName: string): ThingGroupRecord {
  const group = existingGroup(state, thingGroupName);
  refuseDynamic(group);
  return group;
}

export function isDynamic(group: ThingGroupRecord): boolean {
  return group.queryString !== undefined;
}

/** Most operations on groups are for static ones. */
export function refuseDynamic(group: ThingGroupRecord): void {
  if (!isDynamic(group)) return;
  fault(
    InvalidRequestException,
    `This operation does not support dynamic thing groups. Thing group arn: ${group.thingGroupArn}`,
  );
}

/** A group of that name exists and differs from what was to be created. */
export function refuseDuplicate(group: ThingGroupRecord): never {
  return fault(
    ResourceAlreadyExistsException,
    `Thing Group ${group.thingGroupName} already exists in current account with different properties`,
    { resourceId: group.thingGroupId, resourceArn: group.thingGroupArn },
  );
}

/** Properties after an update: what is not sent stays. */
export function patchedProperties(
  stored: ThingGroupProperties,
  sent: ThingGroupProperties,
  thingGroupName: string,
): ThingGroupProperties {
  const description = sent.thingGroupDescription ?? stored.thingGroupDescription;
  const attributes = patched(stored.attributePayload?.attributes ?? {}, sent.attributePayload);
  checkAttributes(attributes, attributeLimits.thingGroup, `Thing group ${thingGroupName}`);
  return {
    ...(description !== undefined && { thingGroupDescription: description }),
    // A group without attributes shows no payload at all.
    ...(Object.keys(attributes).length > 0 && { attributePayload: { attributes } }),
  };
}

export function areSameProperties(a: ThingGroupProperties = {}, b: ThingGroupProperties): boolean {
  return (
    (a.thingGroupDescription ?? "") === (b.thingGroupDescription ?? "") &&
    areSame(a.attributePayload?.attributes ?? {}, b.attributePayload?.attributes ?? {})
  );
}

/** Refuse a change to a group that has moved on since the caller looked. */
export function checkGroupVersion(group: ThingGroupRecord, expected: number | undefined): void {
  if (expected === undefined || expected === group.version) return;
  fault(
    VersionConflictException,
    `Thing group ${group.thingGroupName} has version ${group.version}, not the expected version ${expected}`,
  );
}

/** What is left to do once nothing hangs on a group any more. */
export function removeGroup(state: State, group: ThingGroupRecord): void {
  state.thingGroups.delete(group.thingGroupName);
  endTags(state, group.thingGroupArn);
  state.tell(thingGroupChanged, { operation: "DELETED", group });
}
