import { CancelJobCommand } from "@aws-sdk/client-iot";
import { UpdateJobExecutionCommand } from "@aws-sdk/client-iot-jobs-data-plane";
import { HttpResponse } from "@smithy/core/protocols";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { Clock } from "../../../lib/aws/clock.js";
import type { Fleet } from "../../../lib/aws/connect.js";
import { isInterrupted } from "../../../lib/aws/errors.js";
import { describeExecution } from "../../../lib/fleet/jobs/job-executions.js";
import { getShadow } from "../../../lib/fleet/shadows/shadows.js";
import { createThing } from "../../../lib/fleet/registry/things.js";
import { addToGroup } from "../../../lib/fleet/registry/thing-groups.js";
import {
  planSimulation,
  showSimulation,
  type SimulationWishes,
} from "../../../lib/tasks/simulation/plan-simulation.js";
import { simulate } from "../../../lib/tasks/simulation/simulate.js";
import { openVans, type JobOptions } from "../simulated-fleet.js";

/** Vans with a job, and words for its simulation. */
async function openJob(devices: number, job: JobOptions = {}) {
  const test = await openVans(devices);
  const { fleet, settle } = test;
  await test.createVanJob(job);
  const plan = (wishes: Partial<SimulationWishes> = {}) =>
    settle(planSimulation(fleet, { jobId: "job", share: 100, ...wishes }));
  const run = async (wishes: Partial<SimulationWishes> = {}, isWatched = false) =>
    settle(simulate(fleet, await plan(wishes), { confirm: "YES", isWatched }));
  const details = async (thing: string, jobId = "job") =>
    settle(describeExecution(fleet, jobId, thing));
  const reported = async (thing: string, shadow?: string) =>
    (await settle(getShadow(fleet, thing, shadow)))?.state.reported;
  return { ...test, plan, run, details, reported };
}

const VAN = "Vehicle-VIN-001";

