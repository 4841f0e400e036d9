import { PutRolePolicyCommand } from "@aws-sdk/client-iam";
import {
  AddThingToThingGroupCommand,
  AttachThingPrincipalCommand,
  CreateKeysAndCertificateCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  DeleteThingCommand,
  DescribeCertificateCommand,
  UpdateIndexingConfigurationCommand,
} from "@aws-sdk/client-iot";
import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { collect } from "../../../lib/aws/collect.js";
import { createFleet, type Fleet } from "../../../lib/aws/connect.js";
import { ManyInterruptedError } from "../../../lib/aws/many.js";
import { tagList } from "../../../lib/aws/ownership.js";
import { createDynamicGroup } from "../../../lib/fleet/search/dynamic-groups.js";
import { firmwareBucketName } from "../../../lib/fleet/software/firmware-bucket.js";
import { listJobs } from "../../../lib/fleet/jobs/jobs.js";
import { createJob } from "../../../lib/fleet/jobs/new-job.js";
import { createPackages, setDefaultVersion } from "../../../lib/fleet/software/packages.js";
import {
  jobsRoleName,
  listInlinePolicies,
  packageConfigRoleName,
} from "../../../lib/fleet/software/roles.js";
import { getShadow, listNamedShadows, reportState } from "../../../lib/fleet/shadows/shadows.js";
import { listGroupsOfThing } from "../../../lib/fleet/registry/thing-groups.js";
import { createThingTypes, findThingType } from "../../../lib/fleet/registry/thing-types.js";
import { rememberPlan } from "../../../lib/fleet/shadows/notes.js";
import {
  createThing,
  findThing,
  listOurThings,
  listThings,
} from "../../../lib/fleet/registry/things.js";
import { startNextExecution } from "../../../lib/fleet/jobs/device-jobs.js";
import { catchUp } from "../../../lib/tasks/catch-up/catch-up.js";
import { checkCleanUp } from "../../../lib/tasks/clean-up/check-clean-up.js";
import { cleanUp } from "../../../lib/tasks/clean-up/clean-up.js";
import { planCleanUp, type CleanUpPlan } from "../../../lib/tasks/clean-up/clean-up-plan.js";
import type { CleanUpKind } from "../../../lib/tasks/clean-up/clean-up-kinds.js";
import { planJob } from "../../../lib/tasks/jobs/plan-job.js";
import { deviceOf, planFleet, type FleetWishes } from "../../../lib/tasks/provisioning/plan.js";
import { provision } from "../../../lib/tasks/provisioning/provision.js";
import { compareScans } from "../../../lib/tasks/clean-up/scan-changes.js";
import { scan, type Scan } from "../../../lib/tasks/clean-up/scan.js";
import { openTestFleet, unsigned, type TestFleet } from "../../fleet.js";
import { createStrangers } from "../strangers.js";

const WISHES = { thingTypes: ["Van"], versions: ["1.0.0"], countries: ["US", "CA"], devices: 12 };
const YES = { confirm: "DELETE" } as const;

/** A small fleet, and what the account was like before it. */
async function provisioned(wishes: FleetWishes = WISHES) {
  const test = openTestFleet();
  const before = await test.settle(scan(test.fleet));
  const plan = planFleet(test.fleet, wishes);
  await test.settle(provision(test.fleet, plan));
  return { ...test, before, plan };
}

/** Another learner on the same account: a connection with another prefix, and a fleet. */
async function classmate(test: TestFleet, prefix: string, wishes: FleetWishes = WISHES) {
  const { fleet, settle, sandbox, clock } = test;
  const ada = createFleet({
    target: "sandbox",
    region: fleet.region,
    account: fleet.account,
    acceptCharges: true,
    prefix,
    clock,
    output: fleet.output,
    clientConfig: {
      endpoint: "http://sandbox.localhost",
      credentials: { accessKeyId: fleet.account, secretAccessKey: "test" },
      ...unsigned,
      requestHandler: sandbox.requestHandler,
      disableClockSkewCorrection: true,
    },
  });
  await settle(provision(ada, planFleet(ada, wishes)));
  return ada;
}

async function cleanedUp(fleet: Fleet, settle: TestFleet["settle"]) {
  return settle(cleanUp(fleet, await settle(planCleanUp(fleet)), YES));
}

const differences = (before: Scan, after: Scan) =>
  compareScans(before, after).filter(({ unplanned }) => unplanned.length > 0);
const namesOf = (plan: CleanUpPlan, kind: CleanUpKind) =>
  plan.steps.find((step) => step.kind === kind)?.names;
