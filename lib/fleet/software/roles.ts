import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  paginateListAttachedRolePolicies,
  paginateListRolePolicies,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
  type Role as IamRole,
} from "@aws-sdk/client-iam";
import { iotArn } from "../../aws/arn.js";
import type { Fleet } from "../../aws/connect.js";
import { isNotFound, NotOursError, unlessMissing, unlessTaken } from "../../aws/errors.js";
import { fingerprint, isOurs, tagList, tagMap } from "../../aws/ownership.js";
import { maskedWhenShown } from "../../aws/redact.js";
import { firmwareBucketName } from "./firmware-bucket.js";
import { PACKAGE_SHADOW } from "../shadows/shadows.js";

/** A role that AWS IoT assumes for the workshop. */
export interface Role {
  readonly name: string;
  readonly arn: string;
  readonly alreadyExisted: boolean;
}

/** What a role is for: its name, what it may do, and how that permission is called. */
interface RolePlan {
  readonly name: string;
  readonly description: string;
  readonly policyName: string;
  readonly statements: readonly object[];
}

/**
 * Create the role with which AWS IoT signs download links for devices.
 *
 * It may read objects and object versions of the one firmware bucket, and nothing else.
 *
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/create-manage-jobs.html
 */
export function createJobsRole(fleet: Fleet): Promise<Role> {
  return createRole(fleet, {
    name: jobsRoleName(fleet),
    description: "AWS IoT Jobs signs firmware download links with it",
    policyName: "ReadFirmware",
    statements: [readBucket(fleet)],
  });
}

/**
 * Create the role with which AWS IoT writes what a job installed into `$package` shadows.
 *
 * It may read and write the `$package` shadow of things with our prefix, and look up the endpoint.
 * There is one role for the account; each prefix adds a policy of its own, so that a class on one
 * account does not take each other's permission away.
 *
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/preparing-to-use-software-package-catalog.html
 */
export function createPackageConfigRole(fleet: Fleet): Promise<Role> {
  return createRole(fleet, {
    name: packageConfigRoleName(fleet),
    description: "AWS IoT keeps the software inventory of devices with it",
    policyName: packageShadowPolicyName(fleet),
    statements: [
      // The endpoint belongs to the account, not to a resource that could be named.
      { Effect: "Allow", Action: "iot:DescribeEndpoint", Resource: "*" },
      {
        Effect: "Allow",
        Action: ["iot:GetThingShadow", "iot:UpdateThingShadow"],
        Resource: iotArn(fleet, `thing/${fleet.prefix}*/${PACKAGE_SHADOW}`),
      },
    ],
  });
}

/**
 * Create the role with which AWS IoT registers vehicles in bulk: it reads the input from the one
 * bucket, and makes things and certificates.
 *
 * The actions are those of AWS's own AWSIoTThingsRegistration, without what the workshop's template
 * never asks for. AWS's policy names no resources, since a registration meets things, groups,
 * certificates and policies that are not there yet; neither does this one.
 *
 * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSIoTThingsRegistration.html
 */
export function createRegistrationRole(fleet: Fleet): Promise<Role> {
  return createRole(fleet, {
    name: registrationRoleName(fleet),
    description: "AWS IoT registers vehicles in bulk with it",
    policyName: "RegisterVehicles",
    statements: [
      readBucket(fleet),
      {
        Effect: "Allow",
        Action: [
          "iot:AddThingToThingGroup",
          "iot:AttachPolicy",
          "iot:AttachPrincipalPolicy",
          "iot:AttachThingPrincipal",
          "iot:CreateCertificateFromCsr",
          "iot:CreateThing",
          "iot:DescribeCertificate",
          "iot:DescribeThing",
          "iot:DescribeThingGroup",
          "iot:DescribeThingType",
          "iot:GetPolicy",
          "iot:ListAttachedPolicies",
          "iot:ListPrincipalPolicies",
          "iot:ListPrincipalThings",
          "iot:ListThingGroupsForThing",
          "iot:ListThingPrincipals",
          "iot:RegisterCertificate",
          "iot:RegisterThing",
          "iot:UpdateCertificate",
          "iot:UpdateThing",
        ],
        Resource: "*",
      },
    ],
  });
}

/** Objects and object versions of the one firmware bucket, and nothing else. */
function readBucket(fleet: Fleet): object {
  return {
    Effect: "Allow",
    Action: ["s3:GetObject", "s3:GetObjectVersion"],
    Resource: `arn:aws:s3:::${firmwareBucketName(fleet)}/*`,
  };
}

export function registrationRoleName(fleet: Fleet): string {
  return `IoTRegistrationRole-${fleet.region}-${fingerprint(fleet)}`;
}

export function jobsRoleName(fleet: Fleet): string {
  return `IoTJobsRole-${fleet.region}-${fingerprint(fleet)}`;
}

export function packageConfigRoleName(fleet: Fleet): string {
  return `IoTPackageConfigRole-${fleet.region}-${fingerprint(fleet)}`;
}

/** The name of this prefix's own policy in the package configuration role. */
export function packageShadowPolicyName(fleet: Fleet): string {
  return `UpdatePackageShadow-${fleet.prefix}`;
}

