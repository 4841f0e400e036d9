import {
  CancelJobCommand,
  CancelJobExecutionCommand,
  DeleteJobCommand,
  type JobStatus,
} from "@aws-sdk/client-iot";
import { collect } from "../aws/collect.js";
import { requireConfirmation } from "../aws/confirm.js";
import type { Fleet } from "../aws/connect.js";
import { InvalidInputError, unlessMissing } from "../aws/errors.js";
import { many, type ManyResult } from "../aws/many.js";
import { waitUntil } from "../aws/wait.js";
import { sumOf, type ExecutionCounts } from "./execution-counts.js";
import { countExecutions, listExecutions } from "./job-executions.js";
import { findJob, isLive, requireOurJob } from "./jobs.js";

/** What an end would do to a job's executions. Nothing has been done. */
export interface JobImpact {
  readonly jobId: string;
  readonly status: JobStatus;
  readonly isForced: boolean;
  readonly counts: ExecutionCounts;
  /** Executions that would end before their time: queued ones and, by force, those in progress. */
  readonly stopped: number;
  /** Executions in progress that would be left to finish. */
  readonly leftRunning: number;
  /** Records of executions that would be erased. */
  readonly erased: number;
  /** The same as a sentence or two. */
  readonly says: string;
}

/**
 * What cancelling a job would do. Calls DescribeJob and ListTagsForResource, then
 * ListJobExecutionsForJob, all pages.
 *
 * @param options.isForced true also ends executions in progress
 * @throws ResourceNotFoundException when there is no such job
 * @throws NotOursError when the workshop did not make it
 */
export async function cancelImpact(
  fleet: Fleet,
  jobId: string,
  { isForced = false }: { readonly isForced?: boolean } = {},
): Promise<JobImpact> {
  const { status = "IN_PROGRESS" } = await requireOurJob(fleet, jobId);
  const counts = await countExecutions(fleet, jobId);
  const { QUEUED: queued, IN_PROGRESS: running } = counts;
  return {
    jobId,
    status,
    isForced,
    counts,
    stopped: queued + (isForced ? running : 0),
    leftRunning: isForced ? 0 : running,
    erased: 0,
    says: `This cancels the job ${jobId} (${status}). ${cancelWords(counts, isForced)}`,
  };
}

/**
 * Cancel a job: it hands out no more executions, and queued ones are cancelled.
 *
 * Calls as {@link cancelImpact} does, then CancelJob, which returns at once and takes effect over
 * time: {@link waitForJobCanceled}. A second call changes nothing. AWS cancels a job only once, so
 * with `isForced` on a job that was cancelled without it, CancelJobExecution is called for each
 * execution that is still in progress.
 *
 * @param options.confirm `"CANCEL"`
 * @param options.isForced true also ends executions in progress; a device in the middle of an
 * installation can then no longer report, and must be able to recover by itself. Default false.
 * @param options.comment 1 to 2,028 characters, kept with the job
 * @param options.reasonCode 1 to 128 characters from `A-Z 0-9 _`, such as `BAD_FIRMWARE`
 * @returns what it ended; `failed` has executions that finished before they could be ended
 * @throws NotConfirmedError, NotOursError, InvalidInputError before anything is changed
 * @throws ResourceNotFoundException when there is no such job
 * @throws InvalidRequestException when the job is completed or being deleted
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_CancelJob.html
 */
export async function cancelJob(
  fleet: Fleet,
  jobId: string,
  options: {
    readonly confirm?: "CANCEL";
    readonly isForced?: boolean;
    readonly comment?: string;
    readonly reasonCode?: string;
  } = {},
): Promise<CanceledJob> {
  const { confirm, isForced = false, comment, reasonCode } = options;
  checkWhy(comment, reasonCode);
  const impact = await cancelImpact(fleet, jobId, { isForced });
  requireConfirmation(confirm, "CANCEL", impact.says);
  if (impact.status !== "CANCELED") {
    try {
      await fleet.iot.send(new CancelJobCommand({ jobId, force: isForced, comment, reasonCode }));
    } catch (error) {
      // AWS cancels only once. Refused, it may be this very call, whose first answer was lost.
      const { status, forceCanceled = false } = (await findJob(fleet, jobId)) ?? {};
      if (status !== "CANCELED" || forceCanceled !== isForced) throw error;
    }
    return { ...impact, status: "CANCELED", wasCanceled: false, failed: [] };
  }
  const ended = isForced ? await endRunning(fleet, jobId) : undefined;
  return { ...impact, wasCanceled: true, failed: ended?.failed ?? [] };
}

