import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  PutRolePolicyCommand,
} from "@aws-sdk/client-iam";
import {
  CreateDynamicThingGroupCommand,
  CreateJobCommand,
  CreateKeysAndCertificateCommand,
  CreatePackageCommand,
  CreatePackageVersionCommand,
  CreatePolicyCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  CreateThingTypeCommand,
  DeleteCertificateCommand,
  DeleteDynamicThingGroupCommand,
  DeleteJobCommand,
  DeletePackageCommand,
  DeletePackageVersionCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DeleteThingCommand,
  DeleteThingGroupCommand,
  DeleteThingTypeCommand,
  DeprecateThingTypeCommand,
  DescribeJobCommand,
  DescribeThingTypeCommand,
  ListPolicyVersionsCommand,
  UpdateCertificateCommand,
  type CreateDynamicThingGroupCommandInput,
  type CreateJobCommandInput,
  type CreatePackageVersionCommandInput,
  type CreateThingCommandInput,
  type CreateThingGroupCommandInput,
  type CreateThingTypeCommandInput,
} from "@aws-sdk/client-iot";
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  PutBucketTaggingCommand,
  type CreateBucketCommandInput,
} from "@aws-sdk/client-s3";
import { mark, markTags, type Target } from "./target.js";

/*
 * What tests stand on. Each maker marks what it makes, and sees to its end before it begins: also
 * what was made by a call whose answer was lost goes at the end.
 */

export async function makeThing(target: Target, rest: Partial<CreateThingCommandInput> = {}) {
  const { iot } = target;
  const { thingName = target.name("thing") } = rest;
  target.cleanUp(`thing ${thingName}`, () => iot.send(new DeleteThingCommand({ thingName })));
  const attributePayload = { attributes: mark };
  const made = await iot.send(new CreateThingCommand({ attributePayload, ...rest, thingName }));
  return { thingName, thingArn: made.thingArn as string, thingId: made.thingId as string };
}

export async function makeType(target: Target, rest: Partial<CreateThingTypeCommandInput> = {}) {
  const { iot } = target;
  const { thingTypeName = target.name("type") } = rest;
  target.cleanUp(`thing type ${thingTypeName}`, async () => {
    const { thingTypeMetadata } = await iot.send(new DescribeThingTypeCommand({ thingTypeName }));
    if (!thingTypeMetadata?.deprecated) {
      await iot.send(new DeprecateThingTypeCommand({ thingTypeName }));
    }
    await iot.send(new DeleteThingTypeCommand({ thingTypeName }));
  });
  return iot.send(new CreateThingTypeCommand({ tags: markTags, ...rest, thingTypeName }));
}

export async function makeGroup(target: Target, rest: Partial<CreateThingGroupCommandInput> = {}) {
  const { iot } = target;
  const { thingGroupName = target.name("group") } = rest;
  target.cleanUp(`thing group ${thingGroupName}`, () =>
    iot.send(new DeleteThingGroupCommand({ thingGroupName })),
  );
  const made = await iot.send(
    new CreateThingGroupCommand({ tags: markTags, ...rest, thingGroupName }),
  );
  return {
    thingGroupName,
    thingGroupArn: made.thingGroupArn as string,
    thingGroupId: made.thingGroupId as string,
  };
}

export function makeDynamicGroup(
  target: Target,
  rest: Partial<CreateDynamicThingGroupCommandInput> & { readonly queryString: string },
) {
  const { iot } = target;
  const { thingGroupName = target.name("dynamic") } = rest;
  target.cleanUp(`dynamic thing group ${thingGroupName}`, () =>
    iot.send(new DeleteDynamicThingGroupCommand({ thingGroupName })),
  );
  return iot.send(new CreateDynamicThingGroupCommand({ tags: markTags, ...rest, thingGroupName }));
}

export async function makePackage(target: Target, packageName = target.name("package")) {
  const { iot } = target;
  target.cleanUp(`package ${packageName}`, () =>
    iot.send(new DeletePackageCommand({ packageName })),
  );
  await iot.send(new CreatePackageCommand({ packageName, tags: mark }));
  return packageName;
}

/** A draft of the version `1.0.0`, unless told otherwise. */
export function makeVersion(
  target: Target,
  rest: Partial<CreatePackageVersionCommandInput> & { readonly packageName: string },
) {
  const { iot } = target;
  const { packageName, versionName = "1.0.0" } = rest;
  target.cleanUp(`version ${versionName} of package ${packageName}`, () =>
    iot.send(new DeletePackageVersionCommand({ packageName, versionName })),
  );
  return iot.send(new CreatePackageVersionCommand({ tags: mark, ...rest, versionName }));
}

