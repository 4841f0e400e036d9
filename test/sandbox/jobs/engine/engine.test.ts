import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isTerminal } from "../../../../lib/sandbox/jobs/executions.js";
import { thingsOf } from "../../../../lib/sandbox/jobs/targets.js";
import { contradictions, dump, openWorld, steps, type Step } from "./engine.js";
import { tries } from "../../../tries.js";

/** Long enough for every rollout and timeout to come to its end. */
const LONG = 15 * 60_000;

/** Hundreds of fleets take their time. */
const timeout = 60_000;

describe("the job engine under random steps", { timeout }, () => {
  it("keeps its records in agreement with each other", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const world = await openWorld();
        for (const one of all) {
          if (one.do === "wait") await world.wait(one.ms, one.ms);
          else await world.take(one);
          expect(contradictions(world.state), JSON.stringify(one)).toEqual([]);
        }
      }),
      { numRuns: tries(100) },
    );
  });

  it("loses no thing of a target and gives none two executions at a time", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const world = await openWorld();
        const { state } = world;
        /** Things that each snapshot job must have served, unless they were deleted. */
        const owed = new Map<string, Set<string>>();
        const excused = new Set<string>();
        for (const one of all) {
          if (one.do === "wait") {
            await world.wait(one.ms, one.ms);
          } else {
            // What is picked, and whom a job is for, is known before it happens.
            const { jobId, thingName } = world.picked("pick" in one ? one.pick : 0);
            const members =
              one.do === "create" ? new Set(thingsOf(state, one.targets).keys()) : undefined;
            const isDone = await world.take(one);
            if (isDone && members && one.do === "create") {
              owed.set(one.jobId, members);
              for (const key of excused) if (key.startsWith(`${one.jobId}/`)) excused.delete(key);
            }
            if (isDone && one.do === "deleteExecution") excused.add(`${jobId}/${thingName}`);
            if (isDone && one.do === "unregister") {
              for (const id of owed.keys()) excused.add(`${id}/${one.thing}`);
            }
          }
          for (const [jobId, job] of state.jobs.entries()) {
            if (job.status !== "IN_PROGRESS" && job.status !== "COMPLETED") continue;
            const isFor =
              job.targetSelection === "CONTINUOUS"
                ? new Set(thingsOf(state, job.targets).keys())
                : (owed.get(jobId) ?? new Set());
            const served = new Set<string>();
            for (const execution of state.jobExecutions.values({ prefix: `${jobId}/` })) {
              served.add(execution.thingName);
              const { thingName, status } = execution;
              if (job.isFollowing && !isTerminal(status)) expect(isFor).toContain(thingName);
            }
            for (const [key] of state.jobWaiting.entries({ prefix: `${jobId}/` })) {
              served.add(key.slice(jobId.length + 1));
            }
            const lost = [...isFor].filter(
              (name) => !served.has(name) && !excused.has(`${jobId}/${name}`),
            );
            expect(lost, `${jobId} after ${JSON.stringify(one)}`).toEqual([]);
          }
        }
        await world.wait(LONG, LONG);
        for (const [key] of state.jobWaiting.entries()) {
          expect(state.jobs.get(key.split("/")[0] ?? "")?.status, key).not.toBe("IN_PROGRESS");
        }
      }),
      { numRuns: tries(100) },
    );
  });

  it("comes to the same in one step of the clock as in many", async () => {
    const pieces = fc.constantFrom(1_000, 7_777, 30_000);
    await fc.assert(
      fc.asyncProperty(steps, pieces, async (all, piece) => {
        const [rarely, often] = [await openWorld(), await openWorld()];
        const toTheEnd: Step[] = [...all, { do: "wait", ms: LONG }];
        for (const one of toTheEnd) {
          if (one.do === "wait") {
            await rarely.wait(one.ms, one.ms);
            await often.wait(one.ms, piece);
          } else {
            expect(await often.take(one)).toBe(await rarely.take(one));
          }
          expect(dump(often.state), JSON.stringify(one)).toEqual(dump(rarely.state));
        }
      }),
      { numRuns: tries(30) },
    );
  });
});
