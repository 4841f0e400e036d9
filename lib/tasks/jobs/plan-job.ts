import type { Fleet } from "../../aws/connect.js";
import { InvalidInputError } from "../../aws/errors.js";
import { ownName } from "../../aws/ownership.js";
import { maskedWhenShown } from "../../aws/redact.js";
import { documentText, hasLinks, otaDocument } from "../../fleet/jobs/job-documents.js";
import { schedulingConfig, type Schedule } from "../../fleet/jobs/job-schedule.js";
import {
  abortConfig,
  checkOneOf,
  presignConfig,
  retryConfig,
  timeoutConfig,
  type AbortRule,
  type RetryRule,
} from "../../fleet/jobs/job-settings.js";
import {
  checkName,
  checkNames,
  jobId as jobIdRule,
  thingGroupName,
} from "../../fleet/registry/names.js";
import {
  findSameJob,
  numberedJobId,
  type JobPlan,
  type Selection,
} from "../../fleet/jobs/new-job.js";
import {
  FASTEST_PER_MINUTE,
  isExponential,
  rolloutConfig,
  type Rollout,
} from "../../fleet/jobs/rollout.js";
import { count } from "../../show/progress.js";
import { jobsRoleArn, lookAtGroups, lookAtVersion } from "./job-needs.js";

/** A job as a learner wishes it. Only the groups and what it is about have to be said. */
export type JobWishes = JobSettings & (OtaWishes | CustomWishes);

/** Install a version of a software package. */
export interface OtaWishes {
  readonly kind: "ota";
  readonly package: string;
  /** Published, or deprecated. */
  readonly version: string;
}

/** Anything else. */
export interface CustomWishes {
  readonly kind: "custom";
  /** Any JSON object, or its text, of at most 32,768 bytes; `customDocument()` makes one. */
  readonly document: object | string;
}

export interface JobSettings {
  /** Thing groups, static or dynamic, 1 to 100. A vehicle in several of them gets the job once. */
  readonly groups: readonly string[];
  /** Default SNAPSHOT: the vehicles of this moment. CONTINUOUS: also those that join later. */
  readonly selection?: Selection;
  /**
   * How the id begins, behind a class's prefix; when it is taken, the next free number is appended.
   * Default: from what the job is about.
   */
  readonly name?: string;
  /** The very id, instead of a name. */
  readonly id?: string;
  /** Default: 1,000 vehicles each minute, as AWS does it. */
  readonly rollout?: Rollout;
  /** When the job cancels itself. Default: never. */
  readonly abort?: AbortRule | readonly AbortRule[];
  /** Minutes from a vehicle's start to its end, 1 to 10,080. Default: no limit. */
  readonly timeoutMinutes?: number;
  /** Default: nobody tries again. */
  readonly retry?: RetryRule | readonly RetryRule[];
  /** Default: from now on, until all is done. */
  readonly schedule?: Schedule;
  /** Seconds for which a download link lasts once a vehicle has asked for it, 60 to 3,600. Default 3,600. */
  readonly presignSeconds?: number;
  /** 1 to 2,028 characters. Default: what the job does and for which groups. */
  readonly description?: string;
}

/** Groups of one job at most. */
const MOST_TARGETS = 100;
const SOURCE = "See https://docs.aws.amazon.com/iot/latest/apireference/API_CreateJob.html";

/**
 * Think a job through: check every wish against AWS's rules, and look up what it needs. Creates
 * nothing.
 *
 * Calls DescribeThingGroup for each group, waits until a dynamic one is built, and lists the members,
 * 250 a page. Then GetPackageVersion, GetRole when there are links to sign, and DescribeJob for a
 * free id. A sub-group's members are not counted, though they get the job as well.
 *
 * @throws InvalidInputError before any call, with the value, the rule and its page
 * @throws FleetError when a group, the version or the role is not there, or the version is a draft
 * @throws NotOursError when the role or the job's id belongs to somebody else
 */
export async function planJob(fleet: Fleet, wishes: JobWishes): Promise<JobPlan> {
  const checked = checkWishes(fleet, wishes);
  const { devices, dynamic } = await lookAtGroups(fleet, checked.groups);
  const version = checked.ships && (await lookAtVersion(fleet, checked.ships));
  const presign = hasLinks(checked.document)
    ? maskedWhenShown({
        roleArn: await jobsRoleArn(fleet),
        seconds: wishes.presignSeconds ?? 3_600,
      })
    : undefined;
  const id = wishes.id ?? (await numberedJobId(fleet, jobName(fleet, wishes)));
  const draft = { ...checked, jobId: id, devices, presign };
  const alreadyExists = wishes.id !== undefined && (await findSameJob(fleet, draft));
  const notes = [...(version ?? []), ...notesOf(draft, dynamic)];
  return { ...draft, alreadyExists, notes };
}

/** Everything about a job that does not need AWS to be known. */
type Checked = Omit<JobPlan, "jobId" | "devices" | "presign" | "alreadyExists" | "notes">;

