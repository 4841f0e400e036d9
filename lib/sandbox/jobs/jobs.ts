import {
  CreateJobCommand,
  DescribeJobCommand,
  GetJobDocumentCommand,
  InvalidRequestException,
  ListJobsCommand,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
} from "@aws-sdk/client-iot";
import { setJobTimer } from "./agenda.js";
import { checkConfigurations, configurationsOf } from "./configurations.js";
import { destinationsOf } from "./destinations.js";
import { readDocument, resolveDocument } from "./documents/documents.js";
import { freshProgress, progressOf } from "./executions.js";
import { checkJobLimits } from "./limits.js";
import { existingJob } from "./existing-jobs.js";
import type { JobRecord } from "./records.js";
import { beginJob } from "./engine/rollout.js";
import { checkSchedule, momentOf, scheduledRollouts } from "./engine/schedule.js";
import { changeJob, isConcurrent, isLive } from "./engine/status.js";
import { checkTargets } from "./targets.js";
import { ownDocumentOf, withTemplate } from "./template-defaults.js";
import { operation, type State } from "./tables.js";
import { fault, paged } from "../state/operation.js";
import { startTags, tagsOf } from "../registry/resource-tags.js";

/**
 * A job id that is taken is refused, also with the same content. Executions appear a moment later.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_CreateJob.html
 */
export const createJob = operation(CreateJobCommand, (state, given) => {
  const { jobId, targets, namespaceId, jobTemplateArn } = given;
  const existing = state.jobs.get(jobId);
  if (existing) {
    fault(ResourceAlreadyExistsException, `Job ${jobId} already exists`, {
      resourceId: jobId,
      resourceArn: existing.jobArn,
    });
  }
  const input = withTemplate(state, given);
  const { description, schedulingConfig, targetSelection = "SNAPSHOT", documentParameters } = input;
  checkTargets(state, targets);
  checkConfigurations(state, input);
  const now = state.now();
  if (schedulingConfig) {
    checkSchedule(schedulingConfig, now.getTime(), targetSelection === "CONTINUOUS");
  }
  const destinationPackageVersions = input.destinationPackageVersions ?? [];
  const destinations = destinationsOf(state, destinationPackageVersions);
  const document = readDocument(state, input);
  checkJobLimits(state);

  const job: JobRecord = {
    jobId,
    jobArn: state.arn(`job/${jobId}`),
    status: "IN_PROGRESS",
    targetSelection,
    targets: [...targets],
    ...(description !== undefined && { description }),
    ...configurationsOf(input),
    ...(schedulingConfig && { schedulingConfig }),
    ...(namespaceId !== undefined && { namespaceId }),
    ...(jobTemplateArn !== undefined && { jobTemplateArn }),
    ...(destinationPackageVersions.length > 0 && { destinationPackageVersions }),
    ...(input.documentSource !== undefined && { documentSource: input.documentSource }),
    ...(documentParameters && { documentParameters }),
    document,
    resolvedDocument: resolveDocument(
      state,
      ownDocumentOf(state, { document, documentParameters, jobTemplateArn }),
      destinations,
      input.presignedUrlConfig?.roleArn,
    ),
    destinations,
    isFollowing: false,
    createdAt: now,
    lastUpdatedAt: now,
  };
  state.jobs.set(jobId, job);
  state.jobProgress.set(jobId, freshProgress);
  startTags(state, job.jobArn, tagsOf(input.tags));
  schedule(state, job);
  return job;
});

/** Set a new job going, now or when its time has come. */
function schedule(state: State, job: JobRecord): void {
  const { startTime, endTime } = job.schedulingConfig ?? {};
  if (endTime !== undefined) setJobTimer(state, job.jobId, "end", momentOf(endTime));
  if (startTime === undefined) return beginJob(state, job, state.lags.jobsMs);
  changeJob(state, job, { status: "SCHEDULED" });
  return setJobTimer(state, job.jobId, "start", momentOf(startTime));
}

