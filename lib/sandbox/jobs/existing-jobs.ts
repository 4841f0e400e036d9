import { ResourceNotFoundException } from "@aws-sdk/client-iot";
import { fault } from "../state/operation.js";
import type { State } from "./tables.js";
import { findExecution } from "./executions.js";
import type { JobExecutionRecord, JobRecord } from "./records.js";

/* What the control plane says of jobs and executions that are not there. */

export function existingJob(state: State, jobId: string): JobRecord {
  return state.jobs.get(jobId) ?? fault(ResourceNotFoundException, `Job ${jobId} cannot be found`);
}

export function existingExecution(
  state: State,
  {
    jobId,
    thingName,
    executionNumber,
  }: {
    readonly jobId: string;
    readonly thingName: string;
    readonly executionNumber?: number | undefined;
  },
): JobExecutionRecord {
  existingJob(state, jobId);
  return (
    findExecution(state, jobId, thingName, executionNumber) ??
    fault(
      ResourceNotFoundException,
      executionNumber === undefined
        ? `Job ${jobId} has no execution for thing ${thingName}`
        : `Job ${jobId} has no execution ${executionNumber} for thing ${thingName}`,
    )
  );
}
