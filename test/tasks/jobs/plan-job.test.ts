import { CreateRoleCommand, DeleteRoleCommand, DeleteRolePolicyCommand } from "@aws-sdk/client-iam";
import {
  CreatePackageVersionCommand,
  CreateThingGroupCommand,
  UpdatePackageVersionCommand,
} from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import type { Fleet } from "../../../lib/aws/connect.js";
import { NotOursError } from "../../../lib/aws/errors.js";
import { createDynamicGroup } from "../../../lib/fleet/search/dynamic-groups.js";
import { waitForThings } from "../../../lib/fleet/search/fleet-index.js";
import { countExecutions } from "../../../lib/fleet/jobs/job-executions.js";
import { describeJob, jobDocument } from "../../../lib/fleet/jobs/jobs.js";
import { createJob } from "../../../lib/fleet/jobs/new-job.js";
import { deprecatePackageVersion } from "../../../lib/fleet/software/package-versions.js";
import { createJobsRole, jobsRoleName } from "../../../lib/fleet/software/roles.js";
import { rolloutCourse } from "../../../lib/fleet/jobs/rollout.js";
import { addToGroup, createCountryGroups } from "../../../lib/fleet/registry/thing-groups.js";
import { createThing } from "../../../lib/fleet/registry/things.js";
import { planJob, type JobWishes } from "../../../lib/tasks/jobs/plan-job.js";
import { planFleet } from "../../../lib/tasks/provisioning/plan.js";
import { provision } from "../../../lib/tasks/provisioning/provision.js";
import { openTestFleet } from "../../fleet.js";

const YES = { confirm: "YES" } as const;
const WISHES = {
  thingTypes: ["Van"],
  versions: ["1.0.0", "1.1.0"],
  countries: ["US", "CA"],
  devices: 12,
};
const OTA = { kind: "ota", package: "Van", version: "1.1.0", groups: ["US_Fleet"] } as const;
const CUSTOM = {
  kind: "custom",
  document: { operation: "check-tires" },
  groups: ["US_Fleet"],
  timeoutMinutes: 10,
} as const;

/** A fleet as notebook 01 leaves it. */
async function provisioned() {
  const test = openTestFleet();
  await test.settle(provision(test.fleet, planFleet(test.fleet, WISHES)));
  return test;
}

/** Two groups, with so many things in them. */
async function openWithThings(names: readonly string[]) {
  const test = openTestFleet();
  const { fleet, settle } = test;
  await settle(createCountryGroups(fleet, ["US", "CA"]));
  for (const name of names) {
    await settle(createThing(fleet, { name }));
    await settle(addToGroup(fleet, name, "US_Fleet"));
  }
  return test;
}

const namesOf = (count: number) => Array.from({ length: count }, (_, i) => `Van-${i + 1}`);

/** Take away the role that provisioning made. */
async function deleteJobsRole(fleet: Fleet): Promise<void> {
  const RoleName = jobsRoleName(fleet);
  await fleet.iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: "ReadFirmware" }));
  await fleet.iam.send(new DeleteRoleCommand({ RoleName }));
}