/** A job with the document `{}`, unless told otherwise. */
export async function makeJob(
  target: Target,
  rest: Partial<CreateJobCommandInput> & Pick<CreateJobCommandInput, "targets">,
) {
  const { iot } = target;
  const { jobId = target.name("job") } = rest;
  target.cleanUp(`job ${jobId}`, async () => {
    const { job } = await iot.send(new DescribeJobCommand({ jobId }));
    // A deletion goes on by itself; deleting twice is refused.
    if (job?.status === "DELETION_IN_PROGRESS") return;
    await iot.send(new DeleteJobCommand({ jobId, force: true }));
  });
  const content = (rest.documentSource ?? rest.jobTemplateArn) ? {} : { document: "{}" };
  const made = await iot.send(new CreateJobCommand({ tags: markTags, ...content, ...rest, jobId }));
  return { jobId, jobArn: made.jobArn as string };
}

/** An inactive certificate. It cannot carry a mark: only its owner knows it for ours. */
export async function makeCertificate(target: Target) {
  const { iot } = target;
  const made = await iot.send(new CreateKeysAndCertificateCommand({}));
  keepCertificate(target, made.certificateId as string);
  return {
    ...made,
    certificateId: made.certificateId as string,
    certificateArn: made.certificateArn as string,
  };
}

/** Delete a certificate at the end, whatever state it is in. */
export function keepCertificate(target: Target, certificateId: string): void {
  const { iot } = target;
  target.cleanUp(`certificate ${certificateId}`, async () => {
    const newStatus = "INACTIVE";
    await iot.send(new UpdateCertificateCommand({ certificateId, newStatus }));
    await iot.send(new DeleteCertificateCommand({ certificateId, forceDelete: true }));
  });
}

/** A policy of AWS IoT that allows nothing that anybody has. */
export const harmlessPolicy = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "iot:Connect", Resource: "arn:aws:iot:*:*:client/none" }],
});

export async function makePolicy(target: Target, policyName = target.name("policy")) {
  const { iot } = target;
  target.cleanUp(`policy ${policyName}`, async () => {
    const { policyVersions = [] } = await iot.send(new ListPolicyVersionsCommand({ policyName }));
    for (const { versionId: policyVersionId, isDefaultVersion } of policyVersions) {
      if (isDefaultVersion) continue;
      await iot.send(new DeletePolicyVersionCommand({ policyName, policyVersionId }));
    }
    await iot.send(new DeletePolicyCommand({ policyName }));
  });
  const policyDocument = harmlessPolicy;
  await iot.send(new CreatePolicyCommand({ policyName, policyDocument, tags: markTags }));
  return policyName;
}

/** The trust policy of a role that AWS IoT may assume. */
export const trustsIot = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: { Service: "iot.amazonaws.com" }, Action: "sts:AssumeRole" },
  ],
});

/**
 * A role that AWS IoT may assume, with leave for `Action` on `Resource`. Other services believe in
 * it some seconds later, so use it inside `eventually`.
 */
export async function makeRole(
  target: Target,
  leave?: { readonly Action: readonly string[]; readonly Resource: string },
) {
  const { iam } = target;
  const RoleName = target.name("role");
  target.cleanUp(`role ${RoleName}`, () => iam.send(new DeleteRoleCommand({ RoleName })));
  const made = await iam.send(
    new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trustsIot, Tags: markTags }),
  );
  if (leave) {
    const inline = { RoleName, PolicyName: "leave" };
    target.cleanUp(`policy of role ${RoleName}`, () =>
      iam.send(new DeleteRolePolicyCommand(inline)),
    );
    const PolicyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", ...leave }],
    });
    await iam.send(new PutRolePolicyCommand({ ...inline, PolicyDocument }));
  }
  return { RoleName, roleArn: made.Role?.Arn as string };
}

/** Where a bucket of this Region must be asked for: us-east-1 takes no constraint. */
export function inRegion({
  region,
}: Target): Pick<CreateBucketCommandInput, "CreateBucketConfiguration"> {
  if (region === "us-east-1") return {};
  return { CreateBucketConfiguration: { LocationConstraint: region as "eu-west-1" } };
}

/** A bucket that at the end goes with all that is in it. */
export async function makeBucket(target: Target) {
  const { s3 } = target;
  const Bucket = target.name("bucket");
  target.cleanUp(`bucket ${Bucket}`, async () => {
    for (;;) {
      const page = await s3.send(new ListObjectVersionsCommand({ Bucket }));
      const Objects = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(
        ({ Key, VersionId }) => ({ Key, VersionId }),
      );
      if (Objects.length === 0) break;
      await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    }
    await s3.send(new DeleteBucketCommand({ Bucket }));
  });
  await s3.send(new CreateBucketCommand({ Bucket, ...inRegion(target) }));
  await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: markTags } }));
  return Bucket;
}
