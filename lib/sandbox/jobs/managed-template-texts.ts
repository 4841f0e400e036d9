import type { DocumentParameter } from "@aws-sdk/client-iot";
import type { State } from "./tables.js";
import { inJson } from "./documents/links.js";

/*
 * The job templates that AWS brings, the same in every account.
 * https://docs.aws.amazon.com/iot/latest/developerguide/job-templates-managed.html
 */

/** What a job template of AWS's is in any Region. */
export interface ManagedTemplate {
  readonly templateName: string;
  readonly templateVersion: string;
  readonly description: string;
  readonly environments: readonly string[];
  readonly documentParameters: readonly Parameter[];
  /** With `${aws:iot:parameter:<key>}` where a parameter goes. */
  readonly document: string;
}

type Parameter = DocumentParameter & { readonly key: string; readonly regex: string };

const version = "1.0";

// Names, documents and which parameters there are: the page above. How AWS words a parameter is
// printed for Download-File only (job-template-manage-cli-create); the others' follow it.

const runAsUser: Parameter = {
  key: "runAsUser",
  description:
    "Execute handler as another user. If not specified, then handler is executed as the same user as device client.",
  regex: "(.){0,256}",
  example: "user1",
  optional: true,
};

const pathToHandler: Parameter = {
  key: "pathToHandler",
  description:
    "Path to handler on the device. If not specified, then device client will use the current working directory.",
  regex: "(.){0,4096}",
  example: "/path/to/handler/script",
  optional: true,
};

function required(key: string, description: string, example: string): Parameter {
  return { key, description, regex: "(.*?)", example, optional: false };
}

/** A template that lets a script on the device work. */
function handlerTemplate(
  action: string,
  purpose: string,
  handler: string,
  parameters: readonly Parameter[] = [],
): ManagedTemplate {
  const args = parameters.map(({ key }) => placeholderOf(key));
  const input = {
    handler,
    ...(args.length > 0 && { args }),
    path: placeholderOf("pathToHandler"),
  };
  return template(action, purpose, "runHandler", input, [...parameters, runAsUser, pathToHandler]);
}

function template(
  action: string,
  purpose: string,
  type: string,
  input: object,
  documentParameters: readonly Parameter[],
): ManagedTemplate {
  const step = { action: { name: action, type, input, runAsUser: placeholderOf("runAsUser") } };
  return {
    templateName: `AWS-${action}`,
    templateVersion: version,
    description: `A managed job template for ${purpose}.`,
    environments: ["LINUX"],
    documentParameters,
    document: JSON.stringify({ version, steps: [step] }),
  };
}

function placeholderOf(key: string): string {
  return `\${aws:iot:parameter:${key}}`;
}

function packages(done: string): Parameter {
  return required(
    "packages",
    `A space-separated list of one or more applications to be ${done}.`,
    "python3 vim",
  );
}

function services(done: string): Parameter {
  return required(
    "services",
    `A space-separated list of one or more applications to be ${done}.`,
    "sshd mosquitto",
  );
}

/** In the order of their names. */
export const managedTemplates: readonly ManagedTemplate[] = [
  handlerTemplate("Download-File", "downloading a file", "download-file.sh", [
    required("downloadUrl", "URL of file to download.", "http://www.example.com/index.html"),
    required("filePath", "Path on the device where downloaded file is written.", "/path/to/file"),
  ]),
  handlerTemplate(
    "Install-Application",
    "installing one or more applications",
    "install-packages.sh",
    [packages("installed")],
  ),
  handlerTemplate("Reboot", "rebooting the device", "reboot.sh"),
  handlerTemplate(
    "Remove-Application",
    "uninstalling one or more applications",
    "remove-packages.sh",
    [packages("uninstalled")],
  ),
  handlerTemplate(
    "Restart-Application",
    "restarting one or more system services",
    "restart-services.sh",
    [services("restarted")],
  ),
  template(
    "Run-Command",
    "running a shell command",
    "runCommand",
    { command: placeholderOf("command") },
    [
      required(
        "command",
        "A comma separated string of command. Any comma contained in the command itself must be escaped.",
        "echo,hello",
      ),
      runAsUser,
    ],
  ),
  handlerTemplate(
    "Start-Application",
    "starting one or more system services",
    "start-services.sh",
    [services("started")],
  ),
  handlerTemplate("Stop-Application", "stopping one or more system services", "stop-services.sh", [
    services("stopped"),
  ]),
];

/** The template of that name; its only version unless another is named. */
export function findManagedTemplate(
  templateName: string,
  templateVersion?: string,
): ManagedTemplate | undefined {
  return managedTemplates.find(
    (one) =>
      one.templateName === templateName &&
      (templateVersion === undefined || one.templateVersion === templateVersion),
  );
}

/** It belongs to no account, so its ARN names none. */
export function managedTemplateArn(
  state: State,
  { templateName, templateVersion }: Pick<ManagedTemplate, "templateName" | "templateVersion">,
): string {
  return `arn:aws:iot:${state.region}::jobtemplate/${templateName}:${templateVersion}`;
}

/** The template that an ARN names, in this Region; undefined when it is none of AWS's. */
export function managedTemplateAt(state: State, arn: string): ManagedTemplate | undefined {
  return managedTemplates.find((one) => managedTemplateArn(state, one) === arn);
}

/**
 * Why the parameters are not what a template asks for: one that is missing, unknown, or of another
 * form. Undefined when all is well.
 */
export function problemOfParameters(
  { templateName, documentParameters }: ManagedTemplate,
  given: Readonly<Record<string, string>>,
): string | undefined {
  const known = documentParameters.map(({ key }) => key);
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    return `${templateName} has no document parameter ${unknown}; it has ${known.join(", ")}`;
  }
  for (const { key, regex, optional } of documentParameters) {
    const value = Object.hasOwn(given, key) ? given[key] : undefined;
    if (value === undefined && !optional)
      return `${templateName} needs the document parameter ${key}`;
    if (value !== undefined && !new RegExp(`^${regex}$`, "su").test(value)) {
      return `The document parameter ${key} of ${templateName} must fit ${regex}`;
    }
  }
  return undefined;
}

/** The document with its parameters filled in; those that are not given become empty. */
export function withParameters(document: string, given: Readonly<Record<string, string>>): string {
  return document.replace(/\$\{aws:iot:parameter:([a-zA-Z0-9_-]+)\}/g, (_, key: string) =>
    Object.hasOwn(given, key) ? inJson(given[key] ?? "") : "",
  );
}
