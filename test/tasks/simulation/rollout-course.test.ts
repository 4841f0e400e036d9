import type { JobExecutionStatus } from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { countStatuses } from "../../../lib/fleet/jobs/execution-counts.js";
import { createCourse, drawCourse } from "../../../lib/tasks/simulation/rollout-course.js";
import { openTestFleet } from "../../fleet.js";

const counts = (...statuses: JobExecutionStatus[]) => countStatuses(statuses);

describe("createCourse", () => {
  it("notes what it is told in minutes since the start", async () => {
    const { fleet, clock } = openTestFleet();
    const course = createCourse(fleet, "job", false);

    await course.note(counts("QUEUED"));
    await clock.advance(31_000);
    await course.note(counts("IN_PROGRESS"));

    expect(course.moments.map(({ minute }) => minute)).toEqual([0, 0.5]);
  });

  it("keeps the first of several looks at one moment", async () => {
    const { fleet, clock } = openTestFleet();
    const course = createCourse(fleet, "job", false);

    await course.note(counts("QUEUED"));
    await clock.advance(2_000);
    await course.note(counts("IN_PROGRESS"));

    expect(course.moments).toEqual([{ minute: 0, counts: counts("QUEUED") }]);
  });

  it("does not take an hour without a look for a slope", async () => {
    const { fleet, clock } = openTestFleet();
    const course = createCourse(fleet, "job", false);

    await course.note(counts("IN_PROGRESS"));
    await clock.advance(3_600_000);
    await course.note(counts("TIMED_OUT"));

    expect(course.moments).toEqual([
      { minute: 0, counts: counts("IN_PROGRESS") },
      { minute: 59.5, counts: counts("IN_PROGRESS") },
      { minute: 60, counts: counts("TIMED_OUT") },
    ]);
  });

  it("shows no picture when nothing has happened since the first look", async () => {
    const { fleet, lines } = openTestFleet();
    const course = createCourse(fleet, "job", true);

    await course.note(counts("SUCCEEDED"));
    await course.note(counts("SUCCEEDED"));
    await course.end();

    expect(lines).toEqual([]);
  });

  it("shows the picture as it is at the end, and none when it is not to be shown", async () => {
    const { fleet, clock, lines } = openTestFleet();
    const shown = createCourse(fleet, "shown", true);
    const silent = createCourse(fleet, "silent", false);

    for (const course of [shown, silent]) await course.note(counts("QUEUED"));
    await clock.advance(60_000);
    for (const course of [shown, silent]) await course.note(counts("SUCCEEDED"));
    await shown.end();
    await silent.end();

    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("Executions of shown");
    expect(lines[0]).toMatch(/1\s+1\s+0/);
  });
});

describe("drawCourse", () => {
  it("piles up only what occurred, good ends at the bottom and the queue on top", async () => {
    const { text, svg } = await drawCourse("job", [
      { minute: 0, counts: counts("QUEUED", "QUEUED") },
      { minute: 1, counts: counts("FAILED", "SUCCEEDED") },
    ]);

    expect(text.split("\n")[1]).toMatch(/^minutes\s+SUCCEEDED\s+FAILED\s+QUEUED$/);
    expect(svg).toContain("#3f8f2f");
  });
});
