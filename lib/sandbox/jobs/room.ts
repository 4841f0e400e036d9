import type { Room } from "../state/room.js";
import { advanceJobs } from "./engine/advance.js";
import * as deviceJobs from "./device-jobs.js";
import * as jobChanges from "./job-changes.js";
import * as jobEnds from "./job-ends.js";
import * as jobExecutions from "./job-executions.js";
import * as jobTemplates from "./job-templates.js";
import * as jobs from "./jobs.js";
import * as managedJobTemplates from "./managed-job-templates.js";
import { deviceEvidence, evidence } from "./evidence.js";
import { deviceRules, rules } from "./rules.js";
import { tables, type State } from "./tables.js";

/** Jobs, from both sides: what operators ask for, and what devices report. */
export const jobRoom: Room = {
  tables,
  services: {
    iot: {
      rules,
      evidence,
      operations: [jobs, jobChanges, jobEnds, jobExecutions, jobTemplates, managedJobTemplates],
    },
    "iot-jobs-data": { rules: deviceRules, evidence: deviceEvidence, operations: [deviceJobs] },
  },
  advance: (state) => advanceJobs(state as State),
};