function checkWishes(fleet: Fleet, wishes: JobWishes): Checked {
  const { groups, selection = "SNAPSHOT", rollout, timeoutMinutes, schedule } = wishes;
  checkNames(groups, thingGroupName);
  if (groups.length > MOST_TARGETS) {
    const rule = `be at most ${MOST_TARGETS} groups; one dynamic group can stand for many vehicles`;
    throw new InvalidInputError("the targets of a job", `${groups.length} groups`, rule, SOURCE);
  }
  checkOneOf("the selection of a job", selection, ["SNAPSHOT", "CONTINUOUS"]);
  if (wishes.id !== undefined && wishes.name !== undefined) {
    throw new InvalidInputError("both id and name of a job", wishes.id, "come without a name");
  }
  if (wishes.id !== undefined) checkName(wishes.id, jobIdRule);
  if (wishes.name !== undefined) checkName(wishes.name, jobIdRule);
  const abort = [wishes.abort ?? []].flat();
  const retry = [wishes.retry ?? []].flat();
  const pace = rollout ?? { maximumPerMinute: FASTEST_PER_MINUTE };
  rolloutConfig(pace);
  abortConfig(abort);
  retryConfig(retry);
  if (timeoutMinutes !== undefined) timeoutConfig(timeoutMinutes);
  if (wishes.presignSeconds !== undefined) presignConfig("", wishes.presignSeconds);
  if (schedule !== undefined) {
    schedulingConfig(fleet, schedule, { isContinuous: selection === "CONTINUOUS" });
  }
  checkOneOf("the kind of a job", wishes.kind, ["ota", "custom"]);
  const content =
    wishes.kind === "ota" ? otaDocument(wishes.package, wishes.version) : wishes.document;
  return {
    description: checkDescription(wishes.description ?? describe(wishes)),
    selection,
    groups: [...groups],
    ...(wishes.kind === "ota" && {
      ships: { package: wishes.package, version: wishes.version },
    }),
    document: documentText(content),
    rollout: pace,
    abort,
    retry,
    ...(timeoutMinutes !== undefined && { timeoutMinutes }),
    ...(schedule && { schedule }),
  };
}

function checkDescription(given: string): string {
  if (typeof given === "string" && /^[^\p{C}]{1,2028}$/u.test(given)) return given;
  const rule = "have 1 to 2,028 characters, none of them a line break or another control character";
  throw new InvalidInputError("the description of a job", given, rule, SOURCE);
}

/** `Install SedanVehicle 1.1.0 on US_Fleet`, cut to what fits when there are very many groups. */
function describe(wishes: JobWishes): string {
  const what =
    wishes.kind === "ota"
      ? `Install ${wishes.package} ${wishes.version} on`
      : `${operationOf(wishes.document) ?? "Custom job"} for`;
  return `${what} ${wishes.groups.join(", ")}`.replace(/\p{C}/gu, " ").slice(0, 2_028);
}

/** The wished name, or the default one; in a class it begins with the prefix. */
function jobName(fleet: Fleet, wishes: JobWishes): string {
  return ownName(fleet, wishes.name ?? nameOf(wishes)).slice(0, LONGEST_ID);
}

/** Characters of a job id. */
const LONGEST_ID = 64;

/** `upgrade-SedanVehicle-1-1-0`, or the operation that a custom document names: `check-tires`. */
function nameOf(wishes: JobWishes): string {
  const name =
    wishes.kind === "ota"
      ? `upgrade-${wishes.package}-${wishes.version}`
      : (operationOf(wishes.document) ?? "custom-job");
  return name.replaceAll(/[^a-zA-Z0-9_-]/g, "-").slice(0, LONGEST_ID);
}

function operationOf(document: object | string): string | undefined {
  const { operation } = JSON.parse(documentText(document)) as { readonly operation?: unknown };
  return typeof operation === "string" && operation !== "" ? operation : undefined;
}

function notesOf(
  plan: Omit<JobPlan, "notes" | "alreadyExists">,
  dynamic: ReadonlyMap<string, string>,
): string[] {
  const { devices, selection, ships, timeoutMinutes, abort, schedule, rollout } = plan;
  const isContinuous = selection === "CONTINUOUS";
  const notes: string[] = [];
  if (devices === 0) {
    notes.push(
      isContinuous
        ? "No vehicle is in the groups now: the job waits for the first."
        : "No vehicle is in the groups now: the job is over as soon as it starts.",
    );
  }
  if (isContinuous && schedule?.endTime === undefined) {
    notes.push("A continuous job never completes by itself: it ends when you cancel it.");
  }
  if (isContinuous && ships) {
    const field = `.${ships.package}.version`;
    for (const [group, query] of dynamic) {
      if (!query.includes(field)) continue;
      notes.push(
        `${group} asks for a version of ${ships.package}: each vehicle that succeeds leaves it, and the group empties itself.`,
      );
    }
  }
  for (const { minNumberOfExecutedThings: least } of isContinuous ? [] : abort) {
    if (devices > 0 && least > devices) {
      notes.push(
        `An abort rule waits for ${count(least)} finished vehicles, and there are ${count(devices)}: it never strikes.`,
      );
    }
  }
  const ceiling = rollout.maximumPerMinute ?? FASTEST_PER_MINUTE;
  if (abort.length > 0 && !isExponential(rollout) && devices <= ceiling && devices > 0) {
    notes.push(
      "All vehicles are notified in the first minute: an abort comes too late to spare any that answer fast.",
    );
  }
  if (timeoutMinutes === undefined) {
    notes.push("Without a timeout, a vehicle that hangs keeps the job open.");
  }
  return notes;
}
