import type { JobExecution, JobExecutionSummary } from "@aws-sdk/client-iot-jobs-data-plane";
import { deviceDocument } from "./documents/links.js";
import { executionsOfThing, isTerminal } from "./executions.js";
import { secondsLeft } from "./engine/timeouts.js";
import type { JobExecutionRecord, JobRecord } from "./records.js";
import type { State } from "./tables.js";

/*
 * What a device is shown of its jobs, in answers and in notifications. All times are whole seconds
 * since the epoch.
 * https://docs.aws.amazon.com/iot/latest/developerguide/jobs-http-device-api.html
 */

/** Executions that GetPendingJobExecutions and notifications list. */
export const mostPending = 10;

/** What a thing has to do: first what it has begun, then the longest queued. */
export function pendingOf(state: State, thingName: string): JobExecutionRecord[] {
  const open = [...executionsOfThing(state, thingName)].filter(
    (execution) => !isTerminal(execution.status) && jobOf(state, execution),
  );
  return inOrder(open);
}

/** The order in which a thing does its executions. */
export function inOrder(executions: readonly JobExecutionRecord[]): JobExecutionRecord[] {
  const rank = ({ status }: JobExecutionRecord): number => (status === "IN_PROGRESS" ? 0 : 1);
  const since = ({ startedAt, queuedAt }: JobExecutionRecord): number =>
    (startedAt ?? queuedAt).getTime();
  return [...executions].sort((a, b) => rank(a) - rank(b) || since(a) - since(b));
}

/** The job of an execution; devices do not see one that is being deleted. */
export function jobOf(state: State, { jobId }: JobExecutionRecord): JobRecord | undefined {
  const job = state.jobs.get(jobId);
  return job?.status === "DELETION_IN_PROGRESS" ? undefined : job;
}

export function shown(
  state: State,
  execution: JobExecutionRecord,
  withDocument: boolean,
): JobExecution {
  const job = jobOf(state, execution);
  const left = secondsLeft(state, execution);
  return {
    ...summaryOf(execution),
    thingName: execution.thingName,
    status: execution.status,
    statusDetails: { ...execution.statusDetails },
    ...(left !== undefined && { approximateSecondsBeforeTimedOut: left }),
    ...(withDocument && job && { jobDocument: deviceDocument(state, job, execution) }),
  };
}

export function summaryOf(execution: JobExecutionRecord): JobExecutionSummary {
  const { jobId, queuedAt, startedAt, lastUpdatedAt, versionNumber, executionNumber } = execution;
  return {
    jobId,
    queuedAt: seconds(queuedAt),
    ...(startedAt && { startedAt: seconds(startedAt) }),
    lastUpdatedAt: seconds(lastUpdatedAt),
    versionNumber,
    executionNumber,
  };
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
