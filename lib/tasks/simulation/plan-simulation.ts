import { createHash } from "node:crypto";
import type { Fleet } from "../../aws/connect.js";
import { FleetError, InvalidInputError, isNotFound } from "../../aws/errors.js";
import { isPending } from "../../fleet/jobs/execution-counts.js";
import { latestExecutions } from "../../fleet/jobs/job-executions.js";
import { findJob, jobArn, listJobs } from "../../fleet/jobs/jobs.js";
import { checkName, jobId as jobIdRule } from "../../fleet/registry/names.js";
import { requireOurs } from "../../fleet/registry/tags.js";
import { listThingsInGroup } from "../../fleet/registry/thing-groups.js";
import { listOurThings } from "../../fleet/registry/things.js";
import { count, duration } from "../../show/progress.js";

/** How a vehicle ends; TIMED_OUT is one that begins and is never heard of again. */
export type Outcome = "SUCCEEDED" | "FAILED" | "REJECTED" | "TIMED_OUT";

/** Where a vehicle fails: on the line, at the check of what has arrived, or while it installs. */
export type FailingStage = "download" | "digest" | "install";

export interface SimulationWishes {
  readonly jobId: string;
  /** Percent of the vehicles that succeed, 0 to 100. Half vehicles are rounded down. */
  readonly share: number;
  /** How the others end, in what proportion: `{ FAILED: 2, TIMED_OUT: 1 }`. Default: all FAILED. */
  readonly outcomes?: Readonly<Partial<Record<Exclude<Outcome, "SUCCEEDED">, number>>>;
  /** Another whole number lets other vehicles fail. Default 1. */
  readonly seed?: number;
  /** Vehicles to speak for at most, those that have the job already first. Default: all. */
  readonly most?: number;
}

export interface PlannedVehicle {
  readonly name: string;
  readonly outcome: Outcome;
  /** Of one that fails. In a custom job, which has nothing to download, all fail at the work itself. */
  readonly failsAt?: FailingStage;
}

/** Who will end how: nothing has been said to AWS yet. */
export interface SimulationPlan {
  readonly jobId: string;
  /** The job's state when the plan was made. One that is over has no vehicles left to speak for. */
  readonly jobStatus: string;
  readonly share: number;
  readonly seed: number;
  /** True for a job that ships packages, false for a custom one. */
  readonly isOta: boolean;
  /** False when `most` left vehicles out: the simulation then leaves them alone. */
  readonly isWholeJob: boolean;
  readonly vehicles: readonly PlannedVehicle[];
  /** How many of them have the job already; the others wait for the rollout to reach them. */
  readonly pending: number;
  /** Vehicles of the job that the workshop did not make under this prefix, and that it does not speak for. */
  readonly foreign: number;
}

/**
 * Find out whom a job concerns, and draw how each vehicle will end.
 *
 * Calls DescribeJob, ListTagsForResource, ListJobExecutionsForJob and ListThings, all pages (250
 * each, eight a second); while the rollout goes on also ListThingsInThingGroup for each target, so
 * that vehicles which have not been notified yet are in the plan. Changes nothing.
 *
 * The number that succeeds is exact; which ones they are depends on the seed and the names,
 * not on the order. The same call gives the same plan.
 *
 * @throws InvalidInputError for a number out of range, or a timeout that the job has none of
 * @throws FleetError when there is no such job, or it has not begun; it names those in progress
 * @throws NotOursError when the workshop did not make the job
 */
