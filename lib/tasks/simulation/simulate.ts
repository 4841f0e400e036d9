import { requireConfirmation } from "../../aws/confirm.js";
import { collect } from "../../aws/collect.js";
import type { Fleet } from "../../aws/connect.js";
import { InvalidInputError, isNotFound } from "../../aws/errors.js";
import { interruptible } from "../../aws/interrupt.js";
import type { Failure } from "../../aws/many.js";
import {
  countStatuses,
  reportedCounts,
  type ExecutionCounts,
} from "../../fleet/jobs/execution-counts.js";
import {
  latestExecutions,
  listExecutions,
  type ExecutionSummary,
} from "../../fleet/jobs/job-executions.js";
import { findJob } from "../../fleet/jobs/jobs.js";
import { countMembers } from "../../fleet/search/dynamic-groups.js";
import { httpsLine, mqttLine } from "./crew-line.js";
import { vehiclesOf, type Outcome, type SimulationPlan } from "./plan-simulation.js";
import { createCourse, type AbortRules, type Moment } from "./rollout-course.js";
import { createCrew } from "./simulated-crew.js";

/** What became of one vehicle, as the service tells it. */
export interface VehicleResult {
  readonly name: string;
  /** What the plan had drawn for it. */
  readonly planned: Outcome;
  /** The state of its execution now; undefined when the job never reached it. */
  readonly status: string | undefined;
}

/** What a simulation did. Every count comes from the service's answers after it was over. */
export interface SimulationResult {
  readonly jobId: string;
  /** The job's own state at the end, `DELETED` when it was deleted meanwhile. */
  readonly jobStatus: string;
  readonly counts: ExecutionCounts;
  /** The vehicles of the plan, in its order. */
  readonly vehicles: readonly VehicleResult[];
  /** How many of them ended as planned. */
  readonly asPlanned: number;
  /** Vehicles whose calls failed for reasons of their own; their executions are still pending. */
  readonly failed: readonly Failure[];
  /** Executions of other jobs that the service handed out first, and that were worked off. */
  readonly otherExecutions: number;
  /** How the executions stood, minute by minute of the fleet's clock. */
  readonly course: readonly Moment[];
}

export interface SimulationOptions {
  /** `"YES"`, or nothing happens. */
  readonly confirm?: "YES";
  /** True tells what each vehicle does, one vehicle after the other, instead of drawing the rollout. */
  readonly isWatched?: boolean;
  /** A group whose number of members is drawn beside the executions, such as the job's own target. */
  readonly group?: string;
  /**
   * `"mqtt"`: the vehicles are connected, each with its own certificate, and are told of their work.
   * Default `"https"`: they are asked about and spoken for by calls, which needs no certificate.
   */
  readonly over?: "https" | "mqtt";
}

/** From one look at the job to the next: what a vehicle takes to install, in milliseconds. */
const STEP_MS = 30_000;
/** Looks without anything to do after which a job has nothing more for us. */
const IDLE_LOOKS = 3;
/** The same while the rollout says that it has more vehicles to notify: ten minutes. */
const IDLE_LOOKS_OF_ROLLOUT = 20;

/**
 * Speak for the vehicles of a job until it has nothing more for them: each starts its execution,
 * downloads and checks what it is to install, reports its progress and ends as the plan has drawn.
 *
 * Looks at the job every half minute of the fleet's clock (DescribeJob, ListJobExecutionsForJob, and
 * ListThingsInThingGroup for a `group`);
 * in between time passes, at once on the sandbox. A vehicle takes one StartNextPendingJobExecution,
 * one GET by presigned URL, one UpdateThingShadow when it has installed something, and two
 * UpdateJobExecution; together the vehicles send at most 150 updates a second. A download that a
 * busy service or a broken line spoils is tried up to four times, each time with a fresh link. In debug mode, and
 * when watched, they work one after the other.
 *
 * Over MQTT the vehicles connect first, 25 a second, and stay connected until it is over; ones that are
 * lost connect again. They start, report and update their shadows by messages, at the same paces; only
 * files come over HTTPS. Plan, result and picture are the same.
 *
 * A snapshot job is worked until it is no longer in progress; a continuous one, which never
 * completes by itself, until nothing has been pending for a minute. Vehicles that the plan does not
 * know, such as ones that joined later, succeed.
 *
 * What a vehicle does not achieve is data. SIGINT stops it; a second call goes on with what is
 * pending then, and after the end changes nothing and tells the same.
 *
 * @throws NotConfirmedError without `confirm: "YES"`
 * @throws ResourceNotFoundException when there is no such group
 * @throws InvalidInputError when there is no such way to speak
 * @throws FleetError over MQTT, when vehicles have no key on this machine
 * @throws InterruptedError on SIGINT
 */
