import type { JobExecutionsRolloutConfig } from "@aws-sdk/client-iot";
import type { State } from "../tables.js";
import { setJobTimer } from "../agenda.js";
import { changeProgress, queueExecution } from "../executions.js";
import type { JobProgressRecord, JobRecord } from "../records.js";
import { nextOpening, windowAt } from "./schedule.js";
import { changeJob, completeIfDone } from "./status.js";
import { thingsOf } from "../targets.js";

/*
 * How executions get to things: so many each minute, as long as the job is in progress.
 * https://docs.aws.amazon.com/iot/latest/developerguide/jobs-configurations-details.html
 */

/** Executions per minute and job, at most and by default. */
const fastestRate = 1000;
const minuteMs = 60_000;

/**
 * Let a job run, or wait for its next maintenance window.
 *
 * @param delayMs until the first executions
 */
export function beginJob(state: State, job: JobRecord, delayMs: number): void {
  const now = state.now().getTime();
  const windows = job.schedulingConfig?.maintenanceWindows ?? [];
  const open = windowAt(windows, now);
  if (windows.length > 0 && !open) {
    changeJob(state, job, { status: "SCHEDULED" });
    setJobTimer(state, job.jobId, "open", nextOpening(windows, now));
    return;
  }
  const running = changeJob(state, job, {
    status: "IN_PROGRESS",
    isFollowing: job.targetSelection === "CONTINUOUS",
  });
  if (open) setJobTimer(state, job.jobId, "close", open.closesAt);
  if (!state.jobProgress.get(job.jobId)?.isExpanded) {
    changeProgress(state, job.jobId, () => ({ isExpanded: true }));
    addWaiting(state, running, thingsOf(state, job.targets));
  }
  setJobTimer(state, job.jobId, "rollout", now + delayMs);
}

/** A maintenance window is over: the job keeps what it handed out and hands out no more. */
export function closeWindow(state: State, job: JobRecord): void {
  const { maintenanceWindows = [] } = job.schedulingConfig ?? {};
  const now = state.now().getTime();
  const next = windowAt(maintenanceWindows, now);
  if (next) return setJobTimer(state, job.jobId, "close", next.closesAt);
  setJobTimer(state, job.jobId, "rollout", undefined);
  changeJob(state, job, { status: "SCHEDULED" });
  setJobTimer(state, job.jobId, "open", nextOpening(maintenanceWindows, now));
}

/** Note down things that are to get an execution of this job. */
export function addWaiting(
  state: State,
  job: JobRecord,
  things: ReadonlyMap<string, string>,
): void {
  const added: Record<string, number> = {};
  for (const [thingName, target] of things) {
    const key = `${job.jobId}/${thingName}`;
    if (state.jobWaiting.has(key) || state.jobMembers.has(key)) continue;
    state.jobWaiting.set(key, target);
    if (job.targetSelection === "CONTINUOUS") state.jobMembers.set(key, true);
    added[target] = (added[target] ?? 0) + 1;
  }
  changeProgress(state, job.jobId, ({ waiting }) => ({
    waiting: summed(waiting, added, 1),
    isRollingOut: true,
  }));
}

export function removeWaiting(state: State, jobId: string, thingName: string): void {
  const key = `${jobId}/${thingName}`;
  const target = state.jobWaiting.get(key);
  if (target === undefined) return;
  state.jobWaiting.delete(key);
  changeProgress(state, jobId, ({ waiting }) => ({
    waiting: summed(waiting, { [target]: 1 }, -1),
  }));
}

/** One minute of a rollout. */
export function rollOut(state: State, job: JobRecord): void {
  const progress = state.jobProgress.get(job.jobId);
  if (!progress || job.status !== "IN_PROGRESS") return;
  const rate = rateOf(job.jobExecutionsRolloutConfig, progress);
  const prefix = `${job.jobId}/`;
  const taken: Record<string, number> = {};
  const names: string[] = [];
  for (const [key, target] of state.jobWaiting.entries({ prefix })) {
    if (names.length === rate) break;
    names.push(key.slice(prefix.length));
    taken[target] = (taken[target] ?? 0) + 1;
  }
  for (const thingName of names) {
    state.jobWaiting.delete(prefix + thingName);
    // A snapshot does not follow its things: one may have been deleted while it waited.
    if (state.things.has(thingName)) queueExecution(state, job, thingName);
  }
  const [isMore] = state.jobWaiting.entries({ prefix });
  changeProgress(state, job.jobId, ({ waiting }) => ({
    waiting: summed(waiting, taken, -1),
    isRollingOut: isMore !== undefined,
  }));
  if (isMore) setJobTimer(state, job.jobId, "rollout", state.now().getTime() + minuteMs);
  completeIfDone(state, job.jobId);
}

/**
 * Things that may be notified in this minute. With an exponential rate each multiple of its criterion
 * raises the rate by the factor: 50, 100, 200 … after 1,000, 2,000 … notified things.
 */
export function rateOf(
  config: JobExecutionsRolloutConfig | undefined,
  progress: Pick<JobProgressRecord, "notified" | "counts">,
): number {
  const { maximumPerMinute = fastestRate, exponentialRate } = config ?? {};
  if (!exponentialRate) return maximumPerMinute;
  const { baseRatePerMinute = 1, incrementFactor = 1, rateIncreaseCriteria } = exponentialRate;
  const { numberOfNotifiedThings, numberOfSucceededThings } = rateIncreaseCriteria ?? {};
  const steps = Math.max(
    stepsOf(progress.notified, numberOfNotifiedThings),
    stepsOf(progress.counts.SUCCEEDED, numberOfSucceededThings),
  );
  const rate = Math.floor(baseRatePerMinute * incrementFactor ** steps);
  return Math.min(rate, maximumPerMinute, fastestRate);
}

function stepsOf(count: number, criterion: number | undefined): number {
  return criterion === undefined ? 0 : Math.floor(count / criterion);
}

/** Counts by target, without those that have come to nothing. */
function summed(
  counts: Readonly<Record<string, number>>,
  changes: Readonly<Record<string, number>>,
  sign: 1 | -1,
): Record<string, number> {
  const sums = new Map(Object.entries(counts));
  for (const [target, count] of Object.entries(changes)) {
    sums.set(target, (sums.get(target) ?? 0) + sign * count);
  }
  return Object.fromEntries([...sums].filter(([, count]) => count > 0));
}
