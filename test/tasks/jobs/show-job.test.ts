import { describe, expect, it } from "vitest";
import type { Shown } from "../../../lib/show/table.js";
import type { JobPlan } from "../../../lib/fleet/jobs/new-job.js";
import { showJobPlan, showRollouts } from "../../../lib/tasks/jobs/show-job.js";
import { openTestFleet } from "../../fleet.js";

const plan: JobPlan = {
  jobId: "upgrade-Van-1-1-0",
  description: "Install Van 1.1.0 on Vans",
  selection: "SNAPSHOT",
  groups: ["Vans"],
  devices: 100,
  ships: { package: "Van", version: "1.1.0" },
  document: '{"operation":"install"}',
  rollout: {
    baseRatePerMinute: 5,
    incrementFactor: 2,
    rateIncreaseCriteria: { numberOfNotifiedThings: 10 },
    maximumPerMinute: 50,
  },
  abort: [{ failureType: "FAILED", thresholdPercentage: 20, minNumberOfExecutedThings: 10 }],
  retry: [{ failureType: "TIMED_OUT", numberOfRetries: 1 }],
  timeoutMinutes: 60,
  presign: { roleArn: "arn:aws:iam::111122223333:role/IoTJobsRole", seconds: 600 },
  alreadyExists: false,
  notes: ["Something worth knowing."],
};

/** What a plan shows: the summary's lines, and the picture. */
async function shownOf(given: JobPlan, options = {}) {
  const shown: Shown[] = [];
  const { fleet } = openTestFleet();
  const output = { ...fleet.output, show: (content: Shown) => void shown.push(content) };
  await showJobPlan({ ...fleet, output }, given, options);
  return { summary: shown[0]?.text ?? "", picture: shown[1] };
}

describe("showJobPlan", () => {
  it("says who gets what, how fast, and when it stops", async () => {
    const { summary } = await shownOf(plan);

    for (const words of [
      /^Job +upgrade-Van-1-1-0$/m,
      /^Who +100 vehicles in Vans, and nobody who joins later \(SNAPSHOT\)$/m,
      /^What +install Van 1.1.0$/m,
      /^How fast +5 a minute, times 2 for every 10 notified, at most 50: all of them after 5 minutes$/m,
      /^When +from now on$/m,
      /^Cancels itself +once 20 % of at least 10 finished vehicles have FAILED$/m,
      /^Each vehicle +has 60 min from its start, then it has TIMED_OUT$/m,
      /^Tries again +once after TIMED_OUT$/m,
      /^Download links +last 600 s from when a vehicle asks$/m,
      /^Costs +nothing$/m,
      /^Note +Something worth knowing\.$/m,
    ]) {
      expect(summary).toMatch(words);
    }
    expect(summary).not.toContain("111122223333");
  });

  it("says what is not set, too", async () => {
    const { presign: _, timeoutMinutes: __, ships: ___, ...rest } = plan;
    const custom: JobPlan = {
      ...rest,
      document: '{"operation":"check-tires"}',
      selection: "CONTINUOUS",
      devices: 1,
      rollout: { maximumPerMinute: 1_000 },
      abort: [],
      retry: [],
      notes: [],
    };

    const { summary } = await shownOf(custom);

    expect(summary).toMatch(
      /^Who +1 vehicle in Vans now, and whoever joins later \(CONTINUOUS\)$/m,
    );
    expect(summary).toMatch(/^What +check-tires, 27 bytes of JSON$/m);
    expect(summary).toMatch(/^How fast +1,000 a minute: all of them at once$/m);
    expect(summary).toMatch(/^Cancels itself +never$/m);
    expect(summary).toMatch(/^Each vehicle +may take as long as it likes$/m);
    expect(summary).not.toContain("Download links");
  });

  it("says when a schedule lets it run", async () => {
    const { summary } = await shownOf({
      ...plan,
      schedule: {
        startTime: "2030-01-31 22:00",
        endTime: new Date("2030-02-01T04:00:00Z"),
        maintenanceWindows: [{ startTime: "cron(0 2 ? * SUN *)", durationInMinutes: 120 }],
      },
    });

    expect(summary).toMatch(
      /^When +from 2030-01-31 22:00 UTC, until 2030-02-01 04:00 UTC, then STOP_ROLLOUT, only for 120 min from cron\(0 2 \? \* SUN \*\)$/m,
    );
  });

  it("says what it costs on an account", async () => {
    const { fleet, lines } = openTestFleet();

    await showJobPlan({ ...fleet, target: "aws" }, plan);

    expect(lines.join("\n")).toMatch(/^Costs +US\$ 0\.30 or more$/m);
  });

  it("draws the rollout, and where the abort strikes for twice its threshold", async () => {
    const { picture } = await shownOf(plan);

    expect(picture?.svg).toMatch(/^<svg/);
    expect(picture?.text).toMatch(/minutes +if all goes well +if 40 % fail/);
    expect(picture?.text).toContain("2 minutes: aborted, 90 spared");
  });

  it("draws it for another share, and one line where nothing aborts", async () => {
    const fewer = await shownOf(plan, { failPercent: 10 });
    const none = await shownOf({ ...plan, abort: [] });

    expect(fewer.picture?.text).toContain("if 10 % fail");
    expect(fewer.picture?.text).not.toContain("aborted");
    expect(none.picture?.text).toMatch(/minutes +notified/);
  });

  it("has no picture of a job for nobody, and none of a burst", async () => {
    const nobody = await shownOf({ ...plan, devices: 0 });
    const burst = await shownOf({ ...plan, rollout: { maximumPerMinute: 100 } });

    expect(nobody.summary).toContain("0 vehicles in Vans");
    expect([nobody.picture, burst.picture]).toEqual([undefined, undefined]);
  });
});

