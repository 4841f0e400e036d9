import type { Fleet } from "../../aws/connect.js";
import { many, type Failure } from "../../aws/many.js";
import { memoryOutput } from "../../aws/output.js";
import { OWNER, OWNER_TAG, hasPrefix } from "../../aws/ownership.js";
import { redactText } from "../../aws/redact.js";
import { findThing } from "../../fleet/registry/things.js";
import type { Course as ProgressCourse } from "../../show/progress.js";
import type { PlannedVehicle, SimulationPlan } from "./plan-simulation.js";
import type { CrewLine, Pending } from "./crew-line.js";
import { beginWork, finishWork, type Installing } from "./simulated-vehicle.js";

/** The vehicles that a simulation speaks for, and what each is about. */
export interface Crew {
  /** Hear whose execution is pending. Returns how many have something to do, now or later. */
  take(pending: readonly Pending[]): Promise<number>;
  /** One step: who has installed says so, who has been notified begins. False when nobody did. */
  work(afterEach: () => Promise<void>): Promise<boolean>;
  /** Until when the first silent vehicle is given time, on the fleet's clock; 0 without any. */
  quietUntil(): number;
  /** True when every vehicle of the plan has come to its end. */
  hasEndedAll(): boolean;
  end(isInterrupted: boolean): void;
  readonly failed: readonly Failure[];
  readonly otherExecutions: number;
}

/** Steps in which a vehicle's calls may fail before it is given up. */
const TRIES = 3;
/** How much later than it said the service may give a silent vehicle up, in milliseconds. */
const LATE_MS = 10 * 60_000;
/** Vehicles under way at once; what they send together is paced by the limits. */
const CONCURRENCY = 50;

/**
 * @param line how the vehicles speak
 * @param isAloud true tells what each vehicle does, one after the other
 */
export function createCrew(
  fleet: Fleet,
  plan: SimulationPlan,
  line: CrewLine,
  isAloud: boolean,
): Crew {
  // One line of progress for all steps, not one for each.
  const quietFleet: Fleet = { ...fleet, output: memoryOutput() };
  const vehicles = new Map<string, PlannedVehicle | undefined>(
    plan.vehicles.map((vehicle) => [vehicle.name, vehicle]),
  );
  const installing = new Map<string, Installing>();
  /** Until when each is given time, by the service. */
  const silent = new Map<string, number>();
  const ended = new Set<string>();
  const failures = new Map<string, { readonly failure: Failure; readonly tries: number }>();
  const throttlesBefore = fleet.counts.throttles;
  let beginning: PlannedVehicle[] = [];
  let otherExecutions = 0;
  let workedMs = 0;

  const gaveUp = () => [...failures.values()].filter(({ tries }) => tries >= TRIES);
  const course = (isOver: boolean, isInterrupted = false): ProgressCourse => ({
    title: plan.jobId,
    finished: ended.size,
    total: Math.max(plan.vehicles.length, ended.size),
    failed: gaveUp().length,
    throttles: fleet.counts.throttles - throttlesBefore,
    seconds: workedMs / 1000,
    isOver,
    isInterrupted,
  });
  const progress = isAloud ? undefined : fleet.output.progress(course(false));

  /** Vehicles that joined later succeed, when they are this fleet's; undefined for one to leave alone. */
  const vehicleOf = async (name: string): Promise<PlannedVehicle | undefined> => {
    if (vehicles.has(name) || !plan.isWholeJob) return vehicles.get(name);
    const thing = hasPrefix(fleet, name) ? await findThing(fleet, name) : undefined;
    const isOurs = thing?.attributes?.[OWNER_TAG] === OWNER;
    vehicles.set(name, isOurs ? { name, outcome: "SUCCEEDED" } : undefined);
    return vehicles.get(name);
  };

  const begin = async (vehicle: PlannedVehicle): Promise<void> => {
    const { name } = vehicle;
    const begun = await beginWork(
      fleet,
      await line.sideOf(name),
      plan.jobId,
      vehicle,
      tellOf(name),
      () => {
        otherExecutions++;
      },
    );
    if (begun.kind === "installing") installing.set(name, begun);
    if (begun.kind === "ended") ended.add(name);
    if (begun.kind === "silent") {
      silent.set(name, fleet.clock.now() + (begun.secondsLeft ?? 0) * 1000);
    }
  };
  const inRound = async (
    tasks: readonly { readonly name: string; readonly run: () => Promise<void> }[],
    afterEach: () => Promise<void>,
  ): Promise<void> => {
    const workedBefore = workedMs;
    const startedAt = fleet.clock.now();
    const options = { title: plan.jobId, items: tasks, total: tasks.length };
    const { failed } = await many(
      quietFleet,
      { ...options, name: ({ name }) => name, concurrency: isAloud ? 1 : CONCURRENCY },
      async ({ run }) => {
        await run();
        workedMs = workedBefore + fleet.clock.now() - startedAt;
        progress?.update(course(false));
        await afterEach();
        return "done";
      },
    );
    for (const failure of failed) {
      const tries = (failures.get(failure.name)?.tries ?? 0) + 1;
      failures.set(failure.name, { failure, tries });
    }
  };
  const tellOf = (name: string) => (text: string) => {
    if (isAloud) fleet.output.line(redactText(`${name}  ${text}`));
  };

  return {
    get failed() {
      return gaveUp().map(({ failure }) => failure);
    },
    get otherExecutions() {
      return otherExecutions;
    },
    hasEndedAll: () => plan.vehicles.every(({ name }) => ended.has(name)),
    async take(pending) {
      const queued = new Map(pending.map(({ thing, status }) => [thing, status === "QUEUED"]));
      for (const name of silent.keys()) {
        // Timed out, or timed out and queued once more.
        if (queued.get(name) !== false) silent.delete(name);
        if (!queued.has(name)) ended.add(name);
      }
      beginning = [];
      for (const name of queued.keys()) {
        if (installing.has(name) || silent.has(name)) continue;
        const vehicle = await vehicleOf(name);
        if (vehicle && (failures.get(name)?.tries ?? 0) < TRIES) beginning.push(vehicle);
      }
      const now = fleet.clock.now();
      const awaited = [...silent.values()].filter((due) => now < due + LATE_MS);
      return beginning.length + installing.size + awaited.length;
    },
    async work(afterEach) {
      const finishing = [...installing].map(([name, work]) => ({
        name,
        isGivingUp: work.problem !== undefined || vehicles.get(name)?.outcome === "FAILED",
        run: async () => {
          const vehicle = vehicles.get(name) as PlannedVehicle;
          await finishWork(await line.sideOf(name), vehicle, work, tellOf(name));
          ended.add(name);
        },
      }));
      installing.clear();
      const begun = beginning.map((vehicle) => ({ name: vehicle.name, run: () => begin(vehicle) }));
      // Who has a problem tries to the end: were failures quicker than successes, an abort rule would
      // see them first, and find every rollout worse than it is.
      await inRound([...finishing.filter(({ isGivingUp }) => !isGivingUp), ...begun], afterEach);
      await inRound(
        finishing.filter(({ isGivingUp }) => isGivingUp),
        afterEach,
      );
      return finishing.length + begun.length > 0;
    },
    quietUntil: () => (installing.size === 0 && silent.size > 0 ? Math.min(...silent.values()) : 0),
    end(isInterrupted) {
      progress?.end(course(true, isInterrupted));
      for (const { failure } of gaveUp().slice(0, 3)) {
        fleet.output.line(`  ${failure.name}: ${failure.error}: ${failure.cause}`);
      }
    },
  };
}
