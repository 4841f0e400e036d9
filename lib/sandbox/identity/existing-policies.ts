import { isObject } from "../http/json.js";
import {
  MalformedPolicyException,
  ResourceNotFoundException,
  type PolicyVersion,
} from "@aws-sdk/client-iot";
import { fault } from "../state/operation.js";
import type { PolicyRecord, PolicyVersionRecord } from "./records.js";
import type { State } from "./tables.js";
import { listed, parsedPolicy } from "../door/policy-json.js";

/** AWS's quota of a policy document, in characters without white space. */
const longestDocument = 2048;

export function existingPolicy(state: State, policyName: string): PolicyRecord {
  return (
    state.policies.get(policyName) ??
    fault(ResourceNotFoundException, `Policy ${policyName} cannot be found`)
  );
}

export function existingVersion(policy: PolicyRecord, versionId: string): PolicyVersionRecord {
  return (
    policy.versions.find((version) => version.versionId === versionId) ??
    fault(
      ResourceNotFoundException,
      `Policy ${policy.policyName} has no version ${versionId.slice(0, 100)}`,
    )
  );
}

/** A version as lists show it. */
export function shownVersion(policy: PolicyRecord, version: PolicyVersionRecord): PolicyVersion {
  const { versionId, createDate } = version;
  return { versionId, isDefaultVersion: versionId === policy.defaultVersionId, createDate };
}

/**
 * Refuse a document that AWS IoT would refuse. Only the form is judged: the sandbox evaluates no
 * policies.
 *
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/iot-policies.html
 */
export function checkPolicyDocument(policyName: string, text: string): void {
  const malformed = (reason: string): never =>
    fault(MalformedPolicyException, `Policy document of ${policyName} is malformed: ${reason}`);
  const length = text.replace(/\s/g, "").length;
  if (length > longestDocument) {
    malformed(`it has ${length} characters without white space, more than ${longestDocument}`);
  }
  const { Version, Statement } = parsedPolicy(text) ?? malformed("it is not a JSON object");
  if (Version !== "2012-10-17" && Version !== "2008-10-17") {
    malformed("Version must be 2012-10-17");
  }
  const statements = listed(Statement);
  if (statements.length === 0) malformed("it has no Statement");
  for (const statement of statements) {
    if (!isObject(statement)) return malformed("a Statement is not a JSON object");
    const { Effect, Action, Resource } = statement;
    if (Effect !== "Allow" && Effect !== "Deny") malformed("Effect must be Allow or Deny");
    // Unlike IAM's, these policies know neither Principal nor the negations of Action and Resource.
    const foreign = ["Principal", "NotPrincipal", "NotAction", "NotResource"].find(
      (element) => statement[element] !== undefined,
    );
    if (foreign !== undefined) malformed(`${foreign} is not supported`);
    if (!areTexts(Action, /^(\*|[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+)$/)) {
      malformed('Action must name actions such as "iot:Connect"');
    }
    if (!areTexts(Resource, /^(\*$|arn:)/)) malformed('Resource must be ARNs or "*"');
  }
}

function areTexts(value: unknown, pattern: RegExp): boolean {
  const items = listed(value);
  return items.length > 0 && items.every((item) => typeof item === "string" && pattern.test(item));
}
