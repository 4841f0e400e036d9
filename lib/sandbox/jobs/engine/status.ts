import type { JobStatus } from "@aws-sdk/client-iot";
import type { State } from "../tables.js";
import { endTags } from "../../registry/resource-tags.js";
import { clearJobTimers, moveTimeout, setJobTimer } from "../agenda.js";
import { changeExecution, changeProgress, executionsIn, progressOf } from "../executions.js";
import { executionChanged, jobChanged, type JobChange } from "../job-news.js";
import type { JobRecord } from "../records.js";

/*
 * What becomes of a job as a whole.
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-jobs-lifecycle.html
 */

function tellOf(state: State, jobId: string, operation: JobChange["operation"]): void {
  const job = state.jobs.get(jobId);
  const { counts } = progressOf(state, jobId);
  if (job) state.tell(jobChanged, { operation, job, counts });
}

/** Change what a job is, its status among it. */
export function changeJob(state: State, job: JobRecord, change: Partial<JobRecord>): JobRecord {
  const after = { ...job, ...change, lastUpdatedAt: state.now() };
  state.jobs.set(job.jobId, after);
  return after;
}

/** Neither over nor on its way out. */
export function isLive({ status }: { readonly status: JobStatus }): boolean {
  return status === "IN_PROGRESS" || status === "SCHEDULED";
}

/** A job is concurrent while it hands out executions or takes them back. */
export function isConcurrent(state: State, job: JobRecord): boolean {
  const { isRollingOut, timers } = progressOf(state, job.jobId);
  return (job.status === "IN_PROGRESS" && isRollingOut) || timers.cancel !== undefined;
}

/**
 * Complete a job with nothing left to do. A continuous job waits for more things until its end time.
 * A snapshot of an empty group is done with its rollout.
 */
export function completeIfDone(state: State, jobId: string): void {
  const job = state.jobs.get(jobId);
  const progress = state.jobProgress.get(jobId);
  if (!job || !progress || job.status !== "IN_PROGRESS") return;
  const { counts, isRollingOut, hasEnded } = progress;
  if (isRollingOut || counts.QUEUED + counts.IN_PROGRESS > 0) return;
  if (job.targetSelection === "CONTINUOUS" && !hasEnded) return;
  changeJob(state, job, { status: "COMPLETED", completedAt: state.now(), isFollowing: false });
  clearJobTimers(state, jobId);
  tellOf(state, jobId, "completed");
}

/**
 * Cancel a job: nothing is handed out any more, and what is queued (when forced, also what is under
 * way) is cancelled a moment later.
 */
export function cancelJob(
  state: State,
  job: JobRecord,
  how: { readonly force: boolean; readonly reasonCode?: string; readonly comment?: string },
): void {
  const { force, ...why } = how;
  changeJob(state, job, {
    status: "CANCELED",
    isFollowing: false,
    ...why,
    ...(force && { forceCanceled: true }),
  });
  stopRollout(state, job.jobId);
  clearJobTimers(state, job.jobId);
  setJobTimer(state, job.jobId, "cancel", state.now().getTime() + state.lags.jobsMs);
  tellOf(state, job.jobId, "cancellation_in_progress");
}

/** What a cancelled job does to its executions. */
export function cancelExecutions(state: State, job: JobRecord): void {
  for (const execution of executionsIn(state, job.jobId, "QUEUED")) {
    changeExecution(state, execution, { status: "CANCELED" });
  }
  const running = job.forceCanceled ? executionsIn(state, job.jobId, "IN_PROGRESS") : [];
  for (const execution of running) {
    changeExecution(state, execution, { status: "CANCELED", forceCanceled: true });
  }
  tellOf(state, job.jobId, "canceled");
}

/** Things that wait for an execution get none. */
export function stopRollout(state: State, jobId: string): void {
  const prefix = `${jobId}/`;
  for (const [key] of [...state.jobWaiting.entries({ prefix })]) state.jobWaiting.delete(key);
  changeProgress(state, jobId, () => ({ waiting: {}, isRollingOut: false }));
}

/** The end time of a job. */
export function endJob(state: State, job: JobRecord): void {
  const { endBehavior = "STOP_ROLLOUT" } = job.schedulingConfig ?? {};
  if (endBehavior !== "STOP_ROLLOUT") {
    cancelJob(state, job, { force: endBehavior === "FORCE_CANCEL" });
    return;
  }
  stopRollout(state, job.jobId);
  clearJobTimers(state, job.jobId);
  changeProgress(state, job.jobId, () => ({ hasEnded: true }));
  changeJob(state, job, { status: "IN_PROGRESS", isFollowing: false });
  completeIfDone(state, job.jobId);
}

/** Begin to delete a job. Until it is gone it is still listed, but devices do not find it. */
export function deleteJob(state: State, job: JobRecord): void {
  for (const status of ["IN_PROGRESS", "QUEUED"] as const) {
    for (const before of executionsIn(state, job.jobId, status)) {
      state.tell(executionChanged, { before, after: undefined });
    }
  }
  changeJob(state, job, { status: "DELETION_IN_PROGRESS", isFollowing: false });
  stopRollout(state, job.jobId);
  clearJobTimers(state, job.jobId);
  setJobTimer(state, job.jobId, "delete", state.now().getTime() + state.lags.jobsMs);
  tellOf(state, job.jobId, "deletion_in_progress");
}

/** Forget a job and all that belongs to it. */
export function forgetJob(state: State, { jobId, jobArn }: JobRecord): void {
  const prefix = `${jobId}/`;
  for (const [key, execution] of [...state.jobExecutions.entries({ prefix })]) {
    state.jobExecutions.delete(key);
    state.executionsOfThing.delete(
      `${execution.thingName}/${jobId}/${key.slice(key.lastIndexOf("/") + 1)}`,
    );
    moveTimeout(state, execution, undefined);
  }
  for (const table of [state.executionsByStatus, state.jobMembers]) {
    for (const [key] of [...table.entries({ prefix })]) table.delete(key);
  }
  tellOf(state, jobId, "deleted");
  state.jobProgress.delete(jobId);
  state.jobs.delete(jobId);
  endTags(state, jobArn);
}
