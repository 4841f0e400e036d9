import type { JobExecutionStatus, JobStatus } from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { countStatuses } from "../../../lib/fleet/jobs/execution-counts.js";
import { bandOf, healthOf } from "../../../lib/fleet/jobs/job-health.js";

type Some = Partial<Record<JobExecutionStatus, number>>;

const counts = (some: Some) => ({ ...countStatuses([]), ...some });
const health = (status: JobStatus, some: Some) => healthOf({ status }, counts(some));
const signs = (status: JobStatus, some: Some) =>
  health(status, some).recommendations.map(({ sign }) => sign);

describe("healthOf", () => {
  it.each([
    ["IN_PROGRESS", {}, "no executions yet", undefined],
    ["SCHEDULED", {}, "no executions yet", undefined],
    ["IN_PROGRESS", { QUEUED: 100 }, "nothing finished yet", undefined],
    ["IN_PROGRESS", { QUEUED: 98, IN_PROGRESS: 2 }, "nothing finished yet", undefined],
    ["IN_PROGRESS", { QUEUED: 90, SUCCEEDED: 10 }, "in progress", "excellent"],
    ["CANCELED", { IN_PROGRESS: 1, CANCELED: 9 }, "nothing finished yet", undefined],
    ["CANCELED", { SUCCEEDED: 1, CANCELED: 9 }, "stopped early", "excellent"],
    ["CANCELED", { CANCELED: 9 }, "stopped early", undefined],
    // An abort keeps vehicles from ever getting an execution: only the job tells.
    ["CANCELED", { SUCCEEDED: 6, FAILED: 4 }, "stopped early", "poor"],
    ["COMPLETED", { SUCCEEDED: 9, CANCELED: 1 }, "finished", "excellent"],
    ["COMPLETED", { SUCCEEDED: 9, FAILED: 1 }, "finished", "good"],
    ["COMPLETED", {}, "finished", undefined],
  ] as const)("D26: a job that is %s with %o is %s", (status, some, state, band) => {
    expect(health(status, some)).toMatchObject({ state, band });
  });

  it("D26: judges finished executions only", () => {
    const started = health("IN_PROGRESS", { QUEUED: 97, SUCCEEDED: 2, FAILED: 1 });
    const stopped = health("CANCELED", { CANCELED: 90, REMOVED: 5, SUCCEEDED: 5 });

    expect(started).toMatchObject({ finished: 3, pending: 97, successPercent: 66.7, band: "poor" });
    expect(stopped).toMatchObject({ finished: 5, pending: 0, successPercent: 100 });
  });

  it("does not round a job into a better band", () => {
    const almost = health("COMPLETED", { SUCCEEDED: 94_999, FAILED: 5_001 });

    expect(almost).toMatchObject({ successPercent: 95, band: "good" });
  });
});

describe("bandOf", () => {
  it.each([
    [100, "excellent"],
    [95, "excellent"],
    [94.9, "good"],
    [80, "good"],
    [79.9, "poor"],
    [50, "poor"],
    [49.9, "critical"],
    [0, "critical"],
  ])("of %d is %s", (percent, band) => {
    expect(bandOf(percent)).toBe(band);
  });
});

describe("the recommendations of healthOf", () => {
  it.each([
    ["nothing while all is well", "COMPLETED", { SUCCEEDED: 90, FAILED: 10 }, []],
    ["failures", "COMPLETED", { SUCCEEDED: 89, FAILED: 11 }, ["failures"]],
    ["timeouts", "COMPLETED", { SUCCEEDED: 80, TIMED_OUT: 20 }, ["timeouts"]],
    ["rejections", "COMPLETED", { SUCCEEDED: 80, REJECTED: 20 }, ["rejections"]],
    ["what was cancelled", "CANCELED", { SUCCEEDED: 8, CANCELED: 2 }, ["cancelled"]],
    ["what was removed", "COMPLETED", { SUCCEEDED: 8, REMOVED: 2 }, ["removed"]],
    ["what has not begun", "IN_PROGRESS", { SUCCEEDED: 8, QUEUED: 2 }, ["waiting"]],
    [
      "nothing above 20 % in a job that is over",
      "COMPLETED",
      { SUCCEEDED: 7, FAILED: 3 },
      ["failures"],
    ],
  ] as const)("name %s", (_, status, some, expected) => {
    expect(signs(status, some)).toEqual(expected);
  });

  it("suggest cancelling a live job above 20 % without success, whatever the kind", () => {
    const bad = { SUCCEEDED: 78, FAILED: 8, TIMED_OUT: 7, REJECTED: 7 };

    expect(signs("IN_PROGRESS", bad)).toEqual(["without success"]);
    expect(signs("IN_PROGRESS", { ...bad, SUCCEEDED: 88 })).toEqual([]);
  });

  it("say how many and what part of which whole", () => {
    const { recommendations } = health("CANCELED", { SUCCEEDED: 60, FAILED: 20, CANCELED: 20 });

    expect(recommendations).toMatchObject([
      { sign: "failures", count: 20, percent: 25 },
      { sign: "cancelled", count: 20, percent: 20 },
    ]);
  });
});
