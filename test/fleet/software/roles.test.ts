import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  PutRolePolicyCommand,
  UntagRoleCommand,
} from "@aws-sdk/client-iam";
import { describe, expect, it } from "vitest";
import { NotOursError } from "../../../lib/aws/errors.js";
import {
  createJobsRole,
  createPackageConfigRole,
  deleteInlinePolicy,
  deleteRole,
  findRole,
  listInlinePolicies,
  packageShadowPolicyName,
} from "../../../lib/fleet/software/roles.js";
import { loseFirstAnswer, openTestFleet } from "../../fleet.js";

describe("deleteRole", () => {
  it("takes all inline policies along and lets go of attached ones", async () => {
    const { fleet, settle } = openTestFleet();
    const { name } = await settle(createJobsRole(fleet));
    const PolicyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "*" }],
    });
    const extra = { RoleName: name, PolicyName: "Extra", PolicyDocument };
    await settle(fleet.iam.send(new PutRolePolicyCommand(extra)));
    const PolicyArn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    await settle(fleet.iam.send(new AttachRolePolicyCommand({ RoleName: name, PolicyArn })));

    const first = await settle(deleteRole(fleet, name));
    const second = await settle(deleteRole(fleet, name));

    expect([first, second]).toEqual([true, false]);
    expect(await settle(findRole(fleet, name))).toBeUndefined();
  });

  it("leaves a role alone without our tag", async () => {
    const { fleet, settle } = openTestFleet();
    const { name } = await settle(createJobsRole(fleet));
    await settle(fleet.iam.send(new UntagRoleCommand({ RoleName: name, TagKeys: ["workshop"] })));

    await expect(settle(deleteRole(fleet, name))).rejects.toBeInstanceOf(NotOursError);

    expect(await settle(listInlinePolicies(fleet, name))).toEqual(["ReadFirmware"]);
  });
});

describe("deleteRole when answers are lost", () => {
  it.each(["DeleteRolePolicy", "DetachRolePolicy", "DeleteRole"])(
    "goes on after %s",
    async (operation) => {
      const { fleet, settle, calls } = openTestFleet();
      const { name } = await settle(createJobsRole(fleet));
      const PolicyArn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
      await settle(fleet.iam.send(new AttachRolePolicyCommand({ RoleName: name, PolicyArn })));
      loseFirstAnswer(fleet.iam, operation);

      expect(await settle(deleteRole(fleet, name))).toBe(true);
      expect(calls(operation)).toHaveLength(2);
      expect(await settle(findRole(fleet, name))).toBeUndefined();
    },
  );
});

describe("deleteInlinePolicy", () => {
  it("takes one prefix's permission away, and leaves the role to the others", async () => {
    const { fleet, settle } = openTestFleet();
    const { name } = await settle(createPackageConfigRole(fleet));
    await settle(createPackageConfigRole({ ...fleet, prefix: "Ada-" }));
    const own = packageShadowPolicyName(fleet);

    const first = await settle(deleteInlinePolicy(fleet, name, own));
    const second = await settle(deleteInlinePolicy(fleet, name, own));

    expect([first, second]).toEqual([true, false]);
    expect(await settle(listInlinePolicies(fleet, name))).toEqual(["UpdatePackageShadow-Ada-"]);
    expect(await settle(findRole(fleet, name))).toBeDefined();
  });

  it("refuses somebody else's role", async () => {
    const { fleet, settle } = openTestFleet();
    const AssumeRolePolicyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Principal: { Service: "iot.amazonaws.com" }, Action: "sts:AssumeRole" },
      ],
    });
    const role = { RoleName: "Theirs", AssumeRolePolicyDocument };
    await settle(fleet.iam.send(new CreateRoleCommand(role)));

    await expect(settle(deleteInlinePolicy(fleet, "Theirs", "Any"))).rejects.toBeInstanceOf(
      NotOursError,
    );
  });
});
