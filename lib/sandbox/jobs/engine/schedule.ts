import {
  InvalidRequestException,
  type MaintenanceWindow,
  type SchedulingConfig,
} from "@aws-sdk/client-iot";
import { fault } from "../../state/operation.js";
import { parseCron, startsAfter } from "./cron.js";

/*
 * Start, end and maintenance windows of a job.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_SchedulingConfig.html
 */

const minuteMs = 60_000;
const halfHourMs = 30 * minuteMs;
const yearMs = 365 * 24 * 60 * minuteMs;

/** The sandbox's own limit: each request about the job looks at all of them. */
const mostWindows = 100;

/** Occurrences of maintenance windows that DescribeJob shows. */
const shownRollouts = 7;

/** `YYYY-MM-DD HH:MM`, in UTC, as milliseconds since the epoch; undefined for any other text. */
export function momentOf(text: string): number | undefined {
  const [, date, time] = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(?::\d\d)?Z?$/.exec(text.trim()) ?? [];
  const moment = Date.parse(`${date}T${time}:00Z`);
  // A day that no month has rolls over in Date.parse of some engines.
  const isReal = !Number.isNaN(moment) && new Date(moment).toISOString().startsWith(date ?? "-");
  return isReal ? moment : undefined;
}

/** Refuse a schedule that AWS refuses. `now` is in milliseconds since the epoch. */
export function checkSchedule(config: SchedulingConfig, now: number, isContinuous: boolean): void {
  const { startTime, endTime, endBehavior, maintenanceWindows = [] } = config;
  const start = startTime === undefined ? undefined : readMoment("startTime", startTime);
  const end = endTime === undefined ? undefined : readMoment("endTime", endTime);
  if (start !== undefined && start < now + halfHourMs) {
    refuse("startTime must be at least 30 minutes ahead");
  }
  if (start !== undefined && start > now + yearMs) refuse("startTime can be at most a year ahead");
  if (end !== undefined && end < (start ?? now) + halfHourMs) {
    refuse("endTime must be at least 30 minutes after the start");
  }
  if (end !== undefined && end > now + 2 * yearMs) {
    refuse("endTime can be at most two years ahead");
  }
  if (endBehavior !== undefined && end === undefined) refuse("endBehavior needs an endTime");
  if (maintenanceWindows.length > 0 && !isContinuous) {
    refuse("maintenanceWindows are for continuous jobs");
  }
  checkWindows(maintenanceWindows);
}

export function checkWindows(windows: readonly MaintenanceWindow[]): void {
  if (windows.length > mostWindows)
    refuse(`A job can have ${mostWindows} maintenance windows here`);
  for (const { startTime = "", durationInMinutes } of windows) {
    if (!Number.isInteger(durationInMinutes)) refuse("durationInMinutes must be a whole number");
    if (parseCron(startTime)) continue;
    refuse(
      `The startTime of a maintenance window is a cron expression of six fields in UTC, such as ` +
        `cron(0 18 ? * MON *), not ${startTime}`,
    );
  }
}

/** The maintenance window that is open at a moment, until the last of several overlapping ones closes. */
export function windowAt(
  windows: readonly MaintenanceWindow[],
  moment: number,
): { readonly closesAt: number } | undefined {
  let closesAt = moment;
  for (const { startTime = "", durationInMinutes = 0 } of windows) {
    const cron = parseCron(startTime);
    const lastsMs = durationInMinutes * minuteMs;
    if (!cron) continue;
    for (const start of startsAfter(cron, moment - lastsMs)) {
      if (start > moment) break;
      closesAt = Math.max(closesAt, start + lastsMs);
    }
  }
  return closesAt > moment ? { closesAt } : undefined;
}

/** When the next maintenance window opens behind a moment; undefined when none ever does. */
export function nextOpening(
  windows: readonly MaintenanceWindow[],
  moment: number,
): number | undefined {
  return openings(windows, moment)[0];
}

/** What DescribeJob shows of the windows to come. */
export function scheduledRollouts(
  config: SchedulingConfig | undefined,
  now: number,
): { startTime: string }[] | undefined {
  const windows = config?.maintenanceWindows ?? [];
  if (windows.length === 0) return undefined;
  const from =
    config?.startTime === undefined ? now : Math.max(now, momentOf(config.startTime) ?? 0);
  return openings(windows, from).map((start) => ({
    startTime: new Date(start).toISOString().slice(0, 16).replace("T", " "),
  }));
}

function openings(windows: readonly MaintenanceWindow[], moment: number): number[] {
  const starts = windows.flatMap(({ startTime = "" }) => {
    const cron = parseCron(startTime);
    return cron ? firstOf(startsAfter(cron, moment), shownRollouts) : [];
  });
  return [...new Set(starts)].sort((a, b) => a - b).slice(0, shownRollouts);
}

function firstOf<T>(items: Iterable<T>, most: number): T[] {
  const first: T[] = [];
  for (const item of items) {
    first.push(item);
    if (first.length === most) break;
  }
  return first;
}

function readMoment(name: string, text: string): number {
  return momentOf(text) ?? refuse(`${name} must have the form YYYY-MM-DD HH:MM, not ${text}`);
}

function refuse(message: string): never {
  return fault(InvalidRequestException, message);
}
