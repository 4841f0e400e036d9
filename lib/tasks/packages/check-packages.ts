import type { Fleet } from "../../aws/connect.js";
import { unlessMissing } from "../../aws/errors.js";
import { deviceSoftware } from "../../fleet/software/device-software.js";
import { getPackageConfiguration } from "../../fleet/software/package-configuration.js";
import { findPackageVersion } from "../../fleet/software/package-versions.js";
import { findPackage } from "../../fleet/software/packages.js";
import {
  listInlinePolicies,
  packageConfigRoleName,
  packageShadowPolicyName,
} from "../../fleet/software/roles.js";
import { checkEach, showChecks, type Check } from "../checkpoint.js";
import { pathOf, type Path } from "../path/path.js";
import type { FleetPlan } from "../provisioning/plan.js";
import { deviceOf } from "../provisioning/plan.js";

/**
 * Look into the account for what notebook 03 leaves behind: the new release published, the package
 * configuration on with a role that may do its work, an inventory that can be read, and nothing of
 * what was only tried. Changes nothing.
 *
 * Calls GetPackageVersion, GetPackageConfiguration, ListRolePolicies, GetThingShadow, and GetPackage
 * for each name of `gone`.
 *
 * @param gone packages that the notebook has made and deleted
 * @returns the checks, in the order of the notebook
 */
export async function checkPackages(
  fleet: Fleet,
  plan: FleetPlan,
  { gone = [] }: { readonly gone?: readonly string[] } = {},
): Promise<readonly Check[]> {
  const path = pathOf(plan);
  const checks = [
    await checkRelease(fleet, path),
    await checkConfiguration(fleet),
    await checkRole(fleet),
    await checkInventory(fleet, path),
    ...(gone.length > 0 ? [await checkGone(fleet, gone)] : []),
  ];
  showChecks(fleet, checks);
  return checks;
}

async function checkRelease(fleet: Fleet, { typeA, nextVersion }: Path): Promise<Check> {
  return checkEach("New release", 'under "All in one"', [`${typeA} ${nextVersion}`], async () => {
    const version = await findPackageVersion(fleet, {
      packageName: typeA,
      versionName: nextVersion,
    });
    if (!version) return "missing";
    if (!version.artifact?.s3Location?.version) return "without a file";
    if (!version.attributes?.["sha256"]) return "without a digest";
    return version.status === "PUBLISHED" ? "there" : `is ${version.status}`;
  });
}

async function checkConfiguration(fleet: Fleet): Promise<Check> {
  const { isEnabled, roleArn } = await getPackageConfiguration(fleet);
  const isOurRole = roleArn?.endsWith(`/${packageConfigRoleName(fleet)}`) ?? false;
  return {
    what: "Package configuration",
    isMet: isEnabled && isOurRole,
    found: !isEnabled ? "off" : isOurRole ? "on" : "on, with another role",
    wayOut: 'Run the cell under "On again" again.',
  };
}

async function checkRole(fleet: Fleet): Promise<Check> {
  const role = packageConfigRoleName(fleet);
  const policy = packageShadowPolicyName(fleet);
  const isThere = (await listInlinePolicies(fleet, role)).includes(policy);
  return {
    what: "Its role",
    isMet: isThere,
    found: isThere ? `may ${policy}` : `${role} has no policy ${policy}`,
    wayOut: 'Run the cell under "On again" again.',
  };
}

async function checkInventory(fleet: Fleet, { plan }: Path): Promise<Check> {
  const { name } = deviceOf(plan, 1);
  const software = (await unlessMissing(deviceSoftware(fleet, name))) ?? [];
  const known = software.map(({ packageName, versionName }) => `${packageName} ${versionName}`);
  return {
    what: "An inventory",
    isMet: known.length > 0,
    found: `${name}: ${known.join(", ") || "nothing"}`,
    wayOut: "Run notebook 1 again: it reports the firmware that vehicles leave the factory with.",
  };
}

async function checkGone(fleet: Fleet, names: readonly string[]): Promise<Check> {
  const left: string[] = [];
  for (const name of names) if (await findPackage(fleet, name)) left.push(name);
  return {
    what: "Only tried",
    isMet: left.length === 0,
    found: left.length === 0 ? `${names.join(", ")} deleted` : `${left.join(", ")} still there`,
    wayOut: 'Run the last cell under "Deleting a package" again.',
  };
}
