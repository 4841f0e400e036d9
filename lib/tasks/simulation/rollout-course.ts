import type { Fleet } from "../../aws/connect.js";
import type { Live } from "../../aws/output.js";
import {
  executionStatuses,
  sumOf,
  type ExecutionCounts,
} from "../../fleet/jobs/execution-counts.js";
import type { JobDetails } from "../../fleet/jobs/jobs.js";
import { timeChart } from "../../show/time-chart.js";
import { STATE_COLOURS } from "../../show/picture.js";
import type { Shown } from "../../show/table.js";

/** How many executions were in which state, so many minutes after the start. */
export interface Moment {
  readonly minute: number;
  readonly counts: ExecutionCounts;
  /** How many members the group had that is watched beside the job. */
  readonly members?: number;
}

/** What cancels the job by itself; none when nothing does. */
export type AbortRules = JobDetails["abort"];

/** The course of a rollout: what was seen of it, and the picture that grows with it. */
export interface Course {
  readonly moments: readonly Moment[];
  /** Note what the service counts now, and draw it when the last drawing is old enough. */
  note(counts: ExecutionCounts, abort?: AbortRules, members?: number): Promise<void>;
  /** True when the last moment is more than a second old, in real time. */
  isDue(): boolean;
  /** Leave the picture as it is at last. */
  end(): Promise<void>;
}

/** Milliseconds of real time after which work on a large step looks at the job again. */
const LOOK_MS = 1_000;
/** Milliseconds of real time from one drawing to the next: one costs about 60, and a small fleet's step 50. */
const REDRAW_MS = 100;

/**
 * Areas from the bottom up: bad ends first, where they can be measured against the abort threshold,
 * and the queue last, so that the top shows whom the rollout has reached.
 */
const PILE = [...executionStatuses].sort((a, b) => rank(a) - rank(b));

function rank(status: string): number {
  return status === "SUCCEEDED" ? 1 : status === "IN_PROGRESS" ? 2 : status === "QUEUED" ? 3 : 0;
}

/** States in which an execution is over for an abort rule. */
const FINISHED = ["SUCCEEDED", "FAILED", "REJECTED", "TIMED_OUT"] as const;

/** How many bad ends would cancel the job now: the share of those that have finished, of so many at least. */
function limitOf(rule: AbortRules[number], counts: ExecutionCounts): number {
  const finished = sumOf(counts, FINISHED);
  const least = Math.max(finished, rule.minNumberOfExecutedThings ?? 1);
  return (least * (rule.thresholdPercentage ?? 100)) / 100;
}

/** Begin the course of a job now; the picture appears with the second moment, as one alone is no course. */
export function createCourse(fleet: Fleet, jobId: string, isShown: boolean): Course {
  const startedAt = fleet.clock.now();
  const moments: Moment[] = [];
  let rules: AbortRules = [];
  let live: Live | undefined;
  let notedAt = Number.NEGATIVE_INFINITY;
  let drawnAt = Number.NEGATIVE_INFINITY;

  return {
    moments,
    isDue: () => performance.now() - notedAt >= LOOK_MS,
    async note(counts, abort = [], members) {
      rules = abort;
      notedAt = performance.now();
      // Tenths of a minute, rounded down: what a step's own calls take does not move the step.
      const minute = Math.floor((fleet.clock.now() - startedAt) / 6_000) / 10;
      const last = moments.at(-1);
      // Looks at the same tenth of a minute are one moment: how it was before anybody did anything.
      if (last?.minute !== minute) {
        moments.push({ minute, counts, ...(members !== undefined && { members }) });
      }
      if (!isShown || moments.length < 2 || performance.now() - drawnAt < REDRAW_MS) return;
      drawnAt = performance.now();
      const picture = await drawCourse(jobId, moments, rules);
      if (live) live.update(picture);
      else live = fleet.output.live(picture);
    },
    async end() {
      if (live) live.end(await drawCourse(jobId, moments, rules));
    },
  };
}

/**
 * The moments as stairs over time, a layer for each state that any execution was in, and a line at
 * the bad ends with which the strictest abort rule would cancel the job, and one for the members of
 * the group that was watched.
 */
export function drawCourse(
  jobId: string,
  moments: readonly Moment[],
  abort: AbortRules = [],
): Promise<Shown> {
  const seen = PILE.filter((status) => moments.some(({ counts }) => counts[status] > 0));
  const limits = moments.map(({ minute, counts }) => ({
    at: minute,
    value: Math.min(...abort.map((rule) => limitOf(rule, counts))),
  }));
  const members = moments.flatMap(({ minute, members: value }) =>
    value === undefined ? [] : { at: minute, value },
  );
  return timeChart({
    title: `Executions of ${jobId}`,
    points: moments.flatMap(({ minute, counts }) =>
      seen.map((status) => ({ at: minute, part: status, value: counts[status] })),
    ),
    xTitle: "minutes",
    yTitle: "vehicles",
    kind: "area",
    colours: STATE_COLOURS,
    ...(members.length > 0 && { beside: { text: "members", points: members } }),
    ...(abort.length > 0 && { limit: { text: "abort", points: limits } }),
  });
}
