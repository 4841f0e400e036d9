import { UpdateJobCommand, type CreateJobCommandInput } from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { MINUTE, openFleet } from "../fleet.js";

type Retry = NonNullable<CreateJobCommandInput["jobExecutionsRetryConfig"]>["criteriaList"];
type Abort = NonNullable<NonNullable<CreateJobCommandInput["abortConfig"]>["criteriaList"]>[number];

const retries = (criteriaList: Retry) => ({ jobExecutionsRetryConfig: { criteriaList } });
const abort = (criteria: Partial<Abort>) => ({
  abortConfig: {
    criteriaList: [
      {
        failureType: "FAILED" as const,
        action: "CANCEL" as const,
        thresholdPercentage: 50,
        minNumberOfExecutedThings: 2,
        ...criteria,
      },
    ],
  },
});

describe("a timeout (jobs-configurations-details, Job execution timeout)", () => {
  const timeoutConfig = { inProgressTimeoutInMinutes: 2 };

  it("begins when the execution does, and is over when it should be", async () => {
    const { clock, begin, start, report, execution, counts } = await openFleet(2);
    await begin({ timeoutConfig });
    await clock.advance(10 * MINUTE);
    await start("car-001");
    const startedAt = clock.now();
    await clock.advance(MINUTE);
    await report("car-001", "IN_PROGRESS");
    await clock.advance(MINUTE - 1);
    const before = await execution("car-001");
    await clock.advance(5 * MINUTE);

    expect(before).toMatchObject({ status: "IN_PROGRESS", approximateSecondsBeforeTimedOut: 1 });
    const after = await execution("car-001");
    expect(after).toMatchObject({
      status: "TIMED_OUT",
      lastUpdatedAt: new Date(startedAt + 2 * MINUTE),
      versionNumber: 4,
    });
    expect(after).not.toHaveProperty("approximateSecondsBeforeTimedOut");
    expect(await counts()).toEqual({ Queued: 1, TimedOut: 1 });
    await expect(report("car-001", "SUCCEEDED")).rejects.toMatchObject({
      name: "InvalidStateTransitionException",
    });
  });

  it("is the earlier one of the job's and the step's", async () => {
    const { clock, begin, start, execution } = await openFleet(2);
    await begin({ timeoutConfig });
    await start("car-001", { stepTimeoutInMinutes: 1 });
    await start("car-002", { stepTimeoutInMinutes: 5 });
    const startedAt = clock.now();

    await clock.advance(10 * MINUTE);

    const endedAt = async (name: string) => (await execution(name))?.lastUpdatedAt?.getTime();
    expect(await endedAt("car-001")).toBe(startedAt + MINUTE);
    expect(await endedAt("car-002")).toBe(startedAt + 2 * MINUTE);
  });

  it("changes for executions that start afterwards", async () => {
    const { iot, clock, begin, start, execution } = await openFleet(2);
    await begin({ timeoutConfig });
    await start("car-001");
    await iot.send(
      new UpdateJobCommand({
        jobId: "job",
        timeoutConfig: { inProgressTimeoutInMinutes: 5 },
      }),
    );
    await start("car-002");

    await clock.advance(3 * MINUTE);

    expect(await execution("car-001")).toMatchObject({ status: "TIMED_OUT" });
    expect(await execution("car-002")).toMatchObject({
      status: "IN_PROGRESS",
      approximateSecondsBeforeTimedOut: 120,
    });
  });
});

describe("a retry (jobs-configurations-details, Job execution retry)", () => {
  it("queues a new attempt for each failure that has one left", async () => {
    const { begin, report, attempts, counts, job } = await openFleet(1);
    await begin(retries([{ failureType: "FAILED", numberOfRetries: 2 }]));

    const seen = [];
    for (let failure = 0; failure < 3; failure++) {
      await report("car-001", "FAILED");
      seen.push(await counts());
    }

    expect(seen).toEqual([{ Queued: 1 }, { Queued: 1 }, { Failed: 1 }]);
    expect(await attempts()).toEqual(["car-001 1 FAILED", "car-001 2 FAILED", "car-001 3 FAILED"]);
    expect(await job()).toMatchObject({ status: "COMPLETED" });
  });

  it("counts failures and timeouts apart, or all together", async () => {
    const timeoutConfig = { inProgressTimeoutInMinutes: 1 };
    const apart = await openFleet(1);
    await apart.begin({
      timeoutConfig,
      ...retries([
        { failureType: "FAILED", numberOfRetries: 1 },
        { failureType: "TIMED_OUT", numberOfRetries: 1 },
      ]),
    });
    const together = await openFleet(1);
    await together.begin({
      timeoutConfig,
      ...retries([{ failureType: "ALL", numberOfRetries: 1 }]),
    });

    for (const { clock, start, report } of [apart, together]) {
      await start("car-001");
      await clock.advance(MINUTE);
      await report("car-001", "FAILED");
    }

    expect(await apart.attempts()).toEqual([
      "car-001 1 TIMED_OUT",
      "car-001 2 FAILED",
      "car-001 3 QUEUED",
    ]);
    expect(await together.attempts()).toEqual(["car-001 1 TIMED_OUT", "car-001 2 FAILED"]);
  });

  it("is not for successes and rejections, and ends with a success", async () => {
    const { begin, report, attempts } = await openFleet(2);
    await begin(retries([{ failureType: "ALL", numberOfRetries: 5 }]));

    await report("car-001", "REJECTED");
    await report("car-002", "FAILED");
    await report("car-002", "SUCCEEDED");

    expect(await attempts()).toEqual([
      "car-001 1 REJECTED",
      "car-002 1 FAILED",
      "car-002 2 SUCCEEDED",
    ]);
  });

  it("begins its count anew for a thing that joins a continuous job again", async () => {
    const { begin, report, leave, join, attempts } = await openFleet(1);
    await begin({
      targetSelection: "CONTINUOUS",
      ...retries([{ failureType: "FAILED", numberOfRetries: 1 }]),
    });
    for (let failure = 0; failure < 2; failure++) await report("car-001", "FAILED");
    await leave("car-001");
    await join("car-001");

    await report("car-001", "FAILED");

    expect((await attempts()).at(-1)).toBe("car-001 4 QUEUED");
  });
});