/** A job that is cancelled, and what that meant for its executions. */
export interface CanceledJob extends JobImpact {
  /** True when the job was cancelled already, before this call. */
  readonly wasCanceled: boolean;
  /** Executions in progress that could not be ended. */
  readonly failed: ManyResult["failed"];
}

/** End what a cancelled job has left running, one execution at a time. */
async function endRunning(fleet: Fleet, jobId: string): Promise<ManyResult | undefined> {
  const running = await collect(listExecutions(fleet, jobId, { status: "IN_PROGRESS" }));
  if (running.length === 0) return undefined;
  return many(
    fleet,
    {
      title: "Executions ended",
      items: running,
      total: running.length,
      name: ({ thing }) => thing,
    },
    async ({ thing }) => {
      await fleet.iot.send(new CancelJobExecutionCommand({ jobId, thingName: thing, force: true }));
      return "done";
    },
  );
}

/**
 * Wait until a cancelled job has taken effect: nothing is queued any more and, when it was
 * cancelled by force, nothing is in progress.
 *
 * Calls DescribeJob and ListJobExecutionsForJob every two seconds. On the sandbox its clock is set
 * ahead instead.
 *
 * @param options.timeoutMs milliseconds. Default ten minutes.
 * @throws WaitTimeoutError with what is still there
 * @throws ResourceNotFoundException when there is no such job
 */
export async function waitForJobCanceled(
  fleet: Fleet,
  jobId: string,
  { timeoutMs = LONGEST_END_MS }: { readonly timeoutMs?: number } = {},
): Promise<void> {
  await waitUntil(
    fleet,
    { until: `the job ${jobId} is cancelled`, timeoutMs, isPassable: true },
    async () => {
      const job = await findJob(fleet, jobId);
      const statuses = job?.forceCanceled
        ? (["QUEUED", "IN_PROGRESS"] as const)
        : (["QUEUED"] as const);
      for (const status of statuses) {
        const [one] = await collect(listExecutions(fleet, jobId, { status }), 1);
        if (one) return { waiting: `executions are still ${status}` };
      }
      return { ready: true };
    },
  );
}

/** What deleting a job would do. Calls as {@link cancelImpact} does, and throws the same. */
export async function deleteImpact(
  fleet: Fleet,
  jobId: string,
  { isForced = false }: { readonly isForced?: boolean } = {},
): Promise<JobImpact> {
  const { status = "IN_PROGRESS" } = await requireOurJob(fleet, jobId);
  const counts = await countExecutions(fleet, jobId);
  const erased = sumOf(counts);
  return {
    jobId,
    status,
    isForced,
    counts,
    stopped: counts.QUEUED + counts.IN_PROGRESS,
    leftRunning: 0,
    erased,
    says: `This deletes the job ${jobId} (${status}) for good. ${deleteWords(status, counts)}`,
  };
}

/**
 * Delete a job with its document and the records of all its executions, for good.
 *
 * Calls as {@link deleteImpact} does, then DeleteJob, which is only the beginning: the job is
 * DELETION_IN_PROGRESS until it is gone ({@link waitForJobDeleted}). AWS takes ten such jobs at a
 * time; when there are ten, this waits for a place. A second call changes nothing. Do not use the id
 * of a deleted job again: devices and logs may still speak of the old one.
 *
 * @param options.confirm `"DELETE"`
 * @param options.isForced needed for a job that is still in progress or scheduled, and for no other:
 * a job that is over may be deleted whatever its history. Devices that are at it can then no longer
 * report. Default false.
 * @returns true when this call began the deletion
 * @throws NotConfirmedError, NotOursError, InvalidInputError before anything is changed
 * @throws InvalidStateTransitionException when the job is still live and `isForced` is not set
 * @throws WaitTimeoutError when there is no place among the ten for ten minutes
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteJob.html
 */
