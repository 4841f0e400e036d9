import type { CreateJobCommandInput } from "@aws-sdk/client-iot";

/* Configurations of jobs that are sound but for what a test says. */

export function exponential(
  rate: Partial<
    NonNullable<NonNullable<CreateJobCommandInput["jobExecutionsRolloutConfig"]>["exponentialRate"]>
  >,
) {
  return {
    jobExecutionsRolloutConfig: {
      exponentialRate: {
        baseRatePerMinute: 10,
        incrementFactor: 1.5,
        rateIncreaseCriteria: { numberOfNotifiedThings: 10 },
        ...rate,
      },
    },
  };
}

export function abort(
  criteria: Partial<
    NonNullable<NonNullable<CreateJobCommandInput["abortConfig"]>["criteriaList"]>[number]
  >,
) {
  return {
    abortConfig: {
      criteriaList: [
        {
          failureType: "FAILED" as const,
          action: "CANCEL" as const,
          thresholdPercentage: 12.5,
          minNumberOfExecutedThings: 5,
          ...criteria,
        },
      ],
    },
  };
}

export function retry(...criteria: ["FAILED" | "TIMED_OUT" | "ALL", number][]) {
  return {
    jobExecutionsRetryConfig: {
      criteriaList: criteria.map(([failureType, numberOfRetries]) => ({
        failureType,
        numberOfRetries,
      })),
    },
  };
}