/** https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeJob.html */
export const describeJob = operation(DescribeJobCommand, (state, { jobId }) => {
  const job = existingJob(state, jobId);
  const { counts, waiting, isRollingOut } = progressOf(state, jobId);
  const isExpanding = job.status === "IN_PROGRESS" && isRollingOut;
  const rollouts = isLive(job)
    ? scheduledRollouts(job.schedulingConfig, state.now().getTime())
    : undefined;
  return {
    ...(job.documentSource !== undefined && { documentSource: job.documentSource }),
    job: {
      // AWS shows these empty where the job has none.
      presignedUrlConfig: {},
      jobExecutionsRolloutConfig: {},
      timeoutConfig: {},
      ...job,
      isConcurrent: isConcurrent(state, job),
      ...(rollouts && { scheduledJobRollouts: rollouts }),
      jobProcessDetails: {
        ...(isExpanding && {
          // A target without things is looked at once more before it is found to be empty.
          processingTargets: job.targets.filter(
            (target) => waiting[target] !== undefined || Object.keys(waiting).length === 0,
          ),
        }),
        numberOfCanceledThings: counts.CANCELED,
        numberOfSucceededThings: counts.SUCCEEDED,
        numberOfFailedThings: counts.FAILED,
        numberOfRejectedThings: counts.REJECTED,
        numberOfQueuedThings: counts.QUEUED,
        numberOfInProgressThings: counts.IN_PROGRESS,
        numberOfRemovedThings: counts.REMOVED,
        numberOfTimedOutThings: counts.TIMED_OUT,
      },
    },
  };
});

/**
 * Packages are shown filled in unless `beforeSubstitution` is asked for; presigned URLs are made for
 * devices only, so their placeholders stay.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_GetJobDocument.html
 */
export const getJobDocument = operation(
  GetJobDocumentCommand,
  (state, { jobId, beforeSubstitution = false }) => {
    const job = existingJob(state, jobId);
    return { document: beforeSubstitution ? job.document : job.resolvedDocument };
  },
);

/**
 * Jobs come in the order of their ids; AWS promises none.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_ListJobs.html
 */
export const listJobs = operation(ListJobsCommand, (state, { nextToken, maxResults, ...of }) => {
  const group = groupOf(state, of);
  const fits = (job: JobRecord): boolean =>
    (of.status === undefined || job.status === of.status) &&
    (of.targetSelection === undefined || job.targetSelection === of.targetSelection) &&
    (of.namespaceId === undefined || job.namespaceId === of.namespaceId) &&
    (group === undefined || job.targets.includes(group.thingGroupArn));
  const { items, ...next } = paged({
    page: { nextToken, maxResults },
    question: ["ListJobs", of],
    *entries(after) {
      for (const entry of state.jobs.entries({ after })) if (fits(entry[1])) yield entry;
    },
    largest: 250,
    badToken: () => fault(InvalidRequestException, "Invalid nextToken"),
  });
  const jobs = items.map((job) => ({
    ...job,
    ...(group?.thingGroupId !== undefined && { thingGroupId: group.thingGroupId }),
    isConcurrent: isConcurrent(state, job),
  }));
  return { jobs, ...next };
});

function groupOf(
  state: State,
  of: { readonly thingGroupName?: string | undefined; readonly thingGroupId?: string | undefined },
) {
  const { thingGroupName, thingGroupId } = of;
  if (thingGroupName === undefined && thingGroupId === undefined) return undefined;
  const named =
    thingGroupName === undefined
      ? [...state.thingGroups.values()]
      : [state.thingGroups.get(thingGroupName)];
  const isMeant = (id: string | undefined) => thingGroupId === undefined || id === thingGroupId;
  return (
    named.find((group) => group && isMeant(group.thingGroupId)) ??
    fault(
      ResourceNotFoundException,
      `Thing group ${thingGroupName ?? thingGroupId} cannot be found`,
    )
  );
}
