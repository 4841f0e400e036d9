import { charge, usd } from "../../aws/charges.js";
import type { Fleet } from "../../aws/connect.js";
import type { JobPlan } from "../../fleet/jobs/new-job.js";
import {
  FASTEST_PER_MINUTE,
  isExponential,
  rolloutCourse,
  type Rollout,
  type RolloutCourse,
} from "../../fleet/jobs/rollout.js";
import type { AbortRule, RetryRule } from "../../fleet/jobs/job-settings.js";
import { timeChart, type TimeMark, type TimePoint } from "../../show/time-chart.js";
import { count } from "../../show/progress.js";
import { facts } from "../../show/table.js";

/**
 * Show what a job will do before it exists: who gets what, how fast, when it stops, and a picture of
 * the vehicles notified over time. Calls nothing.
 *
 * @param options.failPercent the share of failing vehicles for which the picture shows where the abort
 *   strikes, 0 to 100. Default: twice the lowest threshold of the plan's abort rules.
 */
export async function showJobPlan(
  fleet: Fleet,
  plan: JobPlan,
  { failPercent }: { readonly failPercent?: number } = {},
): Promise<void> {
  const { abort, rollout, devices } = plan;
  fleet.output.show(facts(summaryOf(fleet, plan)));
  // A burst needs no picture.
  if (lastNotified(rolloutCourse(rollout, devices)) === 0) return;
  const threshold = Math.min(...abort.map((rule) => rule.thresholdPercentage));
  const failing = failPercent ?? (abort.length > 0 ? Math.min(100, 2 * threshold) : 0);
  const courses: Record<string, RolloutCourse> = {
    [failing > 0 ? "if all goes well" : "notified"]: rolloutCourse(rollout, devices),
    ...(failing > 0 && {
      [`if ${failing} % fail`]: rolloutCourse(rollout, devices, { abort, failPercent: failing }),
    }),
  };
  await showCourses(fleet, { title: `Rollout of ${plan.jobId}`, devices }, courses);
}

/** Rollouts to be compared in one picture. */
export interface RolloutPicture {
  readonly title?: string;
  /** How many vehicles the job is for, 0 or more. */
  readonly devices: number;
  /** Each with the name it is drawn under. */
  readonly rollouts: Readonly<Record<string, Rollout>>;
  /** Of a hundred vehicles, how many fail: 0 to 100. Default 0. */
  readonly failPercent?: number;
  /** The picture then shows where they strike. */
  readonly abort?: AbortRule | readonly AbortRule[];
  /** Minutes from notification to answer, 1 or more. Default 1. */
  readonly answerMinutes?: number;
}

/**
 * Draw how many vehicles have been notified, minute by minute, under different rollouts. Calls nothing.
 *
 * @throws InvalidInputError when a rollout or a number is out of AWS's range
 */
export async function showRollouts(fleet: Fleet, picture: RolloutPicture): Promise<void> {
  const { devices, rollouts, failPercent = 0, answerMinutes = 1 } = picture;
  const abort = [picture.abort ?? []].flat();
  const courses = Object.entries(rollouts).map(([name, rollout]) => [
    name,
    rolloutCourse(rollout, devices, { abort, failPercent, answerMinutes }),
  ]) as [string, RolloutCourse][];
  await showCourses(fleet, picture, Object.fromEntries(courses));
}

/** Steps that a picture draws of one course. */
const DRAWN_MINUTES = 200;

async function showCourses(
  fleet: Fleet,
  { title, devices }: Pick<RolloutPicture, "title" | "devices">,
  courses: Readonly<Record<string, RolloutCourse>>,
): Promise<void> {
  const named = Object.entries(courses);
  // An aborted rollout stays where it is; that is seen when the picture goes on for as long again.
  const last = Math.max(
    1,
    ...named.map(([, { abortedAt, minutes }]) => 2 * (abortedAt ?? 0) || minutes.length - 1),
  );
  const points = named.flatMap(([name, course]) => pointsOf(name, course, last));
  const aborted = named.filter(([, { abortedAt }]) => abortedAt !== undefined);
  const marks = aborted.map(([name, { abortedAt = 0, spared }]): TimeMark => {
    const text = `aborted, ${count(spared)} spared`;
    return { at: abortedAt, text: aborted.length > 1 ? `${name}: ${text}` : text };
  });
  fleet.output.show(
    await timeChart({
      title: title ?? `${count(devices)} vehicles`,
      points,
      xTitle: "minutes",
      yTitle: "vehicles notified",
      kind: "step",
      marks,
    }),
  );
}

/** Stairs from the first minute to the picture's last: a finished rollout stays where it is. */
function pointsOf(part: string, { minutes }: RolloutCourse, last: number): TimePoint[] {
  const every = Math.ceil(last / DRAWN_MINUTES);
  const drawn = Array.from({ length: Math.ceil(last / every) + 1 }, (_, i) =>
    Math.min(i * every, last),
  );
  return drawn.map((at) => ({ at, part, value: (minutes[at] ?? minutes.at(-1))?.notified ?? 0 }));
}

