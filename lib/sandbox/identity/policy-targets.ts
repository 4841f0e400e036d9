import {
  AttachPolicyCommand,
  AttachPrincipalPolicyCommand,
  DetachPolicyCommand,
  DetachPrincipalPolicyCommand,
  ListAttachedPoliciesCommand,
  ListPolicyPrincipalsCommand,
  ListPrincipalPoliciesCommand,
  ListTargetsForPolicyCommand,
  type Policy,
} from "@aws-sdk/client-iot";
import { existingPolicy } from "./existing-policies.js";
import { markedList, type MarkedPage } from "../state/marked-lists.js";
import { ancestorsOf } from "../registry/memberships.js";
import { operation, type State } from "./tables.js";
import {
  attachPolicyTo,
  detachPolicyFrom,
  existingTarget,
  policiesOf,
  targetsOf,
} from "./policy-attachments.js";

/**
 * A policy that is attached already is no error.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_AttachPolicy.html
 */
export const attachPolicy = operation(AttachPolicyCommand, (state, { policyName, target }) =>
  attach(state, policyName, target),
);

/**
 * A policy that is not attached is no error.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_DetachPolicy.html
 */
export const detachPolicy = operation(DetachPolicyCommand, (state, { policyName, target }) =>
  detach(state, policyName, target),
);

/**
 * Of a group when recursive: also what the groups above it have.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_ListAttachedPolicies.html
 */
export const listAttachedPolicies = operation(
  ListAttachedPoliciesCommand,
  (state, { target, recursive = false, ...page }) => {
    const { name, kind } = existingTarget(state, target);
    const group = recursive && kind === "thing group" ? state.thingGroups.get(name) : undefined;
    const above = group ? ancestorsOf(group).map(({ groupArn }) => groupArn ?? "") : [];
    return policyPage(state, [target, ...above], page, ["ListAttachedPolicies", target, recursive]);
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_ListTargetsForPolicy.html */
export const listTargetsForPolicy = operation(
  ListTargetsForPolicyCommand,
  (state, { policyName, ...page }) => {
    existingPolicy(state, policyName);
    const { items, next } = markedList(page, ["ListTargetsForPolicy", policyName], (after) =>
      twice(targetsOf(state, policyName, after)),
    );
    return { targets: items, ...next };
  },
);

/*
 * The four older operations know certificates only, but do the same.
 */

/** https://docs.aws.amazon.com/iot/latest/apireference/API_AttachPrincipalPolicy.html */
export const attachPrincipalPolicy = operation(
  AttachPrincipalPolicyCommand,
  (state, { policyName, principal }) => attach(state, policyName, principal),
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_DetachPrincipalPolicy.html */
export const detachPrincipalPolicy = operation(
  DetachPrincipalPolicyCommand,
  (state, { policyName, principal }) => detach(state, policyName, principal),
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_ListPrincipalPolicies.html */
export const listPrincipalPolicies = operation(
  ListPrincipalPoliciesCommand,
  (state, { principal, ascendingOrder: _, ...page }) => {
    existingTarget(state, principal);
    return policyPage(state, [principal], page, ["ListPrincipalPolicies", principal]);
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_ListPolicyPrincipals.html */
export const listPolicyPrincipals = operation(
  ListPolicyPrincipalsCommand,
  (state, { policyName, ascendingOrder: _, ...page }) => {
    existingPolicy(state, policyName);
    const { items, next } = markedList(
      page,
      ["ListPolicyPrincipals", policyName],
      function* (after) {
        for (const arn of targetsOf(state, policyName, after)) {
          if (arn.includes(":cert/")) yield [arn, arn];
        }
      },
    );
    return { principals: items, ...next };
  },
);

function attach(state: State, policyName: string, target: string) {
  existingPolicy(state, policyName);
  attachPolicyTo(state, policyName, target);
  return {};
}

function detach(state: State, policyName: string, target: string) {
  existingPolicy(state, policyName);
  existingTarget(state, target);
  detachPolicyFrom(state, policyName, target);
  return {};
}

/** One page of the policies that any of the targets has. */
function policyPage(state: State, targets: readonly string[], page: MarkedPage, question: unknown) {
  const names = new Set(targets.flatMap((target) => [...policiesOf(state, target)]));
  const { items, next } = markedList<Policy>(page, question, function* (after) {
    for (const policyName of [...names].sort()) {
      if (after !== undefined && policyName <= after) continue;
      yield [policyName, { policyName, policyArn: state.arn(`policy/${policyName}`) }];
    }
  });
  return { policies: items, ...next };
}

/** Names that are their own records. */
function* twice(names: Iterable<string>): Generator<[string, string]> {
  for (const name of names) yield [name, name];
}
