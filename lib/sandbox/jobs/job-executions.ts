import {
  CancelJobExecutionCommand,
  DeleteJobExecutionCommand,
  DescribeJobExecutionCommand,
  InvalidRequestException,
  InvalidStateTransitionException,
  ListJobExecutionsForJobCommand,
  ListJobExecutionsForThingCommand,
  ResourceNotFoundException,
  VersionConflictException,
  type JobExecutionStatusDetails,
  type JobExecutionSummary,
} from "@aws-sdk/client-iot";
import {
  changeExecution,
  executionAt,
  executionsOfThing,
  isTerminal,
  removeExecution,
} from "./executions.js";
import { existingExecution, existingJob } from "./existing-jobs.js";
import { afterChange } from "./engine/outcomes.js";
import type { JobExecutionRecord } from "./records.js";
import { completeIfDone } from "./engine/status.js";
import { secondsLeft } from "./engine/timeouts.js";
import { operation } from "./tables.js";
import { fault, paged } from "../state/operation.js";

/**
 * The execution without its document: GetJobDocument has that, and devices get theirs.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeJobExecution.html
 */
export const describeJobExecution = operation(DescribeJobExecutionCommand, (state, input) => {
  const execution = existingExecution(state, input);
  const left = secondsLeft(state, execution);
  return {
    execution: {
      ...execution,
      thingArn: state.arn(`thing/${execution.thingName}`),
      statusDetails: detailsOf(execution),
      ...(left !== undefined && { approximateSecondsBeforeTimedOut: left }),
    },
  };
});

/**
 * Every attempt of every thing, in the order of their names.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_ListJobExecutionsForJob.html
 */
export const listJobExecutionsForJob = operation(
  ListJobExecutionsForJobCommand,
  (state, { jobId, status, ...page }) => {
    existingJob(state, jobId);
    const { items, ...next } = paged({
      page,
      question: ["ListJobExecutionsForJob", jobId, status],
      *entries(after): Iterable<[string, JobExecutionRecord]> {
        if (status === undefined) {
          yield* state.jobExecutions.entries({ prefix: `${jobId}/`, after });
          return;
        }
        const prefix = `${jobId}/${status}/`;
        for (const [key] of state.executionsByStatus.entries({ prefix, after })) {
          const execution = state.jobExecutions.get(`${jobId}/${key.slice(prefix.length)}`);
          if (execution) yield [key, execution];
        }
      },
      largest: 250,
      badToken: () => fault(InvalidRequestException, "Invalid nextToken"),
    });
    const executionSummaries = items.map((execution) => ({
      thingArn: state.arn(`thing/${execution.thingName}`),
      jobExecutionSummary: summaryOf(execution),
    }));
    return { executionSummaries, ...next };
  },
);

/**
 * Every attempt of one thing, by job. A deleted thing still has what it did.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_ListJobExecutionsForThing.html
 */
export const listJobExecutionsForThing = operation(
  ListJobExecutionsForThingCommand,
  (state, { thingName, status, jobId, namespaceId, ...page }) => {
    const [any] = executionsOfThing(state, thingName);
    if (!any && !state.things.has(thingName)) {
      fault(ResourceNotFoundException, `Thing ${thingName} cannot be found`);
    }
    const prefix = `${thingName}/`;
    const fits = (execution: JobExecutionRecord): boolean =>
      (status === undefined || execution.status === status) &&
      (namespaceId === undefined || state.jobs.get(execution.jobId)?.namespaceId === namespaceId);
    const { items, ...next } = paged({
      page,
      question: ["ListJobExecutionsForThing", thingName, status, jobId, namespaceId],
      *entries(after): Iterable<[string, JobExecutionRecord]> {
        const inJob = jobId === undefined ? prefix : `${prefix}${jobId}/`;
        for (const [key] of state.executionsOfThing.entries({ prefix: inJob, after })) {
          const execution = executionAt(state, prefix, key);
          if (execution && fits(execution)) yield [key, execution];
        }
      },
      largest: 250,
      badToken: () => fault(InvalidRequestException, "Invalid nextToken"),
    });
    const executionSummaries = items.map((execution) => ({
      jobId: execution.jobId,
      jobExecutionSummary: summaryOf(execution),
    }));
    return { executionSummaries, ...next };
  },
);

/**
 * A queued execution, with `force` also one in progress.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_CancelJobExecution.html
 */
export const cancelJobExecution = operation(CancelJobExecutionCommand, (state, input) => {
  const { expectedVersion, statusDetails, force = false } = input;
  const execution = existingExecution(state, { jobId: input.jobId, thingName: input.thingName });
  if (expectedVersion !== undefined && expectedVersion !== execution.versionNumber) {
    fault(
      VersionConflictException,
      `${named(execution)} has version ${execution.versionNumber}, not the expected version ${expectedVersion}`,
    );
  }
  const isRunning = execution.status === "IN_PROGRESS";
  if (isTerminal(execution.status) || (isRunning && !force)) {
    fault(
      InvalidStateTransitionException,
      `${named(execution)} is ${execution.status} and cannot be cancelled${isRunning ? " without force" : ""}`,
    );
  }
  const cancelled = changeExecution(state, execution, {
    status: "CANCELED",
    ...(isRunning && { forceCanceled: true }),
    ...(statusDetails && { statusDetails }),
  });
  afterChange(state, cancelled);
  return {};
});

/**
 * Only one in progress needs `force`.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteJobExecution.html
 */
export const deleteJobExecution = operation(DeleteJobExecutionCommand, (state, input) => {
  const execution = existingExecution(state, input);
  if (execution.status === "IN_PROGRESS" && !input.force) {
    fault(
      InvalidStateTransitionException,
      `${named(execution)} is IN_PROGRESS and cannot be deleted without force`,
    );
  }
  removeExecution(state, execution);
  completeIfDone(state, execution.jobId);
  return {};
});

/** Without the map when there are no details. */
function detailsOf({ statusDetails }: JobExecutionRecord): JobExecutionStatusDetails {
  return Object.keys(statusDetails).length === 0 ? {} : { detailsMap: { ...statusDetails } };
}

function summaryOf(execution: JobExecutionRecord): JobExecutionSummary {
  const { FAILED = 0, TIMED_OUT = 0 } = execution.retries ?? {};
  return { ...execution, retryAttempt: FAILED + TIMED_OUT };
}

function named({ jobId, thingName }: JobExecutionRecord): string {
  return `The execution of job ${jobId} for thing ${thingName}`;
}
