import { executionStatuses } from "../jobs/executions.js";

/** What a member's value must be: AWS's constraints that are not in the SDK's schemas. */
export interface Rule {
  /** Anchored at both ends. */
  readonly pattern?: RegExp;
  /** How AWS prints the pattern, where it differs from ours. */
  readonly shown?: string;
  /** Smallest length of a text, list or map, or smallest number. */
  readonly min?: number;
  readonly max?: number;
  readonly oneOf?: readonly string[];
}

type Rules = Readonly<Record<string, Rule>>;

const name = { pattern: /^[a-zA-Z0-9:_-]+$/, min: 1, max: 128 };
const jobId = { pattern: /^[a-zA-Z0-9_-]+$/, min: 1, max: 64 };
const description = {
  pattern: /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u,
  shown: "[\\p{Graph}\\x20]*",
  max: 2028,
};

const policyName = { pattern: /^[\w+=,.@-]+$/, min: 1, max: 128 };
const logLevel = { oneOf: ["DEBUG", "INFO", "ERROR", "WARN", "DISABLED"] };
const certificateStatus = {
  oneOf: [
    "ACTIVE",
    "INACTIVE",
    "REVOKED",
    "PENDING_TRANSFER",
    "REGISTER_INACTIVE",
    "PENDING_ACTIVATION",
  ],
};

const jobText = { pattern: /^[^\p{C}]+$/u, shown: "[^\\p{C}]+", max: 2028 };
const executionStatus = { oneOf: executionStatuses };
const statusDetails = {
  statusDetails: { max: 10 },
  "statusDetails.key": { pattern: /^[a-zA-Z0-9:_-]+$/, min: 1, max: 128 },
  "statusDetails.value": { ...jobText, min: 1, max: 1024 },
};

const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const tagTextShown = "([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)";

/**
 * Rules of the IoT control plane by member. `list.member`, `map.key` and `map.value` mean what is
 * inside. Patterns and lengths: https://docs.aws.amazon.com/iot/latest/apireference/Welcome.html
 */
