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
export { vehiclesQuery } from "./fleet/fleet-query.js";
export { buildFirmware, releasesOf, uploadFirmware } from "./fleet/firmware.js";
export type { Firmware, Release } from "./fleet/firmware.js";
export { createPackages } from "./fleet/packages.js";
export { publishVersions } from "./fleet/package-versions.js";
export { enablePackageConfiguration } from "./fleet/package-configuration.js";
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
export { checkProvisioning } from "./tasks/check-provisioning.js";
export type { Check } from "./tasks/checkpoint.js";

// 02 Dynamic groups: ask the index, and let a query decide who belongs to a group
export { deviceQuery, groupNameOf, queryValue, type DeviceCriteria } from "./fleet/fleet-query.js";
export { queryInWords } from "./fleet/query-words.js";
export { searchDevices, type FoundDevice } from "./fleet/found-devices.js";
export { explainQuery, testQuery, type QueryExplanation } from "./tasks/test-query.js";
export { previewGroup, type GroupPreview, type GroupWishes } from "./tasks/preview-group.js";
export {
  countMembers,
  createDynamicGroup,
  deleteDynamicGroup,
  describeDynamicGroup,
  EmptyGroupError,
  listDynamicGroups,
  waitForGroup,
  waitForMembers,
  type DynamicGroup,
  type NewDynamicGroup,
} from "./fleet/dynamic-groups.js";
export { showDynamicGroup, showDynamicGroups, watchMove } from "./tasks/show-groups.js";
export { checkGroups } from "./tasks/check-groups.js";

// 03 Packages: releases in the catalog, and what software a vehicle has
export {
  createPackage,
  deletePackage,
  describePackage,
  findPackage,
  listPackages,
  setDefaultVersion,
  type DescribedPackage,
} from "./fleet/packages.js";
export {
  createPackageVersion,
  deletePackageVersion,
  deprecatePackageVersion,
  describePackageVersion,
  findPackageVersion,
  listPackageVersions,
  listPublishedVersions,
  publishPackageVersion,
  releaseFirmware,
  type DescribedVersion,
} from "./fleet/package-versions.js";
export {
  disablePackageConfiguration,
  getPackageConfiguration,
  type PackageConfiguration,
} from "./fleet/package-configuration.js";
export { uploadRelease } from "./fleet/firmware.js";
export { deviceSoftware, softwareOf, type InstalledPackage } from "./fleet/device-software.js";
export { listInlinePolicies } from "./fleet/roles.js";
export { checkPackages } from "./tasks/check-packages.js";

// 04 Jobs: think a job through, see what it will do, then create it
export { planJob } from "./tasks/plan-job.js";
export type { CustomWishes, JobSettings, JobWishes, OtaWishes } from "./tasks/plan-job.js";
export { showJobPlan, showRollouts, type RolloutPicture } from "./tasks/show-job.js";
export { createJob, freeJobId } from "./fleet/new-job.js";
export type { CreatedJob, JobPlan, Selection } from "./fleet/new-job.js";
export { customDocument, otaDocument } from "./fleet/job-documents.js";
export type { CustomDocument, OtaDocument, OtaPackage } from "./fleet/job-documents.js";
export { rolloutCourse } from "./fleet/rollout.js";
export type {
  ConstantRollout,
  Expectation,
  ExponentialRollout,
  Rollout,
  RolloutCourse,
  RolloutMinute,
} from "./fleet/rollout.js";
export type { AbortRule, RetryRule } from "./fleet/job-settings.js";
export type { MaintenanceWindow, Schedule } from "./fleet/job-schedule.js";
export { checkJobs } from "./tasks/check-jobs.js";

