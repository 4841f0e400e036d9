import type { Room } from "../state/room.js";
import * as billingGroups from "./billing-groups.js";
import * as groupMembers from "./group-members.js";
import { evidence } from "./evidence.js";
import { rules } from "./rules.js";
import { tables } from "./tables.js";
import * as tags from "./tags.js";
import * as thingGroups from "./thing-groups.js";
import * as thingTypes from "./thing-types.js";
import * as things from "./things.js";

/** Things, their types, static and billing groups, and tags. */
export const registry: Room = {
  tables,
  services: {
    iot: {
      rules: () => rules,
      evidence,
      operations: [things, thingTypes, thingGroups, groupMembers, billingGroups, tags],
    },
  },
};
