import type { Fleet } from "../../aws/connect.js";
import { unlessMissing } from "../../aws/errors.js";
import { isOurs } from "../../aws/ownership.js";
import { listAllJobs } from "../../fleet/jobs/jobs.js";
import { markReached } from "../../fleet/shadows/notes.js";
import { listTags } from "../../fleet/registry/tags.js";
import { count } from "../../show/progress.js";
import { showChecks, type Check } from "../checkpoint.js";
import { jobHealth, type JobReport } from "./explore.js";

/** How the ids of jobs begin that are made to be cancelled and deleted. */
const TRYOUT = "tryout";

/**
 * Look into the account for what exploration leaves: the jobs that were read are still there, and
 * those that were made to be deleted are gone. Changes nothing; when all is met, a note for a class's
 * board is made once.
 *
 * Calls ListJobExecutionsForJob and DescribeJob for each job, ListJobs for each status, and
 * ListTagsForResource for each job with the name of a try-out; what markReached() calls.
 *
 * @param jobIds the jobs that were explored
 */
export async function checkExploration(
  fleet: Fleet,
  jobIds: readonly string[],
): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const jobId of jobIds) {
    const report = await unlessMissing(jobHealth(fleet, jobId));
    checks.push({
      what: `Job ${jobId}`,
      isMet: report !== undefined && report.status !== "DELETION_IN_PROGRESS",
      found: report ? summaryOf(report) : "no such job",
      wayOut: "Run the cell with catchUp() again: it builds the job anew.",
    });
  }
  const left = await tryoutsLeft(fleet);
  checks.push({
    what: "Try-out jobs",
    isMet: left.length === 0,
    found: left.length === 0 ? "none left" : left.join(", "),
    wayOut: `Delete them: deleteJob(fleet, "…", { confirm: "DELETE", isForced: true }).`,
  });
  showChecks(fleet, checks);
  if (checks.every(({ isMet }) => isMet)) await markReached(fleet, "06");
  return checks;
}

/** `COMPLETED, 18 of 20 finished vehicles succeeded: good` */
function summaryOf({ status, finished, counts, band }: JobReport): string {
  if (!band) return `${status}, nothing has finished`;
  return `${status}, ${count(counts.SUCCEEDED)} of ${count(finished)} finished vehicles succeeded: ${band}`;
}

async function tryoutsLeft(fleet: Fleet): Promise<string[]> {
  const left: string[] = [];
  for (const { jobId = "", jobArn = "", status } of await listAllJobs(fleet)) {
    if (!jobId.startsWith(`${TRYOUT}-`)) continue;
    if (isOurs(await listTags(fleet, jobArn))) left.push(`${jobId} (${status})`);
  }
  return left;
}
