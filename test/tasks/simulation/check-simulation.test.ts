import { describe, expect, it } from "vitest";
import { reportState } from "../../../lib/fleet/shadows/shadows.js";
import { addToGroup, createCountryGroups } from "../../../lib/fleet/registry/thing-groups.js";
import { createThing } from "../../../lib/fleet/registry/things.js";
import { checkSimulation } from "../../../lib/tasks/simulation/check-simulation.js";
import { planSimulation } from "../../../lib/tasks/simulation/plan-simulation.js";
import { simulate } from "../../../lib/tasks/simulation/simulate.js";
import { openVans } from "../simulated-fleet.js";

async function openSimulated() {
  const test = await openVans(3);
  const { fleet, settle } = test;
  await test.createVanJob();
  const plan = await settle(planSimulation(fleet, { jobId: "job", share: 70 }));
  await settle(simulate(fleet, plan, { confirm: "YES" }));
  return { ...test, plan };
}

describe("checkSimulation", () => {
  it("finds the job worked off, and shadows and inventory as the job left them", async () => {
    const { fleet, settle } = await openSimulated();

    const checks = await settle(checkSimulation(fleet, ["job"]));

    expect(checks).toMatchObject([
      { what: "Job job", isMet: true, found: "2 of 3 succeeded, 0 pending" },
      { what: "Van 1.1.0", isMet: true, found: "2 vehicles report it, 2 stand in the inventory" },
    ]);
  });

  it("misses executions that are pending", async () => {
    const { fleet, settle, createVanJob } = await openVans(2);
    await createVanJob();

    const [job] = await settle(checkSimulation(fleet, ["job"]));

    expect(job).toMatchObject({ isMet: false, found: "0 of 2 succeeded, 2 pending" });
  });

  it("looks at the vehicles of this prefix alone", async () => {
    const { fleet, settle, createVanJob } = await openVans(2);
    await settle(createThing(fleet, { name: "Ada-001" }));
    await settle(addToGroup(fleet, "Ada-001", "US_Fleet"));
    await createVanJob();
    const plan = await settle(planSimulation(fleet, { jobId: "job", share: 100 }));
    await settle(simulate(fleet, plan, { confirm: "YES" }));

    expect(await settle(checkSimulation(fleet, ["job"]))).toMatchObject([
      { isMet: true, found: "2 of 2 succeeded, 0 pending" },
      { isMet: true },
    ]);
  });

  it("takes a continuous job that nobody needs as worked off", async () => {
    const { fleet, settle, createVanJob } = await openVans(1);
    await settle(createCountryGroups(fleet, ["CA"]));
    await createVanJob({ groups: ["CA_Fleet"], selection: "CONTINUOUS" });

    const [job] = await settle(checkSimulation(fleet, ["job"]));

    expect(job).toMatchObject({ isMet: true, found: "0 of 0 succeeded, 0 pending" });
  });

  it("misses a vehicle that does not say what the job has installed", async () => {
    const { fleet, settle, clock, plan } = await openSimulated();
    const { name = "" } = plan.vehicles.find(({ outcome }) => outcome === "SUCCEEDED") ?? {};
    await settle(reportState(fleet, name, { firmware: null }));
    await clock.advance(10_000);

    const [, version] = await settle(checkSimulation(fleet, ["job"]));

    expect(version).toMatchObject({
      isMet: false,
      found: "1 vehicles report it, 2 stand in the inventory",
    });
  });

  it("says so when there is no such job", async () => {
    const { fleet, settle } = await openVans(1);

    expect(await settle(checkSimulation(fleet, ["nojob"]))).toMatchObject([
      { isMet: false, found: "no such job" },
    ]);
  });
});
