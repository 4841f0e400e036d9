import type { State as RegistryState } from "../registry/tables.js";
import { operationIn } from "../state/operation.js";
import { table, type Kept } from "../state/state.js";
import type { CommandExecutionRecord, CommandRecord, CommandTimer } from "./records.js";

/** What this room keeps. */
export const tables = {
  commands: table<CommandRecord>({ holds: "commands" }),
  /** Change them through `executions.ts`. By execution id. */
  commandExecutions: table<CommandExecutionRecord>({ holds: "command executions" }),
  /** The execution that a client token has started. */
  commandTokens: table<string>(),
  /** What becomes of executions at a later time, by `<time, 15 digits>/<execution id>/<timer>`. */
  commandTimers: table<CommandTimer>(),
};

/** The state as this room sees it: its own tables and those of the rooms below. */
export type State = RegistryState & Kept<typeof tables>;

export const operation = operationIn<State>();
