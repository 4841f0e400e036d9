import { CreateThingCommand } from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { collect } from "../../../lib/aws/collect.js";
import { deviceQuery } from "../../../lib/fleet/search/fleet-query.js";
import { uploadRelease } from "../../../lib/fleet/software/firmware.js";
import { countThings } from "../../../lib/fleet/search/fleet-index.js";
import { countExecutions } from "../../../lib/fleet/jobs/job-executions.js";
import { findJob, listJobs } from "../../../lib/fleet/jobs/jobs.js";
import { rememberPlan } from "../../../lib/fleet/shadows/notes.js";
import {
  createPackageVersion,
  findPackageVersion,
} from "../../../lib/fleet/software/package-versions.js";
import { listOurThings } from "../../../lib/fleet/registry/things.js";
import { catchUp } from "../../../lib/tasks/catch-up/catch-up.js";
import { pathOf, type Notebook } from "../../../lib/tasks/path/path.js";
import { deviceOf, planFleet, type FleetWishes } from "../../../lib/tasks/provisioning/plan.js";
import { findPlan, provision } from "../../../lib/tasks/provisioning/provision.js";
import { openTestFleet } from "../../fleet.js";

const SMALL: FleetWishes = { devices: 12, countries: ["US", "CA"] };
const READS = /^(Describe|List|Get|Head|Search)/;

