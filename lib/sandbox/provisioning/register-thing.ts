import { createHash } from "node:crypto";
import { isObject } from "../http/json.js";
import { violation } from "../http/validate.js";
import { existingCertificate, registerCertificateWithoutCA } from "../identity/certificates.js";
import { issued, setStatus, subjectOfRequest } from "../identity/issuing.js";
import { createPolicy } from "../identity/policies.js";
import { attachPolicy } from "../identity/policy-targets.js";
import type { CertificateRecord } from "../identity/records.js";
import { rules } from "../identity/rules.js";
import { attachThingPrincipal } from "../identity/thing-principals.js";
import type { KeyPairPem } from "../pki/key-pool.js";
import { addThingToBillingGroup } from "../registry/billing-groups.js";
import { addThingToThingGroup, removeThingFromThingGroup } from "../registry/group-members.js";
import { groupsOf } from "../registry/memberships.js";
import { createThing, updateThing } from "../registry/things.js";
import type { Operation } from "../state/operation.js";
import { evaluator, type Parameters } from "./evaluation.js";
import { RegistrationFault } from "./faults.js";
import type { State } from "./tables.js";
import { type Json, type JsonObject, type Resource, type Template } from "./template-text.js";

/*
 * A device is registered as a template says: for RegisterThing, for tasks of bulk registration, and for
 * devices that provision themselves. It runs the very operations that the registry answers by.
 */

/** What has come of it. */
export interface Registration {
  readonly thingName?: string;
  readonly certificatePem?: string;
  /** By the names of the template's resources. */
  readonly resourceArns: Record<string, string>;
  readonly deviceConfiguration: JsonObject;
}

/**
 * Register one device, in the transaction that runs. All or nothing, if that transaction is undone.
 *
 * @param authorityKeys what the account's authority is made of, if it is yet to be made
 * @throws RegistrationFault, or what an operation of the registry refuses with
 */
export function register(
  state: State,
  template: Template,
  given: Parameters,
  authorityKeys?: KeyPairPem,
): Registration {
  const evaluate = evaluator(template, given);
  const resources = template.resources.map((resource) => ({
    ...resource,
    properties: evaluate(resource.properties) as JsonObject,
  }));
  const of = (kind: Resource["kind"]) => resources.filter((resource) => resource.kind === kind);
  const [thing] = of("Thing");
  const [certificate] = of("Certificate");
  const resourceArns: Record<string, string> = {};

  const thingName = thing && registerThing(state, thing);
  if (thing) resourceArns[thing.name] = state.arn(`thing/${thingName ?? ""}`);
  const kept = certificate && certificateOf(state, certificate, authorityKeys);
  if (certificate && kept) resourceArns[certificate.name] = kept.certificateArn;
  if (kept && thingName !== undefined) {
    perform(state, attachThingPrincipal, { thingName, principal: kept.certificateArn });
  }
  for (const policy of of("Policy")) {
    const policyName = policyOf(state, policy);
    resourceArns[policy.name] = state.arn(`policy/${policyName}`);
    if (kept) perform(state, attachPolicy, { policyName, target: kept.certificateArn });
  }
  return {
    ...(thingName !== undefined && { thingName }),
    ...(kept && { certificatePem: kept.certificatePem }),
    resourceArns,
    deviceConfiguration: evaluate(template.deviceConfiguration) as JsonObject,
  };
}

function registerThing(state: State, { properties, overrides }: Resource): string {
  const thingName = text(properties, "ThingName") ?? "";
  const thingTypeName = text(properties, "ThingTypeName");
  const billingGroupName = text(properties, "BillingGroup");
  const attributes = attributesOf(properties["AttributePayload"]);
  const groups = textsOf(properties["ThingGroups"], "ThingGroups");
  const existing = state.things.get(thingName);
  const setting = (property: string): string => overrides[property] ?? "DO_NOTHING";

  if (!existing) {
    perform(state, createThing, {
      thingName,
      thingTypeName,
      ...(attributes && { attributePayload: { attributes } }),
    });
  } else {
    const conflict = Object.keys(properties).find((name) => setting(name) === "FAIL");
    if (conflict !== undefined) {
      throw new RegistrationFault(
        "ResourceConflict",
        `Thing ${thingName} exists already, and the template says FAIL for its ${conflict}`,
      );
    }
    const type = setting("ThingTypeName") === "REPLACE" ? thingTypeName : undefined;
    const how = setting("AttributePayload");
    const payload =
      attributes && how !== "DO_NOTHING" ? { attributes, merge: how === "MERGE" } : undefined;
    if (type !== undefined || payload) {
      const change = { thingName, thingTypeName: type, attributePayload: payload };
      perform(state, updateThing, change);
    }
    if (groups && setting("ThingGroups") === "REPLACE") {
      const others = staticGroupsOf(state, thingName).filter((name) => !groups.includes(name));
      for (const thingGroupName of others) {
        perform(state, removeThingFromThingGroup, { thingName, thingGroupName });
      }
    }
  }
  const joins = !existing || setting("ThingGroups") !== "DO_NOTHING" ? (groups ?? []) : [];
  for (const thingGroupName of joins) {
    perform(state, addThingToThingGroup, { thingName, thingGroupName });
  }
  if (!existing && billingGroupName !== undefined) {
    perform(state, addThingToBillingGroup, { thingName, billingGroupName });
  }
  return thingName;
}

