import type { DynamicMembership } from "../registry/ports.js";
import { dynamicGroups, statusOf } from "./dynamic-members.js";
import { fleetOf } from "./feed.js";
import type { State } from "./tables.js";

/** What the registry asks of the index. */
export const dynamicMembers: DynamicMembership = {
  groupsOf(state: State, thingName) {
    // Asking the fleet may mean making its index: not for a fleet without dynamic groups.
    return dynamicGroups(state).length > 0 ? fleetOf(state).dynamic.groupsOf(thingName) : [];
  },
  membersOf: (state: State, group, after) =>
    fleetOf(state).dynamic.membersOf(group.thingGroupName, after),
  statusOf,
};
