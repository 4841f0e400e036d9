import type {
  ThingGroupRecord,
  ThingRecord,
  ThingTypeRecord,
  BillingGroupRecord,
} from "./records.js";
import { operationIn } from "../state/operation.js";
import { table, type Core, type Kept } from "../state/state.js";

/** What this room keeps. */
export const tables = {
  things: table<ThingRecord>({ holds: "things" }),
  thingTypes: table<ThingTypeRecord>({ holds: "thing types" }),
  thingGroups: table<ThingGroupRecord>({ holds: "thing groups" }),
  /**
   * Static groups of a thing, oldest membership first, by thing name. Read and change memberships
   * through `memberships.ts`, which knows the dynamic groups as well.
   */
  groupsOfThing: table<readonly string[]>(),
  /** One record per membership in a static group, by `<group>/<thing>`. */
  groupMembers: table<true>({ holds: "memberships in thing groups" }),
  billingGroups: table<BillingGroupRecord>({ holds: "billing groups" }),
  /** Change it through `billing-memberships.ts`. By `<billing group>/<thing>`. */
  thingsOfBillingGroup: table<true>(),
  /** Tags of an IoT resource, by ARN, also when it has none. Change them through `resource-tags.ts`. */
  tags: table<Readonly<Record<string, string>>>(),
};

/** The state as this room sees it: its own tables. */
export type State = Core & Kept<typeof tables>;

export const operation = operationIn<State>();
