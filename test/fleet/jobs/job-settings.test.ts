import { describe, expect, it } from "vitest";
import {
  abortConfig,
  presignConfig,
  retryConfig,
  timeoutConfig,
  type AbortRule,
  type RetryRule,
} from "../../../lib/fleet/jobs/job-settings.js";

const rule: AbortRule = {
  failureType: "FAILED",
  thresholdPercentage: 10,
  minNumberOfExecutedThings: 5,
};

describe("abortConfig", () => {
  it("adds the only action there is", () => {
    expect(abortConfig([rule])).toEqual({ criteriaList: [{ ...rule, action: "CANCEL" }] });
  });

  it.each([0.01, 33.33, 100])("takes a threshold of %d %%", (thresholdPercentage) => {
    expect(abortConfig([{ ...rule, thresholdPercentage }]).criteriaList).toHaveLength(1);
  });

  it.each([0, -1, 100.01, 33.333, NaN])("refuses a threshold of %d %%", (thresholdPercentage) => {
    expect(() => abortConfig([{ ...rule, thresholdPercentage }])).toThrow(
      "from 0.01 to 100, with at most two decimals",
    );
  });

  it.each([0, 1.5, Infinity])("refuses a minimum of %d vehicles", (minNumberOfExecutedThings) => {
    expect(() => abortConfig([{ ...rule, minNumberOfExecutedThings }])).toThrow("at least 1");
  });

  it("refuses a failure type that AWS does not know", () => {
    const failureType = "CRASHED" as "FAILED";

    expect(() => abortConfig([{ ...rule, failureType }])).toThrow(
      "be one of FAILED, REJECTED, TIMED_OUT, ALL",
    );
  });
});

describe("retryConfig", () => {
  const retries = (failureType: RetryRule["failureType"], numberOfRetries: number) => ({
    failureType,
    numberOfRetries,
  });

  it.each([
    [[retries("FAILED", 0)]],
    [[retries("ALL", 10)]],
    [[retries("FAILED", 6), retries("TIMED_OUT", 4)]],
  ])("takes %j", (rules) => {
    expect(retryConfig(rules)).toEqual({ criteriaList: rules });
  });

  it.each([
    [[retries("FAILED", 11)], "from 0 to 10"],
    [[retries("FAILED", -1)], "from 0 to 10"],
    [[retries("FAILED", 6), retries("TIMED_OUT", 5)], "at most 10 in all"],
    [[retries("FAILED", 1), retries("FAILED", 1)], "ALL once"],
    [[retries("FAILED", 1), retries("ALL", 1)], "ALL once"],
    [[retries("REJECTED" as "FAILED", 1)], "be one of FAILED, TIMED_OUT, ALL"],
  ])("refuses %j", (rules, reason) => {
    expect(() => retryConfig(rules)).toThrow(reason);
  });
});

describe("timeoutConfig", () => {
  it.each([1, 10_080])("takes %d minutes", (minutes) => {
    expect(timeoutConfig(minutes)).toEqual({ inProgressTimeoutInMinutes: minutes });
  });

  it.each([0, 10_081, 1.5, NaN])("refuses %d minutes", (minutes) => {
    expect(() => timeoutConfig(minutes)).toThrow("whole number from 1 to 10,080");
  });
});

describe("presignConfig", () => {
  it.each([60, 3_600])("takes %d seconds", (seconds) => {
    expect(presignConfig("role", seconds)).toEqual({ roleArn: "role", expiresInSec: seconds });
  });

  it.each([59, 3_601, 60.5])("refuses %d seconds", (seconds) => {
    expect(() => presignConfig("role", seconds)).toThrow("whole number from 60 to 3,600");
  });
});