/**
 * Create a role, or bring an existing one of ours to the same trust and the same permission.
 *
 * Calls GetRole, then CreateRole or UpdateAssumeRolePolicy, then PutRolePolicy. Whether other
 * services can use the role yet is for whoever uses it first to find out.
 *
 * @throws NotOursError when a role of that name was not made by the workshop
 */
async function createRole(fleet: Fleet, plan: RolePlan): Promise<Role> {
  const found = await findRole(fleet, plan.name);
  requireOwned(found, plan.name);
  const trust = JSON.stringify(trustPolicy(fleet));
  let arn = found?.Arn ?? "";
  if (found) {
    await fleet.iam.send(
      new UpdateAssumeRolePolicyCommand({ RoleName: plan.name, PolicyDocument: trust }),
    );
  } else {
    const created = await unlessTaken(
      fleet.iam.send(
        new CreateRoleCommand({
          RoleName: plan.name,
          Description: plan.description,
          AssumeRolePolicyDocument: trust,
          Tags: tagList(fleet.tags),
        }),
      ),
    );
    // Another notebook was faster: look again, and go on with its role.
    if (!created) return createRole(fleet, plan);
    arn = created.Role?.Arn ?? "";
  }
  await fleet.iam.send(
    new PutRolePolicyCommand({
      RoleName: plan.name,
      PolicyName: plan.policyName,
      PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: plan.statements }),
    }),
  );
  return maskedWhenShown({ name: plan.name, arn, alreadyExisted: found !== undefined });
}

/** One role as IAM describes it, or undefined when there is none. Calls GetRole. */
export async function findRole(fleet: Fleet, name: string): Promise<IamRole | undefined> {
  return (await unlessMissing(fleet.iam.send(new GetRoleCommand({ RoleName: name }))))?.Role;
}

/** The names of a role's inline policies. Calls ListRolePolicies; none when there is no such role. */
export async function listInlinePolicies(fleet: Fleet, role: string): Promise<string[]> {
  const names: string[] = [];
  const pages = paginateListRolePolicies({ client: fleet.iam }, { RoleName: role });
  try {
    for await (const page of pages) names.push(...(page.PolicyNames ?? []));
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  return names;
}

/**
 * Delete a role of ours. AWS refuses as long as anything hangs on it, so that goes first: inline
 * policies are deleted with it, managed ones only detached.
 *
 * Calls GetRole, ListRolePolicies and ListAttachedRolePolicies, one call for each policy that they
 * name, and DeleteRole. A second call finds nothing and does nothing.
 *
 * @returns true when there was a role to delete
 * @throws NotOursError when the workshop did not make it
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
 */
export async function deleteRole(fleet: Fleet, name: string): Promise<boolean> {
  if (!(await requireOurRole(fleet, name))) return false;
  const role = { RoleName: name };
  // IAM refuses what is done already, so a call whose first answer was lost finds nothing.
  for (const PolicyName of await listInlinePolicies(fleet, name)) {
    await unlessMissing(fleet.iam.send(new DeleteRolePolicyCommand({ ...role, PolicyName })));
  }
  for await (const page of paginateListAttachedRolePolicies({ client: fleet.iam }, role)) {
    for (const { PolicyArn } of page.AttachedPolicies ?? []) {
      await unlessMissing(fleet.iam.send(new DetachRolePolicyCommand({ ...role, PolicyArn })));
    }
  }
  await unlessMissing(fleet.iam.send(new DeleteRoleCommand(role)));
  return true;
}

/**
 * Delete one inline policy of a role of ours; the role stays. Calls GetRole and DeleteRolePolicy. A
 * second call finds nothing and does nothing.
 *
 * @returns true when there was a policy to delete
 * @throws NotOursError when the workshop did not make the role
 */
export async function deleteInlinePolicy(
  fleet: Fleet,
  role: string,
  policy: string,
): Promise<boolean> {
  if (!(await requireOurRole(fleet, role))) return false;
  const request = new DeleteRolePolicyCommand({ RoleName: role, PolicyName: policy });
  return (await unlessMissing(fleet.iam.send(request))) !== undefined;
}

/** True for a role that is there and ours. */
async function requireOurRole(fleet: Fleet, name: string): Promise<boolean> {
  const found = await findRole(fleet, name);
  requireOwned(found, name);
  return found !== undefined;
}

function requireOwned(found: IamRole | undefined, name: string): void {
  if (!found || isOurs(tagMap(found.Tags))) return;
  throw new NotOursError(`The role ${name} exists and was not made by the workshop.`);
}

/**
 * Only AWS IoT may assume the role, and only on behalf of this account and Region: otherwise
 * somebody else's IoT could be talked into using it (the "confused deputy").
 */
function trustPolicy(fleet: Fleet): object {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "iot.amazonaws.com" },
        Action: "sts:AssumeRole",
        Condition: {
          StringEquals: { "aws:SourceAccount": fleet.account },
          ArnLike: { "aws:SourceArn": iotArn(fleet, "*") },
        },
      },
    ],
  };
}
