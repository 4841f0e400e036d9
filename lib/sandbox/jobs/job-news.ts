import { news } from "../state/news.js";
import type { JobExecutionRecord, JobRecord, StatusCounts } from "./records.js";

/* What jobs tell whoever hears of it, in the same transaction. */

/** An execution came to be, changed or went, or is hidden from its device by the deletion of its job. */
export interface ExecutionChange {
  readonly before: JobExecutionRecord | undefined;
  readonly after: JobExecutionRecord | undefined;
}

/** What happens to a job as a whole. */
export interface JobChange {
  readonly operation:
    | "completed"
    | "cancellation_in_progress"
    | "canceled"
    | "deletion_in_progress"
    | "deleted";
  readonly job: JobRecord;
  /** Things by the status of their latest execution. */
  readonly counts: StatusCounts;
}

export const executionChanged = news<ExecutionChange>("an execution changed");
export const jobChanged = news<JobChange>("a job changed");
