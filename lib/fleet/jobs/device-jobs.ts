import {
  DescribeJobExecutionCommand,
  StartNextPendingJobExecutionCommand,
  UpdateJobExecutionCommand,
  type JobExecution,
  type JobExecutionStatus,
} from "@aws-sdk/client-iot-jobs-data-plane";
import type { Fleet } from "../../aws/connect.js";
import { isNotFound } from "../../aws/errors.js";
import { maskedWhenShown, redactText } from "../../aws/redact.js";
import type { Downloadable } from "../software/download.js";
import type { JobDocument } from "./jobs.js";
import { checkName, thingName } from "../registry/names.js";
import { reportState } from "../shadows/shadows.js";

/*
 * Jobs as a device sees them: it asks for the next one, reads its document, and says how far it is.
 * https://docs.aws.amazon.com/iot/latest/developerguide/jobs-http-device-api.html
 */

/** One piece of work that a device has begun. */
export interface DeviceExecution {
  readonly thing: string;
  readonly jobId: string;
  /** Which attempt of this device at this job. */
  readonly executionNumber: number;
  /** Goes up by one with each change; a report says which one it knows. */
  readonly versionNumber: number;
  readonly status: JobExecutionStatus;
  /** What the device said of it last. */
  readonly statusDetails: Readonly<Record<string, string>>;
  /** Seconds until the service gives up on it, about; undefined when it never will. */
  readonly secondsLeft?: number | undefined;
  /** What is to be done. Printed in a cell, its presigned URLs are redacted. */
  readonly document: JobDocument;
}

/** What a device may say of its work. */
export interface Report {
  readonly status: "IN_PROGRESS" | "SUCCEEDED" | "FAILED" | "REJECTED";
  /** At most ten pairs, which replace those of the last report. Values are cut at 1,024 characters. */
  readonly statusDetails?: Readonly<Record<string, string>>;
}

/** How a vehicle speaks of itself with the services: by calls made in its name, or by its own messages. */
export interface DeviceSide {
  /** As {@link startNextExecution}. */
  startNext(statusDetails?: Report["statusDetails"]): Promise<DeviceExecution | undefined>;
  /** As {@link reportExecution}. */
  reportJob(execution: DeviceExecution, report: Report): Promise<DeviceExecution>;
  /** As {@link readExecution}. */
  readJob(execution: DeviceExecution): Promise<DeviceExecution | undefined>;
  /** Merge `reported` into its classic shadow. */
  report(reported: Readonly<Record<string, unknown>>): Promise<void>;
}

/** A software package that a job ships. */
export interface ShippedPackage extends Downloadable {
  readonly packageName: string;
  /** As the document calls it; undefined when it does not say. */
  readonly versionName: string | undefined;
}

/**
 * Begin a device's next piece of work: the oldest execution that is queued becomes IN_PROGRESS. One
 * that is in progress already, as after a restart of the device, is given again unchanged.
 *
 * Calls StartNextPendingJobExecution. The presigned URLs in the document are signed now.
 *
 * @returns undefined when nothing is pending
 * @throws InvalidInputError before the call, when the name is illegal
 * @throws ResourceNotFoundException when there is no such thing
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_iot-jobs-data_StartNextPendingJobExecution.html
 */
export async function startNextExecution(
  fleet: Fleet,
  thing: string,
  statusDetails?: Report["statusDetails"],
): Promise<DeviceExecution | undefined> {
  checkName(thing, thingName);
  const { execution } = await fleet.iotJobs.send(
    new StartNextPendingJobExecutionCommand({
      thingName: thing,
      ...(statusDetails && { statusDetails: legalDetails(statusDetails) }),
    }),
  );
  return execution?.jobId === undefined ? undefined : calledExecution(thing, execution);
}

/**
 * Say how far a device is, or how it ended, once.
 *
 * Calls UpdateJobExecution with the version that the device knows: when somebody else has changed
 * the execution since, AWS refuses and {@link isVersionConflict} is true of the error.
 *
 * @returns the execution as it is now, to go on with
 * @throws InvalidStateTransitionException when the version is not the current one, or the execution
 * has ended: cancelled, timed out, removed
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_iot-jobs-data_UpdateJobExecution.html
 */
export async function reportExecution(
  fleet: Fleet,
  execution: DeviceExecution,
  { status, statusDetails }: Report,
): Promise<DeviceExecution> {
  const { thing, jobId, executionNumber, versionNumber } = execution;
  const { executionState: now } = await fleet.iotJobs.send(
    new UpdateJobExecutionCommand({
      thingName: thing,
      jobId,
      executionNumber,
      expectedVersion: versionNumber,
      status,
      ...(statusDetails && { statusDetails: legalDetails(statusDetails) }),
      includeJobExecutionState: true,
    }),
  );
  return maskedWhenShown<DeviceExecution>({
    ...execution,
    status: now?.status ?? status,
    statusDetails: now?.statusDetails ?? {},
    versionNumber: now?.versionNumber ?? versionNumber + 1,
  });
}

