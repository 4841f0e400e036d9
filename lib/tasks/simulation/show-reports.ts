import type { Fleet } from "../../aws/connect.js";
import { redactText } from "../../aws/redact.js";
import type { DeviceExecution } from "../../fleet/jobs/device-jobs.js";
import { STATE_COLOURS } from "../../show/picture.js";
import { strip } from "../../show/strip.js";

/**
 * Show one execution as a strip of what was known of it: state, version and status details, one box
 * for each answer of the service, oldest first. The state before the first, QUEUED, comes by itself.
 * Calls nothing.
 */
export function showReports(fleet: Fleet, answers: readonly DeviceExecution[]): void {
  const [first] = answers;
  if (!first) {
    fleet.output.line("There are no reports.");
    return;
  }
  const stations = answers.map(({ status, versionNumber, statusDetails }) => ({
    state: status as string,
    colour: STATE_COLOURS[status],
    notes: [
      `version ${versionNumber}`,
      ...Object.entries(statusDetails).map(([name, value]) => redactText(`${name}: ${value}`)),
    ],
  }));
  const isBegun = first.status !== "QUEUED" && first.versionNumber > 1;
  const queued = { state: "QUEUED", colour: STATE_COLOURS["QUEUED"], notes: ["version 1"] };
  const title = `${first.thing} in the job ${first.jobId}`;
  fleet.output.show(strip(title, isBegun ? [queued, ...stations] : stations));
}
