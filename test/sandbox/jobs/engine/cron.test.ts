import { describe, expect, it } from "vitest";
import { parseCron, startsAfter } from "../../../../lib/sandbox/jobs/engine/cron.js";

/** Thursday. */
const NEW_YEAR = Date.UTC(2026, 0, 1);

describe("startsAfter (EventBridge, Schedule expressions)", () => {
  it.each([
    ["cron(0 18 ? * MON *)", ["2026-01-05T18:00", "2026-01-12T18:00"]],
    ["cron(0 18 ? * 2 *)", ["2026-01-05T18:00", "2026-01-12T18:00"]],
    ["cron(0 0 ? * SUN *)", ["2026-01-04T00:00", "2026-01-11T00:00"]],
    ["cron(30 2 1 * ? *)", ["2026-01-01T02:30", "2026-02-01T02:30"]],
    ["cron(0/40 4 * * ? *)", ["2026-01-01T04:00", "2026-01-01T04:40"]],
    ["cron(0 22-23 * * ? *)", ["2026-01-01T22:00", "2026-01-01T23:00"]],
    ["cron(5,10 0 ? JAN,feb THU-FRI *)", ["2026-01-01T00:05", "2026-01-01T00:10"]],
    ["cron(0 0 29 2 ? *)", ["2028-02-29T00:00", "2032-02-29T00:00"]],
    ["cron(0 0 1 1 ? 2027)", ["2027-01-01T00:00"]],
    ["cron(0 0 1 1 ? 1999)", []],
  ])("finds the first times of %s", (text, expected) => {
    const cron = parseCron(text);
    const starts = [];
    for (const start of cron ? startsAfter(cron, NEW_YEAR) : []) {
      starts.push(new Date(start).toISOString().slice(0, 16));
      if (starts.length === 2) break;
    }

    expect(starts).toEqual(expected);
  });

  it("leaves out the moment itself", () => {
    const cron = parseCron("cron(0 0 * * ? *)");
    const [first] = cron ? startsAfter(cron, NEW_YEAR) : [];

    expect(first).toBe(Date.UTC(2026, 0, 2));
  });
});

describe("parseCron", () => {
  it.each([
    "",
    "daily",
    "rate(1 day)",
    "0 18 ? * MON *",
    "cron(0 18 ? * MON)",
    "cron(60 18 ? * MON *)",
    "cron(0 24 ? * MON *)",
    "cron(0 18 0 * ? *)",
    "cron(0 18 ? 13 MON *)",
    "cron(0 18 ? * 8 *)",
    "cron(0 18 ? * FRI-MON *)",
    "cron(0 18 L * ? *)",
    "cron(0/0 18 ? * MON *)",
    "cron(-1 18 ? * MON *)",
    "cron(, 18 ? * MON *)",
  ])("does not understand '%s'", (text) => {
    expect(parseCron(text)).toBeUndefined();
  });
});
