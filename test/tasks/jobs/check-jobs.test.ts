import { CancelJobCommand } from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { createDynamicGroup } from "../../../lib/fleet/search/dynamic-groups.js";
import { createJob } from "../../../lib/fleet/jobs/new-job.js";
import { checkJobs } from "../../../lib/tasks/jobs/check-jobs.js";
import { createPathJob } from "../../../lib/tasks/jobs/path-jobs.js";
import { pathOf } from "../../../lib/tasks/path/path.js";
import { planJob } from "../../../lib/tasks/jobs/plan-job.js";
import { planFleet } from "../../../lib/tasks/provisioning/plan.js";
import { provision } from "../../../lib/tasks/provisioning/provision.js";
import { openTestFleet } from "../../fleet.js";

const WISHES = {
  thingTypes: ["Van"],
  versions: ["1.0.0", "1.1.0"],
  countries: ["US", "CA"],
  devices: 4,
};

/** A fleet as notebook 02 leaves it, with some of the jobs of notebook 04. */
async function openWithJobs(
  jobs: readonly ("upgrade" | "continuous" | "custom")[],
  wishes = WISHES,
) {
  const test = openTestFleet();
  const { fleet, settle } = test;
  const plan = planFleet(fleet, wishes);
  const path = pathOf(plan);
  await settle(provision(fleet, plan));
  for (const name of Object.values(path.groups)) {
    const query = "thingTypeName:Van";
    await settle(createDynamicGroup(fleet, { name, query, allowEmpty: true }));
  }
  for (const job of jobs) await settle(createPathJob(fleet, path, job));
  return { ...test, plan, path };
}

describe("checkJobs", () => {
  it("finds what the notebook leaves", async () => {
    const { fleet, settle, plan } = await openWithJobs(["upgrade", "continuous", "custom"]);

    const checks = await settle(checkJobs(fleet, plan));

    expect(checks.map(({ isMet, found }) => [isMet, found])).toEqual([
      [true, "upgrade-Van-1-1-0: IN_PROGRESS"],
      [true, "keep-Van-on-1-1-0: IN_PROGRESS"],
      [true, "check-tires: IN_PROGRESS"],
    ]);
  });

  it("finds it for a single vehicle of one version in one country, too", async () => {
    const wishes = { ...WISHES, versions: ["1.0.0"], countries: ["US"], devices: 1 };
    const { fleet, settle, plan } = await openWithJobs(["upgrade", "continuous", "custom"], wishes);

    const checks = await settle(checkJobs(fleet, plan));

    expect(checks.map(({ isMet }) => isMet)).toEqual([true, true, true]);
  });

  it("misses a job, and one that was cancelled", async () => {
    const { fleet, settle, plan } = await openWithJobs(["upgrade", "custom"]);
    await settle(fleet.iot.send(new CancelJobCommand({ jobId: "check-tires" })));

    const checks = await settle(checkJobs(fleet, plan));

    expect(checks.map(({ isMet, found }) => [isMet, found])).toEqual([
      [true, "upgrade-Van-1-1-0: IN_PROGRESS"],
      [false, "missing"],
      [false, "check-tires: CANCELED"],
    ]);
    expect(checks[1]?.wayOut).toBe('Run the cells under "A job that goes on" again.');
  });

  it("says how a job of that name differs", async () => {
    const { fleet, settle, plan } = await openWithJobs([]);
    const job = { kind: "custom", document: {}, groups: ["CA_Fleet"] } as const;
    for (const id of ["upgrade-Van-1-1-0", "keep-Van-on-1-1-0", "check-tires"]) {
      const found = await settle(planJob(fleet, { ...job, id }));
      await settle(createJob(fleet, found, { confirm: "YES" }));
    }

    const [upgrade, continuous, custom] = await settle(checkJobs(fleet, plan));

    expect(upgrade?.found).toBe(
      "upgrade-Van-1-1-0: it is for CA_Fleet, it installs nothing, no exponential rollout, no abort rule, no timeout",
    );
    expect(continuous?.found).toContain("it is SNAPSHOT");
    expect(custom?.found).toBe("check-tires: it is for CA_Fleet");
  });
});
