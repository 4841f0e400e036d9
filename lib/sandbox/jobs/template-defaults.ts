import {
  InvalidRequestException,
  ResourceNotFoundException,
  type CreateJobRequest,
} from "@aws-sdk/client-iot";
import { fault } from "../state/operation.js";
import type { State } from "./tables.js";
import { configurationsOf } from "./configurations.js";
import {
  managedTemplateAt,
  problemOfParameters,
  withParameters,
} from "./managed-template-texts.js";
import type { JobTemplateRecord } from "./records.js";

/** The job template of that ARN, or AWS's refusal. */
function existingTemplate(state: State, arn: string): JobTemplateRecord {
  const id = /:jobtemplate\/([a-zA-Z0-9_-]{1,64})$/.exec(arn)?.[1] ?? "";
  const template = state.jobTemplates.get(id);
  if (template?.jobTemplateArn === arn) return template;
  return fault(ResourceNotFoundException, `Job template ${arn} cannot be found`);
}

/**
 * What a template says holds where the request says nothing; the document is always the template's.
 * One of AWS's own has parameters, which are checked here and stay in its document for now.
 */
export function withTemplate<I extends CreateJobRequest>(state: State, input: I): I {
  const { jobTemplateArn, documentParameters } = input;
  const managed =
    jobTemplateArn === undefined ? undefined : managedTemplateAt(state, jobTemplateArn);
  if (documentParameters !== undefined && !managed) {
    fault(InvalidRequestException, "documentParameters are for AWS managed templates only");
  }
  if (jobTemplateArn === undefined) return input;
  if (input.document !== undefined || input.documentSource !== undefined) {
    fault(InvalidRequestException, "The job document comes from the job template");
  }
  if (managed) {
    const problem = problemOfParameters(managed, documentParameters ?? {});
    if (problem !== undefined) fault(InvalidRequestException, problem);
    return { description: managed.description, ...given(input), document: managed.document };
  }
  const template = existingTemplate(state, jobTemplateArn);
  const { description, maintenanceWindows, destinationPackageVersions } = template;
  return {
    ...(description !== undefined && { description }),
    ...(maintenanceWindows && { schedulingConfig: { maintenanceWindows } }),
    ...(destinationPackageVersions && { destinationPackageVersions }),
    ...configurationsOf(template),
    ...given(input),
    document: template.document,
  };
}

/** A job's document with the parameters of a managed template filled in. */
export function ownDocumentOf(
  state: State,
  job: Pick<CreateJobRequest, "documentParameters" | "jobTemplateArn"> & {
    readonly document: string;
  },
): string {
  const { document, documentParameters = {}, jobTemplateArn = "" } = job;
  return managedTemplateAt(state, jobTemplateArn)
    ? withParameters(document, documentParameters)
    : document;
}

/** An input without the members that were not sent. */
function given<I extends object>(input: I): I {
  return Object.fromEntries(
    Object.entries(input).filter(([, value]) => value !== undefined && value !== null),
  ) as I;
}
