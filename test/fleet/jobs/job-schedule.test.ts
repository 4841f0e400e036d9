import { describe, expect, it } from "vitest";
import { schedulingConfig, type Schedule } from "../../../lib/fleet/jobs/job-schedule.js";
import { openTestFleet } from "../../fleet.js";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** A schedule as AWS would get it at a certain moment; times are in milliseconds from then. */
function open() {
  const { fleet, clock } = openTestFleet();
  const now = Math.ceil(clock.now() / MINUTE_MS) * MINUTE_MS;
  const at = (ms: number) => new Date(now + ms);
  const text = (ms: number) => at(ms).toISOString().slice(0, 16).replace("T", " ");
  const config = (schedule: Schedule, isContinuous = false) =>
    schedulingConfig(fleet, schedule, { isContinuous });
  return { at, text, config };
}

describe("schedulingConfig", () => {
  it("takes Dates and texts, and gives AWS's form, in UTC and whole minutes", () => {
    const { at, text, config } = open();

    const given = config({ startTime: at(HOUR + 1), endTime: text(3 * HOUR) });

    expect(given).toEqual({
      startTime: text(HOUR + MINUTE_MS),
      endTime: text(3 * HOUR),
      endBehavior: "STOP_ROLLOUT",
    });
  });

  const HOUR = 60 * MINUTE_MS;
  it.each([
    ["30 minutes ahead", { start: 30 * MINUTE_MS }, true],
    ["29 minutes ahead", { start: 29 * MINUTE_MS }, false],
    ["a year ahead", { start: 364 * DAY_MS }, true],
    ["more than a year ahead", { start: 366 * DAY_MS }, false],
    ["half an hour long", { start: HOUR, end: HOUR + 30 * MINUTE_MS }, true],
    ["29 minutes long", { start: HOUR, end: HOUR + 29 * MINUTE_MS }, false],
    ["from now on, half an hour long", { end: 31 * MINUTE_MS }, true],
    ["from now on, ten minutes long", { end: 10 * MINUTE_MS }, false],
    ["ending in more than two years", { end: 731 * DAY_MS }, false],
  ])("of a job %s", (_, times: { start?: number; end?: number }, isLegal) => {
    const { at, config } = open();
    const { start, end } = times;

    const given = () =>
      config({
        ...(start !== undefined && { startTime: at(start) }),
        ...(end !== undefined && { endTime: at(end) }),
      });

    if (isLegal) expect(given).not.toThrow();
    else expect(given).toThrow(/be at least 30 minutes/);
  });

  it.each(["2030-01-31 22:00", new Date(), 5, null, true])(
    "refuses %s as a schedule: the job would start at once",
    (schedule) => {
      expect(() => open().config(schedule as unknown as Schedule)).toThrow(
        'cannot be the schedule of a job: it must be an object, such as { startTime: "2030-01-31 22:00" }',
      );
    },
  );

  it.each(["tomorrow", "2030-04-31 10:00", "2030-04-30T10:00Z", "2030-04-30 25:00"])(
    "refuses %s as a time",
    (startTime) => {
      expect(() => open().config({ startTime })).toThrow("YYYY-MM-DD HH:MM, in UTC");
    },
  );

  it("refuses a Date that is none", () => {
    expect(() => open().config({ startTime: new Date("soon") })).toThrow("be a Date");
  });

  it("wants an end for an end behaviour, and one that AWS knows", () => {
    const { at, config } = open();
    const endBehavior = "EXPLODE" as "CANCEL";

    expect(() => config({ endBehavior: "CANCEL" })).toThrow("come with an endTime");
    expect(() => config({ endTime: at(DAY_MS), endBehavior })).toThrow("FORCE_CANCEL");
    expect(config({ endTime: at(DAY_MS), endBehavior: "CANCEL" }).endBehavior).toBe("CANCEL");
  });

  it("has maintenance windows for continuous jobs only", () => {
    const { config } = open();
    const maintenanceWindows = [{ startTime: "cron(0 2 ? * SUN *)", durationInMinutes: 120 }];

    expect(config({ maintenanceWindows }, true)).toEqual({ maintenanceWindows });
    expect(() => config({ maintenanceWindows })).toThrow('selection: "CONTINUOUS"');
  });

  it.each([
    ["cron(0 2 ? * SUN *)", 0, "from 1 to 1,430"],
    ["cron(0 2 ? * SUN *)", 1_431, "from 1 to 1,430"],
    ["0 2 * * SUN", 60, "cron expression of six fields"],
    ["cron(0 2 * * SUN)", 60, "cron expression of six fields"],
  ])("refuses the window %s of %d minutes", (startTime, durationInMinutes, reason) => {
    const maintenanceWindows = [{ startTime, durationInMinutes }];

    expect(() => open().config({ maintenanceWindows }, true)).toThrow(reason);
  });
});
