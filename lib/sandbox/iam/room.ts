import type { Room } from "../state/room.js";
import * as rolePolicies from "./role-policies.js";
import * as roles from "./roles.js";
import { rules } from "./rules.js";
import * as sts from "./sts.js";
import { tables } from "./tables.js";

/** Roles and their policies, and who one is. */
export const iam: Room = {
  tables,
  services: {
    iam: { rules: () => rules, operations: [roles, rolePolicies] },
    sts: { rules: () => ({}), operations: [sts] },
  },
};
