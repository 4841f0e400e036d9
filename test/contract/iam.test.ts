import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListInstanceProfilesForRoleCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  ListRoleTagsCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
  UpdateRoleDescriptionCommand,
} from "@aws-sdk/client-iam";
import { describe, expect, it } from "vitest";
import { makeRole, trustsIot } from "./makers.js";
import { longest, pagesOf } from "./paging.js";
import { answerOf, refused } from "./refused.js";
import { markTags, openTarget } from "./target.js";

const target = await openTarget();
const { iam } = target;

// https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
const noEntity = refused("NoSuchEntityException", 404);
const malformed = refused("MalformedPolicyDocumentException", 400);
const deleteConflict = refused("DeleteConflictException", 409);

const policy = (Action: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action, Resource: "arn:aws:s3:::contract-none/*" }],
  });
const look = async (RoleName: string) => (await iam.send(new GetRoleCommand({ RoleName }))).Role;
const create = (RoleName: string, AssumeRolePolicyDocument = trustsIot) =>
  iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
const remove = (RoleName: string) => iam.send(new DeleteRoleCommand({ RoleName }));

/** IAM's answers carry documents as they stand in URLs. */
const decoded = (document: string | undefined) => decodeURIComponent(document ?? "");

/** A role with an inline policy, which goes before it. */
async function withInlinePolicy() {
  const { RoleName } = await makeRole(target);
  const PolicyName = "read";
  const put = (PolicyDocument: string) =>
    iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }));
  const drop = () => iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }));
  const get = () => iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
  target.cleanUp(`policy of role ${RoleName}`, drop);
  await put(policy("s3:GetObject"));
  return { RoleName, PolicyName, put, drop, get };
}

/** One of AWS's own policies: reading the configuration of AWS IoT, for a role that only AWS IoT may assume. */
const PolicyArn = "arn:aws:iam::aws:policy/AWSIoTConfigReadOnlyAccess";

