import {
  CancelJobCommand,
  CreateJobCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { tagList } from "../../../lib/aws/ownership.js";
import { createThing } from "../../../lib/fleet/registry/things.js";
import { addToGroup } from "../../../lib/fleet/registry/thing-groups.js";
import { planSimulation, showSimulation } from "../../../lib/tasks/simulation/plan-simulation.js";
import { openTestFleet } from "../../fleet.js";
import { openVans } from "../simulated-fleet.js";

const outcomes = (plan: { readonly vehicles: readonly { readonly outcome: string }[] }) => {
  const counts: Record<string, number> = {};
  for (const { outcome } of plan.vehicles) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
};

describe("planSimulation", () => {
  it("lets an exact share succeed, rounded down to whole vehicles", async () => {
    const { fleet, settle, createVanJob } = await openVans(10);
    await createVanJob();

    const plan = await settle(planSimulation(fleet, { jobId: "job", share: 85 }));

    expect(outcomes(plan)).toEqual({ SUCCEEDED: 8, FAILED: 2 });
    expect(plan).toMatchObject({ pending: 10, foreign: 0, isWholeJob: true, isOta: true });
  });

  it.each([
    [0, { FAILED: 10 }],
    [100, { SUCCEEDED: 10 }],
  ])("takes %i percent", async (share, expected) => {
    const { fleet, settle, createVanJob } = await openVans(10);
    await createVanJob();

    expect(outcomes(await settle(planSimulation(fleet, { jobId: "job", share })))).toEqual(
      expected,
    );
  });

  it("D24: draws by the seed, not by the order of the vehicles", async () => {
    const { fleet, settle, createVanJob } = await openVans(40);
    await createVanJob();
    const failing = async (seed: number) =>
      (await settle(planSimulation(fleet, { jobId: "job", share: 50, seed }))).vehicles
        .filter(({ outcome }) => outcome === "FAILED")
        .map(({ name }) => name);

    const first = await failing(1);

    expect(await failing(1)).toEqual(first);
    expect(await failing(2)).not.toEqual(first);
    // The original let the first half succeed and the second half fail.
    const half = first.filter((name) => name <= "Vehicle-VIN-020").length;
    expect(half).toBeGreaterThan(4);
    expect(half).toBeLessThan(16);
  });

  it("splits the others in the proportion asked for, and fails at every stage", async () => {
    const { fleet, settle, createVanJob } = await openVans(20);
    await createVanJob({ timeoutMinutes: 5 });

    const plan = await settle(
      planSimulation(fleet, {
        jobId: "job",
        share: 50,
        outcomes: { FAILED: 3, REJECTED: 1, TIMED_OUT: 1 },
      }),
    );

    expect(outcomes(plan)).toEqual({ SUCCEEDED: 10, FAILED: 6, REJECTED: 2, TIMED_OUT: 2 });
    const stages = plan.vehicles.flatMap(({ failsAt }) => failsAt ?? []);
    expect(stages.sort()).toEqual([
      ...["digest", "digest", "download", "download", "install", "install"],
    ]);
  });

  it("D14: plans for vehicles that the rollout has not reached yet", async () => {
    const { fleet, settle, createVanJob } = await openVans(10);
    await createVanJob({ rollout: { maximumPerMinute: 3 } });

    const plan = await settle(planSimulation(fleet, { jobId: "job", share: 90 }));

    expect(plan.vehicles).toHaveLength(10);
    expect(plan.pending).toBe(3);
    expect(outcomes(plan)).toEqual({ SUCCEEDED: 9, FAILED: 1 });
  });

  it.each([
    ["executions", {}, 2],
    ["members that it has not reached", { jobExecutionsRolloutConfig: { maximumPerMinute: 1 } }, 1],
  ])("D14: reads more than one page of a job's %s", async (_, rollout, pages) => {
    const { fleet, settle, clock, calls } = openTestFleet();
    const names = Array.from({ length: 251 }, (_, i) => `Vehicle-VIN-${1_000 + i}`);
    const create = new CreateThingGroupCommand({ thingGroupName: "all" });
    const { thingGroupArn = "" } = await settle(fleet.iot.send(create));
    const add = async (name: string) => {
      await createThing(fleet, { name });
      await addToGroup(fleet, name, "all");
    };
    await settle(Promise.all(names.map(add)));
    const job = { jobId: "job", targets: [thingGroupArn], document: "{}", ...rollout };
    await settle(fleet.iot.send(new CreateJobCommand({ ...job, tags: tagList(fleet.tags) })));
    await clock.advance(1_000);

    const plan = await settle(planSimulation(fleet, { jobId: "job", share: 50 }));

    expect(plan.vehicles).toHaveLength(251);
    expect(calls("ListJobExecutionsForJob")).toHaveLength(pages);
  });

  it("speaks for so many vehicles, those that have the job first", async () => {
    const { fleet, settle, createVanJob } = await openVans(10);
    await createVanJob({ rollout: { maximumPerMinute: 3 } });

    const plan = await settle(planSimulation(fleet, { jobId: "job", share: 50, most: 4 }));

    expect(plan).toMatchObject({ pending: 3, isWholeJob: false });
    expect(outcomes(plan)).toEqual({ SUCCEEDED: 2, FAILED: 2 });
  });

  it("leaves vehicles out that the workshop did not make", async () => {
    const { fleet, settle, createVanJob } = await openVans(3);
    const thingName = "Vehicle-VIN-900";
    await settle(fleet.iot.send(new CreateThingCommand({ thingName })));
    await settle(addToGroup(fleet, thingName, "US_Fleet"));
    await createVanJob();

    const plan = await settle(planSimulation(fleet, { jobId: "job", share: 100 }));

    expect(plan).toMatchObject({ foreign: 1, isWholeJob: true });
    expect(plan.vehicles.map(({ name }) => name)).not.toContain(thingName);
  });

  it.each(["", "90", null, NaN, 101])("refuses %j as a share", async (share) => {
    const { fleet } = openTestFleet();

    await expect(planSimulation(fleet, { jobId: "job", share: share as number })).rejects.toThrow(
      "cannot be the share that succeeds: it must be a number from 0 to 100",
    );
  });

  it("refuses a job that the workshop did not make", async () => {
    const { fleet, settle } = await openVans(1);
    const targets = [`arn:aws:iot:${fleet.region}:${fleet.account}:thing/Vehicle-VIN-001`];
    await settle(fleet.iot.send(new CreateJobCommand({ jobId: "x", targets, document: "{}" })));

    const plan = settle(planSimulation(fleet, { jobId: "x", share: 100 }));

    await expect(plan).rejects.toMatchObject({ name: "NotOursError" });
  });

  it("names the jobs in progress when there is none of that id, or it has not begun", async () => {
    const { fleet, settle, createVanJob } = await openVans(1);
    await createVanJob({ id: "later", schedule: { startTime: "2026-02-01 02:00" } });
    await createVanJob();
    const plan = (jobId: string) => settle(planSimulation(fleet, { jobId, share: 100 }));

    await expect(plan("nojob")).rejects.toThrow("There is no job nojob. In progress: job.");
    await expect(plan("later")).rejects.toThrow(/later is SCHEDULED: .* In progress: job\./);
  });

  it("has nobody to speak for in a job that is over", async () => {
    const { fleet, settle, clock, createVanJob, lines } = await openVans(1);
    await createVanJob();
    await settle(fleet.iot.send(new CancelJobCommand({ jobId: "job" })));
    await clock.advance(5_000);

    const plan = await settle(planSimulation(fleet, { jobId: "job", share: 100 }));
    showSimulation(fleet, plan);

    expect(plan).toMatchObject({ vehicles: [], jobStatus: "CANCELED" });
    expect(lines.at(-1)).toBe("Nothing is pending in job job, which is CANCELED.");
  });

  it.each([
    [{ share: 101 }, "be a number from 0 to 100"],
    [{ share: Number.NaN }, "be a number from 0 to 100"],
    [{ share: 50, seed: 1.5 }, "be a whole number"],
    [{ share: 50, most: 0 }, "be a whole number from 1"],
    [{ share: 50, outcomes: {} }, "give each of FAILED"],
    [{ share: 50, outcomes: { FAILED: -1 } }, "give each of FAILED"],
    [{ share: 50, jobId: "a b" }, "have 1 to 64 characters"],
  ])("refuses %j before any call", async (wishes, rule) => {
    const { fleet, calls } = await openVans(1);
    const before = calls().length;

    const plan = planSimulation(fleet, { jobId: "job", ...wishes });

    await expect(plan).rejects.toThrow(rule);
    expect(calls()).toHaveLength(before);
  });

  it("refuses vehicles that fall silent in a job without a timeout", async () => {
    const { fleet, settle, createVanJob } = await openVans(1);
    await createVanJob();

    const plan = settle(
      planSimulation(fleet, { jobId: "job", share: 50, outcomes: { TIMED_OUT: 1 } }),
    );

    await expect(plan).rejects.toThrow(/job has no timeout/);
  });
});

describe("showSimulation", () => {
  it("shows the first eight vehicles, and counts the others", async () => {
    const { fleet, settle, createVanJob, lines } = await openVans(10);
    await createVanJob({ rollout: { maximumPerMinute: 9 } });
    const plan = await settle(planSimulation(fleet, { jobId: "job", share: 80 }));

    showSimulation(fleet, plan);

    const shown = (lines.at(-1) ?? "").split("\n");
    expect(shown[0]).toMatch(/^\[1\/10\] Vehicle-VIN-001 -> (SUCCESS|FAILURE \(\w+\))$/);
    expect(shown.slice(8, 11)).toEqual([
      "… and 2 more",
      "10 vehicles in job job: 8 succeed, 2 fail (80 %).",
      "The rollout has reached 9 so far, and not yet 1.",
    ]);
  });

  it("does not speak of downloads in a custom job", async () => {
    const { fleet, settle, createVanJob, lines } = await openVans(1);
    await createVanJob({ document: { operation: "check-tires" } });

    showSimulation(fleet, await settle(planSimulation(fleet, { jobId: "job", share: 0 })));

    expect(lines.at(-1)).toContain(
      "[1/1] Vehicle-VIN-001 -> FAILURE\n1 vehicle in job job: 1 fails",
    );
  });
});
