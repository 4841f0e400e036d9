import type { JobExecutionStatus, JobProcessDetails } from "@aws-sdk/client-iot";

/**
 * Every state of an execution, in the order of its life.
 *
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/iot-jobs-lifecycle.html
 */
export const executionStatuses = [
  "QUEUED",
  "IN_PROGRESS",
  "SUCCEEDED",
  "FAILED",
  "TIMED_OUT",
  "REJECTED",
  "REMOVED",
  "CANCELED",
] as const satisfies readonly JobExecutionStatus[];

/** How many executions are in each state, none left out. */
export type ExecutionCounts = Readonly<Record<JobExecutionStatus, number>>;

/** True while a device may still work on it. */
export function isPending(status: JobExecutionStatus): boolean {
  return status === "QUEUED" || status === "IN_PROGRESS";
}

/** Count states. */
export function countStatuses(statuses: Iterable<JobExecutionStatus>): ExecutionCounts {
  const counts = Object.fromEntries(executionStatuses.map((status) => [status, 0])) as Record<
    JobExecutionStatus,
    number
  >;
  for (const status of statuses) counts[status]++;
  return counts;
}

/** The sum of the counts, or of those of some states. */
export function sumOf(
  counts: ExecutionCounts,
  statuses: readonly JobExecutionStatus[] = executionStatuses,
): number {
  return statuses.reduce((sum, status) => sum + counts[status], 0);
}

/** What AWS itself has counted of a job, from `jobProcessDetails`. It runs some seconds behind. */
export function reportedCounts(details: JobProcessDetails | undefined): ExecutionCounts {
  return {
    QUEUED: details?.numberOfQueuedThings ?? 0,
    IN_PROGRESS: details?.numberOfInProgressThings ?? 0,
    SUCCEEDED: details?.numberOfSucceededThings ?? 0,
    FAILED: details?.numberOfFailedThings ?? 0,
    TIMED_OUT: details?.numberOfTimedOutThings ?? 0,
    REJECTED: details?.numberOfRejectedThings ?? 0,
    REMOVED: details?.numberOfRemovedThings ?? 0,
    CANCELED: details?.numberOfCanceledThings ?? 0,
  };
}
