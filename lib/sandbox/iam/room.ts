import type { Room } from "../state/room.js";
import * as rolePolicies from "./role-policies.js";
import * as roles from "./roles.js";
import { evidence, stsEvidence } from "./evidence.js";
import { rules } from "./rules.js";
import * as sts from "./sts.js";
import { tables } from "./tables.js";

/** Roles and their policies, and who one is. */
export const iam: Room = {
  tables,
  services: {
    iam: { rules: () => rules, evidence, operations: [roles, rolePolicies] },
    sts: { rules: () => ({}), evidence: stsEvidence, operations: [sts] },
  },
};
