// The contract: what notebooks and scripts import, in the order of the notebooks.

// 00 Start here: connect, one call, what errors mean
export {
  connect,
  connectToCopy,
  type ConnectOptions,
  type Fleet,
  type Target,
} from "./aws/connect.js";
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
export { showFleet, type FleetColour } from "./tasks/show-fleet.js";
export { showLive } from "./tasks/show-live.js";
export { watchFleet, type FleetWatch } from "./tasks/watch-fleet.js";

// 01 Provisioning: plan a fleet, then build what it is made of
export { planFleet, showPlan, devicesOf, deviceOf } from "./tasks/provisioning/plan.js";
export type { FleetPlan, FleetWishes, PlannedStep } from "./tasks/provisioning/plan.js";
export { createThingTypes, findThingType, listThingTypes } from "./fleet/registry/thing-types.js";
export {
  createFirmwareBucket,
  firmwareBucketName,
  type FirmwareBucket,
} from "./fleet/software/firmware-bucket.js";
export {
  countThings,
  enableFleetIndexing,
  indexStatus,
  searchThings,
  waitForIndex,
  waitForThings,
} from "./fleet/search/fleet-index.js";
export { vehiclesQuery } from "./fleet/search/fleet-query.js";
export { buildFirmware, releasesOf, uploadFirmware } from "./fleet/software/firmware.js";
export type { Firmware, Release } from "./fleet/software/firmware.js";
export { createPackages } from "./fleet/software/packages.js";
export { publishVersions } from "./fleet/software/package-versions.js";
export { enablePackageConfiguration } from "./fleet/software/package-configuration.js";
export { createJobsRole, createPackageConfigRole, type Role } from "./fleet/software/roles.js";
export {
  addToGroup,
  countryGroupName,
  createCountryGroups,
  listGroupsOfThing,
  listThingGroups,
  listThingsInGroup,
} from "./fleet/registry/thing-groups.js";
export {
  createThing,
  deleteThing,
  findThing,
  listOurThings,
  type NewThing,
} from "./fleet/registry/things.js";
export { getShadow, reportState, type Shadow } from "./fleet/shadows/shadows.js";
export { createDevices, type Device } from "./fleet/registry/devices.js";
export {
  createVehicles,
  findPlan,
  provision,
  type ProvisionReport,
  type VehicleOptions,
} from "./tasks/provisioning/provision.js";
export { checkProvisioning } from "./tasks/provisioning/check-provisioning.js";
export type { Check } from "./tasks/checkpoint.js";

// 02 Dynamic groups: ask the index, and let a query decide who belongs to a group
export {
  deviceQuery,
  groupNameOf,
  queryValue,
  type DeviceCriteria,
} from "./fleet/search/fleet-query.js";
export { queryInWords } from "./fleet/search/query-words.js";
export { searchDevices, type FoundDevice } from "./fleet/search/found-devices.js";
export { explainQuery, testQuery, type QueryExplanation } from "./tasks/groups/test-query.js";
export { previewGroup, type GroupPreview, type GroupWishes } from "./tasks/groups/preview-group.js";
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
} from "./fleet/search/dynamic-groups.js";
export {
  showDynamicGroup,
  showDynamicGroups,
  watchMove,
  type Move,
} from "./tasks/groups/show-groups.js";
export { checkGroups } from "./tasks/groups/check-groups.js";

// 03 Packages: releases in the catalog, and what software a vehicle has
export {
  createPackage,
  deletePackage,
  describePackage,
  findPackage,
  listPackages,
  setDefaultVersion,
  type DescribedPackage,
} from "./fleet/software/packages.js";
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
} from "./fleet/software/package-versions.js";
export {
  disablePackageConfiguration,
  getPackageConfiguration,
  type PackageConfiguration,
} from "./fleet/software/package-configuration.js";
export { uploadRelease } from "./fleet/software/firmware.js";
export {
  deviceSoftware,
  softwareOf,
  type InstalledPackage,
} from "./fleet/software/device-software.js";
export { listInlinePolicies } from "./fleet/software/roles.js";
export { checkPackages } from "./tasks/packages/check-packages.js";

