import {
  CreateProvisioningTemplateCommand,
  CreateProvisioningTemplateVersionCommand,
  DeleteConflictException,
  DeleteProvisioningTemplateCommand,
  DeleteProvisioningTemplateVersionCommand,
  DescribeProvisioningTemplateCommand,
  DescribeProvisioningTemplateVersionCommand,
  InvalidRequestException,
  ListProvisioningTemplatesCommand,
  ListProvisioningTemplateVersionsCommand,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  UpdateProvisioningTemplateCommand,
  VersionsLimitExceededException,
} from "@aws-sdk/client-iot";
import { WireError } from "../http/wire.js";
import { cannotAssume } from "../iam/service-roles.js";
import { endTags, startTags, tagsOf } from "../registry/resource-tags.js";
import { fault, paged } from "../state/operation.js";
import type { TemplateRecord, TemplateVersionRecord } from "./records.js";
import { operation, type State } from "./tables.js";
import { readTemplate, TemplateFault, type Template } from "./template-text.js";

const MOST_VERSIONS = 5;

/**
 * A name that is taken is refused, also for the same template.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_CreateProvisioningTemplate.html
 */
export const createProvisioningTemplate = operation(
  CreateProvisioningTemplateCommand,
  (state, input) => {
    const { templateName, templateBody, enabled = false, provisioningRoleArn, tags } = input;
    const { type = "FLEET_PROVISIONING", description, preProvisioningHook } = input;
    refuseHook(preProvisioningHook);
    if (type !== "FLEET_PROVISIONING") {
      throw notHere("just-in-time provisioning (JITP): it has no certificate authorities of users");
    }
    const templateArn = state.arn(`provisioningtemplate/${templateName}`);
    if (state.provisioningTemplates.has(templateName)) {
      const taken = { resourceId: templateName, resourceArn: templateArn };
      fault(
        ResourceAlreadyExistsException,
        `Provisioning template ${templateName} already exists`,
        taken,
      );
    }
    checkedTemplate(templateBody);
    checkRole(state, provisioningRoleArn);
    const now = state.now();
    state.provisioningTemplates.set(templateName, {
      templateName,
      templateArn,
      ...(description !== undefined && { description }),
      creationDate: now,
      lastModifiedDate: now,
      defaultVersionId: 1,
      enabled,
      provisioningRoleArn,
      type,
      versions: [{ versionId: 1, creationDate: now, templateBody }],
      lastVersion: 1,
    });
    startTags(state, templateArn, tagsOf(tags));
    return { templateArn, templateName, defaultVersionId: 1 };
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeProvisioningTemplate.html */
export const describeProvisioningTemplate = operation(
  DescribeProvisioningTemplateCommand,
  (state, { templateName }) => {
    const template = existingTemplate(state, templateName);
    const { templateBody } = existingVersion(template, template.defaultVersionId);
    return { ...template, templateBody };
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_ListProvisioningTemplates.html */
export const listProvisioningTemplates = operation(
  ListProvisioningTemplatesCommand,
  (state, page) => {
    const { items, ...next } = paged({
      page,
      question: ["ListProvisioningTemplates"],
      entries: (after) => state.provisioningTemplates.entries({ after }),
      largest: 250,
      badToken,
    });
    return { templates: items, ...next };
  },
);

/**
 * Members that are not sent stay.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateProvisioningTemplate.html
 */
export const updateProvisioningTemplate = operation(
  UpdateProvisioningTemplateCommand,
  (state, { templateName, ...sent }) => {
    const template = existingTemplate(state, templateName);
    refuseHook(sent.preProvisioningHook);
    const { defaultVersionId = template.defaultVersionId } = sent;
    const { provisioningRoleArn = template.provisioningRoleArn } = sent;
    existingVersion(template, defaultVersionId);
    if (sent.provisioningRoleArn !== undefined) checkRole(state, provisioningRoleArn);
    state.provisioningTemplates.set(templateName, {
      ...template,
      description: sent.description ?? template.description,
      enabled: sent.enabled ?? template.enabled,
      defaultVersionId,
      provisioningRoleArn,
      lastModifiedDate: state.now(),
    });
    return {};
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteProvisioningTemplate.html */
export const deleteProvisioningTemplate = operation(
  DeleteProvisioningTemplateCommand,
  (state, { templateName }) => {
    const { templateArn } = existingTemplate(state, templateName);
    state.provisioningTemplates.delete(templateName);
    endTags(state, templateArn);
    return {};
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_CreateProvisioningTemplateVersion.html */
export const createProvisioningTemplateVersion = operation(
  CreateProvisioningTemplateVersionCommand,
  (state, { templateName, templateBody, setAsDefault = false }) => {
    const template = existingTemplate(state, templateName);
    checkedTemplate(templateBody);
    if (template.versions.length >= MOST_VERSIONS) {
      fault(
        VersionsLimitExceededException,
        `Provisioning template ${templateName} already has ${MOST_VERSIONS} versions; delete one first`,
      );
    }
    const versionId = template.lastVersion + 1;
    state.provisioningTemplates.set(templateName, {
      ...template,
      versions: [...template.versions, { versionId, creationDate: state.now(), templateBody }],
      lastVersion: versionId,
      lastModifiedDate: state.now(),
      ...(setAsDefault && { defaultVersionId: versionId }),
    });
    const { templateArn } = template;
    return { templateArn, templateName, versionId, isDefaultVersion: setAsDefault };
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeProvisioningTemplateVersion.html */
export const describeProvisioningTemplateVersion = operation(
  DescribeProvisioningTemplateVersionCommand,
  (state, { templateName, versionId }) => {
    const template = existingTemplate(state, templateName);
    return shown(template, existingVersion(template, versionId));
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_ListProvisioningTemplateVersions.html */
export const listProvisioningTemplateVersions = operation(
  ListProvisioningTemplateVersionsCommand,
  (state, { templateName, ...page }) => {
    const template = existingTemplate(state, templateName);
    const { items, ...next } = paged({
      page,
      question: ["ListProvisioningTemplateVersions", templateName],
      *entries(after) {
        for (const version of template.versions) {
          const key = String(version.versionId).padStart(9, "0");
          if (after === undefined || key > after) yield [key, shown(template, version)];
        }
      },
      largest: 250,
      badToken,
    });
    return { versions: items, ...next };
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteProvisioningTemplateVersion.html */
export const deleteProvisioningTemplateVersion = operation(
  DeleteProvisioningTemplateVersionCommand,
  (state, { templateName, versionId }) => {
    const template = existingTemplate(state, templateName);
    const version = existingVersion(template, versionId);
    if (versionId === template.defaultVersionId) {
      fault(
        DeleteConflictException,
        `Version ${versionId} of provisioning template ${templateName} is its default version`,
      );
    }
    state.provisioningTemplates.set(templateName, {
      ...template,
      versions: template.versions.filter((one) => one !== version),
      lastModifiedDate: state.now(),
    });
    return {};
  },
);

/** The template that a text is; refuses one that is none. */
export function checkedTemplate(templateBody: string): Template {
  try {
    return readTemplate(templateBody);
  } catch (error) {
    if (!(error instanceof TemplateFault)) throw error;
    return fault(InvalidRequestException, `Invalid provisioning template: ${error.message}`);
  }
}

export function existingTemplate(state: State, templateName: string): TemplateRecord {
  return (
    state.provisioningTemplates.get(templateName) ??
    fault(ResourceNotFoundException, `Provisioning template ${templateName} cannot be found`)
  );
}

/** Refuse a role that AWS IoT could not assume. */
export function checkRole(state: State, roleArn: string): void {
  const problem = cannotAssume(state, roleArn);
  if (problem !== undefined) fault(InvalidRequestException, problem);
}

function existingVersion(template: TemplateRecord, versionId: number): TemplateVersionRecord {
  return (
    template.versions.find((version) => version.versionId === versionId) ??
    fault(
      ResourceNotFoundException,
      `Provisioning template ${template.templateName} has no version ${versionId}`,
    )
  );
}

function shown({ defaultVersionId }: TemplateRecord, version: TemplateVersionRecord) {
  return { ...version, isDefaultVersion: version.versionId === defaultVersionId };
}

/** A hook may forbid what would then be allowed here. */
function refuseHook(hook: object | undefined): void {
  if (hook) throw notHere("pre-provisioning hooks: it has no Lambda that could be asked");
}

function notHere(what: string): WireError {
  return new WireError("NotImplementedException", 501, `The sandbox does not have ${what}.`);
}

function badToken(): never {
  return fault(InvalidRequestException, "Invalid nextToken");
}