describe("simulate", () => {
  it("brings a snapshot job to its end, as planned", async () => {
    const { run } = await openJob(10);

    const result = await run({ share: 80 });

    expect(result).toMatchObject({
      jobStatus: "COMPLETED",
      counts: { SUCCEEDED: 8, FAILED: 2, QUEUED: 0, IN_PROGRESS: 0 },
      asPlanned: 10,
      failed: [],
      otherExecutions: 0,
    });
  });

  it("D23: does nothing without a yes", async () => {
    const { fleet, plan, calls } = await openJob(1);
    const made = await plan();
    const before = calls().length;

    const refused = simulate(fleet, made, { confirm: "no" as "YES" });

    await expect(refused).rejects.toMatchObject({ name: "NotConfirmedError" });
    expect(calls()).toHaveLength(before);
  });

  it("D24: starts, reports progress, and ends, each on the version before", async () => {
    const { run, details, calls } = await openJob(1);

    await run();

    // Queued is 1, started 2, installing 3, and the success 4.
    expect(await details(VAN)).toMatchObject({
      status: "SUCCEEDED",
      versionNumber: 4,
      statusDetails: { step: "finished", progress: "100%", installed: "Van 1.1.0" },
    });
    expect(calls("StartNextPendingJobExecution")).toHaveLength(1);
    expect(calls("GetObject")).toHaveLength(1);
  });

  it("says in the classic shadow what it runs, and AWS notes it in $package", async () => {
    const { run, reported, clock } = await openJob(1);
    const before = await reported(VAN);

    await run();
    await clock.advance(5_000);

    expect(await reported(VAN)).toEqual({ ...before, firmware: { Van: "1.1.0" } });
    expect(await reported(VAN, "$package")).toMatchObject({ Van: { version: "1.1.0" } });
  });

  it("D22: a vehicle that fails says at which stage, and reports no new firmware", async () => {
    const { run, plan, details, reported } = await openJob(3);
    const { vehicles } = await plan({ share: 0 });

    const result = await run({ share: 0 });

    expect(result.counts).toMatchObject({ FAILED: 3, SUCCEEDED: 0 });
    for (const { name, failsAt } of vehicles) {
      const { statusDetails } = await details(name);
      expect([failsAt, statusDetails["failureType"]]).toEqual([
        failsAt,
        { download: "DOWNLOAD_FAILED", digest: "DIGEST_MISMATCH", install: "INSTALL_FAILED" }[
          failsAt as "download"
        ],
      ]);
      expect(await reported(name)).not.toHaveProperty("firmware");
    }
  });

  it("rejects, and falls silent until the service gives up", async () => {
    const { run } = await openJob(4, { timeoutMinutes: 60 });

    const { counts, asPlanned, course } = await run({
      share: 50,
      outcomes: { REJECTED: 1, TIMED_OUT: 1 },
    });

    expect(counts).toMatchObject({ SUCCEEDED: 2, REJECTED: 1, TIMED_OUT: 1 });
    expect(asPlanned).toBe(4);
    // The hour is passed at once, not in a hundred looks, and begins after the last success.
    expect(
      course.map(({ minute, counts: now }) => [minute, now.SUCCEEDED, now.IN_PROGRESS]),
    ).toEqual([
      [0, 0, 0],
      [0.5, 0, 3],
      [1, 2, 1],
      [60, 2, 0],
    ]);
  });

  it("fails every attempt of a vehicle that the plan lets fail", async () => {
    const retry = { failureType: "FAILED", numberOfRetries: 2 } as const;
    const { run, details } = await openJob(1, { retry });

    const { counts } = await run({ share: 0 });

    expect(counts).toMatchObject({ FAILED: 1 });
    expect((await details(VAN)).executionNumber).toBe(3);
  });

  it("follows a rollout from minute to minute", async () => {
    const { run } = await openJob(9, { rollout: { maximumPerMinute: 3 } });

    const { counts, course } = await run();

    expect(counts).toMatchObject({ SUCCEEDED: 9 });
    const reached = course.map(({ minute, counts: { QUEUED, IN_PROGRESS, SUCCEEDED } }) => [
      minute,
      QUEUED,
      IN_PROGRESS,
      SUCCEEDED,
    ]);
    expect(reached).toEqual([
      [0, 3, 0, 0],
      [0.5, 0, 3, 0],
      [1, 3, 0, 3],
      [1.5, 0, 3, 3],
      [2, 3, 0, 6],
      [2.5, 0, 3, 6],
      [3, 0, 0, 9],
    ]);
  });

  it("stops when the job aborts itself, and tells what was cancelled", async () => {
    const { run } = await openJob(9, {
      rollout: { maximumPerMinute: 3 },
      abort: { failureType: "FAILED", thresholdPercentage: 50, minNumberOfExecutedThings: 3 },
    });

    const result = await run({ share: 0 });

    expect(result.jobStatus).toBe("CANCELED");
    expect(result.counts).toMatchObject({ FAILED: 3, SUCCEEDED: 0 });
    expect(result.vehicles.filter(({ status }) => status === undefined)).toHaveLength(6);
  });

  it("works a continuous job until nothing is pending, also for a vehicle that joins", async () => {
    const { fleet, settle, run, plan } = await openJob(2, { selection: "CONTINUOUS" });
    await plan();
    await settle(createThing(fleet, { name: "Vehicle-VIN-900" }));
    const made = await plan({ share: 0 });
    await settle(addToGroup(fleet, "Vehicle-VIN-900", "US_Fleet"));

    const result = await settle(simulate(fleet, made, { confirm: "YES" }));

    expect(result).toMatchObject({ jobStatus: "IN_PROGRESS", counts: { FAILED: 2, SUCCEEDED: 1 } });
    expect((await run()).counts).toMatchObject({ FAILED: 2, SUCCEEDED: 1, QUEUED: 0 });
  });

  it("leaves the vehicles of another prefix to their own learner", async () => {
    const { fleet, settle, lines, createVanJob } = await openVans(2);
    await settle(createThing(fleet, { name: "Ada-001" }));
    await settle(addToGroup(fleet, "Ada-001", "US_Fleet"));
    await createVanJob();

    const plan = await settle(planSimulation(fleet, { jobId: "job", share: 100 }));
    showSimulation(fleet, plan);
    const result = await settle(simulate(fleet, plan, { confirm: "YES" }));

    expect(lines.join("\n")).toContain(
      "1 vehicle of the job, not made by the workshop under the prefix Vehicle-VIN-: left alone.",
    );
    expect(result).toMatchObject({ asPlanned: 2, counts: { SUCCEEDED: 2, QUEUED: 1 } });
  });

  it("ends when the job is deleted between two of its looks", async () => {
    const { fleet, settle, plan } = await openJob(2);
    const made = await plan();
    const gone = Object.assign(new Error("Job job cannot be found"), {
      name: "ResourceNotFoundException",
    });
    fleet.iot.middlewareStack.add(
      (next, { commandName }) =>
        (args) =>
          commandName === "ListJobExecutionsForJobCommand" ? Promise.reject(gone) : next(args),
      { step: "build" },
    );

    const result = await settle(simulate(fleet, made, { confirm: "YES" }));

    expect(result.vehicles.map(({ status }) => status)).toEqual([undefined, undefined]);
  });

  it("speaks for no more vehicles than it may", async () => {
    const { run } = await openJob(5);

    const { counts, jobStatus } = await run({ most: 2 });

    expect(counts).toMatchObject({ SUCCEEDED: 2, QUEUED: 3 });
    expect(jobStatus).toBe("IN_PROGRESS");
  });

  it("works off in life's order what other jobs want first, and counts it apart", async () => {
    const { run, createVanJob, details } = await openJob(2, { id: "older" });
    await createVanJob();

    const result = await run({ share: 0 });

    expect(result).toMatchObject({ otherExecutions: 2, counts: { FAILED: 2 } });
    expect((await details(VAN, "older")).status).toBe("SUCCEEDED");
  });

  it("does custom work, which has nothing to download", async () => {
    const { run, details, calls, reported } = await openJob(2, {
      document: { operation: "check-tires" },
    });

    const { counts, vehicles } = await run({ share: 50 });

    expect(counts).toMatchObject({ SUCCEEDED: 1, FAILED: 1 });
    expect(calls("GetObject")).toEqual([]);
    const failing = vehicles.find(({ status }) => status === "FAILED")?.name ?? "";
    expect((await details(failing)).statusDetails).toMatchObject({ failureType: "WORK_FAILED" });
    expect(await reported(VAN)).not.toHaveProperty("firmware");
  });

  it("D35: a vehicle fetches from nowhere but the fleet's bucket, whatever a document says", async () => {
    const { run, details } = await openJob(1, {
      document: {
        ota: {
          packages: {
            Van: {
              attributes: { sha256: "00" },
              artifact: { s3PresignedUrl: "https://evil.example/Van_v1_1_0.zip" },
            },
          },
        },
      },
    });
    const { counts } = await run();

    expect(counts).toMatchObject({ FAILED: 1 });
    expect((await details(VAN)).statusDetails).toMatchObject({
      failureType: "DOWNLOAD_FAILED",
      failureReason: expect.stringContaining("https://evil.example, outside the fleet's bucket"),
    });
  });

  it("tries a spoilt download again, later and with a fresh link, and then succeeds", async () => {
    const { fleet, run, clock, lines } = await openJob(1);
    const asked = spoilDownloads(fleet, clock, ["503", "cut", "reset"]);

    const { counts } = await run({}, true);

    expect(counts).toMatchObject({ SUCCEEDED: 1, FAILED: 0 });
    expect(asked).toHaveLength(4);
    const pauses = asked.slice(1).map(({ at }, i) => at - (asked[i]?.at ?? 0));
    // About half a second, one, two: by half more or less for each vehicle.
    for (const [i, pause] of pauses.entries()) {
      expect(pause).toBeGreaterThanOrEqual(250 * 2 ** i);
      expect(pause).toBeLessThan(1_000 * 2 ** i);
    }
    expect(new Set(asked.map(({ signedAt }) => signedAt)).size).toBeGreaterThan(1);
    expect(lines.join("\n")).toMatch(/S3 answered 503\. Tries again in 0\.\d s/);
  });

  it("fails with the true reason when no try goes well", async () => {
    const { fleet, run, clock, details } = await openJob(1);
    const asked = spoilDownloads(fleet, clock, Array<string>(9).fill("503"));

    const { counts } = await run();

    expect(counts).toMatchObject({ FAILED: 1 });
    expect(asked).toHaveLength(4);
    expect((await details(VAN)).statusDetails).toMatchObject({
      failureType: "DOWNLOAD_FAILED",
      failureReason: "S3 answered 503. It was tried 4 times.",
    });
  });

  it("does not ask again for what another try cannot mend", async () => {
    const { fleet, run, clock, details } = await openJob(1);
    const asked = spoilDownloads(fleet, clock, Array<string>(9).fill("404"));

    await run();

    expect(asked).toHaveLength(1);
    expect((await details(VAN)).statusDetails["failureReason"]).toBe("S3 answered 404.");
  });

  it("fails as planned, and for the planned reason, where the service has its troubles too", async () => {
    const { fleet, run, clock, details } = await openJob(3);
    spoilDownloads(fleet, clock, ["503", "503", "503", "503", "503"]);

    const result = await run({ share: 0 });

    expect(result.asPlanned).toBe(3);
    const reasons = await Promise.all(
      result.vehicles.map(async ({ name }) => (await details(name)).statusDetails["failureReason"]),
    );
    expect(reasons.join("\n")).not.toContain("503");
  });

  it("lets an execution go that ended while the vehicle waited to try again", async () => {
    const { fleet, run, clock, settle } = await openJob(1);
    const ended = async () => {
      await fleet.iot.send(new CancelJobCommand({ jobId: "job", force: true }));
    };
    spoilDownloads(fleet, clock, ["503"], ended);

    const result = await settle(run());

    expect(result).toMatchObject({ jobStatus: "CANCELED", counts: { CANCELED: 1 } });
  });

  it("counts by the service's answers: what was cancelled meanwhile did not succeed", async () => {
    const { fleet, settle, clock, plan } = await openJob(2);
    const made = await plan();
    const simulation = simulate(fleet, made, { confirm: "YES" });
    // While both vehicles install.
    await clock.advance(20_000);
    await settle(fleet.iot.send(new CancelJobCommand({ jobId: "job", force: true })));

    const result = await settle(simulation);

    expect(result).toMatchObject({ jobStatus: "CANCELED", counts: { CANCELED: 2, SUCCEEDED: 0 } });
    expect(result.asPlanned).toBe(0);
  });

  it("reports with the new version when somebody else has reported meanwhile", async () => {
    const { fleet, settle, clock, plan, details } = await openJob(1);
    const simulation = simulate(fleet, await plan(), { confirm: "YES" });
    await clock.advance(20_000);
    const statusDetails = { step: "seen by the workshop" };
    const report = { thingName: VAN, jobId: "job", status: "IN_PROGRESS", statusDetails } as const;
    await settle(fleet.iotJobs.send(new UpdateJobExecutionCommand(report)));

    const result = await settle(simulation);

    expect(result.counts).toMatchObject({ SUCCEEDED: 1 });
    expect((await details(VAN)).versionNumber).toBe(5);
  });

  it("goes on where it was interrupted, and at the end changes nothing more", async () => {
    const { fleet, settle, clock, plan, calls } = await openJob(6, {
      rollout: { maximumPerMinute: 3 },
    });
    const made = await plan({ share: 50 });
    const interrupted = simulate(fleet, made, { confirm: "YES" });
    await clock.advance(20_000);
    process.emit("SIGINT");
    await expect(settle(interrupted)).rejects.toSatisfy(isInterrupted);

    const result = await settle(simulate(fleet, made, { confirm: "YES" }));
    const before = calls("UpdateJobExecution").length;
    const again = await settle(simulate(fleet, made, { confirm: "YES" }));

    expect(result).toMatchObject({ jobStatus: "COMPLETED", asPlanned: 6 });
    expect(again.counts).toEqual(result.counts);
    expect(calls("UpdateJobExecution")).toHaveLength(before);
  });

  it("D15: sends at most 150 updates a second", async () => {
    const { fleet, run, calls } = await openJob(85);

    await run();

    const sent = [...calls("StartNextPendingJobExecution"), ...calls("UpdateJobExecution")]
      .map(({ at }) => at)
      .sort((a, b) => a - b);
    const inSecondFrom = (from: number) => sent.filter((at) => at >= from && at < from + 1_000);
    const most = Math.max(...sent.map((at) => inSecondFrom(at).length));
    expect(sent).toHaveLength(255);
    // A twentieth of a second's worth may leave at once.
    expect(most).toBeLessThanOrEqual(158);
    expect(fleet.counts.throttles).toBe(0);
  });

  it("D18: tells each vehicle's steps one after the other when watched", async () => {
    const { run, lines } = await openJob(2);

    await run({}, true);

    const told = lines.filter((line) => line.startsWith("Vehicle-VIN-"));
    expect(told.map((line) => line.replace("Vehicle-VIN-", ""))).toEqual([
      ...["001", "002"].flatMap((name) => [
        `${name}  begins job, execution 1`,
        `${name}  downloads Van_v1_1_0.zip from S3 by its presigned URL: Van 1.1.0`,
        `${name}  downloaded 2.2 KB, and the SHA-256 is right`,
        `${name}  IN_PROGRESS: installing`,
      ]),
      "001  SUCCEEDED: Van 1.1.0",
      "002  SUCCEEDED: Van 1.1.0",
    ]);
    expect(lines.join("\n")).not.toContain("X-Amz-Signature");
  });

  it("D18: sends one call at a time in debug mode, and shows no signed link", async () => {
    const { fleet, settle, plan, lines } = await openJob(3);
    const made = await plan();
    fleet.debug = true;
    let underWay = 0;
    let most = 0;
    const { requestHandler } = fleet.iotJobs.config;
    const handle: typeof requestHandler.handle = async (...args) => {
      most = Math.max(most, ++underWay);
      return requestHandler.handle(...args).finally(() => underWay--);
    };
    Object.assign(fleet.iotJobs.config, { requestHandler: { ...requestHandler, handle } });

    const result = await settle(simulate(fleet, made, { confirm: "YES" }));

    expect(result.counts).toMatchObject({ SUCCEEDED: 3 });
    expect(most).toBe(1);
    expect(lines.join("\n")).toContain("Vehicle-VIN-002  SUCCEEDED: Van 1.1.0");
    expect(lines.join("\n")).not.toContain("X-Amz-Signature");
  });

  it("D21: gives a vehicle up whose calls fail, and says why", async () => {
    const { fleet, settle, plan } = await openJob(2);
    const made = await plan();
    const send = fleet.iotData.send.bind(fleet.iotData);
    Object.assign(fleet.iotData, {
      send: (command: { readonly input: { readonly thingName?: string } }) =>
        command.input.thingName === VAN
          ? Promise.reject(Object.assign(new Error("no entry"), { name: "AccessDeniedException" }))
          : send(command as never),
    });

    const result = await settle(simulate(fleet, made, { confirm: "YES" }));

    expect(result.counts).toMatchObject({ SUCCEEDED: 1, IN_PROGRESS: 1 });
    expect(result.failed).toEqual([
      { name: VAN, error: "AccessDeniedException", cause: "no entry" },
    ]);
  });
});

