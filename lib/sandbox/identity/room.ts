import { ties } from "../registry/ports.js";
import { answer } from "../state/port.js";
import type { Room } from "../state/room.js";
import * as certificates from "./certificates.js";
import * as policies from "./policies.js";
import { detachAllPolicies } from "./policy-attachments.js";
import * as policyTargets from "./policy-targets.js";
import * as policyVersions from "./policy-versions.js";
import { evidence } from "./evidence.js";
import { rules } from "./rules.js";
import { tables } from "./tables.js";
import { hasPrincipals } from "./thing-attachments.js";
import * as thingPrincipals from "./thing-principals.js";

/** Certificates, what they are attached to, and IoT policies. */
export const identity: Room = {
  tables,
  answers: [answer(ties, { hasPrincipals, detachPolicies: detachAllPolicies })],
  services: {
    iot: {
      rules: () => rules,
      evidence,
      operations: [certificates, thingPrincipals, policies, policyVersions, policyTargets],
    },
  },
};
