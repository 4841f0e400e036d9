import type { AbortCriteria, JobExecutionStatus } from "@aws-sdk/client-iot";
import type { State } from "../tables.js";
import { setPackagesTimer } from "../agenda.js";
import { isTerminal, queueExecution } from "../executions.js";
import type { JobExecutionRecord, JobRecord, StatusCounts } from "../records.js";
import { cancelJob, completeIfDone, isLive } from "./status.js";

/*
 * What follows from the end of one execution: the inventory of the thing, another attempt, the end of
 * the whole job.
 * https://docs.aws.amazon.com/iot/latest/developerguide/jobs-configurations-details.html
 */

/** Call it whenever an execution has got a new status. */
export function afterChange(state: State, execution: JobExecutionRecord): void {
  const job = state.jobs.get(execution.jobId);
  if (!job || !isTerminal(execution.status)) return;
  if (execution.status === "SUCCEEDED" && job.destinations.length > 0) {
    const { thingName } = execution;
    const timer = { kind: "packages", thingName, destinations: job.destinations } as const;
    setPackagesTimer(state, execution, timer, state.now().getTime() + state.lags.jobsMs);
  }
  if (isLive(job) && retry(state, job, execution)) return;
  abortIfFailing(state, job.jobId);
  completeIfDone(state, job.jobId);
}

/** Queue another attempt where the job's configuration has one left for this failure. */
function retry(state: State, job: JobRecord, execution: JobExecutionRecord): boolean {
  const { status, retries = { FAILED: 0, TIMED_OUT: 0 } } = execution;
  if (status !== "FAILED" && status !== "TIMED_OUT") return false;
  const isLeft = (job.jobExecutionsRetryConfig?.criteriaList ?? []).some(
    ({ failureType, numberOfRetries = 0 }) =>
      failureType === "ALL"
        ? retries.FAILED + retries.TIMED_OUT < numberOfRetries
        : failureType === status && retries[status] < numberOfRetries,
  );
  if (!isLeft) return false;
  queueExecution(state, job, execution.thingName, { ...retries, [status]: retries[status] + 1 });
  return true;
}

/** A thing whose failure is being retried has not failed yet. */
function abortIfFailing(state: State, jobId: string): void {
  const job = state.jobs.get(jobId);
  const counts = state.jobProgress.get(jobId)?.counts;
  if (!job || !counts || !isLive(job)) return;
  const met = job.abortConfig?.criteriaList?.find((criteria) => isMet(criteria, counts));
  if (!met) return;
  cancelJob(state, job, {
    force: false,
    reasonCode: "ABORT_CRITERIA_MET",
    comment:
      `Aborted: ${met.thresholdPercentage}% or more of at least ` +
      `${met.minNumberOfExecutedThings} executed things have ${endings[met.failureType ?? "ALL"]}`,
  });
}

const failures = ["FAILED", "REJECTED", "TIMED_OUT"] as const satisfies JobExecutionStatus[];

const endings = {
  FAILED: "FAILED",
  REJECTED: "REJECTED",
  TIMED_OUT: "TIMED_OUT",
  ALL: "FAILED, REJECTED or TIMED_OUT",
} as const;

function isMet(criteria: AbortCriteria, counts: StatusCounts): boolean {
  const { failureType, minNumberOfExecutedThings = 1, thresholdPercentage = 100 } = criteria;
  const sum = (statuses: readonly JobExecutionStatus[]): number =>
    statuses.reduce((total, status) => total + counts[status], 0);
  const executed = sum([...failures, "SUCCEEDED"]);
  const failed = sum(failures.filter((status) => failureType === "ALL" || failureType === status));
  return executed >= minNumberOfExecutedThings && failed * 100 >= thresholdPercentage * executed;
}