/** Spoil the first downloads by presigned URL, one after the other; says when each came, and how old its link was. */
function spoilDownloads(
  fleet: Fleet,
  clock: Clock,
  faults: readonly string[],
  afterFirst: () => Promise<void> = () => Promise.resolve(),
) {
  const asked: { readonly at: number; readonly signedAt: unknown }[] = [];
  type Handler = Fleet["s3"]["config"]["requestHandler"];
  const { requestHandler } = fleet.s3.config;
  const handle: Handler["handle"] = async (request, options) => {
    const signedAt = request.query["X-Amz-Date"];
    if (signedAt === undefined) return requestHandler.handle(request, options);
    const fault = faults[asked.length];
    asked.push({ at: clock.now(), signedAt });
    if (fault === undefined) return requestHandler.handle(request, options);
    if (asked.length === 1) await afterFirst();
    if (fault === "reset") throw Object.assign(new Error("socket hang up"), { code: "ESOMETHING" });
    const body =
      fault === "cut"
        ? Readable.from(
            (function* () {
              yield Buffer.from("FLEET");
              throw new Error("aborted");
            })(),
          )
        : Readable.from([]);
    const statusCode = fault === "cut" ? 200 : Number(fault);
    return { response: new HttpResponse({ statusCode, headers: {}, body }) };
  };
  Object.assign(fleet.s3.config, { requestHandler: { ...requestHandler, handle } });
  return asked;
}
