// The contract: what notebooks and scripts import, in the order of the notebooks.

// 00 Start here: connect, one call, what errors mean
export { connect, type ConnectOptions, type Fleet, type Target } from "./aws/connect.js";
export {
  isAlreadyThere,
  isInterrupted,
  isNotFound,
  isThrottled,
  ChargesNotAcceptedError,
  ConnectError,
  FleetError,
  InterruptedError,
  InvalidInputError,
  NotOursError,
  WaitTimeoutError,
} from "./aws/errors.js";
export { many, ManyInterruptedError } from "./aws/many.js";
export type { Failure, ManyOptions, ManyResult } from "./aws/many.js";
export { memoryOutput, type Output } from "./aws/output.js";
export { SandboxStartError } from "./aws/local.js";
export { NotConfirmedError } from "./aws/confirm.js";
export { letTimePass } from "./aws/time.js";
export { collect } from "./aws/collect.js";
export { waitUntil, type Probe, type WaitOptions } from "./aws/wait.js";
export { countBy, showBars, showTable } from "./tasks/show.js";

// 01 Provisioning: plan a fleet, then build what it is made of
export { planFleet, showPlan, devicesOf, deviceOf } from "./tasks/plan.js";
export type { FleetPlan, FleetWishes, PlannedStep } from "./tasks/plan.js";
export { createThingTypes, findThingType, listThingTypes } from "./fleet/thing-types.js";
export {
  createFirmwareBucket,
  firmwareBucketName,
  type FirmwareBucket,
} from "./fleet/firmware-bucket.js";
export {
  countThings,
  enableFleetIndexing,
  indexStatus,
  searchThings,
  waitForIndex,
  waitForThings,
} from "./fleet/fleet-index.js";
export { buildFirmware, releasesOf, uploadFirmware } from "./fleet/firmware.js";
export type { Firmware, Release } from "./fleet/firmware.js";
export {
  createPackages,
  enablePackageConfiguration,
  findPackageVersion,
  getPackageConfiguration,
  listPublishedVersions,
  publishVersions,
} from "./fleet/packages.js";
export { createJobsRole, createPackageConfigRole, type Role } from "./fleet/roles.js";
export {
  addToGroup,
  countryGroupName,
  createCountryGroups,
  listGroupsOfThing,
  listThingGroups,
  listThingsInGroup,
} from "./fleet/thing-groups.js";
export {
  createThing,
  deleteThing,
  findThing,
  listOurThings,
  type NewThing,
} from "./fleet/things.js";
export { getShadow, reportState, type Shadow } from "./fleet/shadows.js";
export { createDevices, type Device } from "./fleet/devices.js";
export { createVehicles, findPlan, provision, type ProvisionReport } from "./tasks/provision.js";
export { checkProvisioning, vehiclesQuery } from "./tasks/check-provisioning.js";
export type { Check } from "./tasks/checkpoint.js";

// Every notebook: build what the earlier ones would have left
export { catchUp } from "./tasks/catch-up.js";
export { pathOf, type Notebook, type Path } from "./tasks/path.js";
