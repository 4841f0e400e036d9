import {
  CreateRoleCommand,
  DeleteConflictException,
  DeleteRoleCommand,
  EntityAlreadyExistsException,
  GetRoleCommand,
  InvalidInputException,
  LimitExceededException,
  ListInstanceProfilesForRoleCommand,
  ListRoleTagsCommand,
  ListRolesCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
  UpdateRoleDescriptionCommand,
  type Tag,
} from "@aws-sdk/client-iam";
import { checkTrustPolicy } from "./policy-checks.js";
import { isPrincipal } from "./principals.js";
import { fault } from "../state/operation.js";
import { operation, type State } from "./tables.js";
import { iamId, markedNames, markedPage, roleOf, saveRole, shownRole } from "./existing-roles.js";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const MOST_ROLES = 1000;
const MOST_TAGS = 50;
const LONGEST_TRUST_POLICY = 2048;
/** How long a session lasts unless told otherwise, in seconds. */
const DEFAULT_SESSION = 3600;

export const createRole = operation(CreateRoleCommand, (state, input) => {
  const { RoleName, Path = "/", AssumeRolePolicyDocument, Description, Tags } = input;
  if (state.roles.has(RoleName.toLowerCase())) {
    fault(EntityAlreadyExistsException, `Role with name ${RoleName} already exists.`);
  }
  checkTrust(state, AssumeRolePolicyDocument);
  const tags = mergedTags([], Tags ?? []);
  if (state.roles.size >= MOST_ROLES) {
    fault(LimitExceededException, `Cannot exceed quota for RolesPerAccount: ${MOST_ROLES}`);
  }
  const role = {
    Path,
    RoleName,
    RoleId: iamId("AROA", state.newId()),
    Arn: `arn:aws:iam::${state.account}:role${Path}${RoleName}`,
    CreateDate: new Date(Math.floor(state.now().getTime() / 1000) * 1000),
    AssumeRolePolicyDocument,
    ...(Description !== undefined && { Description }),
    MaxSessionDuration: input.MaxSessionDuration ?? DEFAULT_SESSION,
    ...(input.PermissionsBoundary !== undefined && {
      PermissionsBoundary: {
        // The model says one thing, the service and its documentation the other.
        PermissionsBoundaryType: "Policy" as "PermissionsBoundaryPolicy",
        PermissionsBoundaryArn: input.PermissionsBoundary,
      },
    }),
    ...(tags.length > 0 && { Tags: tags }),
  };
  saveRole(state, { role, inlinePolicies: {}, attachedPolicies: {} });
  return { Role: shownRole(role) };
});

function checkTrust(state: State, document: string): void {
  checkTrustPolicy(document, (kind, name) => isPrincipal(state, kind, name));
  // IAM does not count white space.
  if (document.replace(/\s/g, "").length > LONGEST_TRUST_POLICY) {
    fault(
      LimitExceededException,
      `Cannot exceed quota for ACLSizePerRole: ${LONGEST_TRUST_POLICY}`,
    );
  }
}

export const getRole = operation(GetRoleCommand, (state, input) => ({
  Role: { ...shownRole(roleOf(state, input).role), RoleLastUsed: {} },
}));

export const listRoles = operation(ListRolesCommand, (state, input) => {
  const { PathPrefix = "/" } = input;
  const { items, rest } = markedPage(input, ["ListRoles", PathPrefix], function* (after) {
    for (const entry of state.roles.entries({ after })) {
      if (entry[1].role.Path?.startsWith(PathPrefix)) yield entry;
    }
  });
  // The list leaves out what costs IAM a second look.
  const Roles = items.map(({ role: { Tags: _, PermissionsBoundary: __, ...role } }) =>
    shownRole(role as typeof role & { RoleName: string }),
  );
  return { Roles, ...rest };
});

/**
 * A description that is not given stays; a session's length that is not given is the default again.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html
 */
export const updateRole = operation(UpdateRoleCommand, (state, input) => {
  const record = roleOf(state, input);
  const { Description, MaxSessionDuration = DEFAULT_SESSION } = input;
  saveRole(state, {
    ...record,
    role: {
      ...record.role,
      ...(Description !== undefined && { Description }),
      MaxSessionDuration,
    },
  });
  return {};
});

export const updateRoleDescription = operation(UpdateRoleDescriptionCommand, (state, input) => {
  const record = roleOf(state, input);
  const role = { ...record.role, Description: input.Description };
  saveRole(state, { ...record, role });
  return { Role: shownRole(role) };
});

export const updateAssumeRolePolicy = operation(UpdateAssumeRolePolicyCommand, (state, input) => {
  const record = roleOf(state, input);
  checkTrust(state, input.PolicyDocument);
  const role = { ...record.role, AssumeRolePolicyDocument: input.PolicyDocument };
  saveRole(state, { ...record, role });
  return {};
});

export const deleteRole = operation(DeleteRoleCommand, (state, input) => {
  const { inlinePolicies, attachedPolicies } = roleOf(state, input);
  if (Object.keys(attachedPolicies).length > 0) {
    fault(DeleteConflictException, "Cannot delete entity, must detach all policies first.");
  }
  if (Object.keys(inlinePolicies).length > 0) {
    fault(DeleteConflictException, "Cannot delete entity, must delete policies first.");
  }
  state.roles.delete(input.RoleName.toLowerCase());
  return {};
});

export const tagRole = operation(TagRoleCommand, (state, input) => {
  const record = roleOf(state, input);
  const Tags = mergedTags(record.role.Tags ?? [], input.Tags);
  saveRole(state, { ...record, role: { ...record.role, Tags } });
  return {};
});

/** Add tags, or replace those whose keys are the same but for their case. */
function mergedTags(existing: readonly Tag[], added: readonly Tag[]): Tag[] {
  const fold = ({ Key = "" }: Tag): string => Key.toLowerCase();
  const keys = new Set(added.map(fold));
  if (keys.size < added.length) {
    fault(
      InvalidInputException,
      "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    );
  }
  if ([...keys].some((key) => key.startsWith("aws:"))) {
    fault(InvalidInputException, "Caller is not allowed to use tag keys that begin with aws:");
  }
  const tags = [...existing.filter((tag) => !keys.has(fold(tag))), ...added];
  if (tags.length > MOST_TAGS) {
    fault(LimitExceededException, "The number of tags has reached the maximum limit.");
  }
  return tags;
}

export const untagRole = operation(UntagRoleCommand, (state, input) => {
  const record = roleOf(state, input);
  const keys = new Set(input.TagKeys.map((key) => key.toLowerCase()));
  const { Tags = [], ...role } = record.role;
  const kept = Tags.filter(({ Key = "" }) => !keys.has(Key.toLowerCase()));
  saveRole(state, { ...record, role: kept.length > 0 ? { ...role, Tags: kept } : role });
  return {};
});

export const listRoleTags = operation(ListRoleTagsCommand, (state, input) => {
  const tags = new Map((roleOf(state, input).role.Tags ?? []).map((tag) => [tag.Key ?? "", tag]));
  const { items, rest } = markedNames(input, "ListRoleTags", [...tags.keys()]);
  return { Tags: items.map((key) => tags.get(key) as Tag), ...rest };
});

/** Instance profiles are EC2's business: no role of the sandbox is in one. */
export const listInstanceProfilesForRole = operation(
  ListInstanceProfilesForRoleCommand,
  (state, input) => {
    roleOf(state, input);
    return { InstanceProfiles: [], IsTruncated: false };
  },
);
