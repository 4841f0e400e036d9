import {
  InvalidRequestException,
  type AbortConfig,
  type JobExecutionsRetryConfig,
  type JobExecutionsRolloutConfig,
  type PresignedUrlConfig,
  type TimeoutConfig,
} from "@aws-sdk/client-iot";
import { fault } from "../state/operation.js";
import type { State } from "./tables.js";
import { checkPresigning } from "./documents/documents.js";

/**
 * How a job runs, as jobs and job templates are given it.
 * https://docs.aws.amazon.com/iot/latest/developerguide/jobs-configurations.html
 */
export interface Configurations {
  readonly presignedUrlConfig?: PresignedUrlConfig | undefined;
  readonly jobExecutionsRolloutConfig?: JobExecutionsRolloutConfig | undefined;
  readonly abortConfig?: AbortConfig | undefined;
  readonly timeoutConfig?: TimeoutConfig | undefined;
  readonly jobExecutionsRetryConfig?: JobExecutionsRetryConfig | undefined;
}

const mostRetries = 10;
const mostRetryCriteria = 2;

/** Refuse what AWS refuses beyond the ranges of single numbers, which stand in `rules.ts`. */
export function checkConfigurations(state: State, configurations: Configurations): void {
  checkPresigning(state, configurations.presignedUrlConfig);
  checkRollout(configurations.jobExecutionsRolloutConfig);
  checkAbort(configurations.abortConfig);
  checkRetry(configurations.jobExecutionsRetryConfig);
  checkWhole(
    "inProgressTimeoutInMinutes",
    configurations.timeoutConfig?.inProgressTimeoutInMinutes,
  );
}

/** The configurations that are there, and nothing else of an input. */
export function configurationsOf(from: Configurations): {
  [K in keyof Configurations]?: NonNullable<Configurations[K]>;
} {
  const {
    presignedUrlConfig,
    jobExecutionsRolloutConfig,
    abortConfig,
    timeoutConfig,
    jobExecutionsRetryConfig,
  } = from;
  return {
    ...(presignedUrlConfig && { presignedUrlConfig }),
    ...(jobExecutionsRolloutConfig && { jobExecutionsRolloutConfig }),
    ...(abortConfig && { abortConfig }),
    ...(timeoutConfig && { timeoutConfig }),
    ...(jobExecutionsRetryConfig && { jobExecutionsRetryConfig }),
  };
}

function checkRollout(config: JobExecutionsRolloutConfig | undefined): void {
  checkWhole("maximumPerMinute", config?.maximumPerMinute);
  const exponential = config?.exponentialRate;
  if (!exponential) return;
  checkWhole("baseRatePerMinute", exponential.baseRatePerMinute);
  checkDecimals("incrementFactor", exponential.incrementFactor, 1);
  const { numberOfNotifiedThings, numberOfSucceededThings } =
    exponential.rateIncreaseCriteria ?? {};
  if (numberOfNotifiedThings === undefined && numberOfSucceededThings === undefined) {
    refuse("rateIncreaseCriteria needs numberOfNotifiedThings or numberOfSucceededThings");
  }
}

function checkAbort(config: AbortConfig | undefined): void {
  if (!config) return;
  const { criteriaList = [] } = config;
  if (criteriaList.length === 0) refuse("abortConfig needs at least one criterion");
  for (const { failureType, thresholdPercentage = 0, minNumberOfExecutedThings } of criteriaList) {
    checkOneOf("abortConfig", failureType, ["FAILED", "REJECTED", "TIMED_OUT", "ALL"]);
    if (thresholdPercentage <= 0) refuse("thresholdPercentage must be greater than 0");
    checkDecimals("thresholdPercentage", thresholdPercentage, 2);
    checkWhole("minNumberOfExecutedThings", minNumberOfExecutedThings);
  }
}

function checkRetry(config: JobExecutionsRetryConfig | undefined): void {
  if (!config) return;
  const { criteriaList = [] } = config;
  if (criteriaList.length === 0 || criteriaList.length > mostRetryCriteria) {
    refuse(`jobExecutionsRetryConfig needs one or ${mostRetryCriteria} criteria`);
  }
  const types = criteriaList.map(({ failureType }) => failureType);
  for (const type of types) {
    checkOneOf("jobExecutionsRetryConfig", type, ["FAILED", "TIMED_OUT", "ALL"]);
  }
  if (types.length > 1 && (new Set(types).size < types.length || types.includes("ALL"))) {
    refuse("The retry criteria must be for FAILED and TIMED_OUT, or one of them for ALL");
  }
  const sum = criteriaList.reduce((total, { numberOfRetries = 0 }) => total + numberOfRetries, 0);
  if (sum > mostRetries) refuse(`A job can have ${mostRetries} retries in all, not ${sum}`);
  for (const { numberOfRetries } of criteriaList) checkWhole("numberOfRetries", numberOfRetries);
}

function checkOneOf(where: string, type: string | undefined, allowed: readonly string[]): void {
  if (type !== undefined && allowed.includes(type)) return;
  refuse(`failureType of ${where} must be one of ${allowed.join(", ")}, not ${type}`);
}

function checkWhole(name: string, value: number | undefined): void {
  if (value !== undefined && !Number.isInteger(value)) refuse(`${name} must be a whole number`);
}

function checkDecimals(name: string, value: number | undefined, most: number): void {
  if (value === undefined || Number(value.toFixed(most)) === value) return;
  refuse(`${name} can have ${most === 1 ? "one decimal" : `${most} decimals`}, not ${value}`);
}

function refuse(message: string): never {
  return fault(InvalidRequestException, message);
}
