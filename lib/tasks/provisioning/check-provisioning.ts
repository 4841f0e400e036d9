import type { Fleet } from "../../aws/connect.js";
import { WaitTimeoutError } from "../../aws/errors.js";
import { isOurs, tagMap } from "../../aws/ownership.js";
import { findFirmwareBucket, firmwareBucketName } from "../../fleet/software/firmware-bucket.js";
import { countThings, indexStatus, waitForThings } from "../../fleet/search/fleet-index.js";
import { getPackageConfiguration } from "../../fleet/software/package-configuration.js";
import { findPackageVersion } from "../../fleet/software/package-versions.js";
import { findRole, jobsRoleName, packageConfigRoleName } from "../../fleet/software/roles.js";
import { listTags } from "../../fleet/registry/tags.js";
import { countryGroupName, findThingGroup } from "../../fleet/registry/thing-groups.js";
import { findThingType } from "../../fleet/registry/thing-types.js";
import { listOurThings } from "../../fleet/registry/things.js";
import { count } from "../../show/progress.js";
import { vehiclesQuery } from "../../fleet/search/fleet-query.js";
import { checkEach, showChecks, type Check } from "../checkpoint.js";
import { requireOwnPlan, type FleetPlan } from "./plan.js";

/**
 * Look into the account (not into the notebook's variables) for what a plan asks for, and show what
 * is there, what is missing and how to repair it. Changes nothing.
 *
 * Calls describe, list and statistics operations; a fleet of 10,000 takes 40 pages of ListThings.
 * Waits up to a minute for the index to catch up with the registry.
 *
 * @returns the checks, in the order of notebook 01
 * @throws InvalidInputError when the plan was made for another prefix
 */
export async function checkProvisioning(fleet: Fleet, plan: FleetPlan): Promise<readonly Check[]> {
  const checks = await provisioningChecks(fleet, plan);
  showChecks(fleet, checks);
  return checks;
}

/** What {@link checkProvisioning} shows, without showing it. */
export async function provisioningChecks(fleet: Fleet, plan: FleetPlan): Promise<readonly Check[]> {
  requireOwnPlan(fleet, plan);
  return [
    await checkThingTypes(fleet, plan),
    await checkIndex(fleet),
    await checkBucket(fleet),
    await checkVersions(fleet, plan),
    await checkRoles(fleet),
    await checkPackageConfiguration(fleet),
    await checkCountryGroups(fleet, plan),
    ...(await checkVehicles(fleet, plan)),
  ];
}

async function checkThingTypes(fleet: Fleet, plan: FleetPlan): Promise<Check> {
  return checkEach("Thing types", 'under "Thing types"', plan.thingTypes, async (name) => {
    const type = await findThingType(fleet, name);
    if (!type) return "missing";
    return type.thingTypeMetadata?.deprecated ? "deprecated" : "there";
  });
}

async function checkIndex(fleet: Fleet): Promise<Check> {
  const status = await indexStatus(fleet);
  return {
    what: "Fleet index",
    isMet: status === "ACTIVE",
    found: status,
    wayOut:
      status === "OFF" ? 'Run the cell under "Fleet indexing" again.' : "Wait a little, it builds.",
  };
}

async function checkBucket(fleet: Fleet): Promise<Check> {
  const bucket = await findFirmwareBucket(fleet);
  return {
    what: "Firmware bucket",
    isMet: bucket === "ready",
    found: bucket === "ready" ? `${firmwareBucketName(fleet)}, versioned` : bucket,
    wayOut: 'Run the cell under "Firmware storage" again.',
  };
}

async function checkVersions(fleet: Fleet, plan: FleetPlan): Promise<Check> {
  const releases = plan.thingTypes.flatMap((name) =>
    plan.versions.map((version) => [name, version] as const),
  );
  const byName = new Map(releases.map((release) => [release.join(" "), release]));
  const section = 'under "Software package catalog"';
  return checkEach("Published versions", section, [...byName.keys()], async (name) => {
    const [packageName, versionName] = byName.get(name) as readonly [string, string];
    const version = await findPackageVersion(fleet, { packageName, versionName });
    if (!version) return "missing";
    if (!version.artifact) return "without a file";
    return version.status === "PUBLISHED" ? "there" : (version.status ?? "missing");
  });
}

async function checkRoles(fleet: Fleet): Promise<Check> {
  const names = [jobsRoleName(fleet), packageConfigRoleName(fleet)];
  return checkEach("Roles", 'under "Roles"', names, async (name) => {
    const role = await findRole(fleet, name);
    if (!role) return "missing";
    return isOurs(tagMap(role.Tags)) ? "there" : "not made by the workshop";
  });
}

async function checkPackageConfiguration(fleet: Fleet): Promise<Check> {
  const { isEnabled, roleArn } = await getPackageConfiguration(fleet);
  const isOurRole = roleArn?.endsWith(`/${packageConfigRoleName(fleet)}`) ?? false;
  return {
    what: "Package configuration",
    isMet: isEnabled && isOurRole,
    found: !isEnabled ? "off" : isOurRole ? "on" : "on, with another role",
    wayOut: 'Run the cell under "Package configuration" again.',
  };
}

async function checkCountryGroups(fleet: Fleet, plan: FleetPlan): Promise<Check> {
  const names = plan.countries.map((country) => countryGroupName(fleet, country));
  return checkEach("Static groups", 'under "Static groups"', names, async (name) => {
    const group = await findThingGroup(fleet, name);
    if (!group) return "missing";
    const tags = await listTags(fleet, group.thingGroupArn ?? "");
    return isOurs(tags) ? "there" : "not made by the workshop";
  });
}

/** The vehicles in the registry, and what the index knows of them, each against the plan's number. */
async function checkVehicles(fleet: Fleet, plan: FleetPlan): Promise<Check[]> {
  const check = (what: string, found: number): Check => ({
    what,
    isMet: found === plan.devices,
    found: `${count(found)} of ${count(plan.devices)}`,
    wayOut: 'Run the cell that creates them, under "The vehicles", again.',
  });
  let registered = 0;
  for await (const { thingName = "" } of listOurThings(fleet)) {
    if (/^\d+$/.test(thingName.slice(fleet.prefix.length))) registered++;
  }
  const inRegistry = check("Vehicles", registered);
  const status = await indexStatus(fleet);
  if (status !== "ACTIVE" && status !== "REBUILDING") return [inRegistry];

  const ours = vehiclesQuery(fleet);
  const groups = plan.countries.map((country) => countryGroupName(fleet, country)).join(" OR ");
  const software = `${ours} AND shadow.name.$package.reported.*.version:*`;
  // The inventory is written last: when the index has it, it has the rest.
  if (inRegistry.isMet) {
    await waitForThings(fleet, software, plan.devices).catch((error: unknown) => {
      // Not an error of the checkpoint: it is what the checkpoint has to tell.
      if (!(error instanceof WaitTimeoutError)) throw error;
    });
  }
  return [
    inRegistry,
    // A query takes twelve terms; a fleet in more countries is checked by its groups alone.
    ...(plan.countries.length <= 10
      ? [
          check(
            "Vehicles in their groups",
            await countThings(fleet, `${ours} AND thingGroupNames:(${groups})`),
          ),
        ]
      : []),
    check(
      "Vehicles with a battery",
      await countThings(fleet, `${ours} AND shadow.reported.batteryStatus:*`),
    ),
    check("Vehicles with a known firmware", await countThings(fleet, software)),
  ];
}
