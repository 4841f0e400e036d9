import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rolloutConfig, rolloutCourse, type Rollout } from "../../../lib/fleet/jobs/rollout.js";

const doubling = {
  baseRatePerMinute: 10,
  incrementFactor: 2,
  rateIncreaseCriteria: { numberOfNotifiedThings: 20 },
  maximumPerMinute: 50,
} satisfies Rollout;

const notified = (course: ReturnType<typeof rolloutCourse>) =>
  course.minutes.map((minute) => minute.notified);

describe("rolloutConfig", () => {
  it("D11: puts the exponential rate and its ceiling into the one field there is", () => {
    expect(rolloutConfig(doubling)).toEqual({
      maximumPerMinute: 50,
      exponentialRate: {
        baseRatePerMinute: 10,
        incrementFactor: 2,
        rateIncreaseCriteria: { numberOfNotifiedThings: 20 },
      },
    });
    expect(rolloutConfig({ maximumPerMinute: 50 })).toEqual({ maximumPerMinute: 50 });
  });

  it.each([1, 1_000])("takes %d a minute", (maximumPerMinute) => {
    expect(rolloutConfig({ maximumPerMinute })).toEqual({ maximumPerMinute });
  });

  it.each([0, 1_001, 1.5, NaN, Infinity])("refuses %d a minute", (maximumPerMinute) => {
    expect(() => rolloutConfig({ maximumPerMinute })).toThrow("whole number from 1 to 1,000");
  });

  it.each([0, 1_001, 2.5])("refuses a first rate of %d", (baseRatePerMinute) => {
    const { maximumPerMinute: _, ...open } = doubling;
    expect(() => rolloutConfig({ ...open, baseRatePerMinute })).toThrow("baseRatePerMinute");
  });

  it.each([1.1, 1.5, 5])("takes a factor of %d", (incrementFactor) => {
    expect(rolloutConfig({ ...doubling, incrementFactor }).exponentialRate).toMatchObject({
      incrementFactor,
    });
  });

  it.each([1, 1.05, 1.15, 5.1, NaN])("refuses a factor of %d", (incrementFactor) => {
    expect(() => rolloutConfig({ ...doubling, incrementFactor })).toThrow(
      "from 1.1 to 5, with at most one decimal",
    );
  });

  it("D11: refuses an exponential rollout that nothing makes faster, or two things do", () => {
    const without = { ...doubling, rateIncreaseCriteria: {} } as unknown as Rollout;
    const both = { numberOfNotifiedThings: 1, numberOfSucceededThings: 1 };

    expect(() => rolloutConfig(without)).toThrow("AWS refuses an exponential rollout without one");
    expect(() => rolloutConfig({ ...doubling, rateIncreaseCriteria: both })).toThrow("be either");
  });

  it("refuses a criterion of no vehicle", () => {
    const rateIncreaseCriteria = { numberOfSucceededThings: 0 };

    expect(() => rolloutConfig({ ...doubling, rateIncreaseCriteria })).toThrow("of at least 1");
  });

  it("refuses a ceiling below the first rate", () => {
    expect(() => rolloutConfig({ ...doubling, maximumPerMinute: 9 })).toThrow("first rate, 10");
  });

  it("refuses a rollout that says nothing", () => {
    expect(() => rolloutConfig({} as Rollout)).toThrow("maximumPerMinute, or baseRatePerMinute");
  });
});

