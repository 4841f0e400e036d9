import type { SchedulingConfig } from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { CancelJobCommand, ListJobsCommand } from "@aws-sdk/client-iot";
import { LAG, MINUTE, openFleet } from "../fleet.js";

const HOUR = 60 * MINUTE;
const continuous = { targetSelection: "CONTINUOUS" as const };
/** The test's clock begins here: a Thursday. */
const at = (time: string) => `2026-01-01 ${time}`;

describe("a start time (API_SchedulingConfig)", () => {
  it("lets the job wait, and begins it to the minute", async () => {
    const { iot, clock, create, job, attempts, execution } = await openFleet(2);
    const schedulingConfig = { startTime: at("02:00") };
    await create({ schedulingConfig });

    const before = await job();
    await clock.advance(2 * HOUR - 1);
    const { jobs } = await iot.send(new ListJobsCommand({ status: "SCHEDULED" }));
    const early = await attempts();
    await clock.advance(HOUR);

    expect(before).toMatchObject({ status: "SCHEDULED", isConcurrent: false, schedulingConfig });
    expect(before?.jobProcessDetails).not.toHaveProperty("processingTargets");
    expect(jobs).toHaveLength(1);
    expect(early).toEqual([]);
    expect(await job()).toMatchObject({ status: "IN_PROGRESS" });
    expect(await execution("car-001")).toMatchObject({
      queuedAt: new Date("2026-01-01T02:00:00Z"),
    });
  });

  it("looks up the members of a group only then", async () => {
    const { clock, register, join, leave, create, attempts } = await openFleet(1);
    await create({ schedulingConfig: { startTime: at("01:00") } });
    await register("late");
    await join("late");
    await leave("car-001");

    await clock.advance(HOUR);

    expect(await attempts()).toEqual(["late 1 QUEUED"]);
  });

  it("does not come for a cancelled job", async () => {
    const { iot, clock, create, job, attempts } = await openFleet(1);
    await create({ schedulingConfig: { startTime: at("01:00") } });

    await iot.send(new CancelJobCommand({ jobId: "job" }));
    await clock.advance(2 * HOUR);

    expect(await job()).toMatchObject({ status: "CANCELED" });
    expect(await attempts()).toEqual([]);
  });
});

describe("an end time (API_SchedulingConfig)", () => {
  const ending = (endBehavior?: SchedulingConfig["endBehavior"]) => ({
    ...continuous,
    jobExecutionsRolloutConfig: { maximumPerMinute: 2 },
    schedulingConfig: { endTime: at("00:30"), ...(endBehavior && { endBehavior }) },
  });

  it.each([undefined, "STOP_ROLLOUT" as const])(
    "with %s lets what is under way finish, and then completes the job",
    async (endBehavior) => {
      const { clock, begin, start, report, register, join, attempts, job } = await openFleet(2);
      await begin(ending(endBehavior));
      await report("car-002", "SUCCEEDED");
      await start("car-001");
      await clock.advance(HOUR);
      await register("late");
      await join("late");
      const before = await job();
      await report("car-001", "SUCCEEDED");

      expect(before).toMatchObject({ status: "IN_PROGRESS" });
      expect(await job()).toMatchObject({
        status: "COMPLETED",
        completedAt: new Date(clock.now()),
      });
      expect(await attempts()).toEqual(["car-001 1 SUCCEEDED", "car-002 1 SUCCEEDED"]);
    },
  );

  it("completes a continuous job that has nothing under way", async () => {
    const { clock, begin, report, job } = await openFleet(1);
    await begin(ending());
    await report("car-001", "SUCCEEDED");

    await clock.advance(HOUR);

    expect(await job()).toMatchObject({
      status: "COMPLETED",
      completedAt: new Date("2026-01-01T00:30:00Z"),
    });
  });

  it.each([
    ["CANCEL" as const, ["car-001 1 IN_PROGRESS", "car-002 1 CANCELED"]],
    ["FORCE_CANCEL" as const, ["car-001 1 CANCELED", "car-002 1 CANCELED"]],
  ])("with %s cancels the job", async (endBehavior, expected) => {
    const { clock, begin, start, job, attempts } = await openFleet(2);
    await begin(ending(endBehavior));
    await start("car-001");

    await clock.advance(HOUR);

    expect(await job()).toMatchObject({ status: "CANCELED" });
    expect(await attempts()).toEqual(expected);
  });

  it("ends a rollout that is not through", async () => {
    const { clock, create, attempts } = await openFleet(3);
    await create({
      jobExecutionsRolloutConfig: { maximumPerMinute: 1 },
      schedulingConfig: { startTime: at("00:30"), endTime: at("01:00") },
    });
    await clock.advance(31 * MINUTE);
    expect(await attempts()).toHaveLength(2);

    const slow = await openFleet(40);
    await slow.create({
      jobExecutionsRolloutConfig: { maximumPerMinute: 1 },
      schedulingConfig: { endTime: at("00:30") },
    });
    await slow.clock.advance(5 * HOUR);
    expect(await slow.attempts()).toHaveLength(30);
  });
});

