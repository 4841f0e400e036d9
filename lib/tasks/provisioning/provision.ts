import type { Fleet } from "../../aws/connect.js";
import { InvalidInputError } from "../../aws/errors.js";
import type { ManyResult } from "../../aws/many.js";
import { areNear } from "../../aws/ownership.js";
import { createIdentities } from "../../fleet/identity/identities.js";
import { createDevices } from "../../fleet/registry/devices.js";
import { releasesOf, uploadFirmware } from "../../fleet/software/firmware.js";
import { createFirmwareBucket } from "../../fleet/software/firmware-bucket.js";
import { enableFleetIndexing, waitForIndex } from "../../fleet/search/fleet-index.js";
import { enablePackageConfiguration } from "../../fleet/software/package-configuration.js";
import { publishVersions } from "../../fleet/software/package-versions.js";
import { createPackages } from "../../fleet/software/packages.js";
import { createJobsRole, createPackageConfigRole } from "../../fleet/software/roles.js";
import { createCountryGroups } from "../../fleet/registry/thing-groups.js";
import { createThingTypes } from "../../fleet/registry/thing-types.js";
import { plannedPrefixes, rememberPlan, rememberedPlan } from "../../fleet/shadows/notes.js";
import { devicesOf, planFleet, requireOwnPlan, type FleetPlan, type FleetWishes } from "./plan.js";

/** What provisioning did, step by step. */
export interface ProvisionReport {
  readonly thingTypes: ManyResult;
  readonly firmware: ManyResult;
  readonly packages: ManyResult;
  readonly versions: ManyResult;
  readonly groups: ManyResult;
  readonly devices: ManyResult;
  /** True when no step had a failure. */
  readonly isComplete: boolean;
}

/**
 * Build the whole fleet of a plan: everything that notebook 01 does, in its order.
 *
 * A second call repairs what is missing and changes nothing else. Failed items do not stop it; they
 * stand in the report.
 *
 * @throws InvalidInputError before any call, when the plan was made for another prefix
 */
export async function provision(fleet: Fleet, plan: FleetPlan): Promise<ProvisionReport> {
  requireOwnPlan(fleet, plan);
  const thingTypes = await createThingTypes(fleet, plan.thingTypes);
  await createFirmwareBucket(fleet);
  await enableFleetIndexing(fleet);
  const firmware = await uploadFirmware(fleet, releasesOf(plan.thingTypes, plan.versions));
  const packages = await createPackages(fleet, plan.thingTypes);
  const versions = await publishVersions(fleet, firmware.firmware);
  await createJobsRole(fleet);
  const role = await createPackageConfigRole(fleet);
  await enablePackageConfiguration(fleet, role.arn);
  const groups = await createCountryGroups(fleet, plan.countries);
  const devices = await createVehicles(fleet, plan);
  await waitForIndex(fleet);
  const steps = { thingTypes, firmware, packages, versions, groups, devices };
  return { ...steps, isComplete: Object.values(steps).every((step) => step.failed.length === 0) };
}

export interface VehicleOptions {
  /** `"certificate"` gives each vehicle what it needs to connect by MQTT. Default: none needs to. */
  readonly identity?: "certificate";
}

/**
 * Create the vehicles of a plan, as {@link createDevices} does, and note the plan in the account: the
 * later notebooks, or another machine, ask for it with {@link findPlan}.
 *
 * With `identity: "certificate"` each also gets a certificate of its own, as {@link createIdentities}
 * does: it can connect then. Twelve a second; a second call gives those one that have none.
 *
 * @returns vehicles whose country's group was not made by the workshop stand in `failed`
 * @throws InvalidInputError before anything is written, when the plan was made for another prefix, or
 * another fleet of the account has a prefix that begins with this one, or this one with it
 */
export async function createVehicles(
  fleet: Fleet,
  plan: FleetPlan,
  { identity }: VehicleOptions = {},
): Promise<ManyResult> {
  if (identity !== undefined && identity !== "certificate") {
    throw new InvalidInputError(
      "an identity of vehicles",
      identity,
      'be "certificate", or left out',
    );
  }
  requireOwnPlan(fleet, plan);
  await requirePrefixApart(fleet);
  const { thingTypes, versions, continent, countries, devices, seed } = plan;
  const wishes: FleetWishes = { thingTypes, versions, continent, countries, devices, seed };
  await rememberPlan(fleet, wishes);
  const made = await createDevices(fleet, devicesOf(plan), plan.devices);
  if (identity === undefined) return made;
  const failed = new Set(made.failed.map(({ name }) => name));
  const names = [...devicesOf(plan)].map(({ name }) => name).filter((name) => !failed.has(name));
  const certified = await createIdentities(fleet, names);
  return {
    // A vehicle whose certificate is new was not as wanted.
    done: Math.max(made.done, certified.done),
    existed: Math.max(
      0,
      names.length - Math.max(made.done, certified.done) - certified.failed.length,
    ),
    failed: [...made.failed, ...certified.failed],
    seconds: made.seconds + certified.seconds,
    throttles: made.throttles + certified.throttles,
  };
}

/**
 * The plan of this fleet, as it was noted when its vehicles were created; undefined when there is
 * none. Calls GetThingShadow.
 */
export async function findPlan(fleet: Fleet): Promise<FleetPlan | undefined> {
  const wishes = await rememberedPlan(fleet);
  return wishes === undefined ? undefined : planFleet(fleet, wishes as FleetWishes);
}

/**
 * Vehicles are recognised by their prefix: those of "Ada-2-" would seem to be those of "Ada-" too.
 * Calls ListNamedShadowsForThing.
 */
async function requirePrefixApart(fleet: Fleet): Promise<void> {
  const { prefix } = fleet;
  const near = (await plannedPrefixes(fleet)).find(
    (other) => other !== prefix && areNear(prefix, other),
  );
  if (near === undefined) return;
  throw new InvalidInputError(
    "a prefix for vehicles in this account",
    prefix,
    `not be the beginning of another fleet's prefix, nor begin with it: there is "${near}"`,
    "Connect with another prefix, or clean that fleet up first.",
  );
}
