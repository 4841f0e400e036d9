import {
  DescribeJobCommand,
  paginateListJobs,
  type Job,
  type JobStatus,
  type JobSummary,
} from "@aws-sdk/client-iot";
import type { Fleet } from "../aws/connect.js";
import { unlessMissing } from "../aws/errors.js";

/** Every job of the account, or those of one status, newest first as AWS lists them. Calls ListJobs, 250 a page. */
export async function* listJobs(
  fleet: Fleet,
  { status }: { readonly status?: JobStatus } = {},
): AsyncIterable<JobSummary> {
  const pages = paginateListJobs(
    { client: fleet.iot, pageSize: 250 },
    { ...(status && { status }) },
  );
  for await (const page of pages) yield* page.jobs ?? [];
}

/** One job as AWS describes it, without its document; undefined when there is none. Calls DescribeJob. */
export async function findJob(fleet: Fleet, jobId: string): Promise<Job | undefined> {
  return (await unlessMissing(fleet.iot.send(new DescribeJobCommand({ jobId }))))?.job;
}

/** `arn:aws:iot:<region>:<account>:job/<id>` */
export function jobArn(fleet: Fleet, jobId: string): string {
  return `arn:aws:iot:${fleet.region}:${fleet.account}:job/${jobId}`;
}
