import type { CommandParameter } from "@aws-sdk/client-iot";
import {
  ValidationException,
  type CommandParameterValue,
} from "@aws-sdk/client-iot-jobs-data-plane";
import { cbor } from "@smithy/core/cbor";
import { isTooDeep } from "../http/json-depth.js";
import { fault } from "../state/operation.js";
import { brokenCondition, conditionFault } from "./conditions.js";
import { typeIn, valueIn, type Value } from "./parameter-values.js";
import type { CommandRecord } from "./records.js";

/*
 * Payloads with placeholders, which an execution fills in.
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-remote-command-create-manage.html
 */

/** What a payload is made of: JSON, and what JSON has no room for. */
type Content = Value | null | readonly Content[] | { readonly [key: string]: Content };

const PLACEHOLDER = /\$\{aws:iot:commandexecution::([^}]*)\}/g;
const PARAMETER = /^parameter:([.$a-zA-Z0-9_-]+)$/;
const TIMEOUT = "executionTimeoutSec";

/** A template as CreateCommand gets it. */
interface Template {
  readonly payloadTemplate?: string | undefined;
  readonly preprocessor?: CommandRecord["preprocessor"];
  readonly mandatoryParameters?: readonly CommandParameter[] | undefined;
}

/** Why nothing could be made of a template; undefined when there is none, or nothing is wrong with it. */
export function templateFault(of: Template): string | undefined {
  const { payloadTemplate, preprocessor, mandatoryParameters = [] } = of;
  if (payloadTemplate === undefined) return undefined;
  if (!preprocessor?.awsJsonSubstitution) {
    return "A payloadTemplate needs a preprocessor: awsJsonSubstitution with an outputFormat";
  }
  if (contentOf(payloadTemplate) === undefined) return "The payloadTemplate is not valid JSON";
  const names = [...payloadTemplate.matchAll(PLACEHOLDER)].map(([, name = ""]) => name);
  if (names.length === 0) return "The payloadTemplate has no placeholder";
  const declared = new Map(mandatoryParameters.map((parameter) => [parameter.name, parameter]));
  if (declared.size < mandatoryParameters.length) {
    return "Two of the mandatoryParameters have the same name";
  }
  for (const name of names) {
    const parameter = PARAMETER.exec(name)?.[1];
    if (parameter === undefined && name !== TIMEOUT) {
      return `The payloadTemplate has a placeholder that nothing stands behind: ${name.slice(0, 200)}`;
    }
    if (parameter !== undefined && !declared.has(parameter)) {
      return `The payloadTemplate has a placeholder of parameter ${parameter}, which is not among the mandatoryParameters`;
    }
  }
  for (const parameter of mandatoryParameters) {
    const wrong = parameterFault(parameter);
    if (wrong !== undefined) return `Parameter ${parameter.name}: ${wrong}`;
  }
  return undefined;
}

function parameterFault(parameter: CommandParameter): string | undefined {
  const { value, defaultValue, valueConditions = [] } = parameter;
  const type = typeOf(parameter);
  for (const one of [value, defaultValue]) {
    if (one === undefined) continue;
    const found = typeIn(one);
    if (found === undefined) return "a value has exactly one member, named after its type";
    if (found !== type) return `its type is ${type}, and a value of it has type ${found}`;
  }
  return valueConditions.map((condition) => conditionFault(type, condition)).find(Boolean);
}

/** Of one that says nothing of its type, that of its value. */
function typeOf({ type, value, defaultValue }: CommandParameter) {
  return type ?? (value && typeIn(value)) ?? (defaultValue && typeIn(defaultValue));
}

