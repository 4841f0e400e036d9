import type { Fleet } from "../../aws/connect.js";
import { describeJob, type JobDetails } from "../../fleet/jobs/jobs.js";
import { countryGroupName } from "../../fleet/registry/thing-groups.js";
import { showChecks, type Check } from "../checkpoint.js";
import { findPathJobs } from "./path-jobs.js";
import { pathOf } from "../path/path.js";
import type { FleetPlan } from "../provisioning/plan.js";

/**
 * Look into the account for the three jobs that notebook 04 leaves; show what is there, what differs
 * and how to repair it. Changes nothing.
 *
 * Lists all jobs with their tags, then calls DescribeJob and GetJobDocument.
 *
 * @returns the checks, in the order of the notebook
 */
export async function checkJobs(fleet: Fleet, plan: FleetPlan): Promise<readonly Check[]> {
  const path = pathOf(plan);
  const { typeA, typeB, newVersion, groups, jobIds } = path;
  const found = await findPathJobs(fleet, path);
  const checks = [
    await checkJob(fleet, jobIds.upgrade, found.upgrade, "The upgrade", (job) => [
      ...differences(job, "SNAPSHOT", [groups.all], `${typeA} ${newVersion}`),
      ...(job.rollout?.exponentialRate ? [] : ["no exponential rollout"]),
      ...(job.abort.length > 0 ? [] : ["no abort rule"]),
      ...(job.timeoutMinutes === undefined ? ["no timeout"] : []),
    ]),
    await checkJob(fleet, jobIds.continuous, found.continuous, "A job that goes on", (job) =>
      differences(job, "CONTINUOUS", [groups.outdated], `${typeB} ${newVersion}`),
    ),
    await checkJob(fleet, jobIds.custom, found.custom, "Anything else", (job) =>
      differences(
        job,
        "SNAPSHOT",
        plan.countries.slice(0, 2).map((country) => countryGroupName(plan, country)),
      ),
    ),
  ];
  showChecks(fleet, checks);
  return checks;
}

async function checkJob(
  fleet: Fleet,
  name: string,
  jobId: string | undefined,
  section: string,
  wrongWith: (job: JobDetails) => string[],
): Promise<Check> {
  const what = `Job ${name}`;
  const wayOut = `Run the cells under "${section}" again.`;
  if (jobId === undefined) return { what, isMet: false, found: "missing", wayOut };
  const job = await describeJob(fleet, jobId);
  const wrong = wrongWith(job);
  // Over is fine: the vehicles may have worked on it since, or there was none.
  if (job.status === "CANCELED" || job.status === "DELETION_IN_PROGRESS") wrong.push(job.status);
  const found = wrong.length > 0 ? wrong.join(", ") : job.status;
  return { what, isMet: wrong.length === 0, found: `${jobId}: ${found}`, wayOut };
}

/** What every job of the notebook is checked for: whom it is for and what it installs. */
function differences(
  job: JobDetails,
  selection: JobDetails["selection"],
  groups: readonly string[],
  installs?: string,
): string[] {
  const targets = job.targets.map(({ name }) => name);
  const isForThem =
    targets.length === groups.length && groups.every((name) => targets.includes(name));
  return [
    ...(job.selection === selection ? [] : [`it is ${job.selection}`]),
    ...(isForThem ? [] : [`it is for ${targets.join(", ")}`]),
    ...(job.packageVersions.join() === (installs ?? "")
      ? []
      : [`it installs ${job.packageVersions.join(", ") || "nothing"}`]),
  ];
}
