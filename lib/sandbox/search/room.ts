import { dynamicMembership } from "../registry/ports.js";
import { answer } from "../state/port.js";
import type { Room } from "../state/room.js";
import * as connectivity from "./connectivity.js";
import * as dynamicGroups from "./dynamic-groups.js";
import { dynamicMembers } from "./membership.js";
import * as fleetQueries from "./fleet-queries.js";
import * as indexing from "./indexing.js";
import { evidence } from "./evidence.js";
import { rules } from "./rules.js";
import { tables } from "./tables.js";

/** Fleet indexing: the query language, the index, and the groups that fill themselves by it. */
export const search: Room = {
  tables,
  answers: [answer(dynamicMembership, dynamicMembers)],
  services: {
    iot: { rules, evidence, operations: [dynamicGroups, indexing, fleetQueries, connectivity] },
  },
};
