import type { JobExecutionStatus } from "@aws-sdk/client-iot";
import type { State } from "./tables.js";
import { moveTimeout } from "./agenda.js";
import { executionChanged } from "./job-news.js";
import type { JobExecutionRecord, JobProgressRecord, JobRecord, StatusCounts } from "./records.js";

/*
 * Where executions are kept: one table of them and two that find them by thing and by status. All
 * that depends on an execution (both finders, the job's counters, the timeout) changes with it in
 * `put`, and only there.
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-jobs-lifecycle.html
 */

export const executionStatuses: readonly JobExecutionStatus[] = [
  "QUEUED",
  "IN_PROGRESS",
  "SUCCEEDED",
  "FAILED",
  "TIMED_OUT",
  "REJECTED",
  "REMOVED",
  "CANCELED",
];

export const noCounts = Object.fromEntries(
  executionStatuses.map((status) => [status, 0]),
) as StatusCounts;

/** Of a job that has done nothing yet. */
export const freshProgress: JobProgressRecord = {
  counts: noCounts,
  notified: 0,
  waiting: {},
  isRollingOut: true,
  isExpanded: false,
  hasEnded: false,
  timers: {},
};

export function isTerminal(status: JobExecutionStatus): boolean {
  return status !== "QUEUED" && status !== "IN_PROGRESS";
}

/** Every attempt of a thing at a job, the first one first. */
export function attemptsOf(
  state: State,
  jobId: string,
  thingName: string,
): Iterable<JobExecutionRecord> {
  return state.jobExecutions.values({ prefix: `${jobId}/${thingName}/` });
}

/** The attempt of that number, or the latest one. */
export function findExecution(
  state: State,
  jobId: string,
  thingName: string,
  executionNumber?: number,
): JobExecutionRecord | undefined {
  if (executionNumber !== undefined) {
    return state.jobExecutions.get(keyOf({ jobId, thingName, executionNumber }));
  }
  let latest: JobExecutionRecord | undefined;
  for (const attempt of attemptsOf(state, jobId, thingName)) latest = attempt;
  return latest;
}

/** Every execution of a thing, by job. */
export function* executionsOfThing(state: State, thingName: string): Generator<JobExecutionRecord> {
  const prefix = `${thingName}/`;
  for (const [key] of state.executionsOfThing.entries({ prefix })) {
    const execution = executionAt(state, prefix, key);
    if (execution) yield execution;
  }
}

/** The execution that a key of `state.executionsOfThing` stands for. */
export function executionAt(
  state: State,
  prefix: string,
  key: string,
): JobExecutionRecord | undefined {
  const [jobId = "", number = ""] = key.slice(prefix.length).split("/");
  return findExecution(state, jobId, prefix.slice(0, -1), Number(number));
}

/** The executions of a job in one status, in the order of their things. Collected: they may change. */
export function executionsIn(
  state: State,
  jobId: string,
  status: JobExecutionStatus,
): JobExecutionRecord[] {
  const prefix = `${jobId}/${status}/`;
  return [...state.executionsByStatus.entries({ prefix })].flatMap(
    ([key]) => state.jobExecutions.get(`${jobId}/${key.slice(prefix.length)}`) ?? [],
  );
}

/** Give a thing its next attempt at a job. */
export function queueExecution(
  state: State,
  job: JobRecord,
  thingName: string,
  retries?: JobExecutionRecord["retries"],
): void {
  const now = state.now();
  const earlier = findExecution(state, job.jobId, thingName);
  put(state, undefined, {
    jobId: job.jobId,
    thingName,
    executionNumber: (earlier?.executionNumber ?? 0) + 1,
    versionNumber: 1,
    status: "QUEUED",
    statusDetails: {},
    queuedAt: now,
    lastUpdatedAt: now,
    ...(retries && { retries }),
  });
  if (retries) return;
  changeProgress(state, job.jobId, ({ notified }) => ({ notified: notified + 1 }));
}

/** Change an execution: its version goes up, and its timers end with it. */
export function changeExecution(
  state: State,
  before: JobExecutionRecord,
  change: Partial<Omit<JobExecutionRecord, "jobId" | "thingName" | "executionNumber">>,
): JobExecutionRecord {
  const now = state.now();
  const after: JobExecutionRecord = {
    ...before,
    ...(change.status === "IN_PROGRESS" && before.status === "QUEUED" && started(state, before)),
    ...change,
    versionNumber: before.versionNumber + 1,
    lastUpdatedAt: now,
  };
  put(state, before, after);
  return after;
}

/** The in-progress timer takes the job's timeout of this moment. */
function started(state: State, { jobId }: JobExecutionRecord): Partial<JobExecutionRecord> {
  const now = state.now();
  const minutes = state.jobs.get(jobId)?.timeoutConfig?.inProgressTimeoutInMinutes;
  return {
    startedAt: now,
    ...(minutes !== undefined && { inProgressTimesOutAt: now.getTime() + minutes * 60_000 }),
  };
}

/** Remove an attempt for good. The thing then counts by the attempt before, if there was one. */
export function removeExecution(state: State, execution: JobExecutionRecord): void {
  put(state, execution, undefined);
}

export function progressOf(state: State, jobId: string): JobProgressRecord {
  return state.jobProgress.get(jobId) ?? freshProgress;
}

export function changeProgress(
  state: State,
  jobId: string,
  change: (before: JobProgressRecord) => Partial<JobProgressRecord>,
): void {
  const before = state.jobProgress.get(jobId);
  if (before) state.jobProgress.set(jobId, { ...before, ...change(before) });
}

function put(
  state: State,
  before: JobExecutionRecord | undefined,
  after: JobExecutionRecord | undefined,
): void {
  const { jobId, thingName, executionNumber } = (after ?? before) as JobExecutionRecord;
  const number = digits(executionNumber);
  const key = keyOf({ jobId, thingName, executionNumber });
  const statusKey = (status: string) => `${jobId}/${status}/${thingName}/${number}`;
  // No thing has a later attempt than one that is not over.
  const isOpen = before && !isTerminal(before.status);
  const latest = isOpen ? before : findExecution(state, jobId, thingName);

  if (before && before.status !== after?.status) {
    state.executionsByStatus.delete(statusKey(before.status));
  }
  if (after) {
    state.jobExecutions.set(key, after);
    if (before?.status !== after.status) {
      state.executionsByStatus.set(statusKey(after.status), true);
    }
    if (!before) state.executionsOfThing.set(`${thingName}/${jobId}/${number}`, true);
  } else {
    state.jobExecutions.delete(key);
    state.executionsOfThing.delete(`${thingName}/${jobId}/${number}`);
  }
  moveTimeout(state, before, after);
  state.tell(executionChanged, { before, after });

  // A thing counts by its latest attempt.
  if (latest && latest.executionNumber > executionNumber) return;
  const countedBefore = latest?.status;
  const countedAfter = (after ?? findExecution(state, jobId, thingName))?.status;
  if (countedBefore === countedAfter) return;
  changeProgress(state, jobId, ({ counts }) => ({
    counts: {
      ...counts,
      ...(countedBefore && { [countedBefore]: counts[countedBefore] - 1 }),
      ...(countedAfter && { [countedAfter]: counts[countedAfter] + 1 }),
    },
  }));
}

function keyOf(of: {
  readonly jobId: string;
  readonly thingName: string;
  readonly executionNumber: number;
}): string {
  return `${of.jobId}/${of.thingName}/${digits(of.executionNumber)}`;
}

function digits(executionNumber: number): string {
  return String(executionNumber).padStart(10, "0");
}
