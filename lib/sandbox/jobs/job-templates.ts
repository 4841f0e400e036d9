import {
  ConflictException,
  CreateJobTemplateCommand,
  DeleteJobTemplateCommand,
  DescribeJobTemplateCommand,
  InvalidRequestException,
  ListJobTemplatesCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-iot";
import { checkConfigurations, configurationsOf } from "./configurations.js";
import { destinationsOf } from "./destinations.js";
import { readDocument } from "./documents/documents.js";
import { existingJob } from "./existing-jobs.js";
import type { JobRecord, JobTemplateRecord } from "./records.js";
import { checkWindows } from "./engine/schedule.js";
import { ownDocumentOf } from "./template-defaults.js";
import { operation, type State } from "./tables.js";
import { fault, paged } from "../state/operation.js";
import { endTags, startTags, tagsOf } from "../registry/resource-tags.js";

/**
 * From a document, or from a job: then what the request does not say is taken from the job.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_CreateJobTemplate.html
 */
export const createJobTemplate = operation(CreateJobTemplateCommand, (state, input) => {
  const { jobTemplateId, description, documentSource } = input;
  if (state.jobTemplates.has(jobTemplateId)) {
    fault(ConflictException, `Job template ${jobTemplateId} already exists`, {
      resourceId: jobTemplateId,
    });
  }
  const job = input.jobArn === undefined ? undefined : jobOf(state, input.jobArn);
  const hasDocument = input.document !== undefined || documentSource !== undefined;
  const document = job && !hasDocument ? ownDocumentOf(state, job) : readDocument(state, input);
  checkConfigurations(state, input);
  const maintenanceWindows = input.maintenanceWindows ?? job?.schedulingConfig?.maintenanceWindows;
  checkWindows(maintenanceWindows ?? []);
  const destinationPackageVersions =
    input.destinationPackageVersions ?? job?.destinationPackageVersions;
  destinationsOf(state, destinationPackageVersions ?? []);
  const template: JobTemplateRecord = {
    jobTemplateId,
    jobTemplateArn: state.arn(`jobtemplate/${jobTemplateId}`),
    description,
    ...(documentSource !== undefined && { documentSource }),
    document,
    createdAt: state.now(),
    ...(job && configurationsOf(job)),
    ...configurationsOf(input),
    ...(maintenanceWindows && { maintenanceWindows }),
    ...(destinationPackageVersions && { destinationPackageVersions }),
  };
  state.jobTemplates.set(jobTemplateId, template);
  startTags(state, template.jobTemplateArn, tagsOf(input.tags));
  return template;
});

/** https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeJobTemplate.html */
export const describeJobTemplate = operation(
  DescribeJobTemplateCommand,
  (state, { jobTemplateId }) => existingTemplate(state, jobTemplateId),
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_ListJobTemplates.html */
export const listJobTemplates = operation(ListJobTemplatesCommand, (state, page) => {
  const { items, ...next } = paged({
    page,
    question: ["ListJobTemplates"],
    entries: (after) => state.jobTemplates.entries({ after }),
    largest: 250,
    badToken: () => fault(InvalidRequestException, "Invalid nextToken"),
  });
  return { jobTemplates: items, ...next };
});

/**
 * Jobs that were made from it stay as they are.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteJobTemplate.html
 */
export const deleteJobTemplate = operation(DeleteJobTemplateCommand, (state, { jobTemplateId }) => {
  const { jobTemplateArn } = existingTemplate(state, jobTemplateId);
  state.jobTemplates.delete(jobTemplateId);
  endTags(state, jobTemplateArn);
  return {};
});

function existingTemplate(state: State, jobTemplateId: string): JobTemplateRecord {
  return (
    state.jobTemplates.get(jobTemplateId) ??
    fault(ResourceNotFoundException, `Job template ${jobTemplateId} cannot be found`)
  );
}

function jobOf(state: State, arn: string): JobRecord {
  const jobId = /:job\/([a-zA-Z0-9_-]{1,64})$/.exec(arn)?.[1] ?? "";
  if (arn !== state.arn(`job/${jobId}`)) {
    fault(InvalidRequestException, `${arn} is not the ARN of a job of this account and Region`);
  }
  return existingJob(state, jobId);
}
