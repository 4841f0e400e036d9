import type { SchedulingConfig } from "@aws-sdk/client-iot";
import type { Fleet } from "../../aws/connect.js";
import { InvalidInputError } from "../../aws/errors.js";
import { checkOneOf, checkWhole } from "./job-settings.js";

/** When a job runs. Without one it runs at once, and until all is done. */
export interface Schedule {
  /** At least 30 minutes and at most a year ahead: a Date, or `2030-01-31 22:00` in UTC. */
  readonly startTime?: Date | string;
  /** At least 30 minutes after the start and at most two years ahead. */
  readonly endTime?: Date | string;
  /**
   * What becomes of vehicles that are not done at the end: nobody new is notified (STOP_ROLLOUT), those
   * that have not begun are cancelled too (CANCEL), or those under way as well (FORCE_CANCEL). Default
   * STOP_ROLLOUT.
   */
  readonly endBehavior?: "STOP_ROLLOUT" | "CANCEL" | "FORCE_CANCEL";
  /** When vehicles are notified: only within these windows. For continuous jobs. */
  readonly maintenanceWindows?: readonly MaintenanceWindow[];
}

export interface MaintenanceWindow {
  /** When it opens, in UTC: `cron(0 2 ? * SUN *)` is each Sunday at 02:00. */
  readonly startTime: string;
  /** 1 to 1,430. */
  readonly durationInMinutes: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** AWS wants the start of a job so far ahead, and its end so far behind the start. */
const HALF_HOUR_MS = 30 * MINUTE_MS;
const LONGEST_WINDOW_MINUTES = 1_430;

const SOURCE = "See https://docs.aws.amazon.com/iot/latest/apireference/API_SchedulingConfig.html";

/**
 * A schedule in the form that CreateJob takes, by the fleet's clock. Calls nothing.
 *
 * @param options.isNew false for a job that may be there already: its times may have come since, and
 *   only their form is checked. Default true.
 * @throws InvalidInputError when a time is no time or out of AWS's range, an end behaviour has no end,
 *   or a job that is not continuous has maintenance windows
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/job-scheduling.html
 */
export function schedulingConfig(
  fleet: Fleet,
  schedule: Schedule,
  { isContinuous, isNew = true }: { readonly isContinuous: boolean; readonly isNew?: boolean },
): SchedulingConfig {
  // A time instead of an object with one would be no schedule at all, and the job would start at once.
  if (typeof schedule !== "object" || schedule === null || schedule instanceof Date) {
    const rule = 'be an object, such as { startTime: "2030-01-31 22:00" }';
    throw new InvalidInputError("the schedule of a job", schedule, rule, SOURCE);
  }
  const { startTime, endTime, endBehavior, maintenanceWindows = [] } = schedule;
  const now = fleet.clock.now();
  const start = startTime === undefined ? undefined : momentOf("the start of a job", startTime);
  const end = endTime === undefined ? undefined : momentOf("the end of a job", endTime);
  if (isNew && start !== undefined) {
    const rule = "at least 30 minutes and at most a year ahead";
    checkBetween("the start of a job", start, now + HALF_HOUR_MS, now + 365 * DAY_MS, rule);
  }
  if (isNew && end !== undefined) {
    const from = (start ?? now) + HALF_HOUR_MS;
    const rule = "at least 30 minutes after the start and at most two years ahead";
    checkBetween("the end of a job", end, from, now + 2 * 365 * DAY_MS, rule);
  }
  if (endBehavior !== undefined) {
    const behaviours = ["STOP_ROLLOUT", "CANCEL", "FORCE_CANCEL"];
    checkOneOf("the endBehavior of a schedule", endBehavior, behaviours);
    if (end === undefined) {
      throw new InvalidInputError(
        "the endBehavior of a schedule without an endTime",
        endBehavior,
        "come with an endTime",
        SOURCE,
      );
    }
  }
  if (maintenanceWindows.length > 0 && !isContinuous) {
    throw new InvalidInputError(
      "the maintenance windows of a snapshot job",
      maintenanceWindows,
      'belong to a job with selection: "CONTINUOUS"',
      SOURCE,
    );
  }
  maintenanceWindows.forEach(checkWindow);
  return {
    ...(start !== undefined && { startTime: textOf(start) }),
    ...(end !== undefined && { endTime: textOf(end) }),
    // AWS wants to be told when there is an end.
    ...(end !== undefined && { endBehavior: endBehavior ?? "STOP_ROLLOUT" }),
    ...(maintenanceWindows.length > 0 && {
      maintenanceWindows: maintenanceWindows.map((window) => ({ ...window })),
    }),
  };
}

function checkWindow({ startTime, durationInMinutes }: MaintenanceWindow): void {
  const longest = LONGEST_WINDOW_MINUTES;
  checkWhole("the minutes of a maintenance window", durationInMinutes, 1, longest, SOURCE);
  // AWS reads the fields; what has not six of them is a slip of the pen.
  if (/^cron\(\S+( \S+){5}\)$/.test(startTime)) return;
  throw new InvalidInputError(
    "the start of a maintenance window",
    startTime,
    "be a cron expression of six fields in UTC, such as cron(0 2 ? * SUN *)",
    SOURCE,
  );
}

/** Milliseconds since the epoch, in whole minutes: AWS's times have no seconds. */
function momentOf(what: string, given: Date | string): number {
  const moment =
    typeof given === "string" ? parseMoment(given) : Math.ceil(given.getTime() / MINUTE_MS);
  if (Number.isFinite(moment)) return moment * MINUTE_MS;
  throw new InvalidInputError(
    what,
    given,
    "be a Date or have the form YYYY-MM-DD HH:MM, in UTC",
    SOURCE,
  );
}

function parseMoment(text: string): number {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d$/.test(text)) return NaN;
  const ms = Date.parse(`${text.replace(" ", "T")}:00Z`);
  // The 31st of April would become the 1st of May.
  return Number.isFinite(ms) && textOf(ms) === text ? ms / MINUTE_MS : NaN;
}

function checkBetween(what: string, given: number, from: number, to: number, rule: string): void {
  if (given >= from && given <= to) return;
  throw new InvalidInputError(what, `${textOf(given)} UTC`, `be ${rule}`, SOURCE);
}

/** `2030-01-31 22:00` */
function textOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace("T", " ");
}