describe("showRollouts", () => {
  it("draws rollouts beside each other, each to the end of the slowest", async () => {
    const { fleet, lines } = openTestFleet();

    await showRollouts(fleet, {
      devices: 100,
      rollouts: { slow: { maximumPerMinute: 20 }, fast: { maximumPerMinute: 50 } },
    });

    const rows = lines.join("\n").split("\n");
    expect(rows[0]).toBe("100 vehicles");
    expect(rows[1]).toMatch(/^minutes +slow +fast$/);
    expect(rows.at(-1)).toMatch(/^ +5 +100 +100$/);
    expect(rows).toContainEqual(expect.stringMatching(/^ +3 +80 +100$/));
  });

  it("tells rollouts apart where both are aborted", async () => {
    const { fleet, lines } = openTestFleet();

    await showRollouts(fleet, {
      devices: 100,
      rollouts: { slow: { maximumPerMinute: 10 }, fast: { maximumPerMinute: 50 } },
      abort: { failureType: "ALL", thresholdPercentage: 20, minNumberOfExecutedThings: 5 },
      failPercent: 50,
      answerMinutes: 2,
    });

    const text = lines.join("\n");
    expect(text).toContain("2 minutes: slow: aborted, 80 spared");
    expect(text).toContain("2 minutes: fast: aborted, 0 spared");
    // As long again, so that the end of the stairs is seen.
    expect(text).toMatch(/^ +4 +20 +100$/m);
  });

  it("draws a thousand minutes with two hundred points, the last among them", async () => {
    const { fleet, lines } = openTestFleet();

    await showRollouts(fleet, { devices: 5_000, rollouts: { slow: { maximumPerMinute: 5 } } });

    expect(lines.join("\n").split("\n").at(-1)).toMatch(/^ +1,000 +5,000$/);
  });

  it("refuses a rollout out of range", async () => {
    const { fleet } = openTestFleet();

    await expect(
      showRollouts(fleet, { devices: 1, rollouts: { none: { maximumPerMinute: 0 } } }),
    ).rejects.toThrow("maximumPerMinute");
  });
});
