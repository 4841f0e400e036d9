import type { JobExecutionStatus, JobStatus } from "@aws-sdk/client-iot";
import { sumOf, type ExecutionCounts } from "./execution-counts.js";
import { isLive } from "./jobs.js";

/** From which share of success on, in percent, a rollout may be called what. Below the last: critical. */
export const SUCCESS_BANDS = { excellent: 95, good: 80, poor: 50 } as const;

/** Above this share of failures, in percent, cancelling is worth a thought; above the other, a look. */
export const CANCEL_ABOVE_PERCENT = 20;
const LOOK_ABOVE_PERCENT = 10;

/** What devices made of the job. Cancelled and removed executions say nothing about it. */
const OUTCOMES = [
  "SUCCEEDED",
  "FAILED",
  "TIMED_OUT",
  "REJECTED",
] as const satisfies readonly JobExecutionStatus[];

export type HealthBand = "excellent" | "good" | "poor" | "critical";

/** Where a job stands, which is not how well it does. */
export type HealthState =
  | "no executions yet"
  | "nothing finished yet"
  | "in progress"
  | "stopped early"
  | "finished";

type Sign =
  | "without success"
  | "failures"
  | "timeouts"
  | "rejections"
  | "cancelled"
  | "removed"
  | "waiting";

/** Something to do, and what suggests it. */
export interface Recommendation {
  readonly sign: Sign;
  /** Executions that show the sign. */
  readonly count: number;
  /** Their part of the finished ones, in percent; of all for those that have no outcome. */
  readonly percent: number;
  readonly advice: string;
}

export interface JobHealth {
  readonly state: HealthState;
  /** How well the finished executions did; undefined while nothing has finished. */
  readonly band?: HealthBand | undefined;
  /** Succeeded among the finished, in percent with one decimal. */
  readonly successPercent?: number | undefined;
  /** Executions with an outcome: succeeded, failed, timed out or rejected. */
  readonly finished: number;
  /** Executions that are queued or in progress. */
  readonly pending: number;
  readonly recommendations: readonly Recommendation[];
}

/**
 * How a rollout does, judged by its finished executions only: a job that has just begun is not
 * critical, it has not finished anything. Calls nothing.
 *
 * @param job its status, as AWS has it
 * @param counts as {@link countExecutions} gives them; AWS's own are some seconds behind
 */
export function healthOf(job: { readonly status: JobStatus }, counts: ExecutionCounts): JobHealth {
  const finished = sumOf(counts, OUTCOMES);
  const pending = counts.QUEUED + counts.IN_PROGRESS;
  const successPercent = finished === 0 ? undefined : percentOf(counts.SUCCEEDED, finished);
  return {
    state: stateOf(job.status, counts, finished, pending),
    band: finished === 0 ? undefined : bandOf((counts.SUCCEEDED / finished) * 100),
    successPercent,
    finished,
    pending,
    recommendations: recommendationsFor(job.status, counts, finished),
  };
}

/** @param percent of success, 0 to 100 */
export function bandOf(percent: number): HealthBand {
  if (percent >= SUCCESS_BANDS.excellent) return "excellent";
  if (percent >= SUCCESS_BANDS.good) return "good";
  return percent >= SUCCESS_BANDS.poor ? "poor" : "critical";
}

function stateOf(
  status: JobStatus,
  counts: ExecutionCounts,
  finished: number,
  pending: number,
): HealthState {
  const isOpen = isLive(status) || pending > 0;
  if (isOpen && sumOf(counts) === 0) return "no executions yet";
  if (isOpen) return finished === 0 ? "nothing finished yet" : "in progress";
  return status === "CANCELED" ? "stopped early" : "finished";
}

function recommendationsFor(
  status: JobStatus,
  counts: ExecutionCounts,
  finished: number,
): Recommendation[] {
  const live = isLive(status);
  const bad = finished - counts.SUCCEEDED;
  const share = (count: number) => (finished === 0 ? 0 : (count / finished) * 100);
  const ofFinished = (sign: Sign, count: number, advice: string): Recommendation[] =>
    share(count) > LOOK_ABOVE_PERCENT
      ? [{ sign, count, percent: percentOf(count, finished), advice }]
      : [];
  const ofAll = (sign: Sign, count: number, advice: string): Recommendation[] =>
    count > 0 ? [{ sign, count, percent: percentOf(count, sumOf(counts)), advice }] : [];

  return [
    ...(live && share(bad) > CANCEL_ABOVE_PERCENT
      ? ofFinished("without success", bad, ADVICE.withoutSuccess)
      : []),
    ...ofFinished("failures", counts.FAILED, ADVICE.failures),
    ...ofFinished("timeouts", counts.TIMED_OUT, ADVICE.timeouts),
    ...ofFinished("rejections", counts.REJECTED, ADVICE.rejections),
    ...ofAll("cancelled", counts.CANCELED, ADVICE.cancelled),
    ...ofAll("removed", counts.REMOVED, ADVICE.removed),
    ...(live ? ofAll("waiting", counts.QUEUED, ADVICE.waiting) : []),
  ];
}

const ADVICE = {
  withoutSuccess: "Consider cancelling the job while you find out why.",
  failures: "Read the status details of a few: is it the job's content, or these vehicles?",
  timeouts: "Allow more minutes, or give the vehicles less to do.",
  rejections: "Check that the firmware suits these vehicles, and that the group is the right one.",
  cancelled: "They never finished, so they run what they ran before.",
  removed: "They left the target group, or their thing was deleted, before they finished.",
  waiting: "They have not begun, and may be offline: go on watching.",
};

function percentOf(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 1000) / 10;
}
