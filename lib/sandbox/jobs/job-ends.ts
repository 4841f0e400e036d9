import {
  CancelJobCommand,
  DeleteJobCommand,
  InvalidRequestException,
  InvalidStateTransitionException,
} from "@aws-sdk/client-iot";
import { checkDeletionLimit } from "./limits.js";
import { existingJob } from "./existing-jobs.js";
import { cancelJob as cancel, deleteJob as remove, isLive } from "./engine/status.js";
import { operation } from "./tables.js";
import { fault } from "../state/operation.js";

/**
 * Queued executions are cancelled, with `force` also those in progress, a moment later.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_CancelJob.html
 */
export const cancelJob = operation(CancelJobCommand, (state, input) => {
  const { jobId, reasonCode, comment, force = false } = input;
  const job = existingJob(state, jobId);
  if (!isLive(job)) {
    fault(InvalidRequestException, `Job ${jobId} is ${job.status} and cannot be cancelled`);
  }
  cancel(state, job, {
    force,
    ...(reasonCode !== undefined && { reasonCode }),
    ...(comment !== undefined && { comment }),
  });
  return job;
});

/**
 * The job and its executions are gone a moment later.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteJob.html
 */
export const deleteJob = operation(DeleteJobCommand, (state, { jobId, force = false }) => {
  const job = existingJob(state, jobId);
  if (job.status === "DELETION_IN_PROGRESS" || (isLive(job) && !force)) {
    fault(
      InvalidStateTransitionException,
      `Job ${jobId} is ${job.status} and cannot be deleted${isLive(job) ? " without force" : ""}`,
    );
  }
  checkDeletionLimit(state);
  remove(state, job);
  return {};
});
