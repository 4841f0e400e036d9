import type { Fleet } from "../../aws/connect.js";
import { redactedJson, redactText } from "../../aws/redact.js";
import { executionStatuses, type ExecutionCounts } from "../../fleet/jobs/execution-counts.js";
import { countExecutions, type ExecutionDetails } from "../../fleet/jobs/job-executions.js";
import { healthOf, type JobHealth } from "../../fleet/jobs/job-health.js";
import {
  findJob,
  type JobDetails,
  type JobDocument,
  type JobSummary,
} from "../../fleet/jobs/jobs.js";
import { barChart } from "../../show/bar-chart.js";
import { STATE_COLOURS } from "../../show/picture.js";
import { jsonBlock } from "../../show/json.js";
import { count, duration } from "../../show/progress.js";
import { facts, table } from "../../show/table.js";

/** Jobs as a table: id, status, selection, and when they were created and over, in UTC. At most eight rows. */
export function showJobs(fleet: Fleet, jobs: readonly JobSummary[]): void {
  fleet.output.show(
    table(jobs, [
      { header: "Job", value: ({ jobId }) => jobId },
      { header: "Status", value: ({ status }) => status },
      { header: "Selection", value: ({ targetSelection }) => targetSelection },
      { header: "Created (UTC)", value: ({ createdAt }) => moment(createdAt) },
      { header: "Completed (UTC)", value: ({ completedAt }) => moment(completedAt) },
    ]),
  );
}

/** One job, one line a fact; what was not set is left out. Its document is for {@link showDocument}. */
export function showJob(fleet: Fleet, job: JobDetails): void {
  const { reported, presign } = job;
  const ended = executionStatuses.filter((status) => reported[status] > 0);
  showFacts(fleet, [
    ["Job", job.jobId],
    ["Description", job.description],
    ["Status", job.isForceCanceled ? `${job.status}, by force` : job.status],
    ["Why", [job.reasonCode, job.comment].filter(Boolean).join(": ")],
    ["Selection", job.selection],
    ["Targets", job.targets.map(({ kind, name }) => `${kind} ${name}`).join(", ")],
    ["Installs", job.packageVersions.join(", ")],
    ["Created (UTC)", moment(job.createdAt)],
    ["Last changed (UTC)", moment(job.lastUpdatedAt)],
    ["Completed (UTC)", moment(job.completedAt)],
    ["Rollout", rolloutWords(job.rollout)],
    ["Cancels itself", job.abort.map(abortWords).join(", or ")],
    ["Timeout", job.timeoutMinutes && `${count(job.timeoutMinutes)} min`],
    ["Retries", job.retries.map(retryWords).join(", ")],
    ["Schedule", scheduleWords(job.schedule)],
    [
      "Download links",
      presign && `good for ${count(presign.seconds)} s, signed by ${presign.role}`,
    ],
    ["AWS has counted", ended.map((status) => `${count(reported[status])} ${status}`).join(", ")],
  ]);
}

/** A document as JSON, with its placeholders; account numbers and signatures are redacted. */
export function showDocument(fleet: Fleet, document: JobDocument): void {
  fleet.output.show(jsonBlock(redactedJson(document)));
}

/** One execution, one line a fact. Its document is for {@link showDocument}. */
export function showExecution(fleet: Fleet, execution: ExecutionDetails): void {
  const { statusDetails, secondsLeft } = execution;
  showFacts(fleet, [
    ["Job", execution.jobId],
    ["Thing", execution.thing],
    ["Status", execution.isForceCanceled ? `${execution.status}, by force` : execution.status],
    ["Attempt", execution.executionNumber],
    ["Version", execution.versionNumber],
    ["Queued (UTC)", moment(execution.queuedAt)],
    ["Started (UTC)", moment(execution.startedAt)],
    ["Last changed (UTC)", moment(execution.lastUpdatedAt)],
    ["Times out in", secondsLeft === undefined ? undefined : duration(secondsLeft)],
    ...Object.entries(statusDetails).map(
      ([name, value]) => [`Vehicle says: ${name}`, redactText(value)] as const,
    ),
  ]);
}

/** The states of a job's executions as bars, in the order of an execution's life; empty ones are left out. */
export async function showExecutionCounts(
  fleet: Fleet,
  counts: ExecutionCounts,
  { title = "Executions by state" }: { readonly title?: string } = {},
): Promise<void> {
  const bars = executionStatuses
    .filter((status) => counts[status] > 0)
    .map((status) => ({ at: status, value: counts[status] }));
  if (bars.length === 0) {
    fleet.output.line(`${title}: there are none.`);
    return;
  }
  const colours = STATE_COLOURS;
  fleet.output.show(
    await barChart({ title, bars, xTitle: "state", yTitle: "executions", colours }),
  );
}

