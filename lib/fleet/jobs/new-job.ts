import { CreateJobCommand, type CreateJobCommandInput } from "@aws-sdk/client-iot";
import { iotArn } from "../../aws/arn.js";
import { requireConfirmation } from "../../aws/confirm.js";
import type { Fleet } from "../../aws/connect.js";
import { FleetError, unlessTaken } from "../../aws/errors.js";
import { tagList } from "../../aws/ownership.js";
import { maskedWhenShown } from "../../aws/redact.js";
import { waitUntil } from "../../aws/wait.js";
import { documentText } from "./job-documents.js";
import { schedulingConfig, type Schedule } from "./job-schedule.js";
import {
  abortConfig,
  presignConfig,
  retryConfig,
  timeoutConfig,
  type AbortRule,
  type RetryRule,
} from "./job-settings.js";
import { findJob, jobArn, jobDocument, listJobs } from "./jobs.js";
import { checkName, jobId as jobIdRule } from "../registry/names.js";
import { isRoleNotReady } from "../software/package-configuration.js";
import { packageArn } from "../software/package-versions.js";
import { rolloutConfig, type Rollout } from "./rollout.js";
import { requireOurs } from "../registry/tags.js";

/** SNAPSHOT: the vehicles of this moment. CONTINUOUS: also those that join a group later. */
export type Selection = "SNAPSHOT" | "CONTINUOUS";

/** A job that has been thought through, with everything that CreateJob is told. */
export interface JobPlan {
  readonly jobId: string;
  readonly description: string;
  readonly selection: Selection;
  readonly groups: readonly string[];
  /** Vehicles that were in the groups when the job was planned, each counted once. */
  readonly devices: number;
  /** The package version that the job ships; undefined for a custom job. */
  readonly ships?: { readonly package: string; readonly version: string } | undefined;
  /** The document, as JSON. */
  readonly document: string;
  readonly rollout: Rollout;
  readonly abort: readonly AbortRule[];
  readonly retry: readonly RetryRule[];
  readonly timeoutMinutes?: number | undefined;
  /** Who signs download links, and for how long; undefined for a document without any. */
  readonly presign?: { readonly roleArn: string; readonly seconds: number } | undefined;
  readonly schedule?: Schedule | undefined;
  /** True when this very job is there already: creating it changes nothing. */
  readonly alreadyExists: boolean;
  /** What is legal, and still worth knowing before it starts. */
  readonly notes: readonly string[];
}

export interface CreatedJob {
  readonly jobId: string;
  readonly jobArn: string;
  readonly alreadyExisted: boolean;
}

/** How long a new role may take to be usable for signing links, in milliseconds. */
const ROLE_TIMEOUT_MS = 60_000;
/** Characters of a job id at most. */
const LONGEST_ID = 64;

/**
 * Create the job of a plan. Its vehicles are notified from now on, at the pace of its rollout.
 *
 * Calls DescribeJob, then CreateJob: again and again while AWS says that the role for the links
 * cannot be assumed yet. A second call with the same plan finds the job and changes nothing.
 *
 * @param options.confirm `"YES"`
 * @throws NotConfirmedError without it, and nothing is created
 * @throws InvalidInputError before any call, when a value is out of AWS's range; when the start or end
 * of a schedule has come too near, only if there is no such job yet
 * @throws NotOursError when the id belongs to a job that the workshop did not make
 * @throws FleetError when the id belongs to another job of ours
 * @throws WaitTimeoutError when the role is still not usable after a minute
 * @throws LimitExceededException when the account has too many jobs at work
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_CreateJob.html
 */
export async function createJob(
  fleet: Fleet,
  plan: JobPlan,
  { confirm }: { readonly confirm?: "YES" } = {},
): Promise<CreatedJob> {
  jobInput(fleet, plan, false);
  const vehicles = `${plan.devices.toLocaleString("en-US")} vehicle${plan.devices === 1 ? "" : "s"}`;
  requireConfirmation(
    confirm,
    "YES",
    `This creates the job ${plan.jobId} for ${vehicles} in ${plan.groups.join(", ")}.`,
  );
  const answer = (alreadyExisted: boolean) =>
    maskedWhenShown({ jobId: plan.jobId, jobArn: jobArn(fleet, plan.jobId), alreadyExisted });
  if (await findSameJob(fleet, plan)) return answer(true);
  const input = jobInput(fleet, plan, true);
  const created = await waitUntil(
    fleet,
    {
      until: "the jobs role can be used",
      everyMs: 3_000,
      timeoutMs: ROLE_TIMEOUT_MS,
      isPassable: true,
    },
    async () => {
      try {
        return { ready: await unlessTaken(fleet.iot.send(new CreateJobCommand(input))) };
      } catch (error) {
        if (plan.presign && isRoleNotReady(error)) {
          return { waiting: `AWS says "${error.message}"` };
        }
        throw error;
      }
    },
  );
  if (created) return answer(false);
  // Taken since we looked: by another notebook with the same plan, or by our own first try whose
  // answer was lost.
  await findSameJob(fleet, plan);
  return answer(true);
}

