import { cli, documented, localstack, moto, ours, seen, type Evidence } from "../state/evidence.js";

const recorded = localstack("iam", "test_iam");

export const evidence: Evidence = {
  CreateRole: [seen(recorded, cli)],
  GetRole: [seen(recorded, cli), ours("a role was never used: `RoleLastUsed` is empty")],
  ListRoles: [seen(recorded, moto("test_iam/test_iam_response_attributes.py"))],
  DeleteRole: [seen(recorded)],
  UpdateRole: [documented, ours("a description that is not given stays")],
  UpdateRoleDescription: [seen(cli)],
  UpdateAssumeRolePolicy: [seen(recorded)],
  TagRole: [documented],
  UntagRole: [documented],
  ListRoleTags: [seen(cli)],
  ListInstanceProfilesForRole: [documented, ours("no role is in a profile")],
  PutRolePolicy: [documented],
  GetRolePolicy: [seen(recorded, cli)],
  ListRolePolicies: [seen(recorded, cli)],
  DeleteRolePolicy: [documented],
  AttachRolePolicy: [seen(recorded), ours("any name of a policy of AWS's own is taken")],
  DetachRolePolicy: [documented],
  ListAttachedRolePolicies: [seen(recorded, cli)],
};

export const stsEvidence: Evidence = {
  GetCallerIdentity: [seen(cli), ours("every caller is one user of the account")],
};