describe("planJob", () => {
  it("resolves a version, a role and a free id, and creates nothing", async () => {
    const { fleet, settle, calls } = await provisioned();
    const before = calls().length;

    const plan = await settle(planJob(fleet, { ...OTA, timeoutMinutes: 60 }));
    const writes = calls()
      .slice(before)
      .filter(({ operation }) => !/^(Describe|Get|List)/.test(operation));

    expect(plan).toMatchObject({
      jobId: "upgrade-Van-1-1-0",
      description: "Install Van 1.1.0 on US_Fleet",
      selection: "SNAPSHOT",
      rollout: { maximumPerMinute: 1_000 },
      ships: { package: "Van", version: "1.1.0" },
      presign: { seconds: 3_600 },
      alreadyExists: false,
      notes: [],
    });
    expect(plan.presign?.roleArn).toMatch(new RegExp(`:role/${jobsRoleName(fleet)}$`));
    expect(writes).toEqual([]);
  });

  it("makes a job whose vehicles are told where the file is and what its digest is", async () => {
    const { fleet, settle, clock } = await provisioned();

    const plan = await settle(planJob(fleet, OTA));
    await settle(createJob(fleet, plan, YES));
    await clock.advance(5_000);
    const details = await settle(describeJob(fleet, plan.jobId));
    const document = await settle(jobDocument(fleet, plan.jobId));
    const counts = await settle(countExecutions(fleet, plan.jobId));

    expect(details.packageVersions).toEqual(["Van 1.1.0"]);
    expect(document).toMatchObject({
      ota: {
        packages: {
          Van: {
            version: "1.1.0",
            attributes: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
          },
        },
      },
    });
    expect(counts.QUEUED).toBe(plan.devices);
    expect(plan.devices).toBeGreaterThan(0);
  });

  it("gives a second job of the same name the next number, and finds a job by its id", async () => {
    const { fleet, settle } = await openWithThings(["Van-1"]);
    const first = await settle(planJob(fleet, CUSTOM));
    await settle(createJob(fleet, first, YES));

    const second = await settle(planJob(fleet, CUSTOM));
    const same = await settle(planJob(fleet, { ...CUSTOM, id: first.jobId }));

    expect([first.jobId, second.jobId]).toEqual(["check-tires", "check-tires-2"]);
    expect([second.alreadyExists, same.alreadyExists]).toEqual([false, true]);
  });

  it("needs no role for a document without links", async () => {
    const { fleet, settle, calls } = await openWithThings(["Van-1"]);

    const plan = await settle(planJob(fleet, CUSTOM));

    expect(plan.presign).toBeUndefined();
    expect(calls("GetRole")).toHaveLength(0);
  });

  it("D14: counts the vehicles of every page, each once", async () => {
    const { fleet, settle } = await openWithThings(namesOf(260));
    await settle(addToGroup(fleet, "Van-1", "CA_Fleet"));

    const plan = await settle(planJob(fleet, { ...CUSTOM, groups: ["US_Fleet", "CA_Fleet"] }));

    expect(plan.devices).toBe(260);
  });

  it("waits until a dynamic group is built, so that none of its vehicles is missed", async () => {
    const { fleet, settle } = await provisioned();
    const name = "Van_Devices";
    await settle(waitForThings(fleet, "thingTypeName:Van", 12));
    await settle(createDynamicGroup(fleet, { name, query: "thingTypeName:Van" }));

    const plan = await settle(planJob(fleet, { ...OTA, groups: [name] }));

    expect(plan.devices).toBe(12);
  });

  it.each([
    [{ groups: [] }, "the list of names"],
    [{ groups: ["US_Fleet", "US_Fleet"] }, "stand in the list once"],
    [{ groups: ["US Fleet"] }, "a thing group name"],
    [{ groups: namesOf(101) }, "be at most 100 groups"],
    [{ selection: "ALL" as "SNAPSHOT" }, "SNAPSHOT, CONTINUOUS"],
    [{ id: "check tires" }, "a job id"],
    [{ id: "a", name: "b" }, "both id and name"],
    [{ rollout: { maximumPerMinute: 1_001 } }, "maximumPerMinute"],
    [{ timeoutMinutes: 10_081 }, "a timeout in minutes"],
    [{ presignSeconds: 30 }, "a download link"],
    [{ description: "two\nlines" }, "the description of a job"],
    [{ description: "" }, "the description of a job"],
    [{ schedule: { maintenanceWindows: [{ startTime: "x", durationInMinutes: 1 }] } }, "snapshot"],
    [{ retry: { failureType: "ALL", numberOfRetries: 11 } }, "numberOfRetries"],
    [{ document: "no JSON" }, "a job document"],
    [{ kind: "other" as "custom" }, "ota, custom"],
  ] as const)("D29: refuses %j before the first call", async (change, reason) => {
    const { fleet, settle, calls } = openTestFleet();

    await expect(settle(planJob(fleet, { ...CUSTOM, ...change } as JobWishes))).rejects.toThrow(
      reason,
    );
    expect(calls()).toHaveLength(0);
  });

  it("names every group that is not there", async () => {
    const { fleet, settle } = await openWithThings([]);
    const groups = ["FR_Fleet", "US_Fleet", "DE_Fleet"];

    await expect(settle(planJob(fleet, { ...CUSTOM, groups }))).rejects.toThrow(
      "no thing group FR_Fleet, DE_Fleet",
    );
  });

  it("says which versions there are when the wanted one is not", async () => {
    const { fleet, settle } = await provisioned();

    await expect(settle(planJob(fleet, { ...OTA, version: "9.9.9" }))).rejects.toThrow(
      "no Van 9.9.9 in the catalog; choose one of 1.0.0 (PUBLISHED), 1.1.0 (PUBLISHED)",
    );
    await expect(settle(planJob(fleet, { ...OTA, package: "Bus" }))).rejects.toThrow("notebook 03");
  });

  it("refuses a draft, with the call that publishes it", async () => {
    const { fleet, settle } = await provisioned();
    const draft = { packageName: "Van", versionName: "2.0.0" };
    await settle(fleet.iot.send(new CreatePackageVersionCommand(draft)));

    await expect(settle(planJob(fleet, { ...OTA, version: "2.0.0" }))).rejects.toThrow(
      /is a draft.*publishPackageVersion\(fleet, { packageName: "Van", versionName: "2.0.0" }\)/,
    );
  });

  it("refuses a version without a file", async () => {
    const { fleet, settle } = await provisioned();
    const empty = { packageName: "Van", versionName: "2.0.0" };
    await settle(fleet.iot.send(new CreatePackageVersionCommand(empty)));
    await settle(fleet.iot.send(new UpdatePackageVersionCommand({ ...empty, action: "PUBLISH" })));

    await expect(settle(planJob(fleet, { ...OTA, version: "2.0.0" }))).rejects.toThrow(
      "has no file",
    );
  });

  it("ships a deprecated version, and says that it is one", async () => {
    const { fleet, settle } = await provisioned();
    const release = { packageName: "Van", versionName: "1.0.0" };
    await settle(deprecatePackageVersion(fleet, release));

    const plan = await settle(planJob(fleet, { ...OTA, version: "1.0.0" }));

    expect(plan.notes.join()).toContain("Van 1.0.0 is deprecated");
    await expect(settle(createJob(fleet, plan, YES))).resolves.toMatchObject({
      jobId: "upgrade-Van-1-0-0",
    });
  });

  it("D19: makes a job with a role that was made a moment ago", async () => {
    const { fleet, settle, calls } = await provisioned();
    await settle(deleteJobsRole(fleet));
    await settle(createJobsRole(fleet));

    const created = await settle(createJob(fleet, await settle(planJob(fleet, OTA)), YES));

    expect(created.alreadyExisted).toBe(false);
    expect(calls("CreateJob").length).toBeGreaterThan(1);
  });

  it("D30: wants the jobs role to be there, and to be ours", async () => {
    const { fleet, settle } = await provisioned();
    const RoleName = jobsRoleName(fleet);
    await settle(deleteJobsRole(fleet));

    await expect(settle(planJob(fleet, OTA))).rejects.toThrow("await createJobsRole(fleet)");

    const AssumeRolePolicyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Principal: { Service: "iot.amazonaws.com" }, Action: "sts:AssumeRole" },
      ],
    });
    await settle(fleet.iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument })));

    await expect(settle(planJob(fleet, OTA))).rejects.toThrow(NotOursError);
  });

  it("cuts the description of very many groups to what AWS takes", async () => {
    const { fleet, settle } = openTestFleet();
    const groups = Array.from({ length: 30 }, (_, i) => `${"g".repeat(100)}-${i}`);
    for (const thingGroupName of groups) {
      await settle(fleet.iot.send(new CreateThingGroupCommand({ thingGroupName })));
    }

    const plan = await settle(planJob(fleet, { ...CUSTOM, groups }));

    expect(plan.description).toHaveLength(2_028);
  });
});

