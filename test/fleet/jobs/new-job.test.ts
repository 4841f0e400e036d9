import {
  CreateJobCommand,
  CreateThingGroupCommand,
  DescribeJobCommand,
  GetJobDocumentCommand,
} from "@aws-sdk/client-iot";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it } from "vitest";
import { NotConfirmedError } from "../../../lib/aws/confirm.js";
import type { Fleet } from "../../../lib/aws/connect.js";
import { NotOursError, WaitTimeoutError } from "../../../lib/aws/errors.js";
import { jobArn } from "../../../lib/fleet/jobs/jobs.js";
import { createJob, numberedJobId, type JobPlan } from "../../../lib/fleet/jobs/new-job.js";
import { createCountryGroups } from "../../../lib/fleet/registry/thing-groups.js";
import { listTags } from "../../../lib/fleet/registry/tags.js";
import { ACCOUNT, openTestFleet, REGION } from "../../fleet.js";

const YES = { confirm: "YES" } as const;

const plan: JobPlan = {
  jobId: "check-tires",
  description: "check-tires for US_Fleet",
  selection: "SNAPSHOT",
  groups: ["US_Fleet", "CA_Fleet"],
  devices: 2,
  document: '{"operation":"check-tires"}',
  rollout: { maximumPerMinute: 50 },
  abort: [],
  retry: [],
  alreadyExists: false,
  notes: [],
};

/** A fleet with the two groups of the plan. */
async function openWithGroups() {
  const test = openTestFleet();
  await test.settle(createCountryGroups(test.fleet, ["US", "CA"]));
  return test;
}

const foreignJob = (fleet: Fleet, jobId: string) =>
  fleet.iot.send(
    new CreateJobCommand({
      jobId,
      document: plan.document,
      targets: [`arn:aws:iot:${REGION}:${ACCOUNT}:thinggroup/US_Fleet`],
    }),
  );

