import { isTerminal } from "../../jobs/executions.js";
import type { ExecutionChange, JobChange } from "../../jobs/job-news.js";
import { isPublished } from "../event-configurations.js";
import { serviceMessage } from "../messages.js";
import { publish } from "../publishing.js";
import type { State } from "../tables.js";

/*
 * Events of jobs, which have to be asked for. They tell the time in seconds, and the times of the job
 * itself in milliseconds.
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-events.html
 */

/** Only of an execution that is over: there are none of QUEUED and IN_PROGRESS. */
export function tellExecutionEvent(state: State, { before, after }: ExecutionChange): void {
  const execution = after ?? before;
  if (!execution || !isPublished(state, "JOB_EXECUTION")) return;
  const isOver = after && isTerminal(after.status) && after.status !== before?.status;
  if (after && !isOver) return;
  const operation = after ? after.status.toLowerCase() : "deleted";
  const { jobId, thingName, status, statusDetails } = execution;
  tell(state, `jobExecution/${jobId}/${operation}`, {
    eventType: "JOB_EXECUTION",
    eventId: state.newId(),
    timestamp: seconds(state),
    operation,
    jobId,
    thingArn: state.arn(`thing/${thingName}`),
    status,
    statusDetails,
  });
}

export function tellJobEvent(state: State, { operation, job, counts }: JobChange): void {
  if (!isPublished(state, "JOB")) return;
  const { jobId, status, targetSelection, targets, description, comment } = job;
  const { completedAt, createdAt, lastUpdatedAt } = job;
  tell(state, `job/${jobId}/${operation}`, {
    eventType: "JOB",
    eventId: state.newId(),
    timestamp: seconds(state),
    operation,
    jobId,
    status,
    targetSelection,
    targets,
    description,
    completedAt: completedAt?.getTime(),
    createdAt: createdAt?.getTime(),
    lastUpdatedAt: lastUpdatedAt?.getTime(),
    comment,
    ...(operation === "completed" && {
      jobProcessDetails: {
        numberOfCanceledThings: counts.CANCELED,
        numberOfRejectedThings: counts.REJECTED,
        numberOfFailedThings: counts.FAILED,
        numberOfRemovedThings: counts.REMOVED,
        numberOfSucceededThings: counts.SUCCEEDED,
        numberOfTimedOutThings: counts.TIMED_OUT,
      },
    }),
  });
}

function tell(state: State, tail: string, document: object): void {
  publish(state, serviceMessage(`$aws/events/${tail}`, document));
}

function seconds(state: State): number {
  return Math.floor(state.now().getTime() / 1000);
}
