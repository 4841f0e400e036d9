import type { Fleet } from "../aws/connect.js";
import type { ManyResult } from "../aws/many.js";
import { createDevices } from "../fleet/devices.js";
import { releasesOf, uploadFirmware } from "../fleet/firmware.js";
import { createFirmwareBucket } from "../fleet/firmware-bucket.js";
import { enableFleetIndexing, waitForIndex } from "../fleet/fleet-index.js";
import { createPackages, enablePackageConfiguration, publishVersions } from "../fleet/packages.js";
import { createJobsRole, createPackageConfigRole } from "../fleet/roles.js";
import { createCountryGroups } from "../fleet/thing-groups.js";
import { createThingTypes } from "../fleet/thing-types.js";
import { devicesOf, type FleetPlan } from "./plan.js";

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
 */
export async function provision(fleet: Fleet, plan: FleetPlan): Promise<ProvisionReport> {
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
  const devices = await createDevices(fleet, devicesOf(plan), plan.devices);
  await waitForIndex(fleet);
  const steps = { thingTypes, firmware, packages, versions, groups, devices };
  return { ...steps, isComplete: Object.values(steps).every((step) => step.failed.length === 0) };
}
