import { vehiclesQuery } from "../../fleet/search/fleet-query.js";
import type { Fleet } from "../../aws/connect.js";
import { hasPrefix } from "../../aws/ownership.js";
import { unlessMissing, WaitTimeoutError } from "../../aws/errors.js";
import { waitUntil } from "../../aws/wait.js";
import { countStatuses, sumOf } from "../../fleet/jobs/execution-counts.js";
import { countThings, INDEX_LAG_MS } from "../../fleet/search/fleet-index.js";
import { latestExecutions } from "../../fleet/jobs/job-executions.js";
import { describeJob, type JobDetails } from "../../fleet/jobs/jobs.js";
import { count } from "../../show/progress.js";
import { showChecks, type Check } from "../checkpoint.js";

/**
 * Look into the account for what a simulation leaves: jobs without pending executions of this fleet's
 * vehicles, and vehicles that say what they run, as the inventory does. Changes nothing.
 *
 * Calls DescribeJob, GetJobDocument and ListJobExecutionsForJob for each job, and GetStatistics for
 * each version that one ships. Waits up to a minute for the index.
 *
 * @param jobIds the jobs that were simulated
 * @returns for each job whether it is worked off; for one that ships a version also whether as many
 * vehicles report it, and as many are noted in `$package`, as have succeeded
 */
export async function checkSimulation(
  fleet: Fleet,
  jobIds: readonly string[],
): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const jobId of jobIds) {
    const job = await unlessMissing(describeJob(fleet, jobId));
    if (!job) {
      const wayOut = "Run the cell with catchUp() again, and then the simulation.";
      checks.push({ what: `Job ${jobId}`, isMet: false, found: "no such job", wayOut });
      continue;
    }
    checks.push(...(await checkJob(fleet, job)));
  }
  showChecks(fleet, checks);
  return checks;
}

async function checkJob(
  fleet: Fleet,
  { jobId, selection, packageVersions }: JobDetails,
): Promise<Check[]> {
  // Those of other prefixes are not ours to work off, and not in the queries below.
  const all = await latestExecutions(fleet, jobId);
  const ours = all.filter(({ thing }) => hasPrefix(fleet, thing));
  const counts = countStatuses(ours.map(({ status }) => status));
  const pending = sumOf(counts, ["QUEUED", "IN_PROGRESS"]);
  const total = sumOf(counts);
  const wayOut = `Run the simulation of ${jobId} again: it goes on with what is pending.`;
  const isWorkedOff: Check = {
    what: `Job ${jobId}`,
    // A continuous job may have nobody to update: all are on its version already.
    isMet: pending === 0 && (all.length > 0 || selection === "CONTINUOUS"),
    found: `${count(counts.SUCCEEDED)} of ${count(total)} succeeded, ${count(pending)} pending`,
    wayOut,
  };
  const versions: Check[] = [];
  for (const shipped of packageVersions) {
    const [name = "", version = ""] = shipped.split(" ");
    if (version.startsWith("$")) continue;
    versions.push(await checkVersion(fleet, name, version, counts.SUCCEEDED));
  }
  return [isWorkedOff, ...versions];
}

/** The vehicles' own word against the inventory. Later jobs may have brought more vehicles to it. */
async function checkVersion(
  fleet: Fleet,
  name: string,
  version: string,
  succeeded: number,
): Promise<Check> {
  const ours = vehiclesQuery(fleet);
  const look = async () => ({
    said: await countThings(fleet, `${ours} AND shadow.reported.firmware.${name}:${version}`),
    noted: await countThings(
      fleet,
      `${ours} AND shadow.name.$package.reported.${name}.version:${version}`,
    ),
  });
  const isMet = ({ said, noted }: Awaited<ReturnType<typeof look>>) =>
    said >= succeeded && noted >= succeeded;
  let seen = await look();
  const until = `the index knows ${count(succeeded)} vehicles on ${name} ${version}`;
  if (!isMet(seen)) {
    await waitUntil(
      fleet,
      { until, everyMs: 1_000, timeoutMs: INDEX_LAG_MS, isPassable: true },
      async () => {
        seen = await look();
        return isMet(seen) ? { ready: seen } : { waiting: "it is some seconds behind" };
      },
    ).catch((error: unknown) => {
      // Not an error of the checkpoint: it is what the checkpoint has to tell.
      if (!(error instanceof WaitTimeoutError)) throw error;
    });
  }
  return {
    what: `${name} ${version}`,
    isMet: isMet(seen),
    found: `${count(seen.said)} vehicles report it, ${count(seen.noted)} stand in the inventory`,
    wayOut: "Is the package configuration on? getPackageConfiguration(fleet) tells.",
  };
}
