import type { JobExecutionsRolloutConfig } from "@aws-sdk/client-iot";
import { InvalidInputError } from "../../aws/errors.js";
import { checkDecimals, checkWhole, type AbortRule } from "./job-settings.js";

/** The same number of vehicles each minute. */
export interface ConstantRollout {
  /** Vehicles notified each minute, 1 to 1,000. */
  readonly maximumPerMinute: number;
}

/** A few vehicles first, and more each minute once enough of them are known to be well. */
export interface ExponentialRollout {
  /** Vehicles notified in the first minute, 1 to 1,000. */
  readonly baseRatePerMinute: number;
  /** What the rate is multiplied with at each step: 1.1 to 5, with at most one decimal. */
  readonly incrementFactor: number;
  /** What makes a step: each time so many more vehicles have been notified, or have succeeded. */
  readonly rateIncreaseCriteria:
    | { readonly numberOfNotifiedThings: number }
    | { readonly numberOfSucceededThings: number };
  /** The ceiling, 1 to 1,000 vehicles each minute. Default 1,000. */
  readonly maximumPerMinute?: number;
}

/** How fast a job is made known to its vehicles. AWS has one field for it, so it is one or the other. */
export type Rollout = ConstantRollout | ExponentialRollout;

/** Vehicles per minute at most, and what a job does of which nothing was said. */
export const FASTEST_PER_MINUTE = 1_000;

const SOURCE =
  "See https://docs.aws.amazon.com/iot/latest/developerguide/jobs-configurations-details.html";

/**
 * A rollout in the form that CreateJob takes.
 *
 * @throws InvalidInputError when a number is out of AWS's range, or an exponential rollout has no
 *   criterion, or two
 */
export function rolloutConfig(rollout: Rollout): JobExecutionsRolloutConfig {
  const { maximumPerMinute } = rollout;
  if (maximumPerMinute !== undefined) {
    checkWhole("the ceiling of a rollout, maximumPerMinute,", maximumPerMinute, 1, 1_000, SOURCE);
  }
  if (!isExponential(rollout)) {
    if (maximumPerMinute !== undefined) return { maximumPerMinute };
    throw new InvalidInputError(
      "a rollout",
      rollout,
      "have maximumPerMinute, or baseRatePerMinute with incrementFactor and rateIncreaseCriteria",
      SOURCE,
    );
  }
  const { baseRatePerMinute, incrementFactor } = rollout;
  checkWhole(
    "the first rate of a rollout, baseRatePerMinute,",
    baseRatePerMinute,
    1,
    1_000,
    SOURCE,
  );
  const factor = "the incrementFactor of a rollout";
  checkDecimals(factor, incrementFactor, { from: 1.1, to: 5, decimals: 1, source: SOURCE });
  if (maximumPerMinute !== undefined && maximumPerMinute < baseRatePerMinute) {
    throw new InvalidInputError(
      "the ceiling of a rollout, maximumPerMinute,",
      maximumPerMinute,
      `be at least its first rate, ${baseRatePerMinute}`,
      SOURCE,
    );
  }
  return {
    ...(maximumPerMinute !== undefined && { maximumPerMinute }),
    exponentialRate: { baseRatePerMinute, incrementFactor, rateIncreaseCriteria: stepOf(rollout) },
  };
}

function stepOf({ rateIncreaseCriteria }: ExponentialRollout): {
  numberOfNotifiedThings?: number;
  numberOfSucceededThings?: number;
} {
  const given = Object.entries(rateIncreaseCriteria ?? {}).filter(([, n]) => n !== undefined);
  const [[name, number] = ["", 0]] = given;
  const isKnown = name === "numberOfNotifiedThings" || name === "numberOfSucceededThings";
  if (given.length !== 1 || !isKnown) {
    throw new InvalidInputError(
      "the rateIncreaseCriteria of a rollout",
      rateIncreaseCriteria,
      "be either { numberOfNotifiedThings: … } or { numberOfSucceededThings: … }: AWS refuses an exponential rollout without one",
      SOURCE,
    );
  }
  checkWhole(`the criterion of a rollout, ${name},`, number, 1, Infinity, SOURCE);
  return { [name]: number };
}