describe("planJob's notes", () => {
  const noted = async (wishes: Partial<JobWishes>, things: number) => {
    const { fleet, settle } = await openWithThings(namesOf(things));
    const plan = await settle(planJob(fleet, { ...CUSTOM, ...wishes } as JobWishes));
    return plan.notes.join(" ");
  };
  const abort = { failureType: "ALL", thresholdPercentage: 10, minNumberOfExecutedThings: 5 };

  it.each([
    ["an empty snapshot", {}, 0, "over as soon as it starts"],
    ["an empty continuous job", { selection: "CONTINUOUS" }, 0, "waits for the first"],
    ["a continuous job", { selection: "CONTINUOUS" }, 1, "never completes by itself"],
    ["no timeout", { timeoutMinutes: undefined }, 1, "keeps the job open"],
    ["an abort that waits for too many", { abort }, 4, "waits for 5 finished vehicles"],
    ["an abort behind a burst", { abort }, 6, "in the first minute"],
  ])("tell of %s", async (_, wishes, things, words) => {
    expect(await noted(wishes as Partial<JobWishes>, things)).toContain(words);
  });

  it("are none where there is nothing to say", async () => {
    const rollout = { maximumPerMinute: 2 };

    expect(await noted({ abort: { ...abort, failureType: "ALL" }, rollout }, 6)).toBe("");
  });

  it("D44: tell that a group of outdated vehicles empties itself under a continuous job", async () => {
    const { fleet, settle } = await provisioned();
    const query = "shadow.name.$package.reported.Van.version:1.0.0";
    await settle(waitForThings(fleet, query, 12));
    await settle(createDynamicGroup(fleet, { name: "Old", query }));
    const wishes: JobWishes = { ...OTA, groups: ["Old"], selection: "CONTINUOUS" };

    const { notes } = await settle(planJob(fleet, wishes));
    const snapshot = await settle(planJob(fleet, { ...wishes, selection: "SNAPSHOT" }));

    expect(notes.join()).toContain("each vehicle that succeeds leaves it");
    expect(snapshot.notes.join()).not.toContain("leaves it");
  });
});

