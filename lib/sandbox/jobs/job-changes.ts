import {
  AssociateTargetsWithJobCommand,
  InvalidRequestException,
  UpdateJobCommand,
} from "@aws-sdk/client-iot";
import { setJobTimer } from "./agenda.js";
import { checkConfigurations, configurationsOf } from "./configurations.js";
import { existingJob } from "./existing-jobs.js";
import { addWaiting } from "./engine/rollout.js";
import { changeJob, isLive } from "./engine/status.js";
import { checkTargets, isGroupArn, thingsOf } from "./targets.js";
import { operation } from "./tables.js";
import { fault } from "../state/operation.js";

/**
 * A new timeout is for executions that start afterwards, a new rate for the next minute.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateJob.html
 */
export const updateJob = operation(UpdateJobCommand, (state, input) => {
  const job = existingJob(state, input.jobId);
  if (!isLive(job)) {
    fault(InvalidRequestException, `Job ${job.jobId} is ${job.status} and cannot be updated`);
  }
  checkConfigurations(state, input);
  changeJob(state, job, {
    ...(input.description !== undefined && { description: input.description }),
    ...configurationsOf(input),
  });
  return {};
});

/**
 * More groups for a continuous job that is in progress.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_AssociateTargetsWithJob.html
 */
export const associateTargetsWithJob = operation(AssociateTargetsWithJobCommand, (state, input) => {
  const { jobId, targets, comment } = input;
  const job = existingJob(state, jobId);
  if (job.targetSelection !== "CONTINUOUS" || job.status !== "IN_PROGRESS") {
    fault(
      InvalidRequestException,
      `Targets can be added to continuous jobs in progress; job ${jobId} is ${job.targetSelection} and ${job.status}`,
    );
  }
  const thing = targets.find((target) => !isGroupArn(state, target));
  if (thing !== undefined) {
    fault(InvalidRequestException, `${thing} is not the ARN of a thing group of this account`);
  }
  const all = [...new Set([...job.targets, ...targets])];
  checkTargets(state, all);
  const changed = changeJob(state, job, {
    targets: all,
    ...(comment !== undefined && { comment }),
  });
  addWaiting(state, changed, thingsOf(state, targets));
  if (state.jobProgress.get(jobId)?.timers.rollout === undefined) {
    setJobTimer(state, jobId, "rollout", state.now().getTime() + state.lags.jobsMs);
  }
  return changed;
});
