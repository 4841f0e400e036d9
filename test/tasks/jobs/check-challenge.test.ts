import { beforeAll, describe, expect, it } from "vitest";
import { createDynamicGroup, waitForMembers } from "../../../lib/fleet/search/dynamic-groups.js";
import { deviceQuery } from "../../../lib/fleet/search/fleet-query.js";
import { releaseFirmware } from "../../../lib/fleet/software/package-versions.js";
import { checkChallenge } from "../../../lib/tasks/jobs/check-challenge.js";
import { planJob, type JobWishes } from "../../../lib/tasks/jobs/plan-job.js";
import { pathOf } from "../../../lib/tasks/path/path.js";
import { planFleet } from "../../../lib/tasks/provisioning/plan.js";
import { provision } from "../../../lib/tasks/provisioning/provision.js";
import { waitForThings } from "../../../lib/fleet/search/fleet-index.js";
import { openTestFleet } from "../../fleet.js";

const { fleet, settle } = openTestFleet();
const plan = planFleet(fleet, { thingTypes: ["Van"], countries: ["US", "CA"], devices: 60 });
const path = pathOf(plan);

beforeAll(async () => {
  await settle(provision(fleet, plan));
  await settle(waitForThings(fleet, "shadow.name.$package.reported.*.version:*", plan.devices));
  await settle(releaseFirmware(fleet, { packageName: "Van", versionName: path.nextVersion }));
  const charged = deviceQuery({ thingType: "Van", countries: ["CA"], battery: ">50" });
  await settle(createDynamicGroup(fleet, { name: "Charged", query: charged }));
  await settle(createDynamicGroup(fleet, { name: "All", query: "thingTypeName:Van" }));
  for (const group of ["Charged", "All"]) await settle(waitForMembers(fleet, group));
});

/** Which of the three checks an answer meets. */
async function graded(wishes: Partial<Extract<JobWishes, { kind: "ota" }>>) {
  const answer = await settle(
    planJob(fleet, {
      kind: "ota",
      package: "Van",
      version: path.nextVersion,
      groups: ["Charged"],
      rollout: { maximumPerMinute: 1 },
      abort: { failureType: "ALL", thresholdPercentage: 5, minNumberOfExecutedThings: 1 },
      name: "challenge",
      ...wishes,
    }),
  );
  return (await settle(checkChallenge(fleet, plan, answer))).map(({ isMet }) => isMet);
}

describe("checkChallenge", () => {
  it("is met by a slow rollout of the right version to the right vehicles, with a strict rule", async () => {
    expect(await graded({})).toEqual([true, true, true]);
  });

  it("is not met by another version, nor by more vehicles", async () => {
    expect(await graded({ version: path.newVersion })).toEqual([false, true, true]);
    expect((await graded({ groups: ["All"] }))[1]).toBe(false);
  });

  it("is not met by a pace that reaches many before the first answer, nor by a lax rule, nor by none", async () => {
    const lax = {
      failureType: "ALL",
      thresholdPercentage: 50,
      minNumberOfExecutedThings: 10,
    } as const;

    expect(await graded({ rollout: { maximumPerMinute: 50 } })).toEqual([true, true, false]);
    expect(await graded({ abort: lax })).toEqual([true, true, false]);
    expect(await graded({ abort: [] })).toEqual([true, true, false]);
  });
});
