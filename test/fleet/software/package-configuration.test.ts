import {
  GetPackageConfigurationCommand,
  UpdatePackageConfigurationCommand,
} from "@aws-sdk/client-iot";
import { DeleteRolePolicyCommand, ListRolePoliciesCommand } from "@aws-sdk/client-iam";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it } from "vitest";
import { WaitTimeoutError } from "../../../lib/aws/errors.js";
import { settingsBefore } from "../../../lib/fleet/shadows/notes.js";
import {
  disablePackageConfiguration,
  enablePackageConfiguration,
  getPackageConfiguration,
  isRoleNotReady,
} from "../../../lib/fleet/software/package-configuration.js";
import { createPackageConfigRole, findRole } from "../../../lib/fleet/software/roles.js";
import { openTestFleet } from "../../fleet.js";

const ROLE = "arn:aws:iam::111122223333:role/IoTPackageConfigRole";

/** What AWS says for some seconds after a role was made. */
const notYet = () =>
  Object.assign(new Error("Role cannot be assumed by the service"), {
    name: "ValidationException",
  });

/** A fleet whose AWS IoT takes the role at the `nth` time. */
function openFleetThatTakesRoleAt(nth: number) {
  const test = openTestFleet();
  const asked: number[] = [];
  const iot = mockClient(test.fleet.iot);
  iot.on(GetPackageConfigurationCommand).resolves({});
  iot.on(UpdatePackageConfigurationCommand).callsFake(() => {
    asked.push(test.clock.now());
    if (asked.length < nth) throw notYet();
    return {};
  });
  return { ...test, asked };
}

describe("enablePackageConfiguration", () => {
  it("asks again until AWS IoT can assume the new role", async () => {
    const { fleet, asked, lines, settle } = openFleetThatTakesRoleAt(4);

    const configuration = await settle(enablePackageConfiguration(fleet, ROLE));

    expect(configuration).toEqual({ isEnabled: true, roleArn: ROLE });
    expect(asked.map((at) => at - (asked[0] ?? 0))).toEqual([0, 3_000, 6_000, 9_000]);
    expect(lines.join("\n")).toContain("Waiting until the new role can be used");
  });

  it("gives up after a minute", async () => {
    const { fleet, asked, settle } = openFleetThatTakesRoleAt(Infinity);

    const gaveUp = settle(enablePackageConfiguration(fleet, ROLE));

    await expect(gaveUp).rejects.toThrow(WaitTimeoutError);
    await expect(gaveUp).rejects.toThrow(/the new role can be used, after 1 min/);
    expect((asked.at(-1) ?? 0) - (asked[0] ?? 0)).toBe(60_000);
  });

  it("does not ask again when AWS says no for another reason", async () => {
    const { fleet, settle } = openTestFleet();
    const denied = Object.assign(new Error("not authorized: iam:PassRole on the role"), {
      name: "AccessDeniedException",
    });
    const iot = mockClient(fleet.iot);
    iot.on(GetPackageConfigurationCommand).resolves({});
    iot.on(UpdatePackageConfigurationCommand).rejects(denied);

    await expect(settle(enablePackageConfiguration(fleet, ROLE))).rejects.toBe(denied);

    expect(iot.commandCalls(UpdatePackageConfigurationCommand)).toHaveLength(1);
  });

  it("waits for the sandbox's new role as for AWS's, and changes nothing the second time", async () => {
    const { fleet, calls, settle } = openTestFleet();
    const { arn } = await settle(createPackageConfigRole(fleet));

    await settle(enablePackageConfiguration(fleet, arn));
    const asked = calls("UpdatePackageConfiguration").length;
    await settle(enablePackageConfiguration(fleet, arn));

    expect(asked).toBeGreaterThan(1);
    expect(calls("UpdatePackageConfiguration")).toHaveLength(asked);
    expect(await settle(getPackageConfiguration(fleet))).toEqual({ isEnabled: true, roleArn: arn });
  });
});

describe("isRoleNotReady", () => {
  it.each([
    ["ValidationException", "Role cannot be assumed", true],
    ["InvalidRequestException", "The role ... is not assumable by iot", true],
    ["ValidationException", "Value at 'versionUpdateByJobsConfig' is wrong", false],
    ["AccessDeniedException", "not authorized: iam:PassRole on the role", false],
  ])("of %s: %s is %s", (name, message, isNotReady) => {
    expect(isRoleNotReady(Object.assign(new Error(message), { name }))).toBe(isNotReady);
  });
});

describe("disablePackageConfiguration", () => {
  it("switches it off, keeps the role, and changes nothing the second time", async () => {
    const { fleet, calls, settle } = openTestFleet();
    const role = await settle(createPackageConfigRole(fleet));
    await settle(enablePackageConfiguration(fleet, role.arn));
    const asked = calls("UpdatePackageConfiguration").length;

    const after = await settle(disablePackageConfiguration(fleet));
    await settle(disablePackageConfiguration(fleet));

    expect(after).toEqual({ isEnabled: false, roleArn: role.arn });
    expect(calls("UpdatePackageConfiguration")).toHaveLength(asked + 1);
    expect(await settle(findRole(fleet, role.name))).toBeDefined();
  });

  it("remembers that somebody else had it on", async () => {
    const { fleet, settle } = openTestFleet();
    const { arn } = await settle(createPackageConfigRole(fleet));
    const theirs = { versionUpdateByJobsConfig: { enabled: true, roleArn: arn } };
    // A new role is not usable at once.
    await settle(fleet.clock.sleep(60_000));
    await settle(fleet.iot.send(new UpdatePackageConfigurationCommand(theirs)));

    await settle(disablePackageConfiguration(fleet));

    expect(await settle(settingsBefore(fleet))).toEqual({
      packageConfiguration: { isEnabled: true, roleArn: arn },
    });
  });
});

describe("createPackageConfigRole", () => {
  it("puts back a policy that somebody removed", async () => {
    const { fleet, settle } = openTestFleet();
    const { name: RoleName } = await settle(createPackageConfigRole(fleet));
    const { PolicyNames: before } = await settle(
      fleet.iam.send(new ListRolePoliciesCommand({ RoleName })),
    );
    const PolicyName = before?.[0];
    await settle(fleet.iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName })));

    await settle(createPackageConfigRole(fleet));
    const { PolicyNames: after } = await settle(
      fleet.iam.send(new ListRolePoliciesCommand({ RoleName })),
    );

    expect(before).toHaveLength(1);
    expect(after).toEqual(before);
  });
});