export async function simulate(
  fleet: Fleet,
  plan: SimulationPlan,
  { confirm, isWatched = false, group, over = "https" }: SimulationOptions = {},
): Promise<SimulationResult> {
  const { jobId } = plan;
  const whom = vehiclesOf(plan.vehicles.length);
  if (over !== "https" && over !== "mqtt") {
    throw new InvalidInputError("a way for vehicles to speak", over, 'be "https" or "mqtt"');
  }
  requireConfirmation(confirm, "YES", `This speaks for ${whom} in the job ${jobId}.`);
  return interruptible(async (signal) => {
    const isAloud = isWatched || fleet.debug;
    const line = over === "mqtt" ? await mqttLine(fleet, plan) : httpsLine(fleet);
    const crew = createCrew(fleet, plan, line, isAloud);
    const course = createCourse(fleet, jobId, !isAloud);
    const startedAt = fleet.clock.now();
    let idleLooks = 0;
    try {
      for (;;) {
        // Who is told need not be asked about, but when nobody hears anything: others may have joined.
        const isListed = !line.heard || idleLooks > 0;
        const seen = await look(fleet, jobId, isListed);
        const members = group === undefined ? undefined : await countMembers(fleet, group);
        await course.note(seen.counts, seen.abort, members);
        const heard = seen.status === "DELETED" ? [] : ((await line.heard?.()) ?? []);
        const todo = await crew.take([...seen.pending, ...heard]);
        idleLooks = todo === 0 ? idleLooks + 1 : 0;
        if (todo === 0 && isOver(plan, seen, idleLooks, crew.hasEndedAll())) break;
        const hasWorked = await crew.work(async () => {
          // A step of a large fleet takes many seconds: the picture goes on meanwhile.
          if (course.isDue())
            await course.note((await look(fleet, jobId, false)).counts, seen.abort);
        });
        const now = fleet.clock.now();
        const nextStep = STEP_MS - ((now - startedAt) % STEP_MS);
        // With nothing to do but to wait for a timeout, nobody has to look every half minute.
        const quietMs = hasWorked || seen.isRollingOut ? 0 : crew.quietUntil() - now;
        await fleet.passTime(Math.max(nextStep, quietMs), signal);
      }
    } finally {
      crew.end(signal.aborted);
      await course.end();
      await line.close();
    }
    return resultOf(fleet, plan, crew, course.moments);
  });
}

/** The job as it is now. */
interface Seen {
  readonly status: string;
  readonly counts: ExecutionCounts;
  readonly isRollingOut: boolean;
  readonly abort: AbortRules;
  /** Executions that are queued or in progress. */
  readonly pending: readonly ExecutionSummary[];
}

async function look(fleet: Fleet, jobId: string, isListed = true): Promise<Seen> {
  const job = await findJob(fleet, jobId);
  const pending: ExecutionSummary[] = [];
  if (job && isListed) {
    // Queued ones first: one that begins between the two lists is in both, not in none.
    try {
      for (const status of ["QUEUED", "IN_PROGRESS"] as const) {
        pending.push(...(await collect(listExecutions(fleet, jobId, { status }))));
      }
    } catch (error) {
      // Somebody has deleted it since we looked, such as a cleanup.
      if (!isNotFound(error)) throw error;
      return {
        status: "DELETED",
        counts: reportedCounts(undefined),
        isRollingOut: false,
        abort: [],
        pending: [],
      };
    }
  }
  return {
    status: job?.status ?? "DELETED",
    counts: reportedCounts(job?.jobProcessDetails),
    abort: job?.abortConfig?.criteriaList ?? [],
    isRollingOut: (job?.jobProcessDetails?.processingTargets ?? []).length > 0,
    pending,
  };
}

function isOver(
  plan: SimulationPlan,
  { status, isRollingOut }: Seen,
  idleLooks: number,
  hasEndedAll: boolean,
): boolean {
  if (status !== "IN_PROGRESS") return true;
  if (!plan.isWholeJob && hasEndedAll) return true;
  return idleLooks >= (isRollingOut ? IDLE_LOOKS_OF_ROLLOUT : IDLE_LOOKS);
}

async function resultOf(
  fleet: Fleet,
  { jobId, vehicles: planned }: SimulationPlan,
  crew: { readonly failed: readonly Failure[]; readonly otherExecutions: number },
  course: readonly Moment[],
): Promise<SimulationResult> {
  const executions = await latestExecutions(fleet, jobId).catch((error: unknown) => {
    if (isNotFound(error)) return [];
    throw error;
  });
  const statuses = new Map(executions.map(({ thing, status }) => [thing, status]));
  const vehicles = planned.map(({ name, outcome }) => ({
    name,
    planned: outcome,
    status: statuses.get(name),
  }));
  const result: SimulationResult = {
    jobId,
    jobStatus: (await findJob(fleet, jobId))?.status ?? "DELETED",
    counts: countStatuses(statuses.values()),
    vehicles,
    asPlanned: vehicles.filter((one) => one.status === one.planned).length,
    failed: crew.failed,
    otherExecutions: crew.otherExecutions,
    course,
  };
  return Object.defineProperty(result, SHOWN, { enumerable: false, value: () => short(result) });
}

/** How Node asks an object what it prints as; the name spares a task the import of Node. */
const SHOWN = Symbol.for("nodejs.util.inspect.custom");

/** At the end of a cell a result prints its numbers, without the vehicles and moments it holds. */
function short({ vehicles, course: _, counts, failed, ...rest }: SimulationResult): object {
  const seen = Object.entries(counts).filter(([, number]) => number > 0);
  return {
    ...rest,
    counts: Object.fromEntries(seen),
    vehicles: vehicles.length,
    failed: failed.length,
  };
}