describe("catchUp", () => {
  it.each<Notebook>([
    "02-dynamic-groups",
    "04-jobs",
    "05-simulation",
    "06-exploration",
    "07-rollback",
  ])("builds what %s stands on from an empty account, and nothing the second time", async (to) => {
    const { fleet, settle, calls, lines } = openTestFleet();
    const plan = planFleet(fleet, SMALL);

    await settle(catchUp(fleet, { to, plan }));
    const before = calls().length;
    await settle(catchUp(fleet, { to }));

    const writes = calls()
      .slice(before)
      .map(({ operation }) => operation)
      .filter((operation) => !READS.test(operation ?? ""));
    expect(writes).toEqual([]);
    expect(lines.at(-1)).toContain("there already");
    expect(lines.at(-1)).not.toContain("built now");
  });

  it("takes the fleet that was planned, not the default one", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(provision(fleet, planFleet(fleet, SMALL)));

    const { plan } = await settle(catchUp(fleet, { to: "02-dynamic-groups" }));

    expect(plan.devices).toBe(12);
    expect(await collect(listOurThings(fleet))).toHaveLength(12);
  });

  it.each<[Notebook, number]>([
    ["02-dynamic-groups", 100],
    ["09-connected-vehicles", 24],
  ])("builds %s a fleet of %i vehicles where nobody has planned one", async (to, devices) => {
    const { fleet, settle } = openTestFleet();

    const { plan } = await settle(catchUp(fleet, { to }));

    expect(plan.devices).toBe(devices);
    expect(await collect(listOurThings(fleet))).toHaveLength(devices);
    expect(await findPlan(fleet)).toMatchObject({ devices });
  });

  it("finishes a fleet that an interrupted run left half-made", async () => {
    const { fleet, settle } = openTestFleet();
    const plan = planFleet(fleet, SMALL);
    await settle(provision(fleet, { ...plan, devices: 5 }));
    // A run for all twelve notes its plan before the first vehicle is made.
    await settle(rememberPlan(fleet, SMALL));

    await settle(catchUp(fleet, { to: "02-dynamic-groups" }));

    expect(await collect(listOurThings(fleet))).toHaveLength(12);
  });

  it("says what could not be built, each time, and goes on without it", async () => {
    const { fleet, settle, lines } = openTestFleet();
    const plan = planFleet(fleet, SMALL);
    const { name: thingName } = deviceOf(plan, 3);
    await settle(fleet.iot.send(new CreateThingCommand({ thingName })));

    await settle(catchUp(fleet, { to: "04-jobs", plan }));
    const first = lines.at(-1);
    await settle(catchUp(fleet, { to: "02-dynamic-groups" }));

    expect(first).toMatch(
      new RegExp(`the fleet, from notebook 1 +built in part, 1 failed: ${thingName}\\n`),
    );
    expect(first).toMatch(/two dynamic groups, from notebook 2 +built now/);
    expect(lines.join("\n")).toContain(
      `${thingName}: NotOursError: The thing ${thingName} exists and was not made by the workshop`,
    );
    expect(lines.at(-1)).toContain(`built in part, 1 failed: ${thingName}`);
    expect(await collect(listOurThings(fleet))).toHaveLength(11);
  });

  it("says which vehicles had to be given up", async () => {
    const { fleet, settle, lines } = openTestFleet();
    const plan = planFleet(fleet, SMALL);
    await settle(catchUp(fleet, { to: "05-simulation", plan }));
    const { name } = deviceOf(plan, 3);
    const denied = Object.assign(new Error("no entry"), { name: "AccessDeniedException" });
    fleet.iotJobs.middlewareStack.add(
      (next) => (args) =>
        (args.input as { readonly thingName?: string }).thingName === name
          ? Promise.reject(denied)
          : next(args),
      { step: "initialize", name: "denied" },
    );

    await settle(catchUp(fleet, { to: "06-exploration" }));

    expect(lines.at(-1)).toMatch(/from notebook 5 +built in part, \d+ failed: /);
    expect(lines.at(-1)).toContain(name);
  });

  it("D25: publishes a version that an interrupted notebook left as a draft", async () => {
    const { fleet, settle } = openTestFleet();
    const plan = planFleet(fleet, SMALL);
    const { typeA: packageName, nextVersion: versionName } = pathOf(plan);
    await settle(provision(fleet, plan));
    const { firmware } = await settle(uploadRelease(fleet, { packageName, versionName }));
    await settle(createPackageVersion(fleet, firmware));

    await settle(catchUp(fleet, { to: "04-jobs" }));

    const version = await settle(findPackageVersion(fleet, { packageName, versionName }));
    expect(version?.status).toBe("PUBLISHED");
  });

  it("gives notebook 05 three jobs with something to do, also after they were worked off", async () => {
    const { fleet, settle } = openTestFleet();
    const plan = planFleet(fleet, SMALL);
    const first = await settle(catchUp(fleet, { to: "06-exploration", plan }));

    const again = await settle(catchUp(fleet, { to: "05-simulation" }));

    expect(first.jobs.upgrade).toBe("upgrade-SedanVehicle-1-1-0");
    expect(again.jobs.upgrade).toBe("upgrade-SedanVehicle-1-1-0-2");
    expect(again.jobs.continuous).toBe(first.jobs.continuous);
    expect((await findJob(fleet, again.jobs.upgrade))?.status).toBe("IN_PROGRESS");
  });

  it("gives notebook 06 jobs that vehicles have worked on", async () => {
    const { fleet, settle } = openTestFleet();

    const { jobs } = await settle(
      catchUp(fleet, { to: "06-exploration", plan: planFleet(fleet, SMALL) }),
    );

    const counts = await settle(countExecutions(fleet, jobs.upgrade));
    expect(counts.SUCCEEDED).toBeGreaterThan(0);
    expect(counts.QUEUED + counts.IN_PROGRESS).toBe(0);
  });

  it("gives notebook 07 vehicles of both types on the new version", async () => {
    const { fleet, settle } = openTestFleet();

    const { typeA, typeB, newVersion } = await settle(
      catchUp(fleet, { to: "07-rollback", plan: planFleet(fleet, SMALL) }),
    );

    for (const thingType of [typeA, typeB]) {
      const query = deviceQuery({ thingType, versions: [newVersion] });
      expect(await settle(countThings(fleet, query))).toBeGreaterThan(0);
    }
  });

  it("builds nothing on AWS in order to delete it", async () => {
    const { fleet, settle, calls } = openTestFleet({ target: "aws" });

    await settle(catchUp(fleet, { to: "08-cleanup" }));

    expect(calls().filter(({ operation }) => !READS.test(operation ?? ""))).toEqual([]);
  });

  it("names the notebooks there are, when it is asked for another", async () => {
    const { fleet } = openTestFleet();

    await expect(catchUp(fleet, { to: "09-more" as Notebook })).rejects.toThrow(
      "02-dynamic-groups",
    );
  });

  it("works for a fleet of one vehicle", async () => {
    const { fleet, settle } = openTestFleet();
    const plan = planFleet(fleet, { devices: 1 });

    const { jobs } = await settle(catchUp(fleet, { to: "07-rollback", plan }));

    expect(Object.keys(jobs).sort()).toEqual(["continuous", "custom", "upgrade"]);
    expect(await collect(listJobs(fleet))).not.toHaveLength(0);
  });
});

describe("pathOf", () => {
  it("speaks of types that have vehicles", () => {
    const { fleet } = openTestFleet();
    const plan = planFleet(fleet, { devices: 1 });

    const path = pathOf(plan);

    expect(path.typeA).toBe(path.typeB);
    expect(path.groups.all).toBe(`${path.typeA}_Devices`);
  });
});