describe("createJob", () => {
  it("D23: creates nothing without a yes, and says what it would do", async () => {
    const { fleet, settle, calls } = await openWithGroups();

    const refused = settle(createJob(fleet, plan));

    await expect(refused).rejects.toThrow(NotConfirmedError);
    await expect(refused).rejects.toThrow(
      'creates the job check-tires for 2 vehicles in US_Fleet, CA_Fleet. Nothing has been done yet: pass { confirm: "YES" }',
    );
    expect(calls("CreateJob")).toHaveLength(0);
  });

  it("D11, D42: creates what the plan says, rollout and retry apart, tagged from the start", async () => {
    const { fleet, settle, calls } = await openWithGroups();
    const full: JobPlan = {
      ...plan,
      rollout: {
        baseRatePerMinute: 5,
        incrementFactor: 1.5,
        rateIncreaseCriteria: { numberOfSucceededThings: 10 },
        maximumPerMinute: 50,
      },
      abort: [{ failureType: "ALL", thresholdPercentage: 20, minNumberOfExecutedThings: 5 }],
      retry: [{ failureType: "TIMED_OUT", numberOfRetries: 2 }],
      timeoutMinutes: 60,
    };

    const created = await settle(createJob(fleet, full, YES));
    const { job } = await settle(fleet.iot.send(new DescribeJobCommand({ jobId: "check-tires" })));

    expect(created).toEqual({
      jobId: "check-tires",
      jobArn: jobArn(fleet, "check-tires"),
      alreadyExisted: false,
    });
    expect(job).toMatchObject({
      description: "check-tires for US_Fleet",
      targetSelection: "SNAPSHOT",
      targets: ["US_Fleet", "CA_Fleet"].map(
        (name) => `arn:aws:iot:${REGION}:${ACCOUNT}:thinggroup/${name}`,
      ),
      jobExecutionsRolloutConfig: {
        maximumPerMinute: 50,
        exponentialRate: {
          baseRatePerMinute: 5,
          incrementFactor: 1.5,
          rateIncreaseCriteria: { numberOfSucceededThings: 10 },
        },
      },
      abortConfig: { criteriaList: [{ ...full.abort[0], action: "CANCEL" }] },
      jobExecutionsRetryConfig: { criteriaList: full.retry },
      timeoutConfig: { inProgressTimeoutInMinutes: 60 },
    });
    expect(calls("TagResource")).toHaveLength(0);
    expect(await settle(listTags(fleet, created.jobArn))).toEqual({ workshop: "fleetlab" });
  });

  it("finds the same job the second time, and changes nothing", async () => {
    const { fleet, settle, calls } = await openWithGroups();
    await settle(createJob(fleet, plan, YES));

    // The order of groups and the blanks in the document make no other job.
    const same = {
      ...plan,
      groups: [...plan.groups].reverse(),
      document: '{ "operation": "check-tires" }',
    };
    const again = await settle(createJob(fleet, same, YES));

    expect(again.alreadyExisted).toBe(true);
    expect(calls("CreateJob")).toHaveLength(1);
  });

  it.each([
    ["other groups", { groups: ["US_Fleet"] }],
    ["another document", { document: '{"operation":"check-brakes"}' }],
    ["another selection", { selection: "CONTINUOUS" }],
  ] as const)("refuses the id of a job of ours with %s", async (_, change) => {
    const { fleet, settle } = await openWithGroups();
    await settle(createJob(fleet, plan, YES));

    await expect(settle(createJob(fleet, { ...plan, ...change }, YES))).rejects.toThrow(
      "exists with other groups or another document",
    );
  });

  it("D30: refuses the id of somebody else's job", async () => {
    const { fleet, settle } = await openWithGroups();
    await settle(foreignJob(fleet, plan.jobId));

    await expect(settle(createJob(fleet, plan, YES))).rejects.toThrow(NotOursError);
  });

  it.each([
    [{ jobId: "check tires" }, "a job id"],
    [{ rollout: { maximumPerMinute: 0 } }, "maximumPerMinute"],
    [{ timeoutMinutes: 0 }, "a timeout in minutes"],
    [{ document: "[]" }, "a job document"],
    [{ presign: { roleArn: "x", seconds: 59 } }, "a download link"],
    [{ schedule: { startTime: "now" } }, "the start of a job"],
  ])("checks a plan that was changed by hand: %j", async (change, reason) => {
    const { fleet, settle, calls } = openTestFleet();

    await expect(settle(createJob(fleet, { ...plan, ...change }, YES))).rejects.toThrow(reason);

    expect(calls()).toHaveLength(0);
  });

  it("finds its scheduled job the second time, also when the start has come near", async () => {
    const { fleet, settle, clock, calls } = await openWithGroups();
    const schedule = { startTime: new Date(clock.now() + 40 * 60_000) };
    const scheduled = { ...plan, schedule };
    await settle(createJob(fleet, scheduled, YES));
    await clock.advance(20 * 60_000);

    const again = await settle(createJob(fleet, scheduled, YES));
    const other = settle(createJob(fleet, { ...scheduled, jobId: "another" }, YES));

    expect(again).toMatchObject({ alreadyExisted: true });
    await expect(other).rejects.toThrow("at least 30 minutes");
    expect(calls("CreateJob")).toHaveLength(1);
  });

  it("passes AWS's error on when a group has gone since", async () => {
    const { fleet, settle } = openTestFleet();

    await expect(settle(createJob(fleet, plan, YES))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });

  it("finds its own job when the answer to its first try was lost", async () => {
    const { fleet, settle } = openTestFleet();
    const iot = mockClient(fleet.iot);
    const taken = Object.assign(new Error("Job check-tires already exists"), {
      name: "ResourceAlreadyExistsException",
    });
    const missing = Object.assign(new Error("no"), { name: "ResourceNotFoundException" });
    const targets = plan.groups.map((g) => `arn:aws:iot:${REGION}:${ACCOUNT}:thinggroup/${g}`);
    // Of the others only the tags are asked for.
    iot.onAnyCommand().resolves({ tags: [{ Key: "workshop", Value: "fleetlab" }] } as object);
    iot
      .on(DescribeJobCommand)
      .rejectsOnce(missing)
      .resolves({ job: { targets, targetSelection: "SNAPSHOT" } });
    iot.on(GetJobDocumentCommand).resolves({ document: plan.document });
    iot.on(CreateJobCommand).rejects(taken);

    expect(await settle(createJob(fleet, plan, YES))).toMatchObject({ alreadyExisted: true });
  });
});

describe("createJob with links to sign", () => {
  const presign = { roleArn: `arn:aws:iam::${ACCOUNT}:role/IoTJobsRole`, seconds: 600 };

  /** A fleet whose AWS IoT takes the role at the `nth` time. */
  function openFleetThatTakesRoleAt(nth: number) {
    const test = openTestFleet();
    const asked: number[] = [];
    const iot = mockClient(test.fleet.iot);
    const missing = Object.assign(new Error("no"), { name: "ResourceNotFoundException" });
    iot.on(DescribeJobCommand).rejects(missing);
    iot.on(CreateJobCommand).callsFake(() => {
      asked.push(test.clock.now());
      if (asked.length >= nth) return { jobId: plan.jobId };
      throw Object.assign(new Error("AWS IoT cannot assume the role"), {
        name: "InvalidRequestException",
      });
    });
    return { ...test, asked };
  }

  it("D19: asks again until AWS IoT can assume the new role", async () => {
    const { fleet, settle, asked, lines } = openFleetThatTakesRoleAt(3);

    const created = await settle(createJob(fleet, { ...plan, presign }, YES));

    expect(created.alreadyExisted).toBe(false);
    expect(asked.map((at) => at - (asked[0] ?? 0))).toEqual([0, 3_000, 6_000]);
    expect(lines.join("\n")).toContain("Waiting until the jobs role can be used");
  });

  it("gives up after a minute", async () => {
    const { fleet, settle } = openFleetThatTakesRoleAt(Infinity);

    await expect(settle(createJob(fleet, { ...plan, presign }, YES))).rejects.toThrow(
      WaitTimeoutError,
    );
  });

  it("does not wait when there is no role to wait for", async () => {
    const { fleet, settle, asked } = openFleetThatTakesRoleAt(Infinity);

    await expect(settle(createJob(fleet, plan, YES))).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
    expect(asked).toHaveLength(1);
  });
});

describe("numberedJobId", () => {
  async function openWithJobs(...ids: readonly string[]) {
    const test = openTestFleet();
    await test.settle(
      test.fleet.iot.send(new CreateThingGroupCommand({ thingGroupName: "US_Fleet" })),
    );
    for (const id of ids) await test.settle(foreignJob(test.fleet, id));
    return test;
  }

  it.each([
    [[], "check", "check"],
    [["check-2", "other"], "check", "check"],
    [["check"], "check", "check-2"],
    [["check", "check-2", "check-9"], "check", "check-10"],
    // Not ours by number: these begin alike and are about something else.
    [["check", "check-tires-7", "check-007", "check-x"], "check", "check-2"],
    [["a".repeat(64)], "a".repeat(64), `${"a".repeat(62)}-2`],
    [["a".repeat(64), `${"a".repeat(62)}-2`], "a".repeat(64), `${"a".repeat(62)}-3`],
  ])("beside %j, %s becomes %s", async (ids, name, id) => {
    const { fleet, settle } = await openWithJobs(...ids);

    expect(await settle(numberedJobId(fleet, name))).toBe(id);
  });

  it("D14: looks at every page of jobs", async () => {
    const ids = ["check", ...Array.from({ length: 299 }, (_, i) => `check-${i + 2}`)];
    const { fleet, settle } = await openWithJobs(...ids);

    expect(await settle(numberedJobId(fleet, "check"))).toBe("check-301");
  });

  it.each(["", "check tires", "a".repeat(65)])("refuses %j", async (name) => {
    const { fleet, settle, calls } = openTestFleet();

    await expect(settle(numberedJobId(fleet, name))).rejects.toThrow("a job id");
    expect(calls()).toHaveLength(0);
  });
});
