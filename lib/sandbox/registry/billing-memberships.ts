import {
  InvalidRequestException,
  ResourceNotFoundException,
  VersionConflictException,
} from "@aws-sdk/client-iot";
import { fault } from "../state/operation.js";
import type { BillingGroupRecord, ThingRecord } from "./records.js";
import type { State } from "./tables.js";

/*
 * Which thing is in which billing group: a thing's record names its one group, and a table lists the
 * things of each.
 * https://docs.aws.amazon.com/iot/latest/developerguide/tagging-iot-billing-groups.html
 */

export function existingBillingGroup(state: State, billingGroupName: string): BillingGroupRecord {
  return (
    state.billingGroups.get(billingGroupName) ??
    fault(ResourceNotFoundException, `Billing group ${billingGroupName} cannot be found`)
  );
}

/** Refuse a change to a billing group that has moved on since the caller looked. */
export function checkBillingVersion(
  { billingGroupName, version }: BillingGroupRecord,
  expected: number | undefined,
): void {
  if (expected === undefined || expected === version) return;
  fault(
    VersionConflictException,
    `Billing group ${billingGroupName} has version ${version}, not the expected version ${expected}`,
  );
}

/** Does nothing when the thing is in that group; it can be in no more than one. */
export function joinBilling(state: State, thing: ThingRecord, billingGroupName: string): void {
  const { thingName, billingGroupName: joined } = thing;
  if (joined === billingGroupName) return;
  if (joined !== undefined) {
    fault(
      InvalidRequestException,
      `Thing ${thingName} can be in one billing group only, and it is in ${joined}`,
    );
  }
  state.things.set(thingName, { ...thing, billingGroupName });
  state.thingsOfBillingGroup.set(`${billingGroupName}/${thingName}`, true);
}

/** Does nothing when the thing is not in that group. */
export function leaveBilling(state: State, thing: ThingRecord, billingGroupName: string): void {
  const { billingGroupName: joined, ...rest } = thing;
  if (joined !== billingGroupName) return;
  state.things.set(thing.thingName, rest);
  state.thingsOfBillingGroup.delete(`${billingGroupName}/${thing.thingName}`);
}

/** Names of the things in a billing group, behind `after`, in order. */
export function* thingsIn(
  state: State,
  billingGroupName: string,
  after?: string,
): Generator<string> {
  const prefix = `${billingGroupName}/`;
  const range = { prefix, ...(after !== undefined && { after: prefix + after }) };
  for (const [key] of state.thingsOfBillingGroup.entries(range)) yield key.slice(prefix.length);
}
