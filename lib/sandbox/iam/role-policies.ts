import {
  AttachRolePolicyCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRolePolicyCommand,
  InvalidInputException,
  LimitExceededException,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  NoSuchEntityException,
  PutRolePolicyCommand,
} from "@aws-sdk/client-iam";
import { checkIdentityPolicy } from "./policy-checks.js";
import { operation } from "./tables.js";
import { fault } from "../state/operation.js";
import { markedNames, roleOf, saveRole } from "./existing-roles.js";
import { encodeRfc3986 } from "../http/wire.js";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const MOST_ATTACHED = 10;
/** Characters of all inline policies of a role together, white space not counted. */
const LONGEST_INLINE = 10_240;

/** Inline policies live and die with their role. Putting one again replaces it. */
export const putRolePolicy = operation(PutRolePolicyCommand, (state, input) => {
  const record = roleOf(state, input);
  const { RoleName, PolicyName, PolicyDocument } = input;
  checkIdentityPolicy(PolicyDocument);
  const inlinePolicies = { ...record.inlinePolicies, [PolicyName]: PolicyDocument };
  const length = Object.values(inlinePolicies).join("").replace(/\s/g, "").length;
  if (length > LONGEST_INLINE) {
    fault(
      LimitExceededException,
      `Maximum policy size of ${LONGEST_INLINE} bytes exceeded for role ${RoleName}`,
    );
  }
  saveRole(state, { ...record, inlinePolicies });
  return {};
});

export const getRolePolicy = operation(GetRolePolicyCommand, (state, input) => {
  const { role, inlinePolicies } = roleOf(state, input);
  const { PolicyName } = input;
  const document = ownPolicy(inlinePolicies, PolicyName);
  return { RoleName: role.RoleName, PolicyName, PolicyDocument: encodeRfc3986(document) };
});

export const deleteRolePolicy = operation(DeleteRolePolicyCommand, (state, input) => {
  const record = roleOf(state, input);
  ownPolicy(record.inlinePolicies, input.PolicyName);
  const { [input.PolicyName]: _, ...inlinePolicies } = record.inlinePolicies;
  saveRole(state, { ...record, inlinePolicies });
  return {};
});

function ownPolicy(policies: Readonly<Record<string, string>>, name: string): string {
  if (Object.hasOwn(policies, name)) return policies[name] as string;
  return fault(NoSuchEntityException, `The role policy with name ${name} cannot be found.`);
}

export const listRolePolicies = operation(ListRolePoliciesCommand, (state, input) => {
  const names = Object.keys(roleOf(state, input).inlinePolicies);
  const { items, rest } = markedNames(input, "ListRolePolicies", names);
  return { PolicyNames: items, ...rest };
});

/** AWS's own policies can be attached, whatever they are called; the sandbox has no others. */
export const attachRolePolicy = operation(AttachRolePolicyCommand, (state, input) => {
  const record = roleOf(state, input);
  const { PolicyArn } = input;
  const [, account, path] =
    /^arn:aws:iam::(aws|\d{12}):policy\/([\w+=,.@/-]+)$/.exec(PolicyArn) ?? [];
  const name = path?.split("/").at(-1);
  if (!name) return fault(InvalidInputException, `ARN ${PolicyArn} is not valid.`);
  if (account !== "aws") {
    fault(NoSuchEntityException, `Policy ${PolicyArn} does not exist or is not attachable.`);
  }
  const attachedPolicies = { ...record.attachedPolicies, [PolicyArn]: name };
  if (Object.keys(attachedPolicies).length > MOST_ATTACHED) {
    fault(LimitExceededException, `Cannot exceed quota for PoliciesPerRole: ${MOST_ATTACHED}`);
  }
  saveRole(state, { ...record, attachedPolicies });
  return {};
});

export const detachRolePolicy = operation(DetachRolePolicyCommand, (state, input) => {
  const record = roleOf(state, input);
  const { [input.PolicyArn]: name, ...attachedPolicies } = record.attachedPolicies;
  if (name === undefined) {
    fault(NoSuchEntityException, `Policy ${input.PolicyArn} was not found.`);
  }
  saveRole(state, { ...record, attachedPolicies });
  return {};
});

export const listAttachedRolePolicies = operation(
  ListAttachedRolePoliciesCommand,
  (state, input) => {
    const { attachedPolicies } = roleOf(state, input);
    const { PathPrefix = "/" } = input;
    const arns = Object.keys(attachedPolicies).filter((arn) =>
      arn.slice(arn.indexOf("/")).startsWith(PathPrefix),
    );
    const { items, rest } = markedNames(input, `ListAttachedRolePolicies ${PathPrefix}`, arns);
    return {
      AttachedPolicies: items.map((arn) => ({
        PolicyName: attachedPolicies[arn] ?? "",
        PolicyArn: arn,
      })),
      ...rest,
    };
  },
);
