import { DeleteJobCommand, type JobStatus } from "@aws-sdk/client-iot";
import { requireConfirmation } from "../../aws/confirm.js";
import type { Fleet } from "../../aws/connect.js";
import { unlessMissing } from "../../aws/errors.js";
import { waitUntil } from "../../aws/wait.js";
import { sumOf, type ExecutionCounts } from "./execution-counts.js";
import { ourJobNow, type JobImpact } from "./job-cancellation.js";
import { findJob, isLive } from "./jobs.js";

/** What deleting a job would do. Calls as `cancelImpact` does, and throws the same. */
export async function deleteImpact(
  fleet: Fleet,
  jobId: string,
  { isForced = false }: { readonly isForced?: boolean } = {},
): Promise<JobImpact> {
  const job = await ourJobNow(fleet, jobId);
  const { status, counts } = job;
  const erased = sumOf(counts);
  return {
    ...job,
    isForced,
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

/** Large jobs take AWS minutes to delete, in milliseconds. */
const LONGEST_END_MS = 10 * 60_000;

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
