import type { Fleet } from "../../aws/connect.js";
import type { Live } from "../../aws/output.js";
import { executionStatuses, type ExecutionCounts } from "../../fleet/jobs/execution-counts.js";
import { timeChart } from "../../show/chart.js";
import { STATE_COLOURS } from "../../show/picture.js";
import type { Shown } from "../../show/table.js";

/** How many executions were in which state, so many minutes after the start. */
export interface Moment {
  readonly minute: number;
  readonly counts: ExecutionCounts;
}

/** The course of a rollout: what was seen of it, and the picture that grows with it. */
export interface Course {
  readonly moments: readonly Moment[];
  /** Note what the service counts now, and draw it when the last drawing is a second old. */
  note(counts: ExecutionCounts): Promise<void>;
  /** True when the last moment is more than a second old, in real time. */
  isDue(): boolean;
  /** Leave the picture as it is at last. */
  end(): Promise<void>;
}

/** Milliseconds of real time from one drawing to the next: one costs about 60. */
const REDRAW_MS = 1_000;
/** Minutes without a look after which the numbers in between are not taken for a slope. */
const GAP_MINUTES = 1;

/** Areas from the bottom up: what is over first, so that the top shows whom the rollout has reached. */
const PILE = [...executionStatuses].sort((a, b) => rank(a) - rank(b));

function rank(status: string): number {
  return status === "SUCCEEDED" ? 0 : status === "IN_PROGRESS" ? 2 : status === "QUEUED" ? 3 : 1;
}

/** Begin the course of a job now; the picture appears with the second moment, as one alone is no course. */
export function createCourse(fleet: Fleet, jobId: string, isShown: boolean): Course {
  const startedAt = fleet.clock.now();
  const moments: Moment[] = [];
  let live: Live | undefined;
  let notedAt = Number.NEGATIVE_INFINITY;
  let drawnAt = Number.NEGATIVE_INFINITY;

  return {
    moments,
    isDue: () => performance.now() - notedAt >= REDRAW_MS,
    async note(counts) {
      notedAt = performance.now();
      // Tenths of a minute, rounded down: what a step's own calls take does not move the step.
      const minute = Math.floor((fleet.clock.now() - startedAt) / 6_000) / 10;
      const last = moments.at(-1);
      if (last && minute - last.minute > GAP_MINUTES) {
        moments.push({ minute: minute - GAP_MINUTES / 2, counts: last.counts });
      }
      // Looks at the same tenth of a minute are one moment: how it was before anybody did anything.
      if (last?.minute !== minute) moments.push({ minute, counts });
      if (!isShown || moments.length < 2 || performance.now() - drawnAt < REDRAW_MS) return;
      drawnAt = performance.now();
      const picture = await drawCourse(jobId, moments);
      if (live) live.update(picture);
      else live = fleet.output.live(picture);
    },
    async end() {
      if (live) live.end(await drawCourse(jobId, moments));
    },
  };
}

/** The moments as areas over time, one for each state that any execution was in. */
export function drawCourse(jobId: string, moments: readonly Moment[]): Promise<Shown> {
  const seen = PILE.filter((status) => moments.some(({ counts }) => counts[status] > 0));
  return timeChart({
    title: `Executions of ${jobId}`,
    points: moments.flatMap(({ minute, counts }) =>
      seen.map((status) => ({ at: minute, part: status, value: counts[status] })),
    ),
    xTitle: "minutes",
    yTitle: "vehicles",
    kind: "area",
    colours: STATE_COLOURS,
  });
}
