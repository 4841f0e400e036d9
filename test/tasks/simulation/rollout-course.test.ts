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
  it("piles up only what occurred, bad ends at the bottom and the queue on top", async () => {
    const { text, svg } = await drawCourse("job", [
      { minute: 0, counts: counts("QUEUED", "QUEUED") },
      { minute: 1, counts: counts("FAILED", "SUCCEEDED") },
    ]);

    expect(text.split("\n")[1]).toMatch(/^minutes\s+FAILED\s+SUCCEEDED\s+QUEUED$/);
    expect(svg).toContain("#3f8f2f");
  });

  it("draws how many bad ends would cancel the job, of those that have finished", async () => {
    const rule = { failureType: "FAILED", action: "CANCEL", thresholdPercentage: 50 } as const;
    const moments = [
      { minute: 0, counts: counts("QUEUED", "QUEUED", "QUEUED", "QUEUED") },
      { minute: 1, counts: counts("SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "FAILED") },
    ];

    const strict = await drawCourse("job", moments, [{ ...rule, minNumberOfExecutedThings: 2 }]);
    const none = await drawCourse("job", moments);
    const line = / d="(M[^"]*)"[^>]* stroke="#8a1c12"/.exec(strict.svg ?? "")?.[1];

    // Of the first two one, of all four two: the axis has 180 pixels for four vehicles.
    expect(line).toMatch(/^M0,135L/);
    expect(line).toMatch(/,90$/);
    expect(strict.svg).toContain(">abort</text>");
    expect(none.svg).not.toContain(">abort</text>");
  });

  it("draws the members of a group beside the executions, and says them", async () => {
    const { text, svg } = await drawCourse("job", [
      { minute: 0, counts: counts("QUEUED", "QUEUED"), members: 2 },
      { minute: 1, counts: counts("SUCCEEDED", "QUEUED"), members: 1 },
      { minute: 2, counts: counts("SUCCEEDED", "SUCCEEDED"), members: 0 },
    ]);
    const line = / d="(M[^"]*)"[^>]* stroke="#414a54" stroke-width="2"/.exec(svg ?? "")?.[1];

    expect(text).toContain("members: 2, then 1, then 0");
    expect(svg).toContain(">members</text>");
    expect(line).toMatch(/^M0,0L.*,180$/);
  });
});