// 05 Simulation: speak for the vehicles, one by one or all of them
export {
  isVersionConflict,
  packagesOf,
  readExecution,
  reportExecution,
  reportUnlessEnded,
  startNextExecution,
  type DeviceExecution,
  type Report,
  type ShippedPackage,
} from "./fleet/device-jobs.js";
export {
  downloadFile,
  DownloadError,
  fileOf,
  type Downloadable,
  type DownloadOptions,
} from "./fleet/download.js";
export {
  installFirmware,
  InstallError,
  reportedFirmware,
  reportFirmware,
} from "./fleet/device-firmware.js";
export {
  planSimulation,
  showSimulation,
  type FailingStage,
  type Outcome,
  type PlannedVehicle,
  type SimulationPlan,
  type SimulationWishes,
} from "./tasks/plan-simulation.js";
export {
  simulate,
  type SimulationOptions,
  type SimulationResult,
  type VehicleResult,
} from "./tasks/simulate.js";
export { drawCourse, type Moment } from "./tasks/rollout-course.js";
export { checkSimulation } from "./tasks/check-simulation.js";

// 06 Exploration: read, judge, cancel and delete jobs and their executions
export {
  describeJob,
  findJob,
  freshJobId,
  jobDocument,
  listAllJobs,
  listJobs,
  listOurJobs,
  type JobDetails,
  type JobDocument,
  type JobSummary,
  type JobTarget,
} from "./fleet/jobs.js";
export {
  countExecutions,
  describeExecution,
  latestExecutions,
  listExecutions,
  type ExecutionDetails,
  type ExecutionSummary,
} from "./fleet/job-executions.js";
export type { ExecutionCounts } from "./fleet/execution-counts.js";
export { bandOf, healthOf, CANCEL_ABOVE_PERCENT, SUCCESS_BANDS } from "./fleet/job-health.js";
export type { JobHealth, Recommendation } from "./fleet/job-health.js";
export { updateJob, type JobChanges } from "./fleet/job-changes.js";
export {
  cancelImpact,
  cancelJob,
  waitForJobCanceled,
  type CanceledJob,
  type JobImpact,
} from "./fleet/job-cancellation.js";
export { deleteImpact, deleteJob, waitForJobDeleted } from "./fleet/job-deletion.js";
export { cancelExecution, deleteExecution } from "./fleet/execution-ends.js";
export {
  jobHealth,
  showDocument,
  showExecution,
  showExecutionCounts,
  showHealth,
  showJob,
  showJobs,
  type JobReport,
} from "./tasks/explore.js";
export { checkExploration } from "./tasks/check-exploration.js";

// 07 Rollback: go back to an older version, on record or for real
export { compareVersions } from "./fleet/version-order.js";
export {
  planRollBack,
  recordVersion,
  showRollBack,
  waitForRollBack,
  type OutpacedDevice,
  type RecordedDevice,
  type RollBackPlan,
  type RollBackWishes,
} from "./tasks/roll-back.js";
export {
  compareSoftware,
  showComparison,
  type SoftwareComparison,
} from "./tasks/compare-software.js";
export { checkRollBack } from "./tasks/check-rollback.js";

// 08 Cleanup: see what is ours, remove it and nothing else, and prove it
export { planCleanUp } from "./tasks/clean-up-plan.js";
export type { CleanUpKind, CleanUpPlan, CleanUpScope, CleanUpStep } from "./tasks/clean-up-plan.js";
export { showCleanUp } from "./tasks/show-clean-up.js";
export { cleanUp, type CleanUpOutcome, type CleanUpReport } from "./tasks/clean-up.js";
export type { Kept } from "./tasks/clean-up-survey.js";
export { scan, type Scan, type ScanKind } from "./tasks/scan.js";
export { compareScans, showChanges, type ScanChange } from "./tasks/scan-changes.js";
export { checkCleanUp } from "./tasks/check-clean-up.js";
export { deleteThingTypes } from "./fleet/thing-types.js";

// Every notebook: build what the earlier ones would have left
export { catchUp, type PathWithJobs } from "./tasks/catch-up.js";
export { pathOf, type Notebook, type Path } from "./tasks/path.js";