const keptOf = (plan: CleanUpPlan, kind: CleanUpKind) =>
  plan.steps.find((step) => step.kind === kind)?.kept;
const WRITES = /^(Create|Update|Delete|Deprecate|Put|Attach|Detach|Cancel|Tag|Untag|Remove|Set)/;

describe("planCleanUp", () => {
  it("D2: changes nothing", async () => {
    const { fleet, settle, calls } = await provisioned();
    const before = calls().length;

    await settle(planCleanUp(fleet));

    const writes = calls()
      .slice(before)
      .filter(({ operation }) => WRITES.test(operation));
    expect(writes).toEqual([]);
  });

  it("names what it found, why it is ours, and what removing it takes", async () => {
    const { fleet, settle } = await provisioned();

    const plan = await settle(planCleanUp(fleet));

    expect(plan.steps.map(({ kind, names }) => [kind, names.length])).toEqual([
      ["registrations", 0],
      ["jobs", 0],
      ["commands", 0],
      ["certificates", 0],
      ["device policies", 0],
      ["things", 12],
      ["dynamic groups", 0],
      ["static groups", 2],
      ["package configuration", 1],
      ["package versions", 1],
      ["packages", 1],
      ["firmware files", 1],
      ["firmware bucket", 1],
      ["roles", 2],
      ["fleet indexing", 1],
      ["thing types", 1],
      ["notes", 2],
    ]);
    const things = plan.steps.find(({ kind }) => kind === "things");
    expect(things).toMatchObject({ calls: 60, why: expect.stringContaining("workshop: fleetlab") });
    expect(plan.steps.find(({ kind }) => kind === "thing types")).toMatchObject({
      waitSeconds: 300,
    });
  });

  it("refuses a scope that does not exist", async () => {
    const { fleet } = openTestFleet();

    await expect(planCleanUp(fleet, { scope: "all" as "everything" })).rejects.toThrow(
      '"all" cannot be the scope of a cleanup: it must be one of everything, things, groups',
    );
    await expect(planCleanUp(fleet, { shadows: "none" as "known" })).rejects.toThrow(
      '"none" cannot be the shadows of a cleanup: it must be one of every, known',
    );
  });

  it("looks for added shadows only while that takes a minute, unless it is asked to", async () => {
    const { fleet, settle } = openTestFleet({
      limits: { CreateThing: 5_000 },
      sandbox: { quotas: "off" },
    });
    const create = (i: number) =>
      fleet.iot.send(
        new CreateThingCommand({
          thingName: `${fleet.prefix}${i}`,
          attributePayload: { attributes: { workshop: "fleetlab" } },
        }),
      );
    await settle(Promise.all(Array.from({ length: 501 }, (_, i) => create(i))));

    const quick = await settle(planCleanUp(fleet, { scope: "things" }));
    const thorough = await settle(planCleanUp(fleet, { scope: "things", shadows: "every" }));

    expect([quick.shadows, thorough.shadows]).toEqual(["known", "every"]);
    expect(quick.steps[1]?.seconds).toBeLessThan(10);
    expect(thorough.steps[1]?.seconds).toBeGreaterThan(60);
  });
});

