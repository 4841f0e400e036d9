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
  ListRoleTagsCommand,
  ListRolesCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
  paginateListRoles,
  type CreateRoleCommandInput,
  type IAMClient,
} from "@aws-sdk/client-iam";
import { describe, expect, it } from "vitest";
import { ACCOUNT, clientsOf, openSandbox } from "../clients.js";

const RoleName = "IoTJobsRole";
const trust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: { Service: "iot.amazonaws.com" }, Action: "sts:AssumeRole" },
  ],
});
const permissions = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::firmware/*" }],
});
const managed = (name: string) => `arn:aws:iam::aws:policy/${name}`;

async function create(iam: IAMClient, input: Partial<CreateRoleCommandInput> = {}) {
  const command = new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust, ...input });
  const { Role } = await iam.send(command);
  return Role;
}

async function openRole() {
  const opened = openSandbox();
  await create(opened.iam);
  return opened;
}

const refusal = (name: string, status: number) => ({
  name,
  $metadata: { httpStatusCode: status },
});

describe("CreateRole https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html", () => {
  it("answers with an ARN of the account, an id and an encoded document", async () => {
    const { iam, clock } = openSandbox();
    const role = await create(iam, { Path: "/workshop/" });
    expect(role).toMatchObject({
      Arn: `arn:aws:iam::${ACCOUNT}:role/workshop/${RoleName}`,
      RoleId: expect.stringMatching(/^AROA[A-Z2-7]{17}$/) as string,
      CreateDate: new Date(clock.now()),
      MaxSessionDuration: 3600,
    });
    expect(role?.AssumeRolePolicyDocument).toMatch(/^%7B%22Version%22%3A/);
    expect(decodeURIComponent(role?.AssumeRolePolicyDocument ?? "")).toBe(trust);
  });

  it("refuses a name that differs in case only", async () => {
    const { iam } = await openRole();
    await expect(create(iam, { RoleName: "iotjobsROLE" })).rejects.toMatchObject(
      refusal("EntityAlreadyExistsException", 409),
    );
  });

  it("is seen in every Region of the account and in no other account", async () => {
    const { sandbox } = await openRole();
    const elsewhere = clientsOf(sandbox, ACCOUNT, "us-west-2");
    await elsewhere.iam.send(new GetRoleCommand({ RoleName }));
    const stranger = clientsOf(sandbox, "999900001111");
    await expect(stranger.iam.send(new GetRoleCommand({ RoleName }))).rejects.toMatchObject(
      refusal("NoSuchEntityException", 404),
    );
  });

  it.each(["", "has space", "x".repeat(65)])("refuses the name %j", async (name) => {
    const { iam } = openSandbox();
    await expect(create(iam, { RoleName: name })).rejects.toMatchObject(
      refusal("ValidationError", 400),
    );
  });

  it.each([
    ["no JSON", "{"],
    ["no statement", '{"Version":"2012-10-17"}'],
    ["a resource", trust.replace('"Action"', '"Resource":"*","Action"')],
    ["no principal", trust.replace('"Principal":{"Service":"iot.amazonaws.com"},', "")],
    ["a principal that is no service", trust.replace("iot.amazonaws.com", "iot")],
    ["an action of another service", trust.replace("sts:AssumeRole", "s3:GetObject")],
    ["an unknown version", trust.replace("2012-10-17", "2020-01-01")],
  ])("refuses a trust policy with %s", async (_, AssumeRolePolicyDocument) => {
    const { iam } = openSandbox();
    await expect(create(iam, { AssumeRolePolicyDocument })).rejects.toMatchObject(
      refusal("MalformedPolicyDocumentException", 400),
    );
  });

  it("refuses a trust policy of more than 2,048 characters, white space not counted", async () => {
    const { iam } = openSandbox();
    const spaced = JSON.stringify(JSON.parse(trust), null, 10) + " ".repeat(3000);
    await create(iam, { AssumeRolePolicyDocument: spaced });
    const long = trust.replace("Statement", `Id":"${"x".repeat(2048)}","Statement`);
    await expect(
      create(iam, { RoleName: "long", AssumeRolePolicyDocument: long }),
    ).rejects.toMatchObject(refusal("LimitExceededException", 409));
  });

  it("refuses a session longer than twelve hours", async () => {
    const { iam } = openSandbox();
    await expect(create(iam, { MaxSessionDuration: 43_201 })).rejects.toMatchObject(
      refusal("ValidationError", 400),
    );
  });
});

describe("GetRole https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html", () => {
  it("finds a role whatever the case of its name", async () => {
    const { iam } = await openRole();
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: RoleName.toUpperCase() }));
    expect(Role?.RoleName).toBe(RoleName);
  });

  it("knows no other role", async () => {
    const { iam } = openSandbox();
    await expect(iam.send(new GetRoleCommand({ RoleName }))).rejects.toMatchObject({
      ...refusal("NoSuchEntityException", 404),
      message: `The role with name ${RoleName} cannot be found.`,
    });
  });
});

describe("UpdateRole and UpdateAssumeRolePolicy", () => {
  it("change what they are given", async () => {
    const { iam } = await openRole();
    await iam.send(new UpdateRoleCommand({ RoleName, MaxSessionDuration: 14_400 }));
    const PolicyDocument = trust.replace("iot.", "s3.");
    await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }));
    const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
    expect(Role?.MaxSessionDuration).toBe(14_400);
    expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? "")).toBe(PolicyDocument);
  });
});

describe("DeleteRole https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html", () => {
  it("refuses while an inline policy is left", async () => {
    const { iam } = await openRole();
    const PolicyName = "S3";
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument: permissions }));
    await expect(iam.send(new DeleteRoleCommand({ RoleName }))).rejects.toMatchObject(
      refusal("DeleteConflictException", 409),
    );
    await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }));
    await iam.send(new DeleteRoleCommand({ RoleName }));
  });

  it("refuses while a managed policy is attached", async () => {
    const { iam } = await openRole();
    const PolicyArn = managed("ReadOnlyAccess");
    await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
    await expect(iam.send(new DeleteRoleCommand({ RoleName }))).rejects.toMatchObject(
      refusal("DeleteConflictException", 409),
    );
    await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }));
    await iam.send(new DeleteRoleCommand({ RoleName }));
  });
});

describe("inline policies https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html", () => {
  const PolicyName = "S3";

  it("are replaced by a second put and come back encoded", async () => {
    const { iam } = await openRole();
    const put = (PolicyDocument: string) =>
      iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }));
    await put(permissions.replace("Allow", "Deny"));
    await put(permissions);
    const { PolicyDocument } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
    expect(PolicyDocument).toMatch(/^%7B/);
    expect(decodeURIComponent(PolicyDocument ?? "")).toBe(permissions);
  });

  it("are not found under another name", async () => {
    const { iam } = await openRole();
    await expect(
      iam.send(new GetRolePolicyCommand({ RoleName, PolicyName })),
    ).rejects.toMatchObject(refusal("NoSuchEntityException", 404));
  });

  it.each([
    ["no JSON", "allow"],
    ["a principal", permissions.replace('"Action"', '"Principal":"*","Action"')],
    ["no resource", permissions.replace(',"Resource":"arn:aws:s3:::firmware/*"', "")],
    ["no action", permissions.replace('"Action":"s3:GetObject",', "")],
    ["an action without a service", permissions.replace("s3:GetObject", "GetObject")],
    ["an effect that is none", permissions.replace("Allow", "Maybe")],
    ["a resource that is no ARN", permissions.replace("arn:aws:s3:::firmware/*", "firmware")],
  ])("are refused with %s", async (_, PolicyDocument) => {
    const { iam } = await openRole();
    await expect(
      iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument })),
    ).rejects.toMatchObject(refusal("MalformedPolicyDocumentException", 400));
  });

  it("are listed by name, in pages", async () => {
    const { iam } = await openRole();
    for (const name of ["b", "a", "c"]) {
      await iam.send(
        new PutRolePolicyCommand({ RoleName, PolicyName: name, PolicyDocument: permissions }),
      );
    }
    const first = await iam.send(new ListRolePoliciesCommand({ RoleName, MaxItems: 2 }));
    expect(first).toMatchObject({ PolicyNames: ["a", "b"], IsTruncated: true });
    const rest = await iam.send(new ListRolePoliciesCommand({ RoleName, Marker: first.Marker }));
    expect(rest).toMatchObject({ PolicyNames: ["c"], IsTruncated: false });
  });
});

describe("managed policies https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html", () => {
  it("are attached once, however often", async () => {
    const { iam } = await openRole();
    const PolicyArn = managed("service-role/AWSIoTLogging");
    await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
    await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
    const { AttachedPolicies } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }));
    expect(AttachedPolicies).toEqual([{ PolicyName: "AWSIoTLogging", PolicyArn }]);
  });

  it("are at most ten", async () => {
    const { iam } = await openRole();
    const attach = (i: number) =>
      iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: managed(`Policy${i}`) }));
    for (let i = 0; i < 10; i++) await attach(i);
    await expect(attach(10)).rejects.toMatchObject(refusal("LimitExceededException", 409));
  });

  it("must exist", async () => {
    const { iam } = await openRole();
    const PolicyArn = `arn:aws:iam::${ACCOUNT}:policy/mine`;
    await expect(
      iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn })),
    ).rejects.toMatchObject(refusal("NoSuchEntityException", 404));
    await expect(
      iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn })),
    ).rejects.toMatchObject(refusal("NoSuchEntityException", 404));
  });
});

describe("ListRoles https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html", () => {
  it("lists by name, in pages, below a path", async () => {
    const { iam } = openSandbox();
    for (const name of ["c", "a", "b"]) await create(iam, { RoleName: name, Path: "/team/" });
    await create(iam, { RoleName: "other" });
    const names: string[] = [];
    const pages = paginateListRoles({ client: iam, pageSize: 2 }, { PathPrefix: "/team/" });
    for await (const { Roles = [] } of pages) names.push(Roles.map((r) => r.RoleName).join(""));
    expect(names).toEqual(["ab", "c"]);
  });

  it("leaves tags out", async () => {
    const { iam } = openSandbox();
    await create(iam, { Tags: [{ Key: "project", Value: "fleetlab" }] });
    const { Roles } = await iam.send(new ListRolesCommand({}));
    expect(Roles?.[0]?.Tags).toBeUndefined();
  });

  it("refuses a marker that is not its own", async () => {
    const { iam } = openSandbox();
    await expect(iam.send(new ListRolesCommand({ Marker: "abc" }))).rejects.toMatchObject(
      refusal("ValidationError", 400),
    );
  });
});

describe("role tags https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html", () => {
  it("come with the role, and are added and removed whatever their case", async () => {
    const { iam } = openSandbox();
    await create(iam, {
      Tags: [
        { Key: "a", Value: "1" },
        { Key: "b", Value: "2 @ 3" },
      ],
    });
    await iam.send(new TagRoleCommand({ RoleName, Tags: [{ Key: "A", Value: "9" }] }));
    expect((await iam.send(new ListRoleTagsCommand({ RoleName }))).Tags).toEqual([
      { Key: "A", Value: "9" },
      { Key: "b", Value: "2 @ 3" },
    ]);
    await iam.send(new UntagRoleCommand({ RoleName, TagKeys: ["B"] }));
    const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
    expect(Role?.Tags).toEqual([{ Key: "A", Value: "9" }]);
  });

  it("have one value per key", async () => {
    const { iam } = openSandbox();
    const Tags = [
      { Key: "a", Value: "1" },
      { Key: "A", Value: "2" },
    ];
    await expect(create(iam, { Tags })).rejects.toMatchObject(
      refusal("InvalidInputException", 400),
    );
  });

  it("are at most fifty", async () => {
    const { iam } = await openRole();
    const Tags = Array.from({ length: 50 }, (_, i) => ({ Key: `k${i}`, Value: "" }));
    await iam.send(new TagRoleCommand({ RoleName, Tags }));
    await expect(
      iam.send(new TagRoleCommand({ RoleName, Tags: [{ Key: "one-more", Value: "" }] })),
    ).rejects.toMatchObject(refusal("LimitExceededException", 409));
  });
});

describe("ListInstanceProfilesForRole", () => {
  it("is empty, for EC2 is not here", async () => {
    const { iam } = await openRole();
    const answer = await iam.send(new ListInstanceProfilesForRoleCommand({ RoleName }));
    expect(answer.InstanceProfiles).toEqual([]);
  });
});

describe("a principal https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html", () => {
  const trusting = (AWS: string | string[]) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: { Effect: "Allow", Principal: { AWS }, Action: "sts:AssumeRole" },
    });
  const arn = (tail: string, account = ACCOUNT) => `arn:aws:iam::${account}:${tail}`;

  it.each([
    arn("role/nobody"),
    arn(`role/elsewhere/${RoleName}`),
    arn("role/*"),
    arn("user/nobody"),
    arn("group/all"),
    `arn:aws:sts::${ACCOUNT}:assumed-role/nobody/session`,
    "AROAABCDEFGHIJKLMNOPQ",
    `arn:aws-cn:iam::${ACCOUNT}:root`,
    "arn:aws-us-gov:iam::999988887777:role/any",
    [arn("root"), arn("role/nobody")],
  ])("that is not there is refused: %s", async (AWS) => {
    const { iam } = await openRole();
    const text = `Invalid principal in policy: "AWS":"${[AWS].flat().at(-1)}"`;
    const made = create(iam, { RoleName: "other", AssumeRolePolicyDocument: trusting(AWS) });
    const malformed = { ...refusal("MalformedPolicyDocumentException", 400), message: text };
    await expect(made).rejects.toMatchObject(malformed);
    const PolicyDocument = trusting(AWS);
    const changed = iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }));
    await expect(changed).rejects.toMatchObject(malformed);
  });

  it.each([
    [{ Federated: arn("saml-provider/none") }, `"FEDERATED":"${arn("saml-provider/none")}"`],
    [
      { Federated: arn("oidc-provider/accounts.example.com") },
      `"FEDERATED":"${arn("oidc-provider/accounts.example.com")}"`,
    ],
    [{ Federated: arn("role/x") }, `"FEDERATED":"${arn("role/x")}"`],
    [{ Service: "iot.amazonaws.com", AWS: arn("user/none") }, `"AWS":"${arn("user/none")}"`],
    [{ Users: "x" }, `"USERS":"x"`],
  ])("of another kind that is not there is refused: %o", async (Principal, said) => {
    const { iam } = await openRole();
    const Action = "sts:AssumeRole";
    for (const named of [{ Principal }, { NotPrincipal: Principal }]) {
      const Statement = { Effect: "Deny", ...named, Action };
      const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
      await expect(create(iam, { RoleName: "other", AssumeRolePolicyDocument })).rejects.toThrow(
        `Invalid principal in policy: ${said}`,
      );
    }
  });

  it.each([{}, { AWS: [] }])("must be named: %o", async (Principal) => {
    const { iam } = await openRole();
    const Statement = { Effect: "Allow", Principal, Action: "sts:AssumeRole" };
    const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
    await expect(create(iam, { RoleName: "other", AssumeRolePolicyDocument })).rejects.toThrow(
      "Missing required field Principal cannot be empty!",
    );
  });

  it("that is there is taken, and may go afterwards", async () => {
    const { iam } = await openRole();
    const role = await create(iam, { RoleName: "Second", Path: "/team/" });
    const good = [
      "*",
      ACCOUNT,
      "999988887777",
      arn("root"),
      arn("root", "999988887777"),
      arn("role/any", "999988887777"),
      arn("user/workshop"),
      role?.Arn ?? "",
      role?.RoleId ?? "",
      `arn:aws:sts::${ACCOUNT}:assumed-role/Second/session`,
      arn(`role/${RoleName}`),
    ];
    for (const AWS of [...good, good]) {
      const PolicyDocument = trusting(AWS);
      await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }));
    }
    await iam.send(new DeleteRoleCommand({ RoleName: "Second" }));
    const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
    expect(Role?.AssumeRolePolicyDocument).toContain("Second");
  });
});

describe("UpdateRole https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html", () => {
  it("gives back the default hour to whoever names no length, and leaves the description", async () => {
    const { iam } = await openRole();
    const update = async (input: object) => {
      await iam.send(new UpdateRoleCommand({ RoleName, ...input }));
      const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
      return [Role?.MaxSessionDuration, Role?.Description];
    };
    expect(await update({ MaxSessionDuration: 7200, Description: "d" })).toEqual([7200, "d"]);
    expect(await update({})).toEqual([3600, "d"]);
    expect(await update({ MaxSessionDuration: 7200 })).toEqual([7200, "d"]);
    expect(await update({ Description: "e" })).toEqual([3600, "e"]);
  });
});
