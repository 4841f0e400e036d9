import type { Room } from "../state/room.js";
import * as commandExecutions from "./command-executions.js";
import * as commands from "./commands.js";
import { evidence, startEvidence } from "./evidence.js";
import { advanceCommands } from "./executions.js";
import { rules, startRules } from "./rules.js";
import * as startExecution from "./start-execution.js";
import { tables, type State } from "./tables.js";

/** Commands, and what devices make of them. */
export const commandRoom: Room = {
  tables,
  services: {
    iot: { rules: () => rules, evidence, operations: [commands, commandExecutions] },
    "iot-jobs-data": {
      rules: () => startRules,
      evidence: startEvidence,
      operations: [startExecution],
    },
  },
  advance: (state) => advanceCommands(state as State),
};