export async function deleteJob(
  fleet: Fleet,
  jobId: string,
  options: { readonly confirm?: "DELETE"; readonly isForced?: boolean } = {},
): Promise<boolean> {
  const { confirm, isForced = false } = options;
  const impact = await unlessMissing(deleteImpact(fleet, jobId, { isForced }));
  if (!impact) return false;
  requireConfirmation(confirm, "DELETE", impact.says);
  if (impact.status === "DELETION_IN_PROGRESS") return false;
  const until = `AWS takes the deletion of ${jobId}`;
  return waitUntil(fleet, { until, timeoutMs: LONGEST_END_MS, isPassable: true }, async () => {
    try {
      await fleet.iot.send(new DeleteJobCommand({ jobId, force: isForced }));
      return { ready: true };
    } catch (error) {
      if (error instanceof Error && error.name === "LimitExceededException") {
        return { waiting: "ten jobs are being deleted, which is the most" };
      }
      // Refused, it may be this very call, whose first answer was lost: then the job is going.
      const { status = "DELETION_IN_PROGRESS" } = (await findJob(fleet, jobId)) ?? {};
      if (status !== "DELETION_IN_PROGRESS") throw error;
      return { ready: true };
    }
  });
}

/**
 * Wait until a deleted job is gone. Calls DescribeJob every two seconds; on the sandbox its clock is
 * set ahead instead. A job that is not there needs no waiting.
 *
 * @param options.timeoutMs milliseconds. Default ten minutes.
 * @throws WaitTimeoutError with the status it has
 */
export async function waitForJobDeleted(
  fleet: Fleet,
  jobId: string,
  { timeoutMs = LONGEST_END_MS }: { readonly timeoutMs?: number } = {},
): Promise<void> {
  await waitUntil(
    fleet,
    { until: `the job ${jobId} is gone`, timeoutMs, isPassable: true },
    async () => {
      const job = await findJob(fleet, jobId);
      return job ? { waiting: `it is ${job.status}` } : { ready: true };
    },
  );
}

/** Large jobs take AWS minutes to cancel or delete, in milliseconds. */
const LONGEST_END_MS = 10 * 60_000;

const CANCEL_PAGE = "See https://docs.aws.amazon.com/iot/latest/apireference/API_CancelJob.html";

function checkWhy(comment: string | undefined, reasonCode: string | undefined): void {
  if (comment !== undefined && !/^[^\p{C}]{1,2028}$/u.test(comment)) {
    const rule = "have 1 to 2,028 characters, none of them a control character";
    throw new InvalidInputError("the comment on a cancellation", comment, rule, CANCEL_PAGE);
  }
  if (reasonCode !== undefined && !/^[\p{Lu}\p{Nd}_]{1,128}$/u.test(reasonCode)) {
    const rule = "have 1 to 128 characters from A-Z 0-9 _";
    throw new InvalidInputError("the reason of a cancellation", reasonCode, rule, CANCEL_PAGE);
  }
}

function cancelWords(counts: ExecutionCounts, isForced: boolean): string {
  const { QUEUED: queued, IN_PROGRESS: running } = counts;
  const fate = isForced ? "ended under their devices" : "left to finish";
  const over = sumOf(counts) - queued - running;
  return (
    `Of its executions, ${queued} queued would never start, ${running} in progress would be ${fate}, ` +
    `and ${over} that are over would stay as they are. Job and records stay readable.`
  );
}

function deleteWords(status: JobStatus, counts: ExecutionCounts): string {
  const { QUEUED: queued, IN_PROGRESS: running } = counts;
  const devices =
    queued + running > 0
      ? ` The devices of ${queued} queued and ${running} in progress could no longer report on it.`
      : "";
  const force = isLive(status)
    ? ` As it is still ${status}, AWS does that only by force, with isForced: true; cancelling it first is gentler.`
    : "";
  return `Its document and the records of ${sumOf(counts)} executions would go with it.${devices}${force}`;
}
