import {
  InvalidRequestException,
  ResourceNotFoundException,
  type CreateJobRequest,
} from "@aws-sdk/client-iot";
import { fault } from "../state/operation.js";
import type { State } from "./tables.js";
import { configurationsOf } from "./configurations.js";
import type { JobTemplateRecord } from "./records.js";

/** The job template of that ARN, or AWS's refusal. */
function existingTemplate(state: State, arn: string): JobTemplateRecord {
  const id = /:jobtemplate\/([a-zA-Z0-9_-]{1,64})$/.exec(arn)?.[1] ?? "";
  const template = state.jobTemplates.get(id);
  if (template?.jobTemplateArn === arn) return template;
  return fault(ResourceNotFoundException, `Job template ${arn} cannot be found`);
}

/** What a template says holds where the request says nothing; the document is always the template's. */
export function withTemplate<I extends CreateJobRequest>(state: State, input: I): I {
  if (input.jobTemplateArn === undefined) return input;
  const template = existingTemplate(state, input.jobTemplateArn);
  if (input.document !== undefined || input.documentSource !== undefined) {
    fault(InvalidRequestException, "The job document comes from the job template");
  }
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

/** An input without the members that were not sent. */
function given<I extends object>(input: I): I {
  return Object.fromEntries(
    Object.entries(input).filter(([, value]) => value !== undefined && value !== null),
  ) as I;
}