/** Nothing is taken out of a dynamic group. */
function staticGroupsOf(state: State, thingName: string): string[] {
  return groupsOf(state, thingName).filter(
    (name) => state.thingGroups.get(name)?.queryString === undefined,
  );
}

function certificateOf(
  state: State,
  { properties, overrides }: Resource,
  authorityKeys: KeyPairPem | undefined,
): CertificateRecord {
  const status = statusOf(text(properties, "Status") ?? "ACTIVE");
  const request = text(properties, "CertificateSigningRequest");
  if (request !== undefined) {
    return issued(state, subjectOfRequest(request), authorityKeys, status);
  }
  const certificatePem = text(properties, "CertificatePem");
  if (certificatePem !== undefined) {
    const { certificateId } = perform(state, registerCertificateWithoutCA, {
      certificatePem,
      status,
    }) as CertificateRecord;
    return existingCertificate(state, certificateId);
  }
  const certificate = existingCertificate(state, text(properties, "CertificateId") ?? "");
  const setting = overrides["Status"];
  if (setting === "FAIL") {
    throw new RegistrationFault(
      "ResourceConflict",
      `Certificate ${certificate.certificateId} exists already, and the template says FAIL for its Status`,
    );
  }
  // One that waits to be activated is what this is for.
  const isSet = setting === "REPLACE" || certificate.status === "PENDING_ACTIVATION";
  if (isSet && certificate.status !== status) setStatus(state, certificate, status);
  return existingCertificate(state, certificate.certificateId);
}

/** AWS's own template writes it `Active`. */
function statusOf(status: string): "ACTIVE" | "INACTIVE" {
  const upper = status.toUpperCase();
  if (upper === "ACTIVE" || upper === "INACTIVE") return upper;
  return invalid(`Status must be ACTIVE or INACTIVE, not ${status.slice(0, 100)}`);
}

/** The name of a policy that is there by now. Without a name of its own it is called by its content. */
function policyOf(state: State, { properties }: Resource): string {
  const named = text(properties, "PolicyName");
  if (named !== undefined) {
    if (state.policies.has(named)) return named;
    throw new RegistrationFault(
      "ResourceNotFound",
      `Policy ${named.slice(0, 200)} cannot be found`,
    );
  }
  const document = properties["PolicyDocument"];
  const policyDocument = typeof document === "string" ? document : JSON.stringify(document);
  const policyName = createHash("sha256").update(policyDocument).digest("hex");
  if (!state.policies.has(policyName)) {
    perform(state, createPolicy, { policyName, policyDocument });
  }
  return policyName;
}

/** Run an operation of the registry on an input that nobody has looked at yet. */
function perform(state: State, operation: Operation, input: object): object {
  const broken = violation(operation.schema, input, rules);
  if (broken !== undefined) invalid(broken);
  return operation.run(state, input, undefined);
}

function text(properties: JsonObject, name: string): string | undefined {
  const value = properties[name];
  if (value === undefined || typeof value === "string") return value;
  return invalid(`${name} must be a text`);
}

function textsOf(value: Json | undefined, name: string): string[] | undefined {
  if (value === undefined) return undefined;
  const list = Array.isArray(value) ? (value as readonly Json[]) : [];
  if (list.length > 0 && list.every((item) => typeof item === "string"))
    return [...list] as string[];
  return invalid(`${name} must be a list of texts`);
}

function attributesOf(value: Json | undefined): Record<string, string> | undefined {
  if (value === undefined) return undefined;
  const isOne = isObject(value) && Object.values(value).every((item) => typeof item === "string");
  return isOne ? (value as Record<string, string>) : invalid("AttributePayload must hold texts");
}

function invalid(message: string): never {
  throw new RegistrationFault("InvalidParameters", message);
}
