import { describe, expect, it } from "vitest";
import { count, duration, progressLine, type Course } from "../../lib/show/progress.js";

const course: Course = {
  title: "Things",
  finished: 250,
  total: 1_000,
  failed: 0,
  throttles: 0,
  seconds: 3.125,
  isOver: false,
};

describe("progressLine", () => {
  it("shows how much is done, how fast, and how long it still takes", () => {
    expect(progressLine(course)).toBe(
      "Things  ━━━━━━──────────────────  250/1,000 · 80/s · 9.4 s left",
    );
  });

  it("shows failures and throttles once there are some", () => {
    expect(progressLine({ ...course, failed: 3, throttles: 1_200 })).toContain(
      " · 80/s · 3 failed · 1,200 throttled · ",
    );
  });

  it("ends with how long it took", () => {
    expect(progressLine({ ...course, finished: 1_000, seconds: 12.5, isOver: true })).toBe(
      "Things  ━━━━━━━━━━━━━━━━━━━━━━━━  1,000/1,000 · 80/s · 13 s",
    );
  });

  it("says that it was interrupted, and how to go on", () => {
    expect(progressLine({ ...course, isOver: true, isInterrupted: true })).toMatch(
      /250\/1,000 · 80\/s · 3\.1 s · interrupted: run the cell again to go on$/,
    );
  });

  it("counts without a bar while nobody has said how many there are", () => {
    expect(progressLine({ ...course, total: undefined })).toBe("Things  …  250 · 80/s");
  });

  it("promises nothing before the first is done", () => {
    expect(progressLine({ ...course, finished: 0, seconds: 0 })).toBe(
      "Things  ────────────────────────  0/1,000",
    );
    expect(progressLine({ ...course, finished: 0 })).toBe(
      "Things  ────────────────────────  0/1,000",
    );
  });

  it("is full with nothing to do", () => {
    expect(progressLine({ ...course, finished: 0, total: 0, seconds: 0, isOver: true })).toBe(
      "Things  nothing to do",
    );
  });

  it("stays in its place when there are more than were announced", () => {
    const line = progressLine({ ...course, finished: 1_500 });

    expect(line).toContain("━".repeat(24) + "  1,500/1,000");
    expect(line).toContain(" · 0.0 s left");
  });

  it("shows slow rates with a fraction", () => {
    expect(progressLine({ ...course, finished: 2, seconds: 15.4 })).toContain(" · 0.1/s · ");
  });
});

describe("duration", () => {
  it.each([
    [0, "0.0 s"],
    [0.44, "0.4 s"],
    [9.94, "9.9 s"],
    [9.96, "10 s"],
    [59.4, "59 s"],
    [59.6, "1 min"],
    [60, "1 min"],
    [125, "2 min 5 s"],
    [3_599.6, "1 h 0 min"],
    [3_780, "1 h 3 min"],
    [100_000, "27 h 46 min"],
  ])("shows %f seconds as %s", (seconds, shown) => {
    expect(duration(seconds)).toBe(shown);
  });
});

describe("count", () => {
  it("groups digits, whatever the machine's language", () => {
    expect(count(1_000_000)).toBe("1,000,000");
  });
});