/** How a job does, and from what that was judged. */
export interface JobReport extends JobHealth {
  readonly jobId: string;
  readonly status: JobDetails["status"];
  readonly counts: ExecutionCounts;
}

/**
 * Judge a job by its finished executions. Calls ListJobExecutionsForJob, all pages, and DescribeJob.
 *
 * @throws ResourceNotFoundException when there is no such job
 */
export async function jobHealth(fleet: Fleet, jobId: string): Promise<JobReport> {
  const counts = await countExecutions(fleet, jobId);
  // Gone between the two calls, it was being deleted.
  const { status = "DELETION_IN_PROGRESS" } = (await findJob(fleet, jobId)) ?? {};
  return { jobId, status, counts, ...healthOf({ status }, counts) };
}

/** Jobs and how they do as a table of at most eight rows; below it, what should be done about them. */
export function showHealth(fleet: Fleet, reports: readonly JobReport[]): void {
  fleet.output.show(
    table(reports, [
      { header: "Job", value: ({ jobId }) => jobId },
      { header: "State", value: ({ state }) => state },
      { header: "Pending", value: ({ pending }) => pending },
      { header: "Finished", value: ({ finished }) => finished },
      { header: "Succeeded (% of finished)", value: ({ successPercent }) => successPercent },
      { header: "Health", value: ({ band }) => band ?? "–" },
    ]),
  );
  const advice = reports.flatMap(({ jobId, recommendations }) =>
    recommendations.map((recommendation) => ({ jobId, ...recommendation })),
  );
  if (advice.length === 0) return;
  fleet.output.show(
    table(advice, [
      { header: "Job", value: ({ jobId }) => jobId },
      { header: "Sign", value: ({ sign }) => sign },
      { header: "Executions", value: (row) => row.count },
      { header: "%", value: ({ percent }) => percent },
      { header: "What to do", value: (row) => row.advice },
    ]),
  );
}

type Fact = readonly [string, string | number | undefined];

function showFacts(fleet: Fleet, pairs: readonly Fact[]): void {
  const known = pairs.filter((pair): pair is [string, string | number] => {
    const [, value] = pair;
    return value !== undefined && value !== "";
  });
  fleet.output.show(facts(known));
}

/** `2026-01-31 22:00:05`, in UTC */
function moment(date: Date | undefined): string | undefined {
  return date?.toISOString().replace("T", " ").slice(0, 19);
}

function rolloutWords(rollout: JobDetails["rollout"]): string | undefined {
  const { maximumPerMinute, exponentialRate: growing } = rollout ?? {};
  const most = maximumPerMinute === undefined ? "" : `at most ${count(maximumPerMinute)} a minute`;
  if (!growing) return most;
  const { numberOfNotifiedThings: notified, numberOfSucceededThings: succeeded } =
    growing.rateIncreaseCriteria ?? {};
  const step =
    notified === undefined ? `${count(succeeded ?? 0)} succeeded` : `${count(notified)} notified`;
  return [
    `${count(growing.baseRatePerMinute ?? 0)} a minute, × ${growing.incrementFactor} with every ${step}`,
    most,
  ]
    .filter(Boolean)
    .join(", ");
}

function abortWords(rule: JobDetails["abort"][number]): string {
  const what = rule.failureType === "ALL" ? "do not succeed" : `are ${rule.failureType}`;
  return (
    `when ${rule.thresholdPercentage} % ${what}, ` +
    `after the first ${count(rule.minNumberOfExecutedThings ?? 0)}`
  );
}

function retryWords({ failureType, numberOfRetries = 0 }: JobDetails["retries"][number]): string {
  return `${count(numberOfRetries)} after ${failureType === "ALL" ? "any failure" : failureType}`;
}

function scheduleWords(schedule: JobDetails["schedule"]): string {
  const { startTime, endTime, endBehavior, maintenanceWindows = [] } = schedule ?? {};
  const windows = maintenanceWindows.map(
    (window) => `${window.startTime} for ${count(window.durationInMinutes ?? 0)} min`,
  );
  return [
    startTime && `from ${startTime}`,
    endTime && `to ${endTime}, then ${endBehavior ?? "STOP_ROLLOUT"}`,
    ...windows,
  ]
    .filter(Boolean)
    .join(", ");
}
