import type {
  AbortConfig,
  JobExecutionsRetryConfig,
  PresignedUrlConfig,
  TimeoutConfig,
} from "@aws-sdk/client-iot";
import { InvalidInputError } from "../../aws/errors.js";

/** When a job is cancelled by itself: too large a part of its vehicles has not succeeded. */
export interface AbortRule {
  /** Which ends count; ALL is the three together. */
  readonly failureType: "FAILED" | "REJECTED" | "TIMED_OUT" | "ALL";
  /** The part of the finished vehicles that is too many: above 0 to 100, with at most two decimals. */
  readonly thresholdPercentage: number;
  /** How many must have finished before the part is looked at, 1 or more. */
  readonly minNumberOfExecutedThings: number;
}

/** How often a vehicle may try again. */
export interface RetryRule {
  readonly failureType: "FAILED" | "TIMED_OUT" | "ALL";
  /** Attempts after the first, 0 to 10; two rules together at most 10. */
  readonly numberOfRetries: number;
}

const SOURCE =
  "See https://docs.aws.amazon.com/iot/latest/developerguide/jobs-configurations-details.html";

/** Minutes of a timeout at most: a week. */
const LONGEST_TIMEOUT = 10_080;

/**
 * Abort rules in the form that CreateJob takes. Each also carries the only action there is, CANCEL.
 *
 * @throws InvalidInputError when a number is out of AWS's range or a failure type is unknown
 */
export function abortConfig(rules: readonly AbortRule[]): AbortConfig {
  return {
    criteriaList: rules.map((rule) => {
      const { failureType, thresholdPercentage, minNumberOfExecutedThings } = rule;
      const types = ["FAILED", "REJECTED", "TIMED_OUT", "ALL"];
      checkOneOf("the failureType of an abort rule", failureType, types);
      const share = { from: 0.01, to: 100, decimals: 2, source: SOURCE } as const;
      checkDecimals("the thresholdPercentage of an abort rule", thresholdPercentage, share);
      const minimum = "the minNumberOfExecutedThings of an abort rule";
      checkWhole(minimum, minNumberOfExecutedThings, 1, Infinity, SOURCE);
      return { failureType, action: "CANCEL", thresholdPercentage, minNumberOfExecutedThings };
    }),
  };
}

/**
 * Retry rules in the form that CreateJob takes.
 *
 * @throws InvalidInputError when a number is out of AWS's range, or the rules overlap
 */
export function retryConfig(rules: readonly RetryRule[]): JobExecutionsRetryConfig {
  const criteriaList = rules.map(({ failureType, numberOfRetries }) => {
    checkOneOf("the failureType of a retry rule", failureType, ["FAILED", "TIMED_OUT", "ALL"]);
    checkWhole("the numberOfRetries of a retry rule", numberOfRetries, 0, 10, SOURCE);
    return { failureType, numberOfRetries };
  });
  const types = criteriaList.map(({ failureType }) => failureType);
  if (types.length > 1 && (new Set(types).size < types.length || types.includes("ALL"))) {
    throw new InvalidInputError(
      "the failure types of retry rules",
      types,
      "be ALL once, or FAILED and TIMED_OUT each at most once",
      SOURCE,
    );
  }
  const sum = criteriaList.reduce((total, { numberOfRetries }) => total + numberOfRetries, 0);
  if (sum > 10) {
    throw new InvalidInputError("the retries of a job", sum, "be at most 10 in all", SOURCE);
  }
  return { criteriaList };
}

/**
 * The time that a vehicle has from its start to its end, in the form that CreateJob takes.
 *
 * @param minutes 1 to 10,080 (a week)
 * @throws InvalidInputError when it is out of that range
 */
export function timeoutConfig(minutes: number): TimeoutConfig {
  checkWhole("a timeout in minutes", minutes, 1, LONGEST_TIMEOUT, SOURCE);
  return { inProgressTimeoutInMinutes: minutes };
}

/**
 * How long a download link lasts from the moment a vehicle asks for it, and who signs it.
 *
 * @param seconds 60 to 3,600
 * @throws InvalidInputError when it is out of that range
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/create-manage-jobs.html
 */
export function presignConfig(roleArn: string, seconds: number): PresignedUrlConfig {
  checkWhole("the life of a download link in seconds", seconds, 60, 3_600, SOURCE);
  return { roleArn, expiresInSec: seconds };
}

/** @throws InvalidInputError unless `given` is a whole number in the range */
export function checkWhole(
  what: string,
  given: number,
  from: number,
  to: number,
  source = "",
): void {
  if (Number.isInteger(given) && given >= from && given <= to) return;
  throw new InvalidInputError(what, given, `be a whole number ${rangeOf(from, to)}`, source);
}

/** @throws InvalidInputError unless `given` is in the range and has no more decimals than allowed */
export function checkDecimals(
  what: string,
  given: number,
  range: {
    readonly from: number;
    readonly to: number;
    readonly decimals: 1 | 2;
    readonly source?: string;
  },
): void {
  const { from, to, decimals, source = "" } = range;
  const isExact = Number.isFinite(given) && Number(given.toFixed(decimals)) === given;
  if (isExact && given >= from && given <= to) return;
  const digits = decimals === 1 ? "one decimal" : "two decimals";
  const rule = `be a number ${rangeOf(from, to)}, with at most ${digits}`;
  throw new InvalidInputError(what, given, rule, source);
}

/** @throws InvalidInputError unless `given` is one of the words */
export function checkOneOf(what: string, given: string, words: readonly string[]): void {
  if (words.includes(given)) return;
  throw new InvalidInputError(what, given, `be one of ${words.join(", ")}`, SOURCE);
}

function rangeOf(from: number, to: number): string {
  const [low, high] = [from, to].map((n) => n.toLocaleString("en-US"));
  return to === Infinity ? `of at least ${low}` : `from ${low} to ${high}`;
}