export async function planSimulation(
  fleet: Fleet,
  { jobId, share, outcomes = { FAILED: 1 }, seed = 1, most = Infinity }: SimulationWishes,
): Promise<SimulationPlan> {
  checkName(jobId, jobIdRule);
  checkNumbers(share, seed, most);
  checkOutcomes(outcomes);
  const job = await findJob(fleet, jobId);
  if (!job?.status || job.status === "SCHEDULED") throw await notYet(fleet, jobId, job?.status);
  await requireOurs(fleet, `The job ${jobId}`, jobArn(fleet, jobId));
  if ((outcomes.TIMED_OUT ?? 0) > 0 && !job.timeoutConfig?.inProgressTimeoutInMinutes) {
    throw new InvalidInputError(
      "a way to end in this job",
      "TIMED_OUT",
      "be one that the job knows",
      `${jobId} has no timeout, so a silent vehicle would stay IN_PROGRESS for ever.`,
    );
  }
  const executions = await latestExecutions(fleet, jobId);
  const mayGrow =
    job.status === "IN_PROGRESS" &&
    (job.targetSelection === "CONTINUOUS" ||
      (job.jobProcessDetails?.processingTargets ?? []).length > 0);
  const known = new Set(executions.map(({ thing }) => thing));
  const members = mayGrow ? await membersOf(fleet, job.targets ?? []) : [];
  const pending = executions.filter(({ status }) => isPending(status)).map(({ thing }) => thing);
  const all = [...pending, ...members.filter((name) => !known.has(name))];
  const owned = new Set<string | undefined>();
  for await (const { thingName } of listOurThings(fleet)) owned.add(thingName);
  const ours = all.filter((name) => owned.has(name));
  const names = ours.slice(0, most);
  return {
    jobId,
    jobStatus: job.status,
    share,
    seed,
    isOta: (job.destinationPackageVersions ?? []).length > 0,
    isWholeJob: names.length === ours.length,
    vehicles: drawn(names, { share, outcomes, seed }),
    pending: names.filter((name) => known.has(name)).length,
    foreign: all.length - ours.length,
  };
}

