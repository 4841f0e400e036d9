import {
  DescribeJobExecutionCommand,
  GetPendingJobExecutionsCommand,
  InvalidRequestException,
  InvalidStateTransitionException,
  ResourceNotFoundException,
  StartNextPendingJobExecutionCommand,
  TerminalStateException,
  UpdateJobExecutionCommand,
} from "@aws-sdk/client-iot-jobs-data-plane";
import { changeExecution, executionsOfThing, findExecution, isTerminal } from "./executions.js";
import { jobOf, mostPending, pendingOf, shown, summaryOf } from "./device-view.js";
import { deviceDocument } from "./documents/links.js";
import { afterChange } from "./engine/outcomes.js";
import type { JobExecutionRecord } from "./records.js";
import { stepTimeout } from "./engine/timeouts.js";
import { operation, type State } from "./tables.js";
import { fault } from "../state/operation.js";

/*
 * What devices see of their jobs. All times are whole seconds since the epoch.
 * https://docs.aws.amazon.com/iot/latest/developerguide/jobs-http-device-api.html
 */

/** What a device may say of an execution. */
const reportable = ["IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED"];

/** https://docs.aws.amazon.com/iot/latest/apireference/API_iot-jobs-data_GetPendingJobExecutions.html */
export const getPendingJobExecutions = operation(
  GetPendingJobExecutionsCommand,
  (state, { thingName }) => {
    const pending = existingPendingOf(state, thingName).slice(0, mostPending);
    const summaries = (status: string) =>
      pending.filter((execution) => execution.status === status).map(summaryOf);
    return { inProgressJobs: summaries("IN_PROGRESS"), queuedJobs: summaries("QUEUED") };
  },
);

/**
 * An execution that is under way already is given again, unchanged.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_iot-jobs-data_StartNextPendingJobExecution.html
 */
export const startNextPendingJobExecution = operation(
  StartNextPendingJobExecutionCommand,
  (state, { thingName, statusDetails, stepTimeoutInMinutes }) => {
    checkStepTimeout(stepTimeoutInMinutes, false);
    const [next] = existingPendingOf(state, thingName);
    if (!next) return {};
    if (next.status === "IN_PROGRESS") return { execution: shown(state, next, true) };
    const started = changeExecution(state, next, {
      status: "IN_PROGRESS",
      ...(statusDetails && { statusDetails }),
      ...(stepTimeoutInMinutes !== undefined && {
        stepTimesOutAt: stepTimeout(state, stepTimeoutInMinutes),
      }),
    });
    return { execution: shown(state, started, true) };
  },
);

/**
 * `$next` is what StartNextPendingJobExecution would give.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_iot-jobs-data_DescribeJobExecution.html
 */
export const describeJobExecution = operation(DescribeJobExecutionCommand, (state, input) => {
  const { jobId, thingName, includeJobDocument = true } = input;
  if (jobId === "$next") {
    const [next] = existingPendingOf(state, thingName);
    return next ? { execution: shown(state, next, includeJobDocument) } : {};
  }
  const execution = existingExecution(state, input);
  if (isTerminal(execution.status)) {
    fault(
      TerminalStateException,
      `The execution of job ${jobId} for thing ${thingName} is in the terminal state ${execution.status}`,
    );
  }
  return { execution: shown(state, execution, includeJobDocument) };
});

/**
 * https://docs.aws.amazon.com/iot/latest/apireference/API_iot-jobs-data_UpdateJobExecution.html
 */
export const updateJobExecution = operation(UpdateJobExecutionCommand, (state, input) => {
  const { status, statusDetails, expectedVersion, stepTimeoutInMinutes } = input;
  if (!reportable.includes(status)) {
    fault(InvalidRequestException, `A device cannot set the status of an execution to ${status}`);
  }
  checkStepTimeout(stepTimeoutInMinutes, true);
  const execution = existingExecution(state, input);
  if (isTerminal(execution.status)) {
    refuseTransition(execution, `is ${execution.status} and cannot become ${status}`);
  }
  if (expectedVersion !== undefined && expectedVersion !== execution.versionNumber) {
    // Over HTTP no VersionMismatch is modelled.
    refuseTransition(
      execution,
      `has version ${execution.versionNumber}, not the expected version ${expectedVersion} (VersionMismatch)`,
      expectedVersion,
    );
  }
  const after = changeExecution(state, execution, {
    status,
    ...(statusDetails && { statusDetails }),
    ...(stepTimeoutInMinutes !== undefined && {
      stepTimesOutAt: stepTimeout(state, stepTimeoutInMinutes),
    }),
  });
  afterChange(state, after);
  const job = jobOf(state, after);
  return {
    ...(input.includeJobExecutionState && {
      executionState: {
        status: after.status,
        statusDetails: { ...after.statusDetails },
        versionNumber: after.versionNumber,
      },
    }),
    ...(input.includeJobDocument && job && { jobDocument: deviceDocument(state, job, after) }),
  };
});

/** What a thing has to do; refuses one that is not registered and has nothing to do either. */
function existingPendingOf(state: State, thingName: string): JobExecutionRecord[] {
  const pending = pendingOf(state, thingName);
  if (pending.length === 0 && !state.things.has(thingName)) {
    for (const _ of executionsOfThing(state, thingName)) return pending;
    fault(ResourceNotFoundException, `Thing ${thingName} cannot be found`);
  }
  return pending;
}

function existingExecution(
  state: State,
  of: {
    readonly jobId: string;
    readonly thingName: string;
    readonly executionNumber?: number | undefined;
  },
): JobExecutionRecord {
  const { jobId, thingName, executionNumber } = of;
  const execution = findExecution(state, jobId, thingName, executionNumber);
  if (execution && jobOf(state, execution)) return execution;
  return fault(
    ResourceNotFoundException,
    executionNumber === undefined
      ? `Job ${jobId} has no execution for thing ${thingName}`
      : `Job ${jobId} has no execution ${executionNumber} for thing ${thingName}`,
  );
}

/** Whole minutes from 1 to 10,080 (the upper end stands in `rules.ts`); -1 ends the step's timer. */
function checkStepTimeout(minutes: number | undefined, mayEnd: boolean): void {
  if (minutes === undefined || (mayEnd && minutes === -1)) return;
  if (minutes >= 1 && Number.isInteger(minutes)) return;
  fault(InvalidRequestException, `stepTimeoutInMinutes cannot be ${minutes}`);
}

/** What MQTT tells of a refused update beside HTTP's answer. */
export interface RefusedUpdate {
  readonly executionState: { readonly status: string; readonly versionNumber: number };
  /** The update was for another version. */
  readonly isVersion: boolean;
  readonly message: string;
}

const refusedUpdates = new WeakMap<object, RefusedUpdate>();

/** Of an error of UpdateJobExecution that is about the state of the execution. */
export function refusedUpdateOf(error: unknown): RefusedUpdate | undefined {
  return error instanceof Error ? refusedUpdates.get(error) : undefined;
}

function refuseTransition(
  execution: JobExecutionRecord,
  problem: string,
  expectedVersion?: number,
): never {
  const { jobId, thingName, status, versionNumber } = execution;
  const message = `The execution of job ${jobId} for thing ${thingName} ${problem}`;
  const error = new InvalidStateTransitionException({ message, $metadata: {} });
  refusedUpdates.set(error, {
    executionState: { status, versionNumber },
    isVersion: expectedVersion !== undefined,
    message:
      expectedVersion === undefined
        ? message
        : `Expected version ${expectedVersion} but found version ${versionNumber}`,
  });
  throw error;
}
