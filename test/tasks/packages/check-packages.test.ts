import { DeleteRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreatePackageVersionCommand } from "@aws-sdk/client-iot";
import { beforeEach, describe, expect, it } from "vitest";
import {
  disablePackageConfiguration,
  enablePackageConfiguration,
} from "../../../lib/fleet/software/package-configuration.js";
import {
  deprecatePackageVersion,
  releaseFirmware,
} from "../../../lib/fleet/software/package-versions.js";
import { createPackage } from "../../../lib/fleet/software/packages.js";
import {
  packageConfigRoleName,
  packageShadowPolicyName,
} from "../../../lib/fleet/software/roles.js";
import { reportState } from "../../../lib/fleet/shadows/shadows.js";
import { deleteThing } from "../../../lib/fleet/registry/things.js";
import { checkPackages } from "../../../lib/tasks/packages/check-packages.js";
import { pathOf } from "../../../lib/tasks/path/path.js";
import { deviceOf, planFleet } from "../../../lib/tasks/provisioning/plan.js";
import { provision } from "../../../lib/tasks/provisioning/provision.js";
import { openTestFleet, type TestFleet } from "../../fleet.js";

const NEXT = { packageName: "Van", versionName: "1.2.0" };
const GONE = { gone: ["Trial"] };
const failing = (checks: readonly { what: string; isMet: boolean }[]) =>
  checks.filter(({ isMet }) => !isMet).map(({ what }) => what);

describe("checkPackages", () => {
  let test: TestFleet;
  let path: ReturnType<typeof pathOf>;

  beforeEach(async () => {
    test = openTestFleet();
    const wishes = { thingTypes: ["Van"], countries: 1, devices: 2 };
    const plan = planFleet(test.fleet, wishes);
    path = pathOf(plan);
    await test.settle(provision(test.fleet, plan));
  });

  it("is met by what notebook 03 leaves", async () => {
    const { fleet, settle } = test;
    await settle(releaseFirmware(fleet, NEXT));

    const checks = await settle(checkPackages(fleet, path.plan, GONE));

    expect(checks).toHaveLength(5);
    expect(failing(checks)).toEqual([]);
  });

  it("misses the release, as long as it is a draft or deprecated too", async () => {
    const { fleet, settle } = test;
    const found = async () => {
      const checks = await settle(checkPackages(fleet, path.plan));
      return checks.find(({ isMet }) => !isMet)?.found;
    };

    const missing = await found();
    await settle(fleet.iot.send(new CreatePackageVersionCommand(NEXT)));
    const draft = await found();
    await settle(releaseFirmware(fleet, NEXT));
    await settle(deprecatePackageVersion(fleet, NEXT));

    expect([missing, draft, await found()]).toEqual([
      "Van 1.2.0 missing",
      "Van 1.2.0 without a file",
      "Van 1.2.0 is DEPRECATED",
    ]);
  });

  it("sees that the configuration is off, or that its role lost its policy", async () => {
    const { fleet, settle } = test;
    await settle(releaseFirmware(fleet, NEXT));
    const role = packageConfigRoleName(fleet);

    const { roleArn } = await settle(disablePackageConfiguration(fleet));
    const off = failing(await settle(checkPackages(fleet, path.plan)));
    await settle(enablePackageConfiguration(fleet, roleArn ?? ""));
    const policy = { RoleName: role, PolicyName: packageShadowPolicyName(fleet) };
    await settle(fleet.iam.send(new DeleteRolePolicyCommand(policy)));
    const powerless = failing(await settle(checkPackages(fleet, path.plan)));

    expect([off, powerless]).toEqual([["Package configuration"], ["Its role"]]);
  });

  it("sees a vehicle without an inventory, and one that is gone", async () => {
    const { fleet, settle } = test;
    await settle(releaseFirmware(fleet, NEXT));
    const { name } = deviceOf(path.plan, 1);

    await settle(reportState(fleet, name, { Van: null }, "$package"));
    const empty = failing(await settle(checkPackages(fleet, path.plan)));
    await settle(deleteThing(fleet, name));
    const gone = failing(await settle(checkPackages(fleet, path.plan)));

    expect([empty, gone]).toEqual([["An inventory"], ["An inventory"]]);
  });

  it("sees what was only tried and is still there", async () => {
    const { fleet, settle } = test;
    await settle(releaseFirmware(fleet, NEXT));
    await settle(createPackage(fleet, "Trial"));

    expect(failing(await settle(checkPackages(fleet, path.plan, GONE)))).toEqual(["Only tried"]);
  });
});
