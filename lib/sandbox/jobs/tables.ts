import type {
  JobExecutionRecord,
  JobProgressRecord,
  JobRecord,
  JobTemplateRecord,
  JobTimerRecord,
} from "./records.js";
import type { State as SearchState } from "../search/tables.js";
import type { State as CatalogState } from "../catalog/tables.js";
import { operationIn } from "../state/operation.js";
import { table, type Kept } from "../state/state.js";

/** What this room keeps. */
export const tables = {
  jobs: table<JobRecord>({ holds: "jobs" }),
  /** What happens with a job, beside what it is, by job id. */
  jobProgress: table<JobProgressRecord>(),
  /** Things that are yet to get an execution, and the target they belong to, by `<job>/<thing>`. */
  jobWaiting: table<string>(),
  /** Things that a continuous job has counted in, by `<job>/<thing>`. */
  jobMembers: table<true>(),
  /** Change them through `executions.ts`. By `<job>/<thing>/<number, ten digits>`. */
  jobExecutions: table<JobExecutionRecord>({ holds: "job executions" }),
  /** By `<thing>/<job>/<number>`. */
  executionsOfThing: table<true>(),
  /** By `<job>/<status>/<thing>/<number>`. */
  executionsByStatus: table<true>(),
  /** What jobs do at a later time, by `<time, 15 digits>/…`: the first is due first. */
  jobTimers: table<JobTimerRecord>(),
  jobTemplates: table<JobTemplateRecord>({ holds: "job templates" }),
};

/** The state as this room sees it: its own tables and those of the rooms below. */
export type State = SearchState & CatalogState & Kept<typeof tables>;

export const operation = operationIn<State>();