describe("cleanUp", () => {
  it("does nothing without a yes, and says what it would do", async () => {
    const { fleet, settle, calls } = await provisioned();
    const plan = await settle(planCleanUp(fleet));
    const before = calls().length;

    await expect(cleanUp(fleet, plan)).rejects.toThrow(
      /things \(12\).*Nothing has been done yet: pass \{ confirm: "DELETE" \}/,
    );
    await expect(cleanUp(fleet, plan, { confirm: "YES" as "DELETE" })).rejects.toThrow(
      'You passed "YES"',
    );
    expect(calls().length).toBe(before);
  });

  it("refuses a plan of another prefix", async () => {
    const test = await provisioned();
    const ada = await classmate(test, "Ada-");
    const plan = await test.settle(planCleanUp(test.fleet));

    await expect(cleanUp(ada, plan, YES)).rejects.toThrow(
      "this account, this Region and this prefix",
    );
  });

  it("leaves the account as it was before the workshop", async () => {
    const { fleet, settle, before } = await provisioned();

    const report = await cleanedUp(fleet, settle);

    expect(report.isComplete).toBe(true);
    expect(differences(before, await settle(scan(fleet)))).toEqual([]);
  });

  it("D1, D4: removes all that the whole path leaves, and nothing of two hundred strangers", async () => {
    const test = openTestFleet();
    const { fleet, settle } = test;
    const strangers = await settle(createStrangers(fleet));
    const before = await settle(scan(fleet));
    const wishes = {
      thingTypes: ["SedanVehicle", "TruckVehicle"],
      countries: ["CA", "MX"],
      devices: 20,
    };
    await settle(catchUp(fleet, { to: "08-cleanup", plan: planFleet(fleet, wishes) }));
    const there = await settle(scan(fleet));

    const report = await cleanedUp(fleet, settle);

    expect(strangers).toBe(200);
    expect(there.jobs.length).toBeGreaterThan(before.jobs.length + 2);
    expect(report.steps.flatMap(({ failed }) => failed)).toEqual([]);
    expect(differences(before, await settle(scan(fleet)))).toEqual([]);
  });

  it("D27: removes principals from things, all shadows, and what hangs on roles", async () => {
    const { fleet, settle, plan, before } = await provisioned();
    const { name } = deviceOf(plan, 1);
    const { certificateArn = "", certificateId = "" } = await settle(
      fleet.iot.send(new CreateKeysAndCertificateCommand({ setAsActive: true })),
    );
    const principal = { thingName: name, principal: certificateArn };
    await settle(fleet.iot.send(new AttachThingPrincipalCommand(principal)));
    await settle(reportState(fleet, name, { colour: "red" }, "paint"));
    const extra = {
      RoleName: jobsRoleName(fleet),
      PolicyName: "Extra",
      PolicyDocument: JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Action: "s3:ListBucket", Resource: "*" }],
      }),
    };
    await settle(fleet.iam.send(new PutRolePolicyCommand(extra)));

    const report = await cleanedUp(fleet, settle);

    expect(report.isComplete).toBe(true);
    expect(await settle(listNamedShadows(fleet, name))).toEqual([]);
    expect(await settle(getShadow(fleet, name))).toBeUndefined();
    // The certificate is whoever's made it.
    const certificate = new DescribeCertificateCommand({ certificateId });
    expect((await settle(fleet.iot.send(certificate))).certificateDescription?.status).toBe(
      "ACTIVE",
    );
    expect(differences(before, await settle(scan(fleet)))).toMatchObject([
      { kind: "certificates" },
    ]);
  });

  it("unsets default versions, and empties the bucket of delete markers too", async () => {
    const { fleet, settle, before } = await provisioned();
    await settle(setDefaultVersion(fleet, "Van", "1.0.0"));
    const file = { Bucket: firmwareBucketName(fleet), Key: "Van_v1_0_0.zip" };
    await settle(fleet.s3.send(new DeleteObjectCommand(file)));

    const report = await cleanedUp(fleet, settle);

    expect(report.steps.find(({ kind }) => kind === "firmware files")).toMatchObject({
      deleted: 2,
    });
    expect(differences(before, await settle(scan(fleet)))).toEqual([]);
  });

  it("deletes child groups before their parents", async () => {
    const { fleet, settle, before } = await provisioned();
    const child = (thingGroupName: string, parentGroupName: string) =>
      fleet.iot.send(
        new CreateThingGroupCommand({ thingGroupName, parentGroupName, tags: tagList(fleet.tags) }),
      );
    await settle(child("A_child", "US_Fleet"));
    await settle(child("Z_grandchild", "A_child"));

    const plan = await settle(planCleanUp(fleet, { scope: "groups" }));
    await cleanedUp(fleet, settle);

    expect(namesOf(plan, "static groups")).toEqual([
      "Z_grandchild",
      "A_child",
      "CA_Fleet",
      "US_Fleet",
    ]);
    expect(differences(before, await settle(scan(fleet)))).toEqual([]);
  });

  it("cancels and deletes jobs in every state, ten at once at most", async () => {
    const { fleet, settle, plan, before, calls } = await provisioned();
    const ids: string[] = [];
    for (let i = 0; i < 12; i++) {
      const wishes = {
        kind: "custom",
        document: { operation: "honk" },
        id: `honk-${i}`,
        groups: ["US_Fleet", "CA_Fleet"],
        ...(i === 11 && { selection: "CONTINUOUS" as const }),
      } as const;
      const job = await settle(planJob(fleet, wishes));
      ids.push((await settle(createJob(fleet, job, { confirm: "YES" }))).jobId);
    }
    await settle(fleet.passTime(5_000));
    await settle(startNextExecution(fleet, deviceOf(plan, 1).name));

    const report = await cleanedUp(fleet, settle);

    expect(ids).toHaveLength(12);
    expect(report.steps.find(({ kind }) => kind === "jobs")).toMatchObject({
      kind: "jobs",
      deleted: 12,
      failed: [],
    });
    expect(calls("DeleteJob").filter(({ error }) => error !== undefined)).toEqual([]);
    expect(differences(before, await settle(scan(fleet)))).toEqual([]);
  });

  it("removes only things, or only groups, when asked", async () => {
    const { fleet, settle, plan } = await provisioned();

    await settle(cleanUp(fleet, await settle(planCleanUp(fleet, { scope: "groups" })), YES));
    const things = await settle(collect(listOurThings(fleet)));
    const groups = await settle(collect(listGroupsOfThing(fleet, deviceOf(plan, 1).name)));
    await settle(cleanUp(fleet, await settle(planCleanUp(fleet, { scope: "things" })), YES));

    expect([things.length, groups.length]).toEqual([12, 0]);
    expect(await settle(collect(listOurThings(fleet)))).toEqual([]);
    expect(await settle(findThingType(fleet, "Van"))).toBeDefined();
  });

  it("deletes nothing when the same plan runs twice", async () => {
    const { fleet, settle } = await provisioned();
    const plan = await settle(planCleanUp(fleet));
    await settle(cleanUp(fleet, plan, YES));

    const again = await settle(cleanUp(fleet, plan, YES));

    expect(again.isComplete).toBe(true);
    expect(again.steps.every(({ deleted }) => deleted === 0)).toBe(true);
    expect(again.steps.find(({ kind }) => kind === "things")).toMatchObject({ gone: 12 });
  });

  it("D3: goes at the paced rate of each operation, without a throttled call", async () => {
    const { fleet, settle, clock } = await provisioned({ ...WISHES, devices: 160 });
    const plan = await settle(planCleanUp(fleet, { scope: "things", shadows: "known" }));
    const throttles = fleet.counts.throttles;
    const startedAt = clock.now();

    await settle(cleanUp(fleet, plan, YES));

    // 160 DeleteThing at 80 a second; the plan said so.
    const seconds = (clock.now() - startedAt) / 1_000;
    expect(seconds).toBeLessThan(2.5);
    expect(seconds).toBeGreaterThanOrEqual(plan.steps[1]?.seconds ?? Infinity);
    expect(fleet.counts.throttles).toBe(throttles);
  });

  it("D20: tells the truth about failures, goes on, and a second run finishes", async () => {
    const { fleet, settle, before, plan } = await provisioned();
    const { name } = deviceOf(plan, 3);
    let isDenied = true;
    const denied = Object.assign(new Error("not authorized"), { name: "AccessDeniedException" });
    fleet.iot.middlewareStack.add(
      (next, context) => async (args) => {
        const { thingName } = args.input as { thingName?: string };
        const isDeletion = context["commandName"] === "DeleteThingCommand";
        if (isDenied && isDeletion && thingName === name) throw denied;
        return next(args);
      },
      { step: "initialize", name: "denied" },
    );
    const cleaning = await settle(planCleanUp(fleet));
    const report = await settle(cleanUp(fleet, cleaning, YES));
    isDenied = false;

    const failing = report.steps.filter(({ failed }) => failed.length > 0);
    expect(report.isComplete).toBe(false);
    expect(failing.map(({ kind, failed }) => [kind, failed[0]?.name, failed[0]?.error])).toEqual([
      ["things", name, "AccessDeniedException"],
      ["thing types", "Van", "FleetError"],
    ]);
    expect(failing[1]?.failed[0]?.cause).toContain(`${name} still has the type Van`);
    // Nothing was waited for that could not come.
    expect(report.steps.find(({ kind }) => kind === "thing types")?.seconds).toBeLessThan(60);
    expect(report.steps.find(({ kind }) => kind === "things")).toMatchObject({ deleted: 11 });
    expect((await cleanedUp(fleet, settle)).isComplete).toBe(true);
    expect(differences(before, await settle(scan(fleet)))).toEqual([]);
  });

  it("finishes in a second run what an interrupt has left", async () => {
    const { fleet, settle, clock, calls, before } = await provisioned();
    const plan = await settle(planCleanUp(fleet));
    const interrupted = cleanUp(fleet, plan, YES).catch((error: unknown) => error);
    while (calls("DeleteThing").length < 3) await clock.advance(20);
    process.emit("SIGINT");

    expect(await interrupted).toBeInstanceOf(ManyInterruptedError);
    expect(calls("DeleteThingGroup")).toEqual([]);
    const again = await cleanedUp(fleet, settle);
    expect(again.isComplete).toBe(true);
    expect(differences(before, await settle(scan(fleet)))).toEqual([]);
  });

  it("leaves alone what stopped being ours after it was planned", async () => {
    const { fleet, settle, plan } = await provisioned();
    const { name } = deviceOf(plan, 1);
    const cleaning = await settle(planCleanUp(fleet, { scope: "things" }));
    await settle(fleet.iot.send(new DeleteThingCommand({ thingName: name })));
    await settle(fleet.iot.send(new CreateThingCommand({ thingName: name })));

    const report = await settle(cleanUp(fleet, cleaning, YES));

    expect(report.steps[1]).toMatchObject({ deleted: 11, failed: [], kept: [{ name }] });
    expect(await settle(findThing(fleet, name))).toBeDefined();
  });

  it("keeps a type and a group that somebody else's thing still needs, and says so", async () => {
    const { fleet, settle } = await provisioned();
    const crane = { thingName: "Crane", thingTypeName: "Van" };
    await settle(fleet.iot.send(new CreateThingCommand(crane)));
    const member = { thingName: "Crane", thingGroupName: "US_Fleet" };
    await settle(fleet.iot.send(new AddThingToThingGroupCommand(member)));

    const plan = await settle(planCleanUp(fleet));
    const report = await settle(cleanUp(fleet, plan, YES));

    expect(keptOf(plan, "thing types")).toEqual([
      { name: "Van", why: "Crane that the workshop did not make has it" },
    ]);
    expect(keptOf(plan, "static groups")).toEqual([{ name: "US_Fleet", why: "Crane is in it" }]);
    expect(report.isComplete).toBe(true);
    const type = await settle(findThingType(fleet, "Van"));
    expect(type?.thingTypeMetadata?.deprecated).toBe(false);
  });

  it("in a class, removes our own and keeps what others still use; the last one leaves nothing", async () => {
    const test = await provisioned();
    const { fleet, settle, before } = test;
    const ada = await classmate(test, "Ada-", {
      ...WISHES,
      countries: ["CA"],
      thingTypes: ["Bus"],
    });
    await classmate(test, "Bob-", { ...WISHES, countries: ["CA"], devices: 2 });
    const bob = await classmate(test, "Bob-", { ...WISHES, countries: ["CA"], devices: 2 });

    const plan = await settle(planCleanUp(fleet));
    const report = await settle(cleanUp(fleet, plan, YES));
    const left = await settle(collect(listThings(fleet)));

    expect(report.isComplete).toBe(true);
    expect(left.map(({ thingName }) => thingName?.slice(0, 3))).not.toContain("Veh");
    expect(left).toHaveLength(14);
    expect(namesOf(plan, "static groups")).toEqual(["CA_Fleet", "US_Fleet"]);
    expect(namesOf(plan, "thing types")).toEqual(["Van"]);
    expect(namesOf(plan, "packages")).toEqual(["Van"]);
    expect(namesOf(plan, "firmware bucket")).toEqual([]);
    expect(await settle(listInlinePolicies(fleet, packageConfigRoleName(fleet)))).toEqual([
      "UpdatePackageShadow-Ada-",
      "UpdatePackageShadow-Bob-",
    ]);
    const adas = await settle(planCleanUp(ada));
    expect(namesOf(adas, "firmware bucket")).toEqual([]);
    expect(namesOf(adas, "firmware files")?.map((file) => file.split(" ")[0])).toEqual([
      "Ada-Bus_v1_0_0.zip",
    ]);
    await cleanedUp(ada, settle);
    const last = await cleanedUp(bob, settle);
    expect(last.isComplete).toBe(true);
    expect(differences(before, await settle(scan(fleet)))).toEqual([]);
  });

  it("in a class, keeps what a fleet needs that has been planned and has no vehicle yet", async () => {
    const test = await provisioned();
    const { fleet, settle } = test;
    await settle(rememberPlan({ ...fleet, prefix: "Ada-" }, WISHES));

    const plan = await settle(planCleanUp(fleet));

    expect(namesOf(plan, "things")).toHaveLength(12);
    expect(namesOf(plan, "firmware bucket")).toEqual([]);
    expect(keptOf(plan, "firmware bucket")).toEqual([
      { name: firmwareBucketName(fleet), why: "shared with the planned fleet Ada-" },
    ]);
    expect(namesOf(plan, "package configuration")).toEqual([]);
  });

  it("in a class, leaves alone what may be somebody else's work in hand", async () => {
    const test = await provisioned();
    const { fleet, settle } = test;
    await classmate(test, "Ada-", { ...WISHES, countries: ["MX"], thingTypes: ["Bus"] });
    // Hers, although no vehicle of hers is in it, has it or runs it yet.
    const group = { name: "Tram_Devices", query: "thingTypeName:Tram", allowEmpty: true };
    await settle(createDynamicGroup(fleet, group));
    await settle(createThingTypes(fleet, ["Tram"]));
    await settle(createPackages(fleet, ["Tram"]));
    const wishes = {
      kind: "custom",
      document: { operation: "ring" },
      id: "ring",
      groups: ["Tram_Devices"],
      selection: "CONTINUOUS",
    } as const;
    await settle(createJob(fleet, await settle(planJob(fleet, wishes)), { confirm: "YES" }));

    const plan = await settle(planCleanUp(fleet));

    expect(namesOf(plan, "thing types")).toEqual(["Van"]);
    expect(namesOf(plan, "packages")).toEqual(["Van"]);
    expect(namesOf(plan, "static groups")).toEqual(["CA_Fleet", "US_Fleet"]);
    expect(namesOf(plan, "dynamic groups")).toEqual([]);
    expect(namesOf(plan, "jobs")).toEqual([]);
    expect(keptOf(plan, "dynamic groups")).toEqual([
      { name: "Tram_Devices", why: expect.stringContaining("may be of another prefix") },
    ]);
  });

  it("does not take a longer prefix for its own", async () => {
    const { fleet, settle } = await provisioned();
    // Both began at the same moment; later, createVehicles would have refused the second.
    const other = { ...fleet, prefix: `${fleet.prefix}B-` };
    await settle(rememberPlan(other, WISHES));
    for (const n of [1, 2, 3]) await settle(createThing(other, { name: `${other.prefix}00${n}` }));

    const plan = await settle(planCleanUp(fleet));

    expect(namesOf(plan, "things")).toHaveLength(12);
    expect(keptOf(plan, "things")).toMatchObject([{ name: `${fleet.prefix}B-001 and 2 more` }]);
  });

  it("takes the first vehicle of notebook 00 along", async () => {
    const { fleet, settle } = openTestFleet();
    const first = {
      thingName: `First-${fleet.prefix}000`,
      attributePayload: { attributes: { workshop: "fleetlab" } },
    };
    await settle(fleet.iot.send(new CreateThingCommand(first)));

    await cleanedUp(fleet, settle);

    expect(await settle(collect(listThings(fleet)))).toEqual([]);
  });

  it("keeps what somebody added to the index since, and says so", async () => {
    const { fleet, settle } = await provisioned();
    await settle(
      fleet.iot.send(
        new UpdateIndexingConfigurationCommand({
          thingIndexingConfiguration: {
            thingIndexingMode: "REGISTRY_AND_SHADOW",
            thingConnectivityIndexingMode: "STATUS",
            namedShadowIndexingMode: "ON",
            filter: { namedShadowNames: ["$package", "climate"] },
          },
        }),
      ),
    );

    const report = await cleanedUp(fleet, settle);

    const indexing = report.steps.find(({ kind }) => kind === "fleet indexing");
    expect(indexing).toMatchObject({ deleted: 1, failed: [] });
    expect(indexing?.kept.map(({ why }) => why).join(" ")).toContain("climate");
    const { settings, notes } = await settle(scan(fleet));
    expect(settings).toEqual([
      "things · REGISTRY_AND_SHADOW",
      "connectivity · OFF",
      "Device Defender · OFF",
      "named shadows · ON",
      "thing groups · OFF",
      "named shadow climate · ON",
      "package configuration · OFF",
    ]);
    expect(notes).toEqual([]);
  });
});

describe("checkCleanUp", () => {
  it("counts what is left, and is content when nothing is", async () => {
    const { fleet, settle } = openTestFleet();
    const empty = await settle(checkCleanUp(fleet));
    await settle(createPackages(fleet, ["Van", "Bus"]));

    const checks = await settle(checkCleanUp(fleet));

    expect(empty.every(({ isMet }) => isMet)).toBe(true);
    expect(checks.filter(({ isMet }) => !isMet)).toMatchObject([
      { what: "Packages and versions", found: "2 left" },
    ]);
    expect(await settle(collect(listJobs(fleet)))).toEqual([]);
  });
});