describe("maintenance windows (API_MaintenanceWindow)", () => {
  const nightly = {
    ...continuous,
    schedulingConfig: {
      maintenanceWindows: [{ startTime: "cron(0 2 * * ? *)", durationInMinutes: 60 }],
    },
  };

  it("hand out executions while they are open, and none in between", async () => {
    const { clock, create, register, join, job, attempts, execution } = await openFleet(1);
    await create(nightly);
    const status = async () => (await job())?.status;

    const seen = [await status()];
    await clock.advance(2 * HOUR);
    seen.push(await status());
    await clock.advance(HOUR);
    seen.push(await status());
    await register("late");
    await join("late");
    const between = await attempts();
    await clock.advance(40 * HOUR);

    expect(seen).toEqual(["SCHEDULED", "IN_PROGRESS", "SCHEDULED"]);
    expect(between).toEqual(["car-001 1 QUEUED"]);
    expect(await execution("late")).toMatchObject({ queuedAt: new Date("2026-01-02T02:00:00Z") });
  });

  it("go on with a rollout that one of them was too short for", async () => {
    const { clock, create, execution } = await openFleet(3);
    await create({
      ...continuous,
      jobExecutionsRolloutConfig: { maximumPerMinute: 1 },
      schedulingConfig: {
        maintenanceWindows: [{ startTime: "cron(0 2 * * ? *)", durationInMinutes: 2 }],
      },
    });

    await clock.advance(3 * 24 * HOUR);

    const queuedAt = async (name: string) => (await execution(name))?.queuedAt?.toISOString();
    expect([
      await queuedAt("car-001"),
      await queuedAt("car-002"),
      await queuedAt("car-003"),
    ]).toEqual([
      "2026-01-01T02:00:00.000Z",
      "2026-01-01T02:01:00.000Z",
      "2026-01-02T02:00:00.000Z",
    ]);
  });

  it("begin at once when one is open", async () => {
    const { clock, create, job, attempts } = await openFleet(1);
    await clock.advance(2.5 * HOUR);

    await create(nightly);
    await clock.advance(LAG);

    expect(await job()).toMatchObject({ status: "IN_PROGRESS" });
    expect(await attempts()).toEqual(["car-001 1 QUEUED"]);
  });

  it("show the next seven", async () => {
    const { create, job } = await openFleet(0);
    await create(nightly);

    expect((await job())?.scheduledJobRollouts).toEqual(
      [1, 2, 3, 4, 5, 6, 7].map((day) => ({ startTime: `2026-01-0${day} 02:00` })),
    );
  });
});

describe("a schedule that AWS refuses", () => {
  it.each([
    ["a start in 29 minutes", { startTime: at("00:29") }],
    ["a start in more than a year", { startTime: "2027-01-01 00:01" }],
    ["an end in 29 minutes", { endTime: at("00:29") }],
    ["an end 29 minutes after the start", { startTime: at("01:00"), endTime: at("01:29") }],
    ["an end in more than two years", { endTime: "2028-01-01 00:01" }],
    ["an end behaviour without an end", { endBehavior: "CANCEL" as const }],
    ["an unknown end behaviour", { endTime: at("02:00"), endBehavior: "WAIT" as "CANCEL" }],
    ["a day that there is not", { startTime: "2026-02-30 00:00" }],
    ["another form of time", { startTime: "tomorrow" }],
    [
      "windows of a snapshot",
      { maintenanceWindows: [{ startTime: "cron(0 2 * * ? *)", durationInMinutes: 60 }] },
    ],
  ])("has %s", async (_, schedulingConfig) => {
    const { create } = await openFleet(0);

    await expect(create({ schedulingConfig })).rejects.toMatchObject({
      name: "InvalidRequestException",
    });
  });

  it.each([
    ["a window that is no cron expression", { startTime: "02:00", durationInMinutes: 60 }],
    ["a window of no minutes", { startTime: "cron(0 2 * * ? *)", durationInMinutes: 0 }],
    ["a window of half a minute more", { startTime: "cron(0 2 * * ? *)", durationInMinutes: 1.5 }],
    ["a window of 1,431 minutes", { startTime: "cron(0 2 * * ? *)", durationInMinutes: 1431 }],
  ])("has %s", async (_, window) => {
    const { create } = await openFleet(0);

    await expect(
      create({ ...continuous, schedulingConfig: { maintenanceWindows: [window] } }),
    ).rejects.toMatchObject({ name: "InvalidRequestException" });
  });
});
