import {
  CreatePolicyCommand,
  DeleteConflictException,
  DeletePolicyCommand,
  GetPolicyCommand,
  ListPoliciesCommand,
  ResourceAlreadyExistsException,
  type Policy,
} from "@aws-sdk/client-iot";
import { checkPolicyDocument, existingPolicy, existingVersion } from "./existing-policies.js";
import { byAge, markedList } from "../state/marked-lists.js";
import { operation } from "./tables.js";
import { fault } from "../state/operation.js";
import { targetsOf } from "./policy-attachments.js";
import type { PolicyRecord } from "./records.js";
import { endTags, startTags, tagsOf } from "../registry/resource-tags.js";

/**
 * A name that is taken is refused, also for the same document.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePolicy.html
 */
export const createPolicy = operation(
  CreatePolicyCommand,
  (state, { policyName, policyDocument, tags }) => {
    const existing = state.policies.get(policyName);
    if (existing) {
      fault(
        ResourceAlreadyExistsException,
        `Policy cannot be created - name already exists (name=${policyName})`,
        { resourceId: policyName, resourceArn: existing.policyArn },
      );
    }
    checkPolicyDocument(policyName, policyDocument);
    const now = state.now();
    const policy: PolicyRecord = {
      policyName,
      policyArn: state.arn(`policy/${policyName}`),
      defaultVersionId: "1",
      creationDate: now,
      lastModifiedDate: now,
      generationId: state.newId(),
      versions: [{ versionId: "1", policyDocument, createDate: now }],
      lastVersion: 1,
    };
    state.policies.set(policyName, policy);
    startTags(state, policy.policyArn, tagsOf(tags));
    return { ...policy, policyDocument, policyVersionId: "1" };
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_GetPolicy.html */
export const getPolicy = operation(GetPolicyCommand, (state, { policyName }) => {
  const policy = existingPolicy(state, policyName);
  const { policyDocument } = existingVersion(policy, policy.defaultVersionId);
  return { ...policy, policyDocument };
});

/**
 * Only what is attached to nothing and has but its default version left.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_DeletePolicy.html
 */
export const deletePolicy = operation(DeletePolicyCommand, (state, { policyName }) => {
  const { policyArn, versions } = existingPolicy(state, policyName);
  for (const _ of targetsOf(state, policyName)) {
    fault(
      DeleteConflictException,
      `The policy cannot be deleted as the policy is attached to one or more principals (name=${policyName})`,
    );
  }
  if (versions.length > 1) {
    fault(
      DeleteConflictException,
      `Cannot delete the policy because it has one or more policy versions attached to it (name=${policyName})`,
    );
  }
  state.policies.delete(policyName);
  endTags(state, policyArn);
  return {};
});

/**
 * The newest policy comes first.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_ListPolicies.html
 */
export const listPolicies = operation(
  ListPoliciesCommand,
  (state, { ascendingOrder: ascending, ...page }) => {
    const { items, next } = markedList<Policy>(page, ["ListPolicies", ascending], (after) =>
      byAge(state.policies.entries(), {
        createdAt: ({ creationDate }) => creationDate,
        ascending,
        after,
      }),
    );
    return { policies: items, ...next };
  },
);
