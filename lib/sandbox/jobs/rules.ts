import type { Rules } from "../http/validate.js";
import { rules as registryRules } from "../registry/rules.js";
import { executionStatuses } from "./executions.js";

const name = { pattern: /^[a-zA-Z0-9:_-]+$/, min: 1, max: 128 };
const jobId = { pattern: /^[a-zA-Z0-9_-]+$/, min: 1, max: 64 };
const arn = /^arn:[!-~]+$/;
const jobText = { pattern: /^[^\p{C}]+$/u, shown: "[^\\p{C}]+", max: 2028 };
const executionStatus = { oneOf: executionStatuses };
const statusDetails = {
  statusDetails: { max: 10 },
  "statusDetails.key": { pattern: /^[a-zA-Z0-9:_-]+$/, min: 1, max: 128 },
  "statusDetails.value": { ...jobText, min: 1, max: 1024 },
};

/** https://docs.aws.amazon.com/iot/latest/apireference/API_CreateJob.html */
const jobs: Rules = {
  ...registryRules,
  jobId,
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
  "destinationPackageVersions.member": { pattern: arn, min: 1, max: 1600 },
  jobArn: { min: 1, max: 1600 },
  jobTemplateArn: { pattern: arn, min: 1, max: 1600 },
  status: executionStatus,
  templateName: { min: 1, max: 64 },
  templateVersion: { pattern: /^[1-9]+.[0-9]+$/, shown: "^[1-9]+.[0-9]+" },
  "documentParameters.key": { pattern: /^[a-zA-Z0-9_-]+$/, min: 1, max: 128 },
  "documentParameters.value": {
    pattern: jobText.pattern,
    shown: jobText.shown,
    min: 1,
    max: 30_720,
  },
};

const jobStatus = {
  oneOf: ["IN_PROGRESS", "CANCELED", "COMPLETED", "DELETION_IN_PROGRESS", "SCHEDULED"],
};

/** What operators say, by operation. */
export function rules(operation: string): Rules {
  return operation === "ListJobs" ? { ...jobs, status: jobStatus } : jobs;
}

/** What devices say: https://docs.aws.amazon.com/iot/latest/apireference/API_iot-jobs-data_UpdateJobExecution.html */
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

/** What devices say, by operation. */
export function deviceRules(operation: string): Rules {
  return operation === "DescribeJobExecution" ? withNext : iotJobsData;
}
