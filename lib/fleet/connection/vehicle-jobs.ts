import type { JobExecution } from "@aws-sdk/client-iot-jobs-data-plane";
import type { Fleet } from "../../aws/connect.js";
import { unlessMissing } from "../../aws/errors.js";
import { interruptible } from "../../aws/interrupt.js";
import type { MqttConnection } from "../../aws/mqtt/connection.js";
import {
  executionOf,
  legalDetails,
  type DeviceExecution,
  type DeviceSide,
} from "../jobs/device-jobs.js";
import type { JobDocument } from "../jobs/jobs.js";
import { hear } from "./hear.js";
import { accepted } from "./rejected.js";

/*
 * Jobs as a connected device sees them: it is told of the next one.
 * https://docs.aws.amazon.com/iot/latest/developerguide/jobs-mqtt-api.html
 */

/** Executions that a vehicle has to work on, by job: `QUEUED` or `IN_PROGRESS`. */
export type PendingJobs = ReadonlyMap<string, string>;

/** A connected vehicle's jobs. */
export interface VehicleJobs extends Omit<DeviceSide, "report"> {
  /**
   * Be told whenever another execution is the next one (`notify-next`): one that has just come, the
   * one behind it when it has ended, or undefined when none is left. What was pending before is not
   * told again: `startNext()` gives it.
   *
   * @returns how to stop
   */
  onJob(listener: (next: DeviceExecution | undefined) => void): Promise<() => void>;
  /**
   * Be told of everything that is pending, now and whenever something comes or ends (`notify`, which
   * has at most ten executions).
   *
   * @returns how to stop
   */
  onPending(listener: (pending: PendingJobs) => void): Promise<() => void>;
}

/** An execution as a message has it: its document is an object. */
type Told = Omit<JobExecution, "jobDocument"> & { readonly jobDocument?: JobDocument };

export function jobsOf(fleet: Fleet, thing: string, connection: MqttConnection): VehicleJobs {
  const jobs = `$aws/things/${thing}/jobs`;
  const read = ({ jobDocument, ...execution }: Told): DeviceExecution =>
    executionOf(thing, execution, jobDocument ?? ({} as JobDocument));
  /** The answer comes to whoever asks, subscribed or not; a policy that allows no jobs is told at once. */
  const ask = async (topic: string, operation: string, document: object) => {
    await connection.subscribe([
      `${jobs}/get/+`,
      `${jobs}/start-next/+`,
      `${jobs}/+/get/+`,
      `${jobs}/+/update/+`,
    ]);
    await interruptible((signal) => fleet.admit("iot-jobs-data", operation, signal));
    return accepted(await connection.request(`${jobs}/${topic}`, document));
  };
  return {
    async startNext(statusDetails) {
      const { execution } = (await ask("start-next", "StartNextPendingJobExecution", {
        ...(statusDetails && { statusDetails: legalDetails(statusDetails) }),
      })) as { readonly execution?: Told };
      return execution?.jobId === undefined ? undefined : read(execution);
    },
    async reportJob(execution, { status, statusDetails }) {
      const { jobId, executionNumber, versionNumber } = execution;
      const { executionState: now } = (await ask(`${jobId}/update`, "UpdateJobExecution", {
        executionNumber,
        expectedVersion: versionNumber,
        status,
        ...(statusDetails && { statusDetails: legalDetails(statusDetails) }),
        includeJobExecutionState: true,
      })) as { readonly executionState?: Pick<Told, "status" | "statusDetails" | "versionNumber"> };
      const { document, secondsLeft } = execution;
      const told = {
        jobId,
        executionNumber,
        status: now?.status ?? status,
        statusDetails: now?.statusDetails ?? {},
        versionNumber: now?.versionNumber ?? versionNumber + 1,
        ...(secondsLeft !== undefined && { approximateSecondsBeforeTimedOut: secondsLeft }),
      };
      return executionOf(thing, told, document);
    },
    async readJob({ jobId, executionNumber }) {
      const asked = ask(`${jobId}/get`, "DescribeJobExecution", {
        executionNumber,
        includeJobDocument: true,
      });
      const answer = await unlessMissing(unlessTerminal(asked));
      const execution = answer?.["execution"] as Told | undefined;
      const isPending = execution?.status === "QUEUED" || execution?.status === "IN_PROGRESS";
      return execution && isPending ? read(execution) : undefined;
    },
    onJob: (listener) =>
      hear(connection, `${jobs}/notify-next`, ({ execution }: { readonly execution?: Told }) =>
        listener(execution && read(execution)),
      ),
    async onPending(listener) {
      type Lists = Readonly<Record<string, readonly { readonly jobId: string }[]>>;
      const tell = (lists: Lists) =>
        listener(
          new Map(
            Object.entries(lists).flatMap(([status, executions]) =>
              executions.map(({ jobId }) => [jobId, status] as const),
            ),
          ),
        );
      const stop = await hear(
        connection,
        `${jobs}/notify`,
        ({ jobs: lists }: { readonly jobs: Lists }) => tell(lists),
      );
      const { inProgressJobs = [], queuedJobs = [] } = (await ask(
        "get",
        "GetPendingJobExecutions",
        {},
      )) as { readonly inProgressJobs?: Lists[string]; readonly queuedJobs?: Lists[string] };
      tell({ QUEUED: queuedJobs, IN_PROGRESS: inProgressJobs });
      return stop;
    },
  };
}

/** AWS documents this answer for an execution that has ended. */
async function unlessTerminal<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === "TerminalStateReached") return undefined;
    throw error;
  }
}
