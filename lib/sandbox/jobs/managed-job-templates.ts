import {
  DescribeManagedJobTemplateCommand,
  InvalidRequestException,
  ListManagedJobTemplatesCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-iot";
import { operation } from "./tables.js";
import { fault, paged } from "../state/operation.js";
import {
  findManagedTemplate,
  managedTemplateArn,
  managedTemplates,
} from "./managed-template-texts.js";

/** https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeManagedJobTemplate.html */
export const describeManagedJobTemplate = operation(
  DescribeManagedJobTemplateCommand,
  (state, { templateName, templateVersion }) => {
    const found =
      findManagedTemplate(templateName, templateVersion) ??
      fault(
        ResourceNotFoundException,
        `Managed job template ${templateName}${templateVersion === undefined ? "" : ` of version ${templateVersion}`} cannot be found`,
      );
    return {
      ...found,
      templateArn: managedTemplateArn(state, found),
      environments: [...found.environments],
      documentParameters: [...found.documentParameters],
    };
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_ListManagedJobTemplates.html */
export const listManagedJobTemplates = operation(
  ListManagedJobTemplatesCommand,
  (state, { templateName: only, nextToken, maxResults }) => {
    const { items, ...next } = paged({
      page: { nextToken, maxResults },
      question: ["ListManagedJobTemplates", only],
      *entries(after) {
        for (const { documentParameters: _, document: __, ...one } of managedTemplates) {
          const { templateName } = one;
          if (only !== undefined && templateName !== only) continue;
          if (after !== undefined && templateName <= after) continue;
          const environments = [...one.environments];
          yield [
            templateName,
            { ...one, environments, templateArn: managedTemplateArn(state, one) },
          ];
        }
      },
      largest: 250,
      badToken: () => fault(InvalidRequestException, "Invalid nextToken"),
    });
    return { managedJobTemplates: items, ...next };
  },
);
