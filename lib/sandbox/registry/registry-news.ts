import { news } from "../state/news.js";
import type { ThingGroupRecord, ThingRecord, ThingTypeRecord } from "./records.js";

export type Change = "CREATED" | "UPDATED" | "DELETED";

/** A thing came to be, was changed, or went. */
export interface ThingChange {
  readonly operation: Change;
  readonly thing: ThingRecord;
  /** As it was, when it was changed. */
  readonly before?: ThingRecord;
}

/** The same of a thing type. */
export interface ThingTypeChange {
  readonly operation: Change;
  readonly type: ThingTypeRecord;
}

/** The same of a thing group, static or dynamic. */
export interface ThingGroupChange {
  readonly operation: Change;
  readonly group: ThingGroupRecord;
}

/** A thing came into a static group, or left it. */
export interface MembershipChange {
  readonly operation: "ADDED" | "REMOVED";
  readonly thing: ThingRecord;
  readonly group: ThingGroupRecord;
}

export const thingChanged = news<ThingChange>("a thing changed");
export const thingTypeChanged = news<ThingTypeChange>("a thing type changed");
export const thingGroupChanged = news<ThingGroupChange>("a thing group changed");
export const membershipChanged = news<MembershipChange>("a thing joined or left a group");