async function withManagedPolicy() {
  const { RoleName } = await makeRole(target);
  const detach = () => iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }));
  target.cleanUp(`AWS's policy on role ${RoleName}`, detach);
  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  return { RoleName, detach };
}

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html
describe("CreateRole and GetRole", () => {
  it("answer with the role, its trust policy encoded as in a URL", async () => {
    const RoleName = target.name("role");
    target.cleanUp(`role ${RoleName}`, () => remove(RoleName));

    const { Role } = await create(RoleName);

    expect(Role).toMatchObject({
      RoleName,
      Path: "/",
      RoleId: expect.stringMatching(/^AROA[A-Z0-9]{17}$/),
      Arn: `arn:aws:iam::${target.account}:role/${RoleName}`,
      CreateDate: expect.any(Date),
    });
    expect(JSON.parse(decoded(Role?.AssumeRolePolicyDocument))).toEqual(JSON.parse(trustsIot));
    const found = await target.eventually(() => look(RoleName));
    expect(found).toMatchObject({ RoleName, Arn: Role?.Arn, MaxSessionDuration: 3600 });
  });

  it("refuse a name that is taken with 409, whatever its case", async () => {
    const { RoleName } = await makeRole(target);

    for (const name of [RoleName, RoleName.toUpperCase()]) {
      await expect(create(name)).rejects.toMatchObject(
        refused("EntityAlreadyExistsException", 409),
      );
    }
  });

  it.each([
    ["what is no JSON", "trust"],
    ["a trust policy with a resource", policy("sts:AssumeRole")],
  ])("refuse %s with 400", async (_, document) => {
    await expect(create(target.name("role"), document)).rejects.toMatchObject(malformed);
  });

  it("refuse an unknown role with 404", async () => {
    await expect(look(target.name("role"))).rejects.toMatchObject(noEntity);
  });
});

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html
describe("UpdateRole, UpdateRoleDescription and UpdateAssumeRolePolicy", () => {
  it("change a role", async () => {
    const { RoleName } = await makeRole(target);
    const PolicyDocument = trustsIot.replace("iot.amazonaws.com", "lambda.amazonaws.com");

    await iam.send(new UpdateRoleCommand({ RoleName, MaxSessionDuration: 7200 }));
    const { Role } = await iam.send(
      new UpdateRoleDescriptionCommand({ RoleName, Description: "For a test" }),
    );
    await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }));

    expect(Role).toMatchObject({ RoleName, Description: "For a test" });
    await target.eventually(async () => {
      const found = await look(RoleName);
      expect(found).toMatchObject({ MaxSessionDuration: 7200, Description: "For a test" });
      expect(JSON.parse(decoded(found?.AssumeRolePolicyDocument))).toEqual(
        JSON.parse(PolicyDocument),
      );
    });
  });

  it("refuse an unknown role with 404, and a malformed policy with 400", async () => {
    const { RoleName } = await makeRole(target);
    const unknown = { RoleName: target.name("role") };

    for (const command of [
      new UpdateRoleCommand({ ...unknown, MaxSessionDuration: 7200 }),
      new UpdateRoleDescriptionCommand({ ...unknown, Description: "None" }),
      new UpdateAssumeRolePolicyCommand({ ...unknown, PolicyDocument: trustsIot }),
    ]) {
      await expect(iam.send(command as UpdateRoleCommand)).rejects.toMatchObject(noEntity);
    }
    await expect(
      iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: "trust" })),
    ).rejects.toMatchObject(malformed);
  });
});

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
describe("PutRolePolicy, GetRolePolicy, DeleteRolePolicy and ListRolePolicies", () => {
  it("replace a policy, and give it back encoded as in a URL", async () => {
    const { RoleName, PolicyName, put, get } = await withInlinePolicy();

    await put(policy("s3:PutObject"));

    await target.eventually(async () => {
      const found = await get();
      expect(found).toMatchObject({ RoleName, PolicyName });
      expect(decoded(found.PolicyDocument)).toContain("s3:PutObject");
    });
  });

  it("page through the names", async () => {
    const { RoleName, PolicyName } = await withInlinePolicy();
    const second = { RoleName, PolicyName: "write" };
    target.cleanUp(`second policy of role ${RoleName}`, () =>
      iam.send(new DeleteRolePolicyCommand(second)),
    );
    const PolicyDocument = policy("s3:PutObject");
    await iam.send(new PutRolePolicyCommand({ ...second, PolicyDocument }));

    await target.eventually(async () => {
      const pages = await pagesOf(async (Marker) => {
        const page = await iam.send(new ListRolePoliciesCommand({ RoleName, MaxItems: 1, Marker }));
        return { items: page.PolicyNames, next: page.Marker };
      });
      expect(longest(pages)).toBe(1);
      expect(pages.flat().sort()).toEqual([PolicyName, "write"]);
    });
  });

  it("refuse a malformed policy with 400, and one that is not there with 404", async () => {
    const { put, drop, get } = await withInlinePolicy();

    await expect(put("allow")).rejects.toMatchObject(malformed);
    await drop();
    await target.eventually(() => expect(get()).rejects.toMatchObject(noEntity));
    await expect(drop()).rejects.toMatchObject(noEntity);
  });
});

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html
describe("AttachRolePolicy, DetachRolePolicy and ListAttachedRolePolicies", () => {
  it("attach, list and detach", async () => {
    const { RoleName, detach } = await withManagedPolicy();
    const attached = async () =>
      (await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }))).AttachedPolicies;

    await target.eventually(async () =>
      expect(await attached()).toEqual([{ PolicyName: "AWSIoTConfigReadOnlyAccess", PolicyArn }]),
    );
    await detach();

    await target.eventually(async () => expect(await attached()).toEqual([]));
    await expect(detach()).rejects.toMatchObject(noEntity);
  });

  it("refuse an unknown role with 404", async () => {
    const RoleName = target.name("role");
    const attached = iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));

    await expect(attached).rejects.toMatchObject(noEntity);
  });
});

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html
describe("TagRole, UntagRole and ListRoleTags", () => {
  it("add tags, overwrite values, and remove by key", async () => {
    const { RoleName } = await makeRole(target);
    const tagsOf = async () => (await iam.send(new ListRoleTagsCommand({ RoleName }))).Tags;
    const tag = (Value: string) =>
      iam.send(new TagRoleCommand({ RoleName, Tags: [{ Key: "colour", Value }] }));

    await tag("red");
    await tag("blue");
    await target.eventually(async () =>
      expect(await tagsOf()).toEqual(
        expect.arrayContaining([{ Key: "colour", Value: "blue" }, ...markTags]),
      ),
    );
    await iam.send(new UntagRoleCommand({ RoleName, TagKeys: ["colour"] }));

    await target.eventually(async () => expect(await tagsOf()).toEqual(markTags));
  });

  it("refuse an unknown role with 404", async () => {
    const RoleName = target.name("role");

    await expect(iam.send(new ListRoleTagsCommand({ RoleName }))).rejects.toMatchObject(noEntity);
  });
});

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html
describe("ListRoles", () => {
  it("finds roles by their path, page by page", async () => {
    const Path = `/${target.name("path")}/`;
    const names: string[] = [];
    for (let i = 0; i < 2; i++) {
      const RoleName = target.name("role");
      names.push(RoleName);
      target.cleanUp(`role ${RoleName}`, () => remove(RoleName));
      const document = { AssumeRolePolicyDocument: trustsIot };
      await iam.send(new CreateRoleCommand({ RoleName, Path, ...document, Tags: markTags }));
    }

    await target.eventually(async () => {
      const pages = await pagesOf(async (Marker) => {
        const input = { PathPrefix: Path, MaxItems: 1, Marker };
        const page = await iam.send(new ListRolesCommand(input));
        return { items: page.Roles, next: page.Marker };
      });
      expect(longest(pages)).toBeLessThanOrEqual(1);
      expect(
        pages
          .flat()
          .map((role) => role.RoleName)
          .sort(),
      ).toEqual(names.sort());
      expect(pages.flat()[0]?.Arn).toContain(`:role${Path}`);
    });
  });
});

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListInstanceProfilesForRole.html
describe("ListInstanceProfilesForRole", () => {
  it("is empty for a role of AWS IoT", async () => {
    const { RoleName } = await makeRole(target);

    const found = await target.eventually(() =>
      iam.send(new ListInstanceProfilesForRoleCommand({ RoleName })),
    );

    expect(answerOf(found)).toEqual({ InstanceProfiles: [], IsTruncated: false });
  });
});

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
describe("DeleteRole", () => {
  it("refuses a role with a policy of its own or one of AWS's with 409", async () => {
    const inline = await withInlinePolicy();
    const managed = await withManagedPolicy();

    await expect(remove(inline.RoleName)).rejects.toMatchObject(deleteConflict);
    await expect(remove(managed.RoleName)).rejects.toMatchObject(deleteConflict);
  });

  it("refuses an unknown role with 404", async () => {
    await expect(remove(target.name("role"))).rejects.toMatchObject(noEntity);
  });
});