// 04 Jobs: think a job through, see what it will do, then create it
export { planJob } from "./tasks/jobs/plan-job.js";
export type { CustomWishes, JobSettings, JobWishes, OtaWishes } from "./tasks/jobs/plan-job.js";
export { showJobPlan, showRollouts, type RolloutPicture } from "./tasks/jobs/show-job.js";
export { createJob, numberedJobId } from "./fleet/jobs/new-job.js";
export type { CreatedJob, JobPlan, Selection } from "./fleet/jobs/new-job.js";
export { customDocument, otaDocument } from "./fleet/jobs/job-documents.js";
export type { CustomDocument, OtaDocument, OtaPackage } from "./fleet/jobs/job-documents.js";
export { rolloutCourse } from "./fleet/jobs/rollout.js";
export type {
  ConstantRollout,
  Expectation,
  ExponentialRollout,
  Rollout,
  RolloutCourse,
  RolloutMinute,
} from "./fleet/jobs/rollout.js";
export type { AbortRule, RetryRule } from "./fleet/jobs/job-settings.js";
export type { MaintenanceWindow, Schedule } from "./fleet/jobs/job-schedule.js";
export { checkChallenge } from "./tasks/jobs/check-challenge.js";
export { checkJobs } from "./tasks/jobs/check-jobs.js";

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
} from "./fleet/jobs/device-jobs.js";
export {
  downloadFile,
  DownloadError,
  fileOf,
  type Downloadable,
  type DownloadOptions,
} from "./fleet/software/download.js";
export {
  installFirmware,
  InstallError,
  reportedFirmware,
  reportFirmware,
} from "./fleet/software/device-firmware.js";
export {
  planSimulation,
  showSimulation,
  type FailingStage,
  type Outcome,
  type PlannedVehicle,
  type SimulationPlan,
  type SimulationWishes,
} from "./tasks/simulation/plan-simulation.js";
export {
  simulate,
  type SimulationOptions,
  type SimulationResult,
  type VehicleResult,
} from "./tasks/simulation/simulate.js";
export { restartUpgrade } from "./tasks/jobs/path-jobs.js";
export { driveOneDay, type DriveOptions } from "./tasks/simulation/drive.js";
export { showReports } from "./tasks/simulation/show-reports.js";
export { drawCourse, type Moment } from "./tasks/simulation/rollout-course.js";
export { checkSimulation } from "./tasks/simulation/check-simulation.js";

// 06 Exploration: read, judge, cancel and delete jobs and their executions
export {
  describeJob,
  findJob,
  datedJobId,
  jobDocument,
  listAllJobs,
  listJobs,
  listOurJobs,
  type JobDetails,
  type JobDocument,
  type JobSummary,
  type JobTarget,
} from "./fleet/jobs/jobs.js";
export {
  countExecutions,
  describeExecution,
  latestExecutions,
  listExecutions,
  type ExecutionDetails,
  type ExecutionSummary,
} from "./fleet/jobs/job-executions.js";
export type { ExecutionCounts } from "./fleet/jobs/execution-counts.js";
export { bandOf, healthOf, CANCEL_ABOVE_PERCENT, SUCCESS_BANDS } from "./fleet/jobs/job-health.js";
export type { JobHealth, Recommendation } from "./fleet/jobs/job-health.js";
export { updateJob, type JobChanges } from "./fleet/jobs/job-changes.js";
export {
  cancelImpact,
  cancelJob,
  waitForJobCanceled,
  type CanceledJob,
  type JobImpact,
} from "./fleet/jobs/job-cancellation.js";
export { deleteImpact, deleteJob, waitForJobDeleted } from "./fleet/jobs/job-deletion.js";
export { cancelExecution, deleteExecution } from "./fleet/jobs/execution-ends.js";
export {
  jobHealth,
  showDocument,
  showExecution,
  showExecutionCounts,
  showHealth,
  showJob,
  showJobs,
  type JobReport,
} from "./tasks/exploration/explore.js";
export { checkExploration } from "./tasks/exploration/check-exploration.js";

// 07 Rollback: go back to an older version, on record or for real
export { compareVersions } from "./fleet/software/version-order.js";
export {
  planRollBack,
  recordVersion,
  showRollBack,
  waitForRollBack,
  type OutpacedDevice,
  type RecordedDevice,
  type RollBackPlan,
  type RollBackWishes,
} from "./tasks/rollback/roll-back.js";
export {
  compareSoftware,
  showComparison,
  type SoftwareComparison,
} from "./tasks/rollback/compare-software.js";
export { checkRollBack } from "./tasks/rollback/check-rollback.js";

