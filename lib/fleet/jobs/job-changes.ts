import { UpdateJobCommand } from "@aws-sdk/client-iot";
import type { Fleet } from "../../aws/connect.js";
import { InvalidInputError } from "../../aws/errors.js";
import { abortConfig, retryConfig, timeoutConfig } from "./job-settings.js";
import type { AbortRule, RetryRule } from "./job-settings.js";
import { requireOurJob } from "./jobs.js";
import { rolloutConfig, type Rollout } from "./rollout.js";

/** What of a job may still be changed. What is left out stays as it is. */
export interface JobChanges {
  /** 1 to 2,028 characters. */
  readonly description?: string;
  /** Of the minutes that are still to come. */
  readonly rollout?: Rollout;
  readonly abort?: readonly AbortRule[];
  /** 1 to 10,080; for executions that begin from now on, those in progress keep theirs. */
  readonly timeoutMinutes?: number;
  readonly retry?: readonly RetryRule[];
}

/**
 * Change a job that is in progress or scheduled: how it goes on, never what it does.
 *
 * Calls DescribeJob, ListTagsForResource and UpdateJob. A second call with the same changes changes
 * nothing more.
 *
 * @throws InvalidInputError before any call, when a value is out of AWS's range
 * @throws NotOursError when the workshop did not make the job
 * @throws ResourceNotFoundException when there is no such job
 * @throws InvalidRequestException when the job is over
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateJob.html
 */
export async function updateJob(fleet: Fleet, jobId: string, changes: JobChanges): Promise<void> {
  const { description, rollout, abort, timeoutMinutes, retry } = changes;
  if (description !== undefined && !/^[^\p{C}]{1,2028}$/u.test(description)) {
    const rule = "have 1 to 2,028 characters, none of them a control character";
    const page = "See https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateJob.html";
    throw new InvalidInputError("the description of a job", description, rule, page);
  }
  const update = new UpdateJobCommand({
    jobId,
    description,
    ...(rollout && { jobExecutionsRolloutConfig: rolloutConfig(rollout) }),
    ...(abort && { abortConfig: abortConfig(abort) }),
    ...(timeoutMinutes !== undefined && { timeoutConfig: timeoutConfig(timeoutMinutes) }),
    ...(retry && { jobExecutionsRetryConfig: retryConfig(retry) }),
  });
  await requireOurJob(fleet, jobId);
  await fleet.iot.send(update);
}