/** The members of a job's targets, each once, in the order of their names. */
async function membersOf(fleet: Fleet, targets: readonly string[]): Promise<string[]> {
  const members = new Set<string>();
  for (const arn of targets) {
    const name = arn.slice(arn.lastIndexOf("/") + 1);
    if (/:thing\//.test(arn)) members.add(name);
    else await addMembers(fleet, name, members);
  }
  return [...members].sort();
}

async function addMembers(fleet: Fleet, group: string, members: Set<string>): Promise<void> {
  try {
    for await (const name of listThingsInGroup(fleet, group)) members.add(name);
  } catch (error) {
    // The group is gone; the job goes on with whom it has reached.
    if (!isNotFound(error)) throw error;
  }
}

/** The vehicles in the order given, with the outcome that the seed has drawn for each. */
function drawn(
  names: readonly string[],
  wishes: Required<Pick<SimulationWishes, "share" | "outcomes" | "seed">>,
): PlannedVehicle[] {
  const { share, outcomes, seed } = wishes;
  // Not by the job: the same job created anew goes the same way.
  const lot = (name: string) => createHash("sha256").update(`${seed}/${name}`).digest("hex");
  const lots = new Map(names.map((name) => [name, lot(name)]));
  const shuffled = [...names].sort((a, b) => ((lots.get(a) ?? "") < (lots.get(b) ?? "") ? -1 : 1));
  const succeeding = Math.floor((names.length * share) / 100);
  const others = split(names.length - succeeding, Object.entries(outcomes)) as Outcome[];
  const stages: readonly FailingStage[] = ["download", "digest", "install"];
  let failures = 0;
  const drawnFor = new Map(
    shuffled.map((name, i): [string, PlannedVehicle] => {
      const outcome = i < succeeding ? "SUCCEEDED" : (others[i - succeeding] as Outcome);
      if (outcome !== "FAILED") return [name, { name, outcome }];
      // In turn, so that few failures still show every stage.
      const failsAt = stages[failures++ % stages.length] as FailingStage;
      return [name, { name, outcome, failsAt }];
    }),
  );
  return names.map((name) => drawnFor.get(name) as PlannedVehicle);
}

/** `total` places for the given words in proportion to their weights; the largest remainders first. */
function split(total: number, weights: readonly (readonly [string, number])[]): string[] {
  const sum = weights.reduce((all, [, weight]) => all + weight, 0);
  const shares = weights.map(([word, weight]) => {
    const exact = (total * weight) / sum;
    return { word, whole: Math.floor(exact), rest: exact - Math.floor(exact) };
  });
  let left = total - shares.reduce((all, { whole }) => all + whole, 0);
  const byRest = [...shares].sort((a, b) => b.rest - a.rest);
  for (const share of byRest) if (left-- > 0) share.whole++;
  return shares.flatMap(({ word, whole }) => Array<string>(whole).fill(word));
}

/** Lines of the plan that are shown; the rest is counted. */
const SHOWN_VEHICLES = 8;

/** Calls of a vehicle that installs: start, progress, shadow, end. */
const CALLS = 4;

/** Show the plan: the first eight vehicles, what becomes of all, and how long that takes. */
export function showSimulation(fleet: Fleet, plan: SimulationPlan): void {
  const { vehicles, jobId, pending, foreign } = plan;
  const total = vehicles.length;
  const lines = vehicles
    .slice(0, SHOWN_VEHICLES)
    .map((vehicle, i) => `[${i + 1}/${total}] ${vehicle.name} -> ${endOf(vehicle, plan)}`);
  const more = total - lines.length;
  const { perSecond } = fleet.limits.of("iot-jobs-data", "UpdateJobExecution");
  fleet.output.line(
    [
      ...lines,
      ...(more > 0 ? [`… and ${count(more)} more`] : []),
      total > 0
        ? `${vehiclesOf(total)} in job ${jobId}: ${summary(plan)}.`
        : `Nothing is pending in job ${jobId}, which is ${plan.jobStatus}.`,
      ...(pending < total
        ? [
            `The rollout has reached ${count(pending)} so far, and not yet ${count(total - pending)}.`,
          ]
        : []),
      ...(foreign > 0
        ? [
            `${vehiclesOf(foreign)} of the job, not made by the workshop under the prefix ${fleet.prefix}: left alone.`,
          ]
        : []),
      ...(total > 0
        ? [
            `About ${count(total * CALLS)} calls, ${duration((total * CALLS) / perSecond)} at our pace. ` +
              `Nothing has been reported yet.`,
          ]
        : []),
    ].join("\n"),
  );
}

function endOf({ outcome, failsAt }: PlannedVehicle, { isOta }: SimulationPlan): string {
  if (outcome === "SUCCEEDED") return "SUCCESS";
  if (outcome === "TIMED_OUT") return "TIMED_OUT (falls silent)";
  if (outcome === "REJECTED") return "REJECTED";
  return isOta ? `FAILURE (${failsAt ?? "install"})` : "FAILURE";
}

/** `32 succeed, 3 fail, 1 falls silent` */
function summary({ vehicles, share }: SimulationPlan): string {
  const words: readonly (readonly [Outcome, string, string])[] = [
    ["SUCCEEDED", "succeeds", "succeed"],
    ["FAILED", "fails", "fail"],
    ["REJECTED", "rejects it", "reject it"],
    ["TIMED_OUT", "falls silent", "fall silent"],
  ];
  const parts = words.flatMap(([outcome, one, many]) => {
    const found = vehicles.filter((vehicle) => vehicle.outcome === outcome).length;
    return found > 0 ? [`${count(found)} ${found === 1 ? one : many}`] : [];
  });
  return `${parts.join(", ")} (${share} %)`;
}

export function vehiclesOf(number: number): string {
  return `${count(number)} ${number === 1 ? "vehicle" : "vehicles"}`;
}

function checkNumbers(share: number, seed: number, most: number): void {
  if (!(Number.isFinite(share) && share >= 0 && share <= 100)) {
    throw new InvalidInputError("the share that succeeds", share, "be a number from 0 to 100");
  }
  if (!Number.isInteger(seed)) throw new InvalidInputError("a seed", seed, "be a whole number");
  if (most !== Infinity && !(Number.isInteger(most) && most >= 1)) {
    throw new InvalidInputError("the number of vehicles", most, "be a whole number from 1");
  }
}

function checkOutcomes(outcomes: NonNullable<SimulationWishes["outcomes"]>): void {
  const known = ["FAILED", "REJECTED", "TIMED_OUT"];
  const weights = Object.entries(outcomes);
  const isLegal =
    weights.every(([word, weight]) => known.includes(word) && weight >= 0 && weight < Infinity) &&
    weights.some(([, weight]) => weight > 0);
  if (isLegal) return;
  throw new InvalidInputError(
    "the outcomes of vehicles that do not succeed",
    outcomes,
    "give each of FAILED, REJECTED, TIMED_OUT a number from 0, and one of them more",
  );
}

async function notYet(
  fleet: Fleet,
  jobId: string,
  status: string | undefined,
): Promise<FleetError> {
  const running: string[] = [];
  for await (const { jobId: id = "" } of listJobs(fleet, { status: "IN_PROGRESS" })) {
    running.push(id);
  }
  const others = running.length > 0 ? `In progress: ${running.join(", ")}.` : "No job is.";
  return new FleetError(
    status === undefined
      ? `There is no job ${jobId}. ${others}`
      : `The job ${jobId} is ${status}: no vehicle has it yet. ${others}`,
  );
}
