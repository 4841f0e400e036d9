import { LimitExceededException } from "@aws-sdk/client-iot";
import { fault } from "../state/operation.js";
import type { State } from "./tables.js";
import { isConcurrent } from "./engine/status.js";

/** https://docs.aws.amazon.com/general/latest/gr/iot_device_management.html, "Jobs" */
const mostActiveJobs = 100_000;
const mostConcurrentJobs = 1_000;
const mostDeletions = 10;

/** Refuse another job where the account has as many as it can. */
export function checkJobLimits(state: State): void {
  let active = 0;
  let concurrent = 0;
  for (const job of state.jobs.values()) {
    if (job.status === "IN_PROGRESS") active++;
    if (isConcurrent(state, job)) concurrent++;
  }
  if (active >= mostActiveJobs) {
    fault(LimitExceededException, `${mostActiveJobs} jobs are in progress, the most there can be`);
  }
  if (concurrent >= mostConcurrentJobs) {
    fault(
      LimitExceededException,
      `${mostConcurrentJobs} jobs are rolling out or being cancelled, the most there can be at once`,
    );
  }
}

/** Refuse another deletion where enough are going on. */
export function checkDeletionLimit(state: State): void {
  let deletions = 0;
  for (const { status } of state.jobs.values()) if (status === "DELETION_IN_PROGRESS") deletions++;
  if (deletions < mostDeletions) return;
  fault(LimitExceededException, `${mostDeletions} jobs are being deleted, the most at one time`);
}
