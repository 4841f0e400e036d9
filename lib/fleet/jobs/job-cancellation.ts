import { CancelJobCommand, CancelJobExecutionCommand, type JobStatus } from "@aws-sdk/client-iot";
import { collect } from "../../aws/collect.js";
import { requireConfirmation } from "../../aws/confirm.js";
import type { Fleet } from "../../aws/connect.js";
import { InvalidInputError } from "../../aws/errors.js";
import { many, type ManyResult } from "../../aws/many.js";
import { waitUntil } from "../../aws/wait.js";
import { sumOf, type ExecutionCounts } from "./execution-counts.js";
import { countExecutions, listExecutions } from "./job-executions.js";
import { findJob, requireOurJob } from "./jobs.js";

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
 * How a job of ours stands. Calls DescribeJob and ListTagsForResource, then ListJobExecutionsForJob,
 * all pages.
 */
export async function ourJobNow(
  fleet: Fleet,
  jobId: string,
): Promise<Pick<JobImpact, "jobId" | "status" | "counts">> {
  const { status = "IN_PROGRESS" } = await requireOurJob(fleet, jobId);
  return { jobId, status, counts: await countExecutions(fleet, jobId) };
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
  const job = await ourJobNow(fleet, jobId);
  const { status, counts } = job;
  const { QUEUED: queued, IN_PROGRESS: running } = counts;
  return {
    ...job,
    isForced,
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

/** Large jobs take AWS minutes to cancel, in milliseconds. */
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
