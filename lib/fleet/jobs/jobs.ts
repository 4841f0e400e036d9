import {
  DescribeJobCommand,
  GetJobDocumentCommand,
  paginateListJobs,
  type AbortCriteria,
  type Job,
  type JobExecutionsRolloutConfig,
  type JobStatus,
  type JobSummary,
  type RetryCriteria,
  type SchedulingConfig,
  type TargetSelection,
} from "@aws-sdk/client-iot";
import { iotArn } from "../../aws/arn.js";
import type { Fleet } from "../../aws/connect.js";
import { unlessMissing } from "../../aws/errors.js";
import { isOurs, ownName } from "../../aws/ownership.js";
import { maskedWhenShown } from "../../aws/redact.js";
import { reportedCounts, type ExecutionCounts } from "./execution-counts.js";
import { checkName, jobId as jobIdRule } from "../registry/names.js";
import { listTags, requireOurs } from "../registry/tags.js";

export type { JobSummary };

/** Every state of a job. */
const jobStatuses = [
  "SCHEDULED",
  "IN_PROGRESS",
  "COMPLETED",
  "CANCELED",
  "DELETION_IN_PROGRESS",
] as const satisfies readonly JobStatus[];

/**
 * Every job of the account, or those of one status, page by page in AWS's order, which it does not
 * promise. Calls ListJobs, 250 a page.
 *
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_ListJobs.html
 */
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

/**
 * All jobs at once, newest first and by id where two are of the same moment: the same account gives
 * the same order, so that a position in it means something.
 *
 * Calls ListJobs for each status, all at the same time (one after the other in debug mode), all
 * pages. A job that changes its status meanwhile stands in the list once, as it was seen later.
 *
 * @param statuses default: every status
 */
export async function listAllJobs(
  fleet: Fleet,
  { statuses = jobStatuses }: { readonly statuses?: readonly JobStatus[] } = {},
): Promise<JobSummary[]> {
  const found = new Map<string, JobSummary>();
  const listOne = async (status: JobStatus): Promise<void> => {
    for await (const job of listJobs(fleet, { status })) {
      const seen = found.get(job.jobId ?? "");
      if (!seen || momentOf(seen.lastUpdatedAt) <= momentOf(job.lastUpdatedAt)) {
        found.set(job.jobId ?? "", job);
      }
    }
  };
  await Promise.all(statuses.map(listOne));
  return [...found.values()].sort(
    (a, b) =>
      momentOf(b.createdAt) - momentOf(a.createdAt) || ((a.jobId ?? "") < (b.jobId ?? "") ? -1 : 1),
  );
}

/**
 * The jobs that the workshop made, by their tag: a name proves nothing.
 *
 * Calls ListJobs, 250 a page, and ListTagsForResource for each job, eight a second.
 */
export async function* listOurJobs(
  fleet: Fleet,
  options: { readonly status?: JobStatus } = {},
): AsyncIterable<JobSummary> {
  for await (const job of listJobs(fleet, options)) {
    if (isOurs(await listTags(fleet, job.jobArn ?? ""))) yield job;
  }
}

/** One job as AWS describes it, without its document; undefined when there is none. Calls DescribeJob. */
export async function findJob(fleet: Fleet, jobId: string): Promise<Job | undefined> {
  checkName(jobId, jobIdRule);
  return (await unlessMissing(fleet.iot.send(new DescribeJobCommand({ jobId }))))?.job;
}

/**
 * An id that no job had before: the name and this moment, in UTC, to the second. Calls nothing.
 *
 * AWS lets the id of a deleted job be used again; devices and logs that still speak of the old job
 * would then seem to speak of the new one.
 *
 * @param name 1 to 44 characters from `a-z A-Z 0-9 _ -`, a class's prefix included, which is put
 * before it
 * @throws InvalidInputError when the id would be illegal
 */
export function datedJobId(fleet: Fleet, name: string): string {
  const moment = new Date(fleet.clock.now()).toISOString().slice(0, 19);
  const own = ownName(fleet, checkName(name, jobIdRule));
  return checkName(`${own}-${moment.replace(/[T:]/g, "-")}`, jobIdRule);
}

/** What a job's devices are told to do. */
export type JobDocument = Readonly<Record<string, unknown>>;

/**
 * The document of a job, in whatever state the job is. Calls GetJobDocument.
 *
 * Placeholders of download links stay as they are: AWS signs a link only when a device asks.
 *
 * @param options.isBeforeSubstitution true also leaves `${aws:iot:package:…}` as it was written
 * @throws ResourceNotFoundException when there is no such job
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_GetJobDocument.html
 */
export async function jobDocument(
  fleet: Fleet,
  jobId: string,
  { isBeforeSubstitution = false }: { readonly isBeforeSubstitution?: boolean } = {},
): Promise<JobDocument> {
  checkName(jobId, jobIdRule);
  const { document = "{}" } = await fleet.iot.send(
    new GetJobDocumentCommand({ jobId, beforeSubstitution: isBeforeSubstitution }),
  );
  return JSON.parse(document) as JobDocument;
}

