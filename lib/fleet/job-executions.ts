import { paginateListJobExecutionsForJob, type JobExecutionStatus } from "@aws-sdk/client-iot";
import type { Fleet } from "../aws/connect.js";

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
 * @throws ResourceNotFoundException when there is no such job
 */
export async function* listExecutions(
  fleet: Fleet,
  jobId: string,
  { status }: { readonly status?: JobExecutionStatus } = {},
): AsyncIterable<ExecutionSummary> {
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
