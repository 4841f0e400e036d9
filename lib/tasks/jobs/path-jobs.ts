import { requireConfirmation } from "../../aws/confirm.js";
import type { Fleet } from "../../aws/connect.js";
import { hasPrefix, isOurs } from "../../aws/ownership.js";
import { isPending } from "../../fleet/jobs/execution-counts.js";
import { customDocument } from "../../fleet/jobs/job-documents.js";
import { cancelJob } from "../../fleet/jobs/job-cancellation.js";
import { latestExecutions } from "../../fleet/jobs/job-executions.js";
import { findJob, isLive, listJobs } from "../../fleet/jobs/jobs.js";
import { createJob } from "../../fleet/jobs/new-job.js";
import { listTags } from "../../fleet/registry/tags.js";
import { countryGroupName } from "../../fleet/registry/thing-groups.js";
import type { Path } from "../path/path.js";
import { planJob, type JobWishes } from "./plan-job.js";

/** The jobs of the path, by what they are for. */
export type PathJob = keyof Path["jobIds"];

export const pathJobs = ["upgrade", "continuous", "custom"] as const satisfies readonly PathJob[];

/** What notebook 04 creates. */
function jobWishes(path: Path, job: PathJob): JobWishes {
  const { typeA, typeB, newVersion, groups, jobIds, plan } = path;
  const name = jobIds[job];
  switch (job) {
    case "upgrade":
      return {
        kind: "ota",
        package: typeA,
        version: newVersion,
        name,
        groups: [groups.all],
        rollout: {
          baseRatePerMinute: 10,
          incrementFactor: 2,
          rateIncreaseCriteria: { numberOfSucceededThings: 5 },
        },
        abort: { failureType: "FAILED", thresholdPercentage: 50, minNumberOfExecutedThings: 10 },
        timeoutMinutes: 60,
      };
    case "continuous":
      return {
        kind: "ota",
        package: typeB,
        version: newVersion,
        name,
        groups: [groups.outdated],
        selection: "CONTINUOUS",
        timeoutMinutes: 60,
      };
    case "custom":
      return {
        kind: "custom",
        document: customDocument({ operation: "check-tires", parameters: { minimumBar: 2.3 } }),
        name,
        groups: plan.countries.slice(0, 2).map((country) => countryGroupName(plan, country)),
        timeoutMinutes: 10,
      };
  }
}

/**
 * The ids of the newest jobs of ours for each purpose. Calls ListJobs, and ListTagsForResource for
 * each job that is named like one of the path's: in a class, most jobs of the account are others'.
 */
export async function findPathJobs(
  fleet: Fleet,
  path: Path,
): Promise<Partial<Record<PathJob, string>>> {
  const newest = new Map<PathJob, { readonly jobId: string; readonly createdAt: number }>();
  for await (const { jobId = "", jobArn = "", createdAt } of listJobs(fleet)) {
    const purpose = pathJobs.find((job) => isPathJob(jobId, path, job));
    if (!purpose || !isOurs(await listTags(fleet, jobArn))) continue;
    const found = { jobId, createdAt: createdAt?.getTime() ?? 0 };
    const other = newest.get(purpose);
    if (!other || isLater(found, other)) newest.set(purpose, found);
  }
  return Object.fromEntries([...newest].map(([job, { jobId }]) => [job, jobId]));
}

/** Whether a job is one of the path's for this purpose, as its id tells. */
export function isPathJob(jobId: string, path: Path, purpose: PathJob): boolean {
  return isNumbered(jobId, path.jobIds[purpose]);
}

/** `check-tires`, or `check-tires-2` as `numberedJobId` numbers it. */
export function isNumbered(jobId: string, name: string): boolean {
  return (
    jobId === name || (jobId.startsWith(`${name}-`) && /^\d+$/.test(jobId.slice(name.length + 1)))
  );
}

/** Of the same second, the higher number: `-10` after `-9`. */
function isLater(
  a: { readonly jobId: string; readonly createdAt: number },
  b: { readonly jobId: string; readonly createdAt: number },
): boolean {
  if (a.createdAt !== b.createdAt) return a.createdAt > b.createdAt;
  return a.jobId.length !== b.jobId.length ? a.jobId.length > b.jobId.length : a.jobId > b.jobId;
}

/** Create one of the path's jobs under the next free id. Calls what `planJob` and `createJob` call. */
export async function createPathJob(fleet: Fleet, path: Path, job: PathJob): Promise<string> {
  const plan = await planJob(fleet, jobWishes(path, job));
  return (await createJob(fleet, plan, { confirm: "YES" })).jobId;
}

/**
 * Cancel the path's upgrade, if it is still at work, and create it anew, so that its rollout begins
 * now: one that waits notifies more vehicles every minute, whether anybody watches or not.
 *
 * Calls what `cancelJob`, `planJob` and `createJob` call. Each call begins another job.
 *
 * @returns the id of the new job
 * @throws NotConfirmedError without `confirm: "CANCEL"`
 */
export async function restartUpgrade(
  fleet: Fleet,
  path: Path,
  { confirm }: { readonly confirm?: "CANCEL" } = {},
): Promise<string> {
  const { upgrade } = await findPathJobs(fleet, path);
  const says = `This cancels the job ${upgrade ?? path.jobIds.upgrade} and creates it anew.`;
  requireConfirmation(confirm, "CANCEL", says);
  if (upgrade !== undefined && isLive((await findJob(fleet, upgrade))?.status)) {
    const comment = "Begun anew, to watch its rollout";
    await cancelJob(fleet, upgrade, { confirm: "CANCEL", reasonCode: "BEGUN_ANEW", comment });
  }
  return createPathJob(fleet, path, "upgrade");
}

/** Whether a job still has something for this fleet: pending executions, or a rollout under way. */
export async function hasWork(fleet: Fleet, jobId: string): Promise<boolean> {
  const job = await findJob(fleet, jobId);
  if (!job || !isLive(job.status)) return false;
  if ((job.jobProcessDetails?.processingTargets ?? []).length > 0) return true;
  return (await latestExecutions(fleet, jobId)).some(
    ({ thing, status }) => hasPrefix(fleet, thing) && isPending(status),
  );
}