/** Whom a job was made for. */
export interface JobTarget {
  readonly kind: "group" | "thing";
  readonly name: string;
}

/** All that AWS knows of one job, with names where AWS has ARNs. */
export interface JobDetails {
  readonly jobId: string;
  readonly status: JobStatus;
  readonly description?: string | undefined;
  readonly selection: TargetSelection;
  readonly targets: readonly JobTarget[];
  /** Versions that it installs: `SedanVehicle 1.1.0`. */
  readonly packageVersions: readonly string[];
  readonly createdAt?: Date | undefined;
  readonly lastUpdatedAt?: Date | undefined;
  readonly completedAt?: Date | undefined;
  readonly rollout?: JobExecutionsRolloutConfig | undefined;
  readonly abort: readonly AbortCriteria[];
  /** Minutes that a device may take once it has begun. */
  readonly timeoutMinutes?: number | undefined;
  readonly retries: readonly RetryCriteria[];
  readonly schedule?: SchedulingConfig | undefined;
  /** Who signs download links, and for how many seconds each is good. */
  readonly presign?: { readonly role: string; readonly seconds: number } | undefined;
  readonly isForceCanceled: boolean;
  readonly reasonCode?: string | undefined;
  readonly comment?: string | undefined;
  /** What AWS has counted, some seconds behind: {@link countExecutions} counts the executions themselves. */
  readonly reported: ExecutionCounts;
  readonly document: JobDocument;
}

/**
 * One job with its document. Calls DescribeJob, which never has the document, and GetJobDocument.
 *
 * @throws InvalidInputError before any call, when the id is illegal
 * @throws ResourceNotFoundException when there is no such job
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeJob.html
 */
export async function describeJob(fleet: Fleet, jobId: string): Promise<JobDetails> {
  checkName(jobId, jobIdRule);
  const { job = {} } = await fleet.iot.send(new DescribeJobCommand({ jobId }));
  const { presignedUrlConfig: presign } = job;
  return maskedWhenShown<JobDetails>({
    jobId,
    status: job.status ?? "IN_PROGRESS",
    description: job.description,
    selection: job.targetSelection ?? "SNAPSHOT",
    targets: (job.targets ?? []).map(targetOf),
    packageVersions: (job.destinationPackageVersions ?? []).map(packageVersionOf),
    createdAt: job.createdAt,
    lastUpdatedAt: job.lastUpdatedAt,
    completedAt: job.completedAt,
    rollout: job.jobExecutionsRolloutConfig,
    abort: job.abortConfig?.criteriaList ?? [],
    timeoutMinutes: job.timeoutConfig?.inProgressTimeoutInMinutes,
    retries: job.jobExecutionsRetryConfig?.criteriaList ?? [],
    schedule: job.schedulingConfig,
    presign: presign?.roleArn
      ? { role: lastSegment(presign.roleArn), seconds: presign.expiresInSec ?? 3_600 }
      : undefined,
    isForceCanceled: job.forceCanceled ?? false,
    reasonCode: job.reasonCode,
    comment: job.comment,
    reported: reportedCounts(job.jobProcessDetails),
    document: await jobDocument(fleet, jobId),
  });
}

/**
 * Make sure that a job is there and ours, before it is changed. Calls DescribeJob and
 * ListTagsForResource.
 *
 * @throws InvalidInputError before any call, when the id is illegal
 * @throws ResourceNotFoundException when there is no such job
 * @throws NotOursError when the workshop did not make it
 */
export async function requireOurJob(fleet: Fleet, jobId: string): Promise<Job> {
  checkName(jobId, jobIdRule);
  const { job = {} } = await fleet.iot.send(new DescribeJobCommand({ jobId }));
  await requireOurs(fleet, `The job ${jobId}`, jobArn(fleet, jobId));
  return job;
}

/** True for a job that hands out executions, or will. */
export function isLive(status: JobStatus | undefined): boolean {
  return status === "IN_PROGRESS" || status === "SCHEDULED";
}

/** `arn:aws:iot:<region>:<account>:job/<id>` */
export function jobArn(fleet: Fleet, jobId: string): string {
  return iotArn(fleet, `job/${jobId}`);
}

/** `…:thinggroup/US_Fleet` or `…:thing/Vehicle-VIN-001` */
function targetOf(arn: string): JobTarget {
  return { kind: /:thinggroup\//.test(arn) ? "group" : "thing", name: lastSegment(arn) };
}

/** `…:package/SedanVehicle/version/1.1.0` as `SedanVehicle 1.1.0` */
function packageVersionOf(arn: string): string {
  return arn.slice(arn.indexOf("/") + 1).replace("/version/", " ");
}

function lastSegment(arn: string): string {
  return arn.slice(arn.lastIndexOf("/") + 1);
}

function momentOf(date: Date | undefined): number {
  return date?.getTime() ?? 0;
}