const iot: Rules = {
  thingName: name,
  thingTypeName: name,
  thingGroupName: name,
  parentGroupName: name,
  billingGroupName: name,
  indexName: name,
  "thingGroupNames.member": name,
  "thingGroupsToAdd.member": name,
  "thingGroupsToRemove.member": name,
  parentGroup: name,
  namePrefixFilter: name,
  attributeName: { pattern: /^[a-zA-Z0-9_.,@/:#-]+$/, max: 128 },
  attributeValue: {
    pattern: /^[a-zA-Z0-9_.,@/:#=[\]-]*$/,
    shown: "[a-zA-Z0-9_.,@/:#=\\[\\]-]*",
    max: 800,
  },
  "attributes.key": { pattern: /^[a-zA-Z0-9_.,@/:#-]+$/, max: 128 },
  "attributes.value": {
    pattern: /^[a-zA-Z0-9_.,@/:#=[\]-]*$/,
    shown: "[a-zA-Z0-9_.,@/:#=\\[\\]-]*",
    max: 800,
  },
  "searchableAttributes.member": { pattern: /^[a-zA-Z0-9_.,@/:#-]+$/, max: 128 },
  thingTypeDescription: description,
  thingGroupDescription: description,
  maxResults: { min: 1, max: 250 },
  queryString: { min: 1 },
  jobId,
  thingIndexingMode: { oneOf: ["OFF", "REGISTRY", "REGISTRY_AND_SHADOW"] },
  thingConnectivityIndexingMode: { oneOf: ["OFF", "STATUS"] },
  deviceDefenderIndexingMode: { oneOf: ["OFF", "VIOLATIONS"] },
  namedShadowIndexingMode: { oneOf: ["OFF", "ON"] },
  thingGroupIndexingMode: { oneOf: ["OFF", "ON"] },
  "namedShadowNames.member": { pattern: /^[$a-zA-Z0-9:_-]+$/, min: 1, max: 64 },
  maxBuckets: { min: 1, max: 10_000 },
  Key: { pattern: tagText, shown: tagTextShown, min: 1, max: 128 },
  Value: { pattern: tagText, shown: tagTextShown, max: 256 },
  billingGroupDescription: description,
  pageSize: { min: 1, max: 250 },
  certificateId: { pattern: /^(0x)?[a-fA-F0-9]+$/, min: 64, max: 64 },
  certificateSigningRequest: { min: 1, max: 4096 },
  certificatePem: { min: 1, max: 65_536 },
  newStatus: certificateStatus,
  thingPrincipalType: { oneOf: ["EXCLUSIVE_THING", "NON_EXCLUSIVE_THING"] },
  policyName,
  policyVersionId: { pattern: /^[0-9]+$/ },
  policyDocument: { max: 404_600 },
  defaultLogLevel: logLevel,
  logLevel,
  ruleName: { pattern: /^[a-zA-Z0-9_]+$/, min: 1, max: 128 },
};

/** Jobs: https://docs.aws.amazon.com/iot/latest/apireference/API_CreateJob.html */
const jobs: Rules = {
  ...iot,
  ...statusDetails,
  jobTemplateId: jobId,
  namespaceId: { pattern: /^[a-zA-Z0-9_-]+$/ },
  targets: { min: 1 },
  "targets.member": { max: 2048 },
  description: jobText,
  comment: jobText,
  reasonCode: {
    pattern: /^[\p{Lu}\p{N}_]+$/u,
    shown: "[\\p{Upper}\\p{Digit}_]+",
    max: 128,
  },
  documentSource: { min: 1, max: 1350 },
  document: { max: 32_768 },
  roleArn: { min: 20, max: 2048 },
  expiresInSec: { min: 60, max: 3600 },
  targetSelection: { oneOf: ["CONTINUOUS", "SNAPSHOT"] },
  maximumPerMinute: { min: 1, max: 1000 },
  baseRatePerMinute: { min: 1, max: 1000 },
  incrementFactor: { min: 1.1, max: 5 },
  numberOfNotifiedThings: { min: 1 },
  numberOfSucceededThings: { min: 1 },
  thresholdPercentage: { max: 100 },
  minNumberOfExecutedThings: { min: 1 },
  action: { oneOf: ["CANCEL"] },
  numberOfRetries: { min: 0, max: 10 },
  inProgressTimeoutInMinutes: { min: 1, max: 10_080 },
  endBehavior: { oneOf: ["STOP_ROLLOUT", "CANCEL", "FORCE_CANCEL"] },
  startTime: { min: 1, max: 256 },
  endTime: { min: 1, max: 64 },
  durationInMinutes: { min: 1, max: 1430 },
  destinationPackageVersions: { max: 25 },
  "destinationPackageVersions.member": { min: 1, max: 1600 },
  jobArn: { min: 1, max: 1600 },
  jobTemplateArn: { min: 1, max: 1600 },
  status: executionStatus,
};

/** Where one operation differs from the others. */
const iotByOperation: Readonly<Record<string, Rules>> = {
  SearchIndex: { ...iot, maxResults: { min: 1, max: 100 } },
  ListIndices: { ...iot, maxResults: { min: 1, max: 500 } },
  ListJobs: {
    ...jobs,
    status: {
      oneOf: ["IN_PROGRESS", "CANCELED", "COMPLETED", "DELETION_IN_PROGRESS", "SCHEDULED"],
    },
  },
  RegisterCertificateWithoutCA: { ...iot, status: certificateStatus },
  UpdateIndexingConfiguration: { ...iot, type: { oneOf: ["Number", "String", "Boolean"] } },
};

/** Where the package catalog differs: https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePackageVersion.html */
const packages: Rules = {
  packageName: { pattern: /^[a-zA-Z0-9\-_.]+$/, shown: "[a-zA-Z0-9-_.]+", min: 1, max: 128 },
  versionName: { pattern: /^[a-zA-Z0-9\-_.]+$/, shown: "[a-zA-Z0-9-_.]+", min: 1, max: 64 },
  defaultVersionName: { pattern: /^[a-zA-Z0-9\-_.]+$/, shown: "[a-zA-Z0-9-_.]+", min: 1, max: 64 },
  description: { pattern: /^[^\p{C}]+$/u, shown: "[^\\p{C}]+", max: 1024 },
  "attributes.key": { pattern: /^[a-zA-Z0-9:_-]+$/, min: 1 },
  "attributes.value": { pattern: /^[^\p{C}]+$/u, shown: "[^\\p{C}]+", min: 1 },
  clientToken: { pattern: /^\S+$/, min: 36, max: 64 },
  recipe: { max: 3072 },
  "tags.key": { pattern: tagText, shown: tagTextShown, min: 1, max: 128 },
  "tags.value": { pattern: tagText, shown: tagTextShown, max: 256 },
  maxResults: { min: 1, max: 100 },
  status: { oneOf: ["DRAFT", "PUBLISHED", "DEPRECATED"] },
  action: { oneOf: ["PUBLISH", "DEPRECATE"] },
  roleArn: { min: 20, max: 2048 },
};

/** Commands: https://docs.aws.amazon.com/iot/latest/apireference/API_CreateCommand.html */
const commands: Rules = {
  commandId: jobId,
  namespace: { oneOf: ["AWS-IoT", "AWS-IoT-FleetWise"] },
  displayName: { pattern: /^[^\p{C}]*$/u, shown: "[^\\p{C}]*", max: 64 },
  description: jobText,
  payloadTemplate: { max: 32_768 },
  contentType: { min: 1 },
  mandatoryParameters: { min: 1 },
  name: { pattern: /^[.$a-zA-Z0-9_-]+$/, min: 1, max: 192 },
  roleArn: { min: 20, max: 2048 },
  commandParameterName: { pattern: /^[.$a-zA-Z0-9_-]+$/, min: 1, max: 192 },
  sortOrder: { oneOf: ["ASCENDING", "DESCENDING"] },
  maxResults: { min: 1, max: 100 },
  Key: { pattern: tagText, shown: tagTextShown, min: 1, max: 128 },
  Value: { pattern: tagText, shown: tagTextShown, max: 256 },
};

/** Shadows: https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_UpdateThingShadow.html */
const iotdata: Rules = {
  thingName: name,
  shadowName: { pattern: /^[$a-zA-Z0-9:_-]+$/, min: 1, max: 64 },
  pageSize: { min: 1, max: 100 },
};

/** IAM, on roles: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
const iam: Rules = {
  RoleName: { pattern: /^[\w+=,.@-]+$/, min: 1, max: 64 },
  PolicyName: { pattern: /^[\w+=,.@-]+$/, min: 1, max: 128 },
  Path: { pattern: /^(\/|\/[!-~]+\/)$/, min: 1, max: 512 },
  PathPrefix: { pattern: /^\/[!-~]*$/, min: 1, max: 512 },
  AssumeRolePolicyDocument: { min: 1, max: 131_072 },
  PolicyDocument: { min: 1, max: 131_072 },
  Description: { max: 1000 },
  MaxSessionDuration: { min: 3600, max: 43_200 },
  PolicyArn: { min: 20, max: 2048 },
  PermissionsBoundary: { min: 20, max: 2048 },
  Tags: { max: 50 },
  TagKeys: { max: 50 },
  Key: { pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u, min: 1, max: 128 },
  Value: { pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u, max: 256 },
  MaxItems: { min: 1, max: 1000 },
  Marker: { min: 1 },
};

/** What devices say: https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_UpdateJobExecution.html */
const iotJobsData: Rules = {
  thingName: name,
  jobId,
  ...statusDetails,
  status: executionStatus,
  stepTimeoutInMinutes: { min: -1, max: 10_080 },
};

/** Where a device may ask for whatever comes next. */
const withNext: Rules = {
  ...iotJobsData,
  jobId: { ...jobId, pattern: /^[a-zA-Z0-9_-]+$|^\$next$/, shown: "[a-zA-Z0-9_-]+|^\\$next" },
};

const none: Rules = {};

/** The rules of one operation, by member. */
export function rules(namespace: string, operation: string): Rules {
  switch (namespace) {
    case "com.amazonaws.iot":
      if (operation.includes("Package")) return packages;
      if (operation.includes("Command")) return commands;
      return iotByOperation[operation] ?? (operation.includes("Job") ? jobs : iot);
    case "com.amazonaws.iam":
      return iam;
    case "com.amazonaws.iotdataplane":
      return iotdata;
    case "com.amazonaws.iotjobsdataplane":
      return operation === "DescribeJobExecution" ? withNext : iotJobsData;
    default:
      return none;
  }
}