/**
 * Whether the very job of a plan is there already. Calls DescribeJob, and when there is one
 * ListTagsForResource and GetJobDocument.
 *
 * @throws NotOursError when the workshop did not make it
 * @throws FleetError when it is another job: other targets, another selection or another document
 */
export async function findSameJob(
  fleet: Fleet,
  plan: Pick<JobPlan, "jobId" | "groups" | "selection" | "document">,
): Promise<boolean> {
  const { jobId, groups, selection, document } = plan;
  const found = await findJob(fleet, jobId);
  if (!found) return false;
  await requireOurs(fleet, `The job ${jobId}`, jobArn(fleet, jobId));
  const written = await jobDocument(fleet, jobId, { isBeforeSubstitution: true });
  const targets = groups.map((group) => groupArn(fleet, group)).sort();
  const isSame =
    found.targetSelection === selection &&
    JSON.stringify([...(found.targets ?? [])].sort()) === JSON.stringify(targets) &&
    JSON.stringify(written) === JSON.stringify(JSON.parse(document));
  if (isSame) return true;
  throw new FleetError(
    `The job ${jobId} exists with other groups or another document. Choose another id, or pass name ` +
      `instead of id: it takes the next free number.`,
  );
}

/**
 * An id for a new job: the name itself, or with the next number when it is taken: `check-tires-2`.
 * Calls DescribeJob, and ListJobs when the name is taken.
 *
 * The number is above every one in use, so the id of a deleted job does not come back while a later
 * one is there.
 *
 * @param name 1 to 64 characters from `a-z A-Z 0-9 _ -`; cut where the number needs the room
 * @throws InvalidInputError when the name is illegal
 */
export async function numberedJobId(fleet: Fleet, name: string): Promise<string> {
  checkName(name, jobIdRule);
  if (!(await findJob(fleet, name))) return name;
  const ids = new Set<string>();
  for await (const { jobId } of listJobs(fleet)) if (jobId) ids.add(jobId);
  let last = 1;
  for (const id of ids) {
    const number = Number(/-(\d{1,9})$/.exec(id)?.[1] ?? 0);
    if (id === numbered(name, number)) last = Math.max(last, number);
  }
  return numbered(name, last + 1);
}

function numbered(name: string, number: number): string {
  const suffix = `-${number}`;
  return name.slice(0, LONGEST_ID - suffix.length) + suffix;
}

function groupArn(fleet: Fleet, group: string): string {
  return iotArn(fleet, `thinggroup/${group}`);
}

/**
 * What CreateJob is told, checked once more: a plan is plain data, and may have been changed. Calls
 * nothing.
 */
function jobInput(fleet: Fleet, plan: JobPlan, isNew: boolean): CreateJobCommandInput {
  const { ships, presign, schedule, timeoutMinutes, abort, retry } = plan;
  const isContinuous = plan.selection === "CONTINUOUS";
  return {
    jobId: checkName(plan.jobId, jobIdRule),
    description: plan.description,
    targets: plan.groups.map((group) => groupArn(fleet, group)),
    targetSelection: plan.selection,
    document: documentText(plan.document),
    jobExecutionsRolloutConfig: rolloutConfig(plan.rollout),
    ...(abort.length > 0 && { abortConfig: abortConfig(abort) }),
    ...(retry.length > 0 && { jobExecutionsRetryConfig: retryConfig(retry) }),
    ...(timeoutMinutes !== undefined && { timeoutConfig: timeoutConfig(timeoutMinutes) }),
    ...(presign && { presignedUrlConfig: presignConfig(presign.roleArn, presign.seconds) }),
    ...(schedule && {
      schedulingConfig: schedulingConfig(fleet, schedule, { isContinuous, isNew }),
    }),
    // Names the version for the package configuration: what it writes into `$package` afterwards.
    ...(ships && {
      destinationPackageVersions: [`${packageArn(fleet, ships.package)}/version/${ships.version}`],
    }),
    tags: tagList(fleet.tags),
  };
}
