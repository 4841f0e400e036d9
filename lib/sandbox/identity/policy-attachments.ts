import {
  InvalidRequestException,
  LimitExceededException,
  ResourceNotFoundException,
} from "@aws-sdk/client-iot";
import { refuseDynamic } from "../registry/existing-groups.js";
import { fault } from "../state/operation.js";
import type { State } from "./tables.js";

/*
 * Which policy is attached to what, kept in two tables, one for each direction. Targets are
 * certificates and static thing groups, by ARN.
 * https://docs.aws.amazon.com/general/latest/gr/iot-core.html, "Security and identity"
 */

const mostPolicies = { certificate: 10, "thing group": 2 } as const;

interface Target {
  readonly kind: keyof typeof mostPolicies;
  /** Certificate id or group name. */
  readonly name: string;
}

/** What an ARN means that policies can be attached to. Refuses what is not there or cannot have any. */
export function existingTarget(state: State, arn: string): Target {
  const tail = arn.startsWith(state.arn("")) ? arn.slice(state.arn("").length) : "";
  const [, kind, name = ""] = /^(cert|thinggroup)\/([^/]+)$/.exec(tail) ?? [];
  if (kind === "cert") {
    if (!state.certificates.has(name)) {
      fault(ResourceNotFoundException, `Certificate ${name} cannot be found`);
    }
    return { kind: "certificate", name };
  }
  if (kind === "thinggroup") {
    const group =
      state.thingGroups.get(name) ??
      fault(ResourceNotFoundException, `Thing group ${name} cannot be found`);
    refuseDynamic(group);
    return { kind: "thing group", name };
  }
  return fault(
    InvalidRequestException,
    `Invalid target: ${arn.slice(0, 200)} is neither a certificate nor a thing group of this account and Region`,
  );
}

/** Does nothing when the policy is attached already. */
export function attachPolicyTo(state: State, policyName: string, arn: string): void {
  const { kind, name } = existingTarget(state, arn);
  if (state.targetsOfPolicy.has(`${policyName}/${arn}`)) return;
  if ([...policiesOf(state, arn)].length >= mostPolicies[kind]) {
    fault(
      LimitExceededException,
      `At most ${mostPolicies[kind]} policies can be attached to a ${kind}, and ${name} has as many`,
    );
  }
  state.targetsOfPolicy.set(`${policyName}/${arn}`, true);
  state.policiesOfTarget.set(`${arn}/${policyName}`, true);
}

/** Does nothing when the policy is not attached. */
export function detachPolicyFrom(state: State, policyName: string, arn: string): void {
  state.targetsOfPolicy.delete(`${policyName}/${arn}`);
  state.policiesOfTarget.delete(`${arn}/${policyName}`);
}

/** Forget the attachments of a target that is about to go. */
export function detachAllPolicies(state: State, arn: string): void {
  for (const policyName of [...policiesOf(state, arn)]) detachPolicyFrom(state, policyName, arn);
}

/** Names of the policies that are attached to a target itself, in order. */
export function* policiesOf(state: State, arn: string): Generator<string> {
  const prefix = `${arn}/`;
  for (const [key] of state.policiesOfTarget.entries({ prefix })) yield key.slice(prefix.length);
}

/** ARNs of what a policy is attached to, behind `after`, in order. */
export function* targetsOf(state: State, policyName: string, after?: string): Generator<string> {
  const prefix = `${policyName}/`;
  const range = { prefix, ...(after !== undefined && { after: prefix + after }) };
  for (const [key] of state.targetsOfPolicy.entries(range)) yield key.slice(prefix.length);
}