/** What a device gets, and the parameters that it was made of. Refuses parameters that do not fit. */
export function filledIn(
  { payloadTemplate = "", preprocessor, mandatoryParameters = [] }: CommandRecord,
  given: Readonly<Record<string, CommandParameterValue>>,
  timeoutSeconds: number,
): {
  readonly payload: Uint8Array;
  readonly contentType: string;
  readonly parameters: Record<string, CommandParameterValue>;
} {
  const declared = new Set(mandatoryParameters.map(({ name }) => name));
  const foreign = Object.keys(given).find((name) => !declared.has(name));
  if (foreign !== undefined) {
    fault(ValidationException, `The command has no parameter ${foreign.slice(0, 200)}`);
  }
  const parameters = Object.fromEntries(
    mandatoryParameters.map((parameter) => {
      const { name = "" } = parameter;
      const own = Object.hasOwn(given, name) ? given[name] : undefined;
      return [name, chosen(parameter, own)];
    }),
  );
  const valueOf = (name: string): Value => {
    const parameter = PARAMETER.exec(name)?.[1];
    if (parameter === undefined) return timeoutSeconds;
    return valueIn(parameters[parameter] as CommandParameterValue) as Value;
  };
  const content = substituted(contentOf(payloadTemplate) as Content, valueOf);
  const isCbor = preprocessor?.awsJsonSubstitution?.outputFormat === "CBOR";
  return {
    // The serializer hands out what it writes into next time.
    payload: isCbor ? Uint8Array.from(cbor.serialize(content)) : Buffer.from(jsonOf(content)),
    contentType: isCbor ? "application/cbor" : "application/json",
    parameters,
  };
}

function chosen(
  parameter: CommandParameter,
  given: CommandParameterValue | undefined,
): CommandParameterValue {
  const { name, value, defaultValue, valueConditions = [] } = parameter;
  const refuse = (why: string): never =>
    fault(ValidationException, `Parameter ${name ?? ""} ${why}`);
  const picked = given ?? value ?? defaultValue ?? refuse("is required, and has no default value");
  const type = typeIn(picked) ?? refuse("must have exactly one member, named after its type");
  const wanted = typeOf(parameter) ?? type;
  if (type !== wanted) refuse(`must be of type ${wanted}, not ${type}`);
  const found = valueIn(picked);
  if (found === undefined) return refuse(`does not have a value of type ${type}`);
  for (const condition of valueConditions) {
    const broken = conditionFault(type, condition) ?? brokenCondition(found, condition);
    if (broken !== undefined) refuse(broken);
  }
  return picked;
}

/** A text that is a placeholder and nothing else becomes the value, with its type; within a text it is text. */
function substituted(content: Content, valueOf: (name: string) => Value): Content {
  if (typeof content === "string") {
    const matches = [...content.matchAll(PLACEHOLDER)];
    const [only] = matches;
    if (only && only[0] === content) return valueOf(only[1] ?? "");
    return content.replace(PLACEHOLDER, (_, name: string) => textOf(valueOf(name)));
  }
  if (Array.isArray(content)) return content.map((item: Content) => substituted(item, valueOf));
  if (typeof content !== "object" || content === null) return content;
  return Object.fromEntries(
    Object.entries(content).map(([key, item]) => [
      key.replace(PLACEHOLDER, (_, name: string) => textOf(valueOf(name))),
      substituted(item as Content, valueOf),
    ]),
  );
}

function textOf(value: Value): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : String(value);
}

function contentOf(text: string): Content | undefined {
  if (isTooDeep(Buffer.from(text))) return undefined;
  try {
    return JSON.parse(text) as Content;
  } catch {
    return undefined;
  }
}

/** JSON of numbers, too, that JavaScript keeps no other way. */
function jsonOf(content: Content): string {
  if (typeof content === "bigint") return String(content);
  if (content instanceof Uint8Array) return JSON.stringify(textOf(content));
  if (Array.isArray(content)) return `[${content.map(jsonOf).join(",")}]`;
  if (typeof content !== "object" || content === null) return JSON.stringify(content);
  const members = Object.entries(content).map(
    ([key, item]) => `${JSON.stringify(key)}:${jsonOf(item as Content)}`,
  );
  return `{${members.join(",")}}`;
}