export function isExponential(rollout: Rollout): rollout is ExponentialRollout {
  return "baseRatePerMinute" in rollout;
}

/** One minute of a rollout, as it is expected to go. */
export interface RolloutMinute {
  /** Minutes since the first vehicles were notified. */
  readonly minute: number;
  /** Vehicles notified in this minute. */
  readonly rate: number;
  /** Vehicles notified so far. */
  readonly notified: number;
  /** Of them, those that have finished, well or badly. */
  readonly finished: number;
  /** Of those, the ones that have not succeeded. */
  readonly failed: number;
}

/** How a rollout is expected to go: a minute each, until the last vehicle has been notified. */
export interface RolloutCourse {
  readonly minutes: readonly RolloutMinute[];
  /** The minute in which an abort rule strikes; undefined when none does. */
  readonly abortedAt?: number;
  /** Vehicles that the abort keeps the job away from. */
  readonly spared: number;
}

export interface Expectation {
  /** Of a hundred vehicles, how many do not succeed: 0 to 100. Default 0. */
  readonly failPercent?: number;
  /** Whole minutes from the notification of a vehicle to its answer, at least 1. Default 1. */
  readonly answerMinutes?: number;
  readonly abort?: readonly AbortRule[];
}

/**
 * Work out how a rollout goes, minute by minute. Calls nothing.
 *
 * It takes failures to be spread evenly, of the kind that the abort rules look at, and every vehicle
 * to answer after the same time; in life both vary, so read it as the shape of what will happen. A
 * course has one entry for each minute: a million vehicles at one a minute have a million.
 *
 * @param devices how many vehicles the job is for, 0 or more
 * @throws InvalidInputError when a number is out of its range
 */
export function rolloutCourse(
  rollout: Rollout,
  devices: number,
  { failPercent = 0, answerMinutes = 1, abort = [] }: Expectation = {},
): RolloutCourse {
  const config = rolloutConfig(rollout);
  checkWhole("a number of vehicles", devices, 0, Infinity);
  checkDecimals("a share of failures", failPercent, { from: 0, to: 100, decimals: 2 });
  checkWhole("the minutes to an answer", answerMinutes, 1, Infinity);
  const minutes: RolloutMinute[] = [];
  for (let minute = 0; ; minute++) {
    const before = minutes[minute - 1]?.notified ?? 0;
    const finished = minutes[minute - answerMinutes]?.notified ?? 0;
    // Whole vehicles fail: of 3 at 50 %, two.
    const failed = Math.round((finished * failPercent) / 100);
    // By the share itself: rounded to whole vehicles, a few would make 20 % of 19 %.
    const isAborted = abort.some(
      (rule) =>
        finished >= rule.minNumberOfExecutedThings && failPercent >= rule.thresholdPercentage,
    );
    const rate = isAborted
      ? 0
      : Math.min(devices - before, rateAt(config, before, finished - failed));
    const notified = before + rate;
    minutes.push({ minute, rate, notified, finished, failed });
    if (isAborted) return { minutes, abortedAt: minute, spared: devices - notified };
    if (finished === devices) return { minutes, spared: 0 };
  }
}

/** Vehicles that may be notified in a minute: each multiple of the criterion raises the rate once more. */
function rateAt(
  { maximumPerMinute = FASTEST_PER_MINUTE, exponentialRate }: JobExecutionsRolloutConfig,
  notified: number,
  succeeded: number,
): number {
  if (!exponentialRate) return maximumPerMinute;
  const { baseRatePerMinute = 1, incrementFactor = 1, rateIncreaseCriteria } = exponentialRate;
  const { numberOfNotifiedThings, numberOfSucceededThings } = rateIncreaseCriteria ?? {};
  const steps =
    numberOfNotifiedThings === undefined
      ? Math.floor(succeeded / (numberOfSucceededThings ?? Infinity))
      : Math.floor(notified / numberOfNotifiedThings);
  return Math.min(Math.floor(baseRatePerMinute * incrementFactor ** steps), maximumPerMinute);
}