/**
 * Report as {@link reportExecution} does, and when AWS refuses, look again and decide as a device
 * must: an execution that goes on is reported once more with its new version, and one that has ended
 * is let go.
 *
 * @returns undefined when the execution has ended without us
 */
export async function reportUnlessEnded(
  fleet: Fleet,
  execution: DeviceExecution,
  report: Report,
): Promise<DeviceExecution | undefined> {
  return reportOrLetGo(callsOf(fleet, execution.thing), execution, report);
}

/** As {@link reportUnlessEnded}, whichever way the vehicle speaks. */
export async function reportOrLetGo(
  side: Pick<DeviceSide, "reportJob" | "readJob">,
  execution: DeviceExecution,
  report: Report,
): Promise<DeviceExecution | undefined> {
  try {
    return await side.reportJob(execution, report);
  } catch (error) {
    if (!isVersionConflict(error) && !isNotFound(error)) throw error;
    const now = await side.readJob(execution);
    return now && (await side.reportJob(now, report));
  }
}

/** A vehicle that speaks by calls over HTTPS, made in its name. */
export function callsOf(fleet: Fleet, thing: string): DeviceSide {
  return {
    startNext: (statusDetails) => startNextExecution(fleet, thing, statusDetails),
    reportJob: (execution, report) => reportExecution(fleet, execution, report),
    readJob: (execution) => readExecution(fleet, execution),
    report: (reported) => reportState(fleet, thing, reported),
  };
}

/**
 * The same attempt as it is now; undefined when it has ended or is gone. Calls DescribeJobExecution
 * of the device's side.
 *
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_iot-jobs-data_DescribeJobExecution.html
 */
export async function readExecution(
  fleet: Fleet,
  { thing, jobId, executionNumber }: DeviceExecution,
): Promise<DeviceExecution | undefined> {
  try {
    const { execution = {} } = await fleet.iotJobs.send(
      new DescribeJobExecutionCommand({
        thingName: thing,
        jobId,
        executionNumber,
        includeJobDocument: true,
      }),
    );
    const isPending = execution.status === "QUEUED" || execution.status === "IN_PROGRESS";
    return isPending ? calledExecution(thing, execution) : undefined;
  } catch (error) {
    // AWS documents the exception for ended executions, and sometimes describes them all the same.
    const hasEnded = error instanceof Error && error.name === "TerminalStateException";
    if (hasEnded || isNotFound(error)) return undefined;
    throw error;
  }
}

/**
 * True when a report was refused because the execution is not as the device knew it. Over MQTT AWS
 * calls that VersionMismatch; over HTTP the name differs, and the status is 409.
 */
export function isVersionConflict(error: unknown): boolean {
  return (
    error instanceof Error &&
    (["InvalidStateTransitionException", "VersionConflictException", "ConflictException"].includes(
      error.name,
    ) ||
      /Version(Mismatch|Conflict)|^InvalidStateTransition\b/.test(error.message))
  );
}

/**
 * The packages that a job document ships, wherever they stand in it: every `"<package>": { "version":
 * …, "attributes": { "sha256": … }, "artifact": { "s3PresignedUrl": … } }`. A custom job has none.
 * Printed in a cell, their presigned URLs are redacted.
 */
export function packagesOf(document: unknown): ShippedPackage[] {
  if (typeof document !== "object" || document === null) return [];
  return Object.entries(document).flatMap(([packageName, value]: [string, unknown]) => {
    const { version, attributes, artifact } = (value ?? {}) as {
      readonly version?: unknown;
      readonly attributes?: { readonly sha256?: unknown };
      readonly artifact?: { readonly s3PresignedUrl?: unknown };
    };
    const url = artifact?.s3PresignedUrl;
    if (typeof url !== "string") return packagesOf(value);
    const shipped = { packageName, versionName: text(version), sha256: text(attributes?.sha256) };
    return [maskedWhenShown({ ...shipped, url })];
  });
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** As an answer over HTTPS has it: its document is a text. */
function calledExecution(thing: string, execution: JobExecution): DeviceExecution {
  const { jobDocument = "{}", ...told } = execution;
  return executionOf(thing, told, JSON.parse(jobDocument) as JobDocument);
}

/** An execution as AWS tells a device of it, whichever way. */
export function executionOf(
  thing: string,
  execution: Omit<JobExecution, "jobDocument">,
  document: JobDocument,
): DeviceExecution {
  return maskedWhenShown<DeviceExecution>({
    thing,
    jobId: execution.jobId ?? "",
    executionNumber: execution.executionNumber ?? 1,
    versionNumber: execution.versionNumber ?? 1,
    status: execution.status ?? "IN_PROGRESS",
    statusDetails: execution.statusDetails ?? {},
    secondsLeft: execution.approximateSecondsBeforeTimedOut,
    document,
  });
}

/** Values of status details hold no control characters, at least one character and at most 1,024. */
export function legalDetails(details: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [
      name,
      redactText(value)
        .replace(/\p{C}+/gu, " ")
        .slice(0, 1024) || "-",
    ]),
  );
}
