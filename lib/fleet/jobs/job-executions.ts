import {
  DescribeJobExecutionCommand,
  paginateListJobExecutionsForJob,
  type JobExecutionStatus,
} from "@aws-sdk/client-iot";
import { DescribeJobExecutionCommand as DescribeForDeviceCommand } from "@aws-sdk/client-iot-jobs-data-plane";
import type { Fleet } from "../../aws/connect.js";
import { isNotFound } from "../../aws/errors.js";
import { maskedWhenShown } from "../../aws/redact.js";
import { countStatuses, isPending, type ExecutionCounts } from "./execution-counts.js";
import { jobDocument, type JobDocument } from "./jobs.js";
import { checkName, jobId as jobIdRule, thingName } from "../registry/names.js";

/** The state of one device's part of a job, as lists show it. */
export interface ExecutionSummary {
  readonly thing: string;
  readonly status: JobExecutionStatus;
  readonly executionNumber: number;
  readonly queuedAt?: Date | undefined;
  readonly startedAt?: Date | undefined;
  readonly lastUpdatedAt?: Date | undefined;
  readonly retryAttempt?: number | undefined;
}

/**
 * The executions of a job, all of them or those of one status. Calls ListJobExecutionsForJob, 250 a
 * page.
 *
 * A device that was given the job again (after a failure, or because it came back into the group)
 * may stand in the list once for each attempt: {@link latestExecutions} has the last one only.
 *
 * @throws ResourceNotFoundException when there is no such job
 */
export async function* listExecutions(
  fleet: Fleet,
  jobId: string,
  { status }: { readonly status?: JobExecutionStatus } = {},
): AsyncIterable<ExecutionSummary> {
  checkName(jobId, jobIdRule);
  const pages = paginateListJobExecutionsForJob(
    { client: fleet.iot, pageSize: 250 },
    { jobId, ...(status && { status }) },
  );
  for await (const page of pages) {
    for (const { thingArn = "", jobExecutionSummary: summary } of page.executionSummaries ?? []) {
      yield {
        thing: thingArn.slice(thingArn.lastIndexOf("/") + 1),
        status: summary?.status ?? "QUEUED",
        executionNumber: summary?.executionNumber ?? 0,
        queuedAt: summary?.queuedAt,
        startedAt: summary?.startedAt,
        lastUpdatedAt: summary?.lastUpdatedAt,
        retryAttempt: summary?.retryAttempt,
      };
    }
  }
}

/**
 * Where each device stands: its latest attempt at a job, in the order of the devices' names.
 *
 * Calls ListJobExecutionsForJob, all pages of 250, eight a second: 5,000 devices take three seconds.
 *
 * @throws ResourceNotFoundException when there is no such job
 */
export async function latestExecutions(fleet: Fleet, jobId: string): Promise<ExecutionSummary[]> {
  const latest = new Map<string, ExecutionSummary>();
  for await (const execution of listExecutions(fleet, jobId)) {
    const seen = latest.get(execution.thing);
    if (!seen || seen.executionNumber < execution.executionNumber) {
      latest.set(execution.thing, execution);
    }
  }
  return [...latest.values()].sort((a, b) => (a.thing < b.thing ? -1 : 1));
}

/**
 * How many devices are in each state, counted from the executions themselves: a device counts once,
 * with its latest attempt. Calls as {@link latestExecutions} does.
 *
 * AWS's own numbers, in `jobProcessDetails` of a job, cost one call and run some seconds behind.
 *
 * @throws ResourceNotFoundException when there is no such job
 */
export async function countExecutions(fleet: Fleet, jobId: string): Promise<ExecutionCounts> {
  return countStatuses((await latestExecutions(fleet, jobId)).map(({ status }) => status));
}

/** All that AWS knows of one device's part of a job. */
export interface ExecutionDetails {
  readonly jobId: string;
  readonly thing: string;
  readonly status: JobExecutionStatus;
  /** Which attempt of this device it is, from 1. */
  readonly executionNumber: number;
  /** Goes up by one with each change of the execution. */
  readonly versionNumber: number;
  readonly queuedAt?: Date | undefined;
  readonly startedAt?: Date | undefined;
  readonly lastUpdatedAt?: Date | undefined;
  /** What the device said of it, in its own words. */
  readonly statusDetails: Readonly<Record<string, string>>;
  readonly isForceCanceled: boolean;
  /** Seconds until it times out, about; only while a timer runs. */
  readonly secondsLeft?: number | undefined;
  /** The `device`'s own copy, with signed links, while it is pending; else the `job`'s, with placeholders. */
  readonly documentFrom: "device" | "job";
  readonly document: JobDocument;
}

/**
 * One execution with its document, in whatever state it is.
 *
 * AWS has it in three places. Calls DescribeJobExecution of the control plane, which knows the state
 * of every execution and never the document. While the execution is pending, calls
 * DescribeJobExecution of the device's side, which refuses finished ones and gives the document as
 * the device gets it; for a finished one calls GetJobDocument. Changes nothing.
 *
 * A signed link is as good as a password until it expires; printed in a cell, it is redacted.
 *
 * @param options.executionNumber an earlier attempt. Default: the latest.
 * @throws InvalidInputError before any call, when the id or the name is illegal
 * @throws ResourceNotFoundException when there is no such job or execution; right after a job was
 * created it is not there yet
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeJobExecution.html
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_iot-jobs-data_DescribeJobExecution.html
 */
export async function describeExecution(
  fleet: Fleet,
  jobId: string,
  thing: string,
  { executionNumber }: { readonly executionNumber?: number } = {},
): Promise<ExecutionDetails> {
  checkName(jobId, jobIdRule);
  checkName(thing, thingName);
  const { execution = {} } = await fleet.iot.send(
    new DescribeJobExecutionCommand({ jobId, thingName: thing, executionNumber }),
  );
  const { status = "QUEUED", executionNumber: number = 0 } = execution;
  const ofDevice = isPending(status)
    ? await documentForDevice(fleet, jobId, thing, number)
    : undefined;
  return maskedWhenShown<ExecutionDetails>({
    jobId,
    thing,
    status,
    executionNumber: number,
    versionNumber: execution.versionNumber ?? 0,
    queuedAt: execution.queuedAt,
    startedAt: execution.startedAt,
    lastUpdatedAt: execution.lastUpdatedAt,
    statusDetails: execution.statusDetails?.detailsMap ?? {},
    isForceCanceled: execution.forceCanceled ?? false,
    secondsLeft: execution.approximateSecondsBeforeTimedOut,
    documentFrom: ofDevice ? "device" : "job",
    document: maskedWhenShown(ofDevice ?? (await jobDocument(fleet, jobId))),
  });
}

/** The document as the device gets it; undefined when the execution has ended since we looked. */
async function documentForDevice(
  fleet: Fleet,
  jobId: string,
  thing: string,
  executionNumber: number,
): Promise<JobDocument | undefined> {
  try {
    const { execution } = await fleet.iotJobs.send(
      new DescribeForDeviceCommand({
        jobId,
        thingName: thing,
        executionNumber,
        includeJobDocument: true,
      }),
    );
    return execution?.jobDocument ? (JSON.parse(execution.jobDocument) as JobDocument) : undefined;
  } catch (error) {
    const hasEnded = error instanceof Error && error.name === "TerminalStateException";
    if (hasEnded || isNotFound(error)) return undefined;
    throw error;
  }
}