// 08 Cleanup: see what is ours, remove it and nothing else, and prove it
export { planCleanUp } from "./tasks/clean-up/clean-up-plan.js";
export type { CleanUpKind } from "./tasks/clean-up/clean-up-kinds.js";
export type { CleanUpPlan, CleanUpScope, CleanUpStep } from "./tasks/clean-up/clean-up-plan.js";
export { showCleanUp } from "./tasks/clean-up/show-clean-up.js";
export { cleanUp, type CleanUpOutcome, type CleanUpReport } from "./tasks/clean-up/clean-up.js";
export type { Kept } from "./tasks/clean-up/clean-up-survey.js";
export { scan, type Scan, type ScanKind } from "./tasks/clean-up/scan.js";
export { compareScans, showChanges, type ScanChange } from "./tasks/clean-up/scan-changes.js";
export { checkCleanUp } from "./tasks/clean-up/check-clean-up.js";
export { deleteThingTypes } from "./fleet/registry/thing-types.js";

// 09 Connected vehicles: a certificate of its own, a connection, and messages in place of calls
export {
  createIdentities,
  createIdentity,
  type Identity,
  type IdentityOptions,
} from "./fleet/identity/identities.js";
export {
  devicePolicyDocument,
  type DevicePolicy,
  type DeviceRight,
} from "./fleet/identity/device-policy.js";
export {
  connectVehicle,
  type ConnectedVehicle,
  type ConnectVehicleOptions,
} from "./fleet/connection/connected-vehicle.js";
export type { Delta } from "./fleet/connection/vehicle-shadow.js";
export type { PendingJobs } from "./fleet/connection/vehicle-jobs.js";
export type {
  CommandAnswer,
  CommandReport,
  CommandResult,
  DeviceCommand,
} from "./fleet/connection/vehicle-commands.js";
export { desireState } from "./fleet/shadows/shadows.js";
export { showConnectivity, type Connectivity } from "./tasks/connection/show-connectivity.js";
export { DeviceLostError, DeviceRefusedError } from "./aws/mqtt/refusals.js";

// 10 Commands: tell a vehicle what to do now, and hear how that went
export {
  commandParameter,
  type ParameterRule,
  type ParameterValue,
} from "./fleet/commands/command-parameters.js";
export {
  createCommand,
  deleteCommand,
  deprecateCommand,
  findCommand,
  listCommands,
  type CreatedCommand,
  type NewCommand,
} from "./fleet/commands/commands.js";
export {
  describeCommandExecution,
  listCommandExecutions,
  startCommand,
  startCommands,
  waitForCommand,
  type CommandExecution,
  type CommandExecutionDetails,
  type CommandHistory,
  type CommandWishes,
  type StartedCommands,
} from "./fleet/commands/command-executions.js";
export { showCommandExecutions } from "./tasks/commands/show-executions.js";
export { checkCommandChallenge, checkCommands } from "./tasks/commands/check-commands.js";

// 11 Bulk: AWS IoT registers many vehicles by itself
export { registrationTemplate } from "./fleet/registration/registration-template.js";
export type {
  RegistrationLine,
  RegistrationTemplate,
} from "./fleet/registration/registration-template.js";
export {
  readReports,
  type RegistrationFailure,
  type RegistrationReport,
} from "./fleet/registration/registration-reports.js";
export {
  describeRegistration,
  runningRegistrations,
  startRegistration,
  stopRegistration,
  waitForRegistration,
  type RegistrationState,
  type RegistrationTask,
  type RegistrationWishes,
  type VehicleToRegister,
} from "./fleet/registration/registration-tasks.js";
export { createRegistrationRole } from "./fleet/software/roles.js";
export { checkBulk } from "./tasks/registration/check-bulk.js";

// For instructors: plan a class, see where it stands, help, and clean up after it
export {
  openClass,
  planClass,
  showClass,
  type ClassPlan,
  type ClassWishes,
  type PlannedLearner,
} from "./tasks/class/plan-class.js";
export { asLearner } from "./tasks/class/learner.js";
export { showBoard, showHubBoard, type BoardNotebook, type BoardRow } from "./tasks/class/board.js";
export { showRefusedCalls, type Refused } from "./tasks/class/refused-calls.js";
export { closeClass, type ClosedFleet } from "./tasks/class/close-class.js";
export { cleanUpPolicy, learnerPolicy, type IamPolicy } from "./tasks/class/iam-policies.js";

// Every notebook: build what the earlier ones would have left
export { catchUp, type PathWithJobs } from "./tasks/catch-up/catch-up.js";
export { pathOf, type Notebook, type Path } from "./tasks/path/path.js";