function summaryOf(fleet: Fleet, plan: JobPlan): [string, string][] {
  const { presign, timeoutMinutes, devices } = plan;
  const cost =
    fleet.target === "sandbox" ? "nothing" : `${usd(charge({ jobExecution: devices }))} or more`;
  return [
    ["Job", plan.alreadyExists ? `${plan.jobId}, which exists already` : plan.jobId],
    ["Who", whoOf(plan)],
    ["What", whatOf(plan)],
    ["How fast", describeRollout(plan)],
    ["When", whenOf(plan)],
    ["Cancels itself", plan.abort.map(abortText).join(", or ") || "never"],
    [
      "Each vehicle",
      timeoutMinutes === undefined
        ? "may take as long as it likes"
        : `has ${count(timeoutMinutes)} min from its start, then it has TIMED_OUT`,
    ],
    ["Tries again", plan.retry.map(retryText).join(", ") || "never"],
    ...(presign
      ? [["Download links", `last ${count(presign.seconds)} s from when a vehicle asks`] as const]
      : []),
    ["Costs", cost],
    ...plan.notes.map((note) => ["Note", note] as const),
  ].map(([name = "", value = ""]) => [name, value]);
}

function whoOf({ devices, groups, selection }: JobPlan): string {
  const now = `${count(devices)} vehicle${devices === 1 ? "" : "s"} in ${groups.join(", ")}`;
  return selection === "CONTINUOUS"
    ? `${now} now, and whoever joins later (CONTINUOUS)`
    : `${now}, and nobody who joins later (SNAPSHOT)`;
}

function whatOf({ ships, document }: JobPlan): string {
  if (ships) return `install ${ships.package} ${ships.version}`;
  const { operation } = JSON.parse(document) as { readonly operation?: unknown };
  const name = typeof operation === "string" ? operation : "a custom document";
  return `${name}, ${count(Buffer.byteLength(document))} bytes of JSON`;
}

/** `5 a minute, times 2 for every 10 notified, at most 50: all after 6 minutes` */
function describeRollout({ rollout, devices }: JobPlan): string {
  const minutes = lastNotified(rolloutCourse(rollout, devices));
  const all =
    devices === 0
      ? ""
      : minutes === 0
        ? ": all of them at once"
        : `: all of them after ${count(minutes)} minute${minutes === 1 ? "" : "s"}`;
  return `${paceOf(rollout)}${all}`;
}

/** The minute in which the last vehicle is notified. */
function lastNotified({ minutes }: RolloutCourse): number {
  return minutes.findLast(({ rate }) => rate > 0)?.minute ?? 0;
}

function paceOf(rollout: Rollout): string {
  if (!isExponential(rollout)) return `${count(rollout.maximumPerMinute)} a minute`;
  const { baseRatePerMinute, incrementFactor, rateIncreaseCriteria, maximumPerMinute } = rollout;
  const step =
    "numberOfNotifiedThings" in rateIncreaseCriteria
      ? `${count(rateIncreaseCriteria.numberOfNotifiedThings)} notified`
      : `${count(rateIncreaseCriteria.numberOfSucceededThings)} that succeeded`;
  const ceiling = count(maximumPerMinute ?? FASTEST_PER_MINUTE);
  return `${count(baseRatePerMinute)} a minute, times ${incrementFactor} for every ${step}, at most ${ceiling}`;
}

function whenOf({ schedule }: JobPlan): string {
  const { startTime, endTime, endBehavior, maintenanceWindows = [] } = schedule ?? {};
  const parts = [
    startTime === undefined ? "from now on" : `from ${momentText(startTime)}`,
    endTime === undefined
      ? ""
      : `until ${momentText(endTime)}, then ${endBehavior ?? "STOP_ROLLOUT"}`,
    ...maintenanceWindows.map(
      (window) => `only for ${count(window.durationInMinutes)} min from ${window.startTime}`,
    ),
  ];
  return parts.filter((part) => part !== "").join(", ");
}

function momentText(moment: Date | string): string {
  const text = typeof moment === "string" ? moment : moment.toISOString().slice(0, 16);
  return `${text.replace("T", " ")} UTC`;
}

function abortText(rule: AbortRule): string {
  const { failureType, thresholdPercentage, minNumberOfExecutedThings: least } = rule;
  const how = failureType === "ALL" ? "FAILED, REJECTED or TIMED_OUT" : failureType;
  return `once ${thresholdPercentage} % of at least ${count(least)} finished vehicles have ${how}`;
}

function retryText({ failureType, numberOfRetries }: RetryRule): string {
  const after = failureType === "ALL" ? "FAILED or TIMED_OUT" : failureType;
  return `${numberOfRetries === 1 ? "once" : `${numberOfRetries} times`} after ${after}`;
}
