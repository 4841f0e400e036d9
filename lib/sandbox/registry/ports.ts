import { port } from "../state/port.js";
import type { ThingGroupRecord } from "./records.js";
import type { State } from "./tables.js";

/** Who is in which dynamic group: it follows from the index, which stands above the registry. */
export interface DynamicMembership {
  /** Names of the dynamic groups that a thing is in, oldest first. */
  groupsOf(state: State, thingName: string): readonly string[];
  /** Names of the things in a dynamic group, in order, behind `after`. */
  membersOf(state: State, group: ThingGroupRecord, after?: string): Iterable<string>;
  /** Only DescribeThingGroup tells it. */
  statusOf(state: State, group: ThingGroupRecord): "BUILDING" | "REBUILDING" | "ACTIVE";
}

export const dynamicMembership = port<DynamicMembership>("who is in which dynamic group");

/** What things and groups are tied to: principals and policies stand above the registry. */
export interface Ties {
  /** Whether a thing is attached to a principal: such a thing cannot be deleted. */
  hasPrincipals(state: State, thingName: string): boolean;
  /** Forget the policies of a group that is about to go. */
  detachPolicies(state: State, thingGroupArn: string): void;
}

export const ties = port<Ties>("what things and groups are tied to");
