import { describe, expect, it } from "vitest";
import { collect } from "../../../lib/aws/collect.js";
import type { Fleet } from "../../../lib/aws/connect.js";
import { listExecutions } from "../../../lib/fleet/jobs/job-executions.js";
import { listJobs } from "../../../lib/fleet/jobs/jobs.js";
import { listThingGroups, listThingsInGroup } from "../../../lib/fleet/registry/thing-groups.js";
import { listThingTypes } from "../../../lib/fleet/registry/thing-types.js";
import { listThings } from "../../../lib/fleet/registry/things.js";
import { listPackages } from "../../../lib/fleet/software/packages.js";
import { catchUp } from "../../../lib/tasks/catch-up/catch-up.js";
import { PATH_OPERATIONS } from "../../../lib/tasks/class/called-operations.js";
import { learnerPolicy } from "../../../lib/tasks/class/iam-policies.js";
import { checkCleanUp } from "../../../lib/tasks/clean-up/check-clean-up.js";
import { cleanUp } from "../../../lib/tasks/clean-up/clean-up.js";
import { planCleanUp } from "../../../lib/tasks/clean-up/clean-up-plan.js";
import { compareScans } from "../../../lib/tasks/clean-up/scan-changes.js";
import { scan } from "../../../lib/tasks/clean-up/scan.js";
import { checkGroups } from "../../../lib/tasks/groups/check-groups.js";
import { checkPackages } from "../../../lib/tasks/packages/check-packages.js";
import { checkProvisioning } from "../../../lib/tasks/provisioning/check-provisioning.js";
import { planFleet } from "../../../lib/tasks/provisioning/plan.js";
import { openClassroom } from "./classroom.js";
import { guard } from "./guarded.js";

const NAMES = ["Ada", "Bob", "Cleo", "Dev", "Eve", "Finn", "Gus", "Hal", "Ida", "Joy"];
/** Ten take half a minute of work, and do so in `npm run test:long`. */
const LEARNERS = process.env["FLEETLAB_TESTS"] === "long" ? NAMES.length : 2;
const PREFIXES = NAMES.slice(0, LEARNERS).map((name) => `${name}-`);
const LEAVING = Math.floor(LEARNERS / 2);
const WISHES = { thingTypes: ["Van", "Bus"], devices: 4, countries: ["US", "CA"] } as const;

const planOf = (fleet: Fleet) => planFleet(fleet, WISHES);
/** What one learner does on the path, by the tasks that the notebooks call. */
async function walk(fleet: Fleet): Promise<void> {
  const plan = planOf(fleet);
  await catchUp(fleet, { to: "05-simulation", plan });
  await catchUp(fleet, { to: "07-rollback", plan });
}
async function leave(fleet: Fleet): Promise<boolean> {
  const { isComplete } = await cleanUp(fleet, await planCleanUp(fleet), { confirm: "DELETE" });
  return isComplete;
}

describe(`${LEARNERS} learners at once on one account`, () => {
  it("are not throttled, share no vehicle, and clean up without touching each other", async () => {
    const { fleet, learners, settle, calls, clock } = openClassroom(PREFIXES);
    const openedAt = clock.now();
    const empty = await settle(scan(fleet));
    // Each may do what the policy of their prefix allows, and nothing else.
    const guards = learners.map((one) => guard(one, learnerPolicy(one, one.prefix)));

    await settle(Promise.all(learners.map(walk)));
    const walked = { calls: calls().length, minutes: (clock.now() - openedAt) / 60_000 };

    // No crossed resource: whatever belongs to a learner is named like it, down to the last vehicle.
    const ofLearner = (name: string | undefined) =>
      PREFIXES.find((prefix) => name?.startsWith(prefix));
    const groups = await settle(collect(listThingGroups(fleet)));
    const jobs = await settle(collect(listJobs(fleet)));
    for (const { groupName = "" } of groups) {
      const members = await settle(collect(listThingsInGroup(fleet, groupName)));
      expect(new Set([groupName, ...members].map(ofLearner)), groupName).toHaveLength(1);
    }
    for (const { jobId = "" } of jobs) {
      const parts = await settle(collect(listExecutions(fleet, jobId)));
      const things = parts.map(({ thing }) => thing);
      expect(new Set([jobId, ...things].map(ofLearner)), jobId).toHaveLength(1);
    }
    for (const { thingName, thingTypeName } of await settle(collect(listThings(fleet)))) {
      expect(ofLearner(thingTypeName), thingName).toBe(ofLearner(thingName));
    }
    const types = await settle(collect(listThingTypes(fleet)));
    const packages = await settle(collect(listPackages(fleet)));
    const counted = { groups, jobs, types, packages };
    expect(Object.entries(counted).map(([what, all]) => [what, all.length])).toEqual([
      ["groups", 4 * LEARNERS],
      ["jobs", 3 * LEARNERS],
      ["types", 2 * LEARNERS],
      ["packages", 2 * LEARNERS],
    ]);

    // Half of them leave at once; the others' checkpoints are as they were.
    const leaving = learners.slice(0, LEAVING);
    const staying = learners.slice(LEAVING);
    expect(await settle(Promise.all(leaving.map(leave)))).toEqual(leaving.map(() => true));
    for (const one of leaving) {
      expect(await settle(checkCleanUp(one)), one.prefix).toSatisfy(areMet);
    }
    for (const one of staying) {
      const plan = planOf(one);
      expect(await settle(checkProvisioning(one, plan)), one.prefix).toSatisfy(areMet);
      expect(await settle(checkGroups(one, plan)), one.prefix).toSatisfy(areMet);
      expect(await settle(checkPackages(one, plan)), one.prefix).toSatisfy(areMet);
    }

    // The last one takes along what there is only once.
    for (const one of staying) expect(await settle(leave(one)), one.prefix).toBe(true);
    expect(compareScans(empty, await settle(scan(fleet))).flatMap((c) => c.unplanned)).toEqual([]);
    for (const { refused, called } of guards) {
      expect(refused).toEqual([]);
      expect(called().filter((one) => !PATH_OPERATIONS.includes(one))).toEqual([]);
    }
    const throttles = calls().filter(({ error }) => /Thrott|TooMany|SlowDown/.test(error ?? ""));
    expect(throttles).toEqual([]);
    const all = { calls: calls().length, minutes: (clock.now() - openedAt) / 60_000 };
    if (LEARNERS > 2) console.log(`${LEARNERS} learners: ${JSON.stringify({ walked, all })}`);
  }, 600_000);
});

const areMet = (checks: readonly { readonly isMet: boolean }[]) =>
  checks.every(({ isMet }) => isMet);
