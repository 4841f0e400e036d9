import type { State } from "./tables.js";
import type { JobExecutionRecord, JobTimer, JobTimerRecord } from "./records.js";

/*
 * What jobs do at a later time, in one table in the order of time. A timer is not run by anybody: it
 * is found by the next request after it is due, and then acts as of its own time.
 */

export interface DueTimer {
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly timer: JobTimerRecord;
}

const TIME_DIGITS = 15;

/** The timer that is due first. Of two for the same moment it is always the same one. */
export function nextTimer(state: State): DueTimer | undefined {
  for (const [key, timer] of state.jobTimers.entries()) {
    return { key, at: Number(key.slice(0, TIME_DIGITS)), timer };
  }
  return undefined;
}

/** Set, move or (without a time) take back what a job does later. */
export function setJobTimer(
  state: State,
  jobId: string,
  timer: JobTimer,
  at: number | undefined,
): void {
  const progress = state.jobProgress.get(jobId);
  if (!progress) return;
  const { [timer]: before, ...others } = progress.timers;
  if (before !== undefined) state.jobTimers.delete(timerKey(before, "job", jobId, timer));
  if (at !== undefined) {
    state.jobTimers.set(timerKey(at, "job", jobId, timer), { kind: "job", timer, jobId });
  }
  state.jobProgress.set(jobId, {
    ...progress,
    timers: { ...others, ...(at !== undefined && { [timer]: at }) },
  });
}

export function clearJobTimers(state: State, jobId: string): void {
  const timers = state.jobProgress.get(jobId)?.timers ?? {};
  for (const timer of Object.keys(timers) as JobTimer[]) {
    setJobTimer(state, jobId, timer, undefined);
  }
}

/** When an execution times out by itself. */
export function timeoutOf(execution: JobExecutionRecord): number | undefined {
  if (execution.status !== "IN_PROGRESS") return undefined;
  const { inProgressTimesOutAt, stepTimesOutAt } = execution;
  if (inProgressTimesOutAt === undefined) return stepTimesOutAt;
  return stepTimesOutAt === undefined
    ? inProgressTimesOutAt
    : Math.min(inProgressTimesOutAt, stepTimesOutAt);
}

/** Let the timer of an execution follow from what became of it. */
export function moveTimeout(
  state: State,
  before: JobExecutionRecord | undefined,
  after: JobExecutionRecord | undefined,
): void {
  const was = before && timeoutOf(before);
  const is = after && timeoutOf(after);
  if (was === is) return;
  const { jobId, thingName, executionNumber } = (after ?? before) as JobExecutionRecord;
  const key = (at: number) => timerKey(at, "timeout", jobId, thingName, String(executionNumber));
  if (was !== undefined) state.jobTimers.delete(key(was));
  if (is !== undefined) {
    state.jobTimers.set(key(is), { kind: "timeout", jobId, thingName, executionNumber });
  }
}

/** Note that a thing's `$package` shadow is to be told of a success. */
export function setPackagesTimer(
  state: State,
  { jobId, thingName, executionNumber }: JobExecutionRecord,
  timer: Extract<JobTimerRecord, { kind: "packages" }>,
  at: number,
): void {
  const key = timerKey(at, "packages", jobId, thingName, String(executionNumber));
  state.jobTimers.set(key, timer);
}

function timerKey(at: number, ...of: readonly string[]): string {
  // Whole milliseconds, never too early: whoever is woken must find that its time has come.
  return [String(Math.ceil(at)).padStart(TIME_DIGITS, "0"), ...of].join("/");
}