describe("a scheduled job on the sandbox", () => {
  it("begins when its time has come, and cancels at its end what has not begun", async () => {
    const { fleet, settle, clock } = await openWithThings(["Van-1"]);
    const startTime = new Date(clock.now() + 60 * 60_000);
    const endTime = new Date(clock.now() + 120 * 60_000);
    const schedule = { startTime, endTime, endBehavior: "CANCEL" } as const;
    const plan = await settle(planJob(fleet, { ...CUSTOM, schedule }));
    await settle(createJob(fleet, plan, YES));

    const statuses: string[] = [];
    for (const minutes of [1, 65, 60]) {
      await clock.advance(minutes * 60_000);
      const { status } = await settle(describeJob(fleet, plan.jobId));
      const { QUEUED, CANCELED } = await settle(countExecutions(fleet, plan.jobId));
      statuses.push(`${status} ${QUEUED} ${CANCELED}`);
    }

    expect(statuses.slice(0, 2)).toEqual(["SCHEDULED 0 0", "IN_PROGRESS 1 0"]);
    expect(statuses[2]).toMatch(/^(CANCELED|COMPLETED) 0 1$/);
  });
});

describe("a job's rollout on the sandbox", () => {
  it("goes as its picture says, minute by minute", async () => {
    const { fleet, settle, clock } = await openWithThings(namesOf(60));
    const rollout = {
      baseRatePerMinute: 5,
      incrementFactor: 1.5,
      rateIncreaseCriteria: { numberOfNotifiedThings: 10 },
      maximumPerMinute: 20,
    };
    const plan = await settle(planJob(fleet, { ...CUSTOM, rollout }));
    await settle(createJob(fleet, plan, YES));
    await clock.advance(30_000);

    const seen: number[] = [];
    for (const _ of rolloutCourse(rollout, 60).minutes) {
      const { QUEUED } = await settle(countExecutions(fleet, plan.jobId));
      seen.push(QUEUED);
      await clock.advance(60_000);
    }

    expect(seen).toEqual(rolloutCourse(rollout, 60).minutes.map(({ notified }) => notified));
    expect(new Set(seen).size).toBeGreaterThan(4);
  });
});