describe("rolloutCourse", () => {
  it("notifies the same number each minute, the rest in the last, and waits for its answer", () => {
    expect(rolloutCourse({ maximumPerMinute: 40 }, 100)).toEqual({
      minutes: [
        { minute: 0, rate: 40, notified: 40, finished: 0, failed: 0 },
        { minute: 1, rate: 40, notified: 80, finished: 40, failed: 0 },
        { minute: 2, rate: 20, notified: 100, finished: 80, failed: 0 },
        { minute: 3, rate: 0, notified: 100, finished: 100, failed: 0 },
      ],
      spared: 0,
    });
  });

  it("doubles for every 20 notified, up to the ceiling", () => {
    const { minutes } = rolloutCourse(doubling, 200);

    expect(minutes.map(({ rate }) => rate)).toEqual([10, 10, 20, 40, 50, 50, 20, 0]);
  });

  it("waits for successes when they are the criterion: failures do not make it faster", () => {
    const careful = { ...doubling, rateIncreaseCriteria: { numberOfSucceededThings: 10 } };

    const well = rolloutCourse(careful, 100);
    const half = rolloutCourse(careful, 100, { failPercent: 50 });
    const badly = rolloutCourse(careful, 100, { failPercent: 100 });

    expect(notified(well).slice(0, 4)).toEqual([10, 30, 80, 100]);
    expect(notified(half).slice(0, 4)).toEqual([10, 20, 40, 80]);
    expect(notified(badly).slice(0, 4)).toEqual([10, 20, 30, 40]);
  });

  it("is slower to know when vehicles are slower to answer", () => {
    const careful = { ...doubling, rateIncreaseCriteria: { numberOfSucceededThings: 10 } };

    expect(notified(rolloutCourse(careful, 100, { answerMinutes: 3 })).slice(0, 5)).toEqual([
      10, 20, 30, 50, 90,
    ]);
  });

  it("stops where an abort rule strikes, and counts those it spares", () => {
    const abort = [
      { failureType: "FAILED", thresholdPercentage: 20, minNumberOfExecutedThings: 15 },
    ] as const;

    const course = rolloutCourse(doubling, 200, { abort, failPercent: 30 });

    // 10 have finished in minute 1, too few to judge; 20 in minute 2, of which 6 failed.
    expect(course.abortedAt).toBe(2);
    expect(course.spared).toBe(180);
    expect(course.minutes.at(-1)).toEqual({
      minute: 2,
      rate: 0,
      notified: 20,
      finished: 20,
      failed: 6,
    });
  });

  it("goes on when fewer fail than the rule allows", () => {
    const abort = [
      { failureType: "ALL", thresholdPercentage: 20, minNumberOfExecutedThings: 1 },
    ] as const;

    expect(rolloutCourse(doubling, 200, { abort, failPercent: 19 }).abortedAt).toBeUndefined();
    expect(rolloutCourse(doubling, 200, { abort, failPercent: 20 }).abortedAt).toBe(1);
  });

  it("has one minute for no vehicle", () => {
    expect(rolloutCourse(doubling, 0).minutes).toEqual([
      { minute: 0, rate: 0, notified: 0, finished: 0, failed: 0 },
    ]);
  });

  it.each([-1, 1.5, NaN])("refuses %d vehicles", (devices) => {
    expect(() => rolloutCourse(doubling, devices)).toThrow("a number of vehicles");
  });

  it.each([-1, 101, 0.001])("refuses a share of %d percent failures", (failPercent) => {
    expect(() => rolloutCourse(doubling, 1, { failPercent })).toThrow("from 0 to 100");
  });

  it("notifies every vehicle once, at no more than the ceiling, and never slows down", () => {
    const rollouts = fc.record({
      baseRatePerMinute: fc.integer({ min: 1, max: 20 }),
      incrementFactor: fc.integer({ min: 11, max: 50 }).map((tenths) => tenths / 10),
      rateIncreaseCriteria: fc.record({
        numberOfNotifiedThings: fc.integer({ min: 1, max: 50 }),
      }),
      maximumPerMinute: fc.integer({ min: 20, max: 1_000 }),
    });
    fc.assert(
      fc.property(rollouts, fc.integer({ min: 1, max: 3_000 }), (rollout, devices) => {
        const { minutes, spared } = rolloutCourse(rollout, devices);
        const rates = minutes.map(({ rate }) => rate).slice(0, -2);

        expect(minutes.at(-1)).toMatchObject({ notified: devices, finished: devices });
        expect(Math.max(...minutes.map(({ rate }) => rate))).toBeLessThanOrEqual(
          rollout.maximumPerMinute,
        );
        expect(rates).toEqual([...rates].sort((a, b) => a - b));
        expect(spared).toBe(0);
      }),
    );
  });
});
