import { isObject } from "../http/json.js";
import { isTooDeep } from "../http/json-depth.js";

/*
 * Provisioning templates as they are written, and what is wrong with one.
 * https://docs.aws.amazon.com/iot/latest/developerguide/provision-template.html
 */

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

export interface Resource {
  readonly kind: "Thing" | "Certificate" | "Policy";
  /** What it is called in the template. */
  readonly name: string;
  readonly properties: JsonObject;
  readonly overrides: Readonly<Record<string, string>>;
}

export interface Template {
  /** The default of each parameter; undefined for one that must be given. */
  readonly parameters: ReadonlyMap<string, string | undefined>;
  readonly mappings: JsonObject;
  readonly resources: readonly Resource[];
  readonly deviceConfiguration: JsonObject;
}

/** Something is wrong with a template. */
export class TemplateFault extends Error {}

const SECTIONS = ["Parameters", "Mappings", "Resources", "DeviceConfiguration"];

const PROPERTIES: Readonly<Record<Resource["kind"], readonly string[]>> = {
  Thing: ["ThingName", "AttributePayload", "ThingTypeName", "ThingGroups", "BillingGroup"],
  Certificate: ["CertificateSigningRequest", "CertificateId", "CertificatePem", "Status"],
  Policy: ["PolicyName", "PolicyDocument"],
};

/** What AWS has, and the sandbox has not: it has no certificate authorities of its users. */
const NOT_HERE = ["CACertificatePem", "CertificateMode"];

const OVERRIDES: Readonly<Record<string, readonly string[]>> = {
  AttributePayload: ["DO_NOTHING", "REPLACE", "FAIL", "MERGE"],
  ThingGroups: ["DO_NOTHING", "REPLACE", "FAIL", "MERGE"],
  ThingTypeName: ["DO_NOTHING", "REPLACE", "FAIL"],
  Status: ["DO_NOTHING", "REPLACE", "FAIL"],
};

/** The functions that a template may call. */
const FUNCTIONS = ["Fn::Join", "Fn::Select", "Fn::FindInMap", "Fn::Split", "Fn::Sub"];

/** @throws TemplateFault */
export function readTemplate(text: string): Template {
  const body = jsonIn(text);
  if (!isObject(body)) throw new TemplateFault("the template is not a JSON object");
  const foreign = Object.keys(body).find((name) => !SECTIONS.includes(name));
  if (foreign !== undefined) {
    throw new TemplateFault(`it has no section ${foreign}, only ${SECTIONS.join(", ")}`);
  }
  checkFunctions(body["Resources"] ?? {});
  checkFunctions(body["DeviceConfiguration"] ?? {});
  const resources = Object.entries(sectionOf(body, "Resources")).map(([name, resource]) =>
    resourceOf(name, resource),
  );
  if (resources.length === 0) throw new TemplateFault("it has no Resources");
  for (const kind of ["Thing", "Certificate"]) {
    if (resources.filter((resource) => resource.kind === kind).length > 1) {
      throw new TemplateFault(`it has more than one AWS::IoT::${kind}`);
    }
  }
  return {
    parameters: new Map(Object.entries(sectionOf(body, "Parameters")).map(parameterOf)),
    mappings: sectionOf(body, "Mappings"),
    resources,
    deviceConfiguration: sectionOf(body, "DeviceConfiguration"),
  };
}

function jsonIn(text: string): Json | undefined {
  if (isTooDeep(Buffer.from(text))) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function sectionOf(body: JsonObject, name: string): JsonObject {
  const section = body[name] ?? {};
  if (!isObject(section)) throw new TemplateFault(`${name} is not an object`);
  return section;
}

function parameterOf([name, declared]: [string, Json]): [string, string | undefined] {
  if (!isObject(declared) || declared["Type"] !== "String") {
    throw new TemplateFault(`parameter ${name} is not of Type String, the only one there is`);
  }
  const { Default: byDefault } = declared;
  if (byDefault !== undefined && typeof byDefault !== "string") {
    throw new TemplateFault(`the Default of parameter ${name} is not a text`);
  }
  return [name, byDefault];
}

function resourceOf(name: string, resource: Json): Resource {
  if (!isObject(resource)) throw new TemplateFault(`resource ${name} is not an object`);
  const { Type: type, Properties: properties = {}, OverrideSettings: overrides = {} } = resource;
  const kind = (["Thing", "Certificate", "Policy"] as const).find(
    (one) => type === `AWS::IoT::${one}`,
  );
  if (!kind) {
    throw new TemplateFault(
      `resource ${name} has the Type ${shown(type)}, which is none of AWS::IoT::Thing, AWS::IoT::Certificate and AWS::IoT::Policy`,
    );
  }
  if (!isObject(properties) || !isObject(overrides)) {
    throw new TemplateFault(`Properties and OverrideSettings of resource ${name} must be objects`);
  }
  for (const property of Object.keys(properties)) {
    if (NOT_HERE.includes(property)) {
      throw new TemplateFault(
        `the sandbox does not have property ${property} of AWS::IoT::Certificate: it has no certificate authorities but its own`,
      );
    }
    if (!PROPERTIES[kind].includes(property)) {
      throw new TemplateFault(`AWS::IoT::${kind} has no property ${property}`);
    }
  }
  for (const [property, setting] of Object.entries(overrides)) {
    const isOfThis = PROPERTIES[kind].includes(property) && kind !== "Policy";
    const settings = isOfThis ? (OVERRIDES[property] ?? []) : [];
    if (typeof setting !== "string" || !settings.includes(setting)) {
      throw new TemplateFault(
        `OverrideSettings of resource ${name} cannot say ${shown(setting)} for ${property}`,
      );
    }
  }
  checkProperties(name, kind, properties);
  return { kind, name, properties, overrides: overrides as Record<string, string> };
}

function checkProperties(name: string, kind: Resource["kind"], properties: JsonObject): void {
  if (kind === "Thing" && properties["ThingName"] === undefined) {
    throw new TemplateFault(`thing ${name} has no ThingName`);
  }
  const ways = {
    Thing: [],
    Certificate: ["CertificateSigningRequest", "CertificateId", "CertificatePem"],
    Policy: ["PolicyName", "PolicyDocument"],
  }[kind];
  const given = ways.filter((way) => properties[way] !== undefined).length;
  if (ways.length > 0 && given !== 1) {
    throw new TemplateFault(`${name} needs exactly one of ${ways.join(", ")}, not ${given}`);
  }
}

/** Whatever looks like a function must be one, with nothing beside it. */
function checkFunctions(value: Json): void {
  if (Array.isArray(value)) return (value as readonly Json[]).forEach(checkFunctions);
  if (!isObject(value)) return;
  const names = Object.keys(value);
  const called = names.find((name) => name === "Ref" || name.startsWith("Fn::"));
  if (called !== undefined && names.length > 1) {
    throw new TemplateFault(`${called} stands beside something else in one object`);
  }
  if (called?.startsWith("Fn::") && !FUNCTIONS.includes(called)) {
    throw new TemplateFault(`there is no function ${called}, only ${FUNCTIONS.join(", ")}`);
  }
  Object.values(value).forEach(checkFunctions);
}

function shown(value: Json | undefined): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 100);
}
