import type { Room } from "../state/room.js";
import { advanceProvisioning } from "./advance.js";
import * as claims from "./claims.js";
import { evidence } from "./evidence.js";
import * as provisioningTemplates from "./provisioning-templates.js";
import * as registration from "./registration.js";
import * as registrationTasks from "./registration-tasks.js";
import { rules } from "./rules.js";
import { tables, type State } from "./tables.js";

/** Devices registered by templates: one, many from a file, or those that come by themselves. */
export const provisioning: Room = {
  tables,
  services: {
    iot: {
      rules: () => rules,
      evidence,
      operations: [provisioningTemplates, claims, registration, registrationTasks],
    },
  },
  advance: (state) => advanceProvisioning(state as State),
};