describe("an abort (jobs-configurations-details, Job abort configuration)", () => {
  it("cancels what is queued once enough things have failed", async () => {
    const { clock, begin, report, start, job, attempts } = await openFleet(5);
    await begin(abort({}));
    await start("car-004");
    await report("car-001", "FAILED");
    const early = await job();

    await report("car-002", "SUCCEEDED");
    await clock.advance(MINUTE);

    expect(early).toMatchObject({ status: "IN_PROGRESS" });
    const after = await job();
    expect(after).toMatchObject({ status: "CANCELED", reasonCode: "ABORT_CRITERIA_MET" });
    expect(after?.comment).toBe("Aborted: 50% or more of at least 2 executed things have FAILED");
    expect(after).not.toHaveProperty("forceCanceled");
    expect(await attempts()).toEqual([
      "car-001 1 FAILED",
      "car-002 1 SUCCEEDED",
      "car-003 1 CANCELED",
      "car-004 1 IN_PROGRESS",
      "car-005 1 CANCELED",
    ]);
    await report("car-004", "SUCCEEDED");
  });

  it("leaves a job alone that is below the threshold", async () => {
    const { begin, report, job } = await openFleet(5);
    await begin(abort({ thresholdPercentage: 33.34 }));

    await report("car-001", "SUCCEEDED");
    await report("car-002", "SUCCEEDED");
    await report("car-003", "FAILED");

    expect(await job()).toMatchObject({ status: "IN_PROGRESS" });
  });

  it.each([
    ["FAILED", "REJECTED", false],
    ["REJECTED", "REJECTED", true],
    ["ALL", "REJECTED", true],
    ["ALL", "FAILED", true],
  ] as const)("for %s minds things that are %s: %s", async (failureType, status, aborts) => {
    const { begin, report, job } = await openFleet(3);
    await begin(abort({ failureType, minNumberOfExecutedThings: 1 }));

    await report("car-001", status);

    expect(await job()).toMatchObject({ status: aborts ? "CANCELED" : "IN_PROGRESS" });
  });

  it("minds timeouts in their own time", async () => {
    const { clock, begin, start, job } = await openFleet(3);
    await begin({
      ...abort({ failureType: "TIMED_OUT", minNumberOfExecutedThings: 1 }),
      timeoutConfig: { inProgressTimeoutInMinutes: 3 },
    });
    await start("car-001");
    const startedAt = clock.now();

    await clock.advance(60 * MINUTE);

    expect(await job()).toMatchObject({
      status: "CANCELED",
      lastUpdatedAt: new Date(startedAt + 3 * MINUTE),
    });
  });

  it("waits for the last retry of a thing", async () => {
    const { begin, report, job } = await openFleet(2);
    await begin({
      ...abort({ minNumberOfExecutedThings: 1 }),
      ...retries([{ failureType: "FAILED", numberOfRetries: 1 }]),
    });

    await report("car-001", "FAILED");
    const before = await job();
    await report("car-001", "FAILED");

    expect(before).toMatchObject({ status: "IN_PROGRESS" });
    expect(await job()).toMatchObject({ status: "CANCELED" });
  });

  it("comes before completion when the last thing is what fails it", async () => {
    const { clock, begin, report, job } = await openFleet(1);
    await begin(abort({ minNumberOfExecutedThings: 1 }));

    await report("car-001", "FAILED");
    await clock.advance(MINUTE);

    expect(await job()).toMatchObject({ status: "CANCELED", isConcurrent: false });
  });
});
