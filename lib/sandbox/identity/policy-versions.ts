import {
  CreatePolicyVersionCommand,
  DeletePolicyVersionCommand,
  GetPolicyVersionCommand,
  InvalidRequestException,
  ListPolicyVersionsCommand,
  SetDefaultPolicyVersionCommand,
  VersionsLimitExceededException,
} from "@aws-sdk/client-iot";
import {
  checkPolicyDocument,
  existingPolicy,
  existingVersion,
  shownVersion,
} from "./existing-policies.js";
import { operation } from "./tables.js";
import { fault } from "../state/operation.js";

/** https://docs.aws.amazon.com/general/latest/gr/iot-core.html, "Security and identity" */
const mostVersions = 5;

/** https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePolicyVersion.html */
export const createPolicyVersion = operation(
  CreatePolicyVersionCommand,
  (state, { policyName, policyDocument, setAsDefault = false }) => {
    const policy = existingPolicy(state, policyName);
    checkPolicyDocument(policyName, policyDocument);
    if (policy.versions.length >= mostVersions) {
      fault(
        VersionsLimitExceededException,
        `The policy ${policyName} already has the maximum number of versions (${mostVersions})`,
      );
    }
    const lastVersion = policy.lastVersion + 1;
    const version = {
      versionId: String(lastVersion),
      policyDocument,
      createDate: state.now(),
    };
    state.policies.set(policyName, {
      ...policy,
      versions: [...policy.versions, version],
      lastVersion,
      lastModifiedDate: state.now(),
      ...(setAsDefault && { defaultVersionId: version.versionId }),
    });
    return {
      policyArn: policy.policyArn,
      policyDocument,
      policyVersionId: version.versionId,
      isDefaultVersion: setAsDefault,
    };
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_GetPolicyVersion.html */
export const getPolicyVersion = operation(
  GetPolicyVersionCommand,
  (state, { policyName, policyVersionId }) => {
    const policy = existingPolicy(state, policyName);
    const version = existingVersion(policy, policyVersionId);
    return {
      ...policy,
      ...shownVersion(policy, version),
      policyVersionId,
      policyDocument: version.policyDocument,
      creationDate: version.createDate,
      lastModifiedDate: version.createDate,
    };
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_ListPolicyVersions.html */
export const listPolicyVersions = operation(ListPolicyVersionsCommand, (state, { policyName }) => {
  const policy = existingPolicy(state, policyName);
  return { policyVersions: policy.versions.map((version) => shownVersion(policy, version)) };
});

/** https://docs.aws.amazon.com/iot/latest/apireference/API_SetDefaultPolicyVersion.html */
export const setDefaultPolicyVersion = operation(
  SetDefaultPolicyVersionCommand,
  (state, { policyName, policyVersionId }) => {
    const policy = existingPolicy(state, policyName);
    const { versionId } = existingVersion(policy, policyVersionId);
    state.policies.set(policyName, {
      ...policy,
      defaultVersionId: versionId,
      lastModifiedDate: state.now(),
    });
    return {};
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_DeletePolicyVersion.html */
export const deletePolicyVersion = operation(
  DeletePolicyVersionCommand,
  (state, { policyName, policyVersionId }) => {
    const policy = existingPolicy(state, policyName);
    const { versionId } = existingVersion(policy, policyVersionId);
    if (versionId === policy.defaultVersionId) {
      fault(InvalidRequestException, "Cannot delete the default version of a policy");
    }
    state.policies.set(policyName, {
      ...policy,
      versions: policy.versions.filter((version) => version.versionId !== versionId),
    });
    return {};
  },
);
