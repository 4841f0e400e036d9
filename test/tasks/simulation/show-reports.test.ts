import { describe, expect, it } from "vitest";
import { reportExecution, startNextExecution } from "../../../lib/fleet/jobs/device-jobs.js";
import { showReports } from "../../../lib/tasks/simulation/show-reports.js";
import { openVans } from "../simulated-fleet.js";

describe("showReports", () => {
  it("shows every answer of the service with its version, from QUEUED on", async () => {
    const { fleet, settle, lines, createVanJob, clock } = await openVans(1);
    await createVanJob({ document: { operation: "check-tires" }, timeoutMinutes: 10 });
    await clock.advance(60_000);

    const begun = await settle(startNextExecution(fleet, "Vehicle-VIN-001", { step: "started" }));
    const ended = await settle(reportExecution(fleet, begun!, { status: "SUCCEEDED" }));
    showReports(fleet, [begun!, ended]);

    expect(lines.at(-1)?.split("\n")).toEqual([
      "Vehicle-VIN-001 in the job job",
      "state",
      "QUEUED       version 1",
      "IN_PROGRESS  version 2, step: started",
      expect.stringMatching(/^SUCCEEDED {4}version 3/),
    ]);
  });

  it("has a sentence for none", async () => {
    const { fleet, lines } = await openVans(1);

    showReports(fleet, []);

    expect(lines.at(-1)).toBe("There are no reports.");
  });
});
