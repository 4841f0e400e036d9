import {
  CancelJobExecutionCommand,
  DeleteJobExecutionCommand,
  DescribeJobExecutionCommand,
  type JobExecution,
} from "@aws-sdk/client-iot";
import { requireConfirmation } from "../../aws/confirm.js";
import type { Fleet } from "../../aws/connect.js";
import { isNotFound, unlessMissing } from "../../aws/errors.js";
import { requireOurJob } from "./jobs.js";
import { checkName, thingName } from "../registry/names.js";

/**
 * Take a job back from one device.
 *
 * Calls DescribeJob, ListTagsForResource and DescribeJobExecution, then CancelJobExecution unless it
 * is cancelled already: a second call changes nothing.
 *
 * @param options.confirm `"CANCEL"`
 * @param options.isForced true also takes it from a device that has begun, which can then no longer
 * report on it: it must be able to recover by itself
 * @returns true when this call cancelled it
 * @throws NotConfirmedError, NotOursError, InvalidInputError before anything is changed
 * @throws ResourceNotFoundException when there is no such job or execution
 * @throws InvalidStateTransitionException when the execution has finished, or is in progress and
 * `isForced` is not set
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_CancelJobExecution.html
 */
export async function cancelExecution(
  fleet: Fleet,
  jobId: string,
  thing: string,
  options: { readonly confirm?: "CANCEL"; readonly isForced?: boolean } = {},
): Promise<boolean> {
  const { confirm, isForced = false } = options;
  const { status } = await requireOurExecution(fleet, jobId, thing);
  requireConfirmation(
    confirm,
    "CANCEL",
    `This takes the job ${jobId} back from ${thing}, where it is ${status}.`,
  );
  if (status === "CANCELED") return false;
  try {
    await fleet.iot.send(
      new CancelJobExecutionCommand({ jobId, thingName: thing, force: isForced }),
    );
  } catch (error) {
    // AWS cancels only once. Refused, it may be this very call, whose first answer was lost.
    const now = await requireOurExecution(fleet, jobId, thing);
    if (now.status !== "CANCELED") throw error;
  }
  return true;
}

/**
 * Erase the record of one attempt of one device.
 *
 * Calls DescribeJob, ListTagsForResource and DescribeJobExecution, then DeleteJobExecution. A second
 * call finds nothing and does nothing.
 *
 * @param options.confirm `"DELETE"`
 * @param options.isForced needed while the device is at it; it can then no longer report
 * @param options.executionNumber an earlier attempt. Default: the latest.
 * @returns true when there was something to delete
 * @throws NotConfirmedError, NotOursError, InvalidInputError before anything is changed
 * @throws InvalidStateTransitionException when it is in progress and `isForced` is not set
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteJobExecution.html
 */
export async function deleteExecution(
  fleet: Fleet,
  jobId: string,
  thing: string,
  options: {
    readonly confirm?: "DELETE";
    readonly isForced?: boolean;
    readonly executionNumber?: number;
  } = {},
): Promise<boolean> {
  const { confirm, isForced = false } = options;
  let found: JobExecution;
  try {
    found = await requireOurExecution(fleet, jobId, thing, options.executionNumber);
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
  const { executionNumber, status } = found;
  requireConfirmation(
    confirm,
    "DELETE",
    `This erases what is known of ${thing} and the job ${jobId} (attempt ${executionNumber}, ${status}).`,
  );
  const request = { jobId, thingName: thing, executionNumber, force: isForced };
  // Gone meanwhile, it was this very call, whose first answer was lost.
  await unlessMissing(fleet.iot.send(new DeleteJobExecutionCommand(request)));
  return true;
}

async function requireOurExecution(
  fleet: Fleet,
  jobId: string,
  thing: string,
  executionNumber?: number,
): Promise<JobExecution> {
  checkName(thing, thingName);
  await requireOurJob(fleet, jobId);
  const { execution = {} } = await fleet.iot.send(
    new DescribeJobExecutionCommand({ jobId, thingName: thing, executionNumber }),
  );
  return execution;
}
