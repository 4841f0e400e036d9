import type { Fleet } from "../../aws/connect.js";
import { count } from "../../show/progress.js";
import { showChecks, type Check } from "../checkpoint.js";
import type { CleanUpKind } from "./clean-up-kinds.js";
import { planCleanUp } from "./clean-up-plan.js";

/** The rows of the checkpoint, and the kinds that each is about. */
const ROWS: readonly (readonly [string, readonly CleanUpKind[]])[] = [
  ["Jobs, commands and registrations", ["jobs", "commands", "registrations"]],
  ["Vehicles", ["things"]],
  ["Certificates and their policy", ["certificates", "device policies"]],
  ["Groups", ["dynamic groups", "static groups"]],
  ["Packages and versions", ["packages", "package versions"]],
  ["Firmware bucket and files", ["firmware bucket", "firmware files"]],
  ["Roles and account settings", ["roles", "package configuration", "fleet indexing"]],
  ["Thing types", ["thing types"]],
  ["Notes", ["notes"]],
];

/**
 * Look through the account for anything that the workshop made under this fleet's prefix, and show
 * what is left. Calls what planCleanUp() calls, and changes nothing.
 *
 * @returns the checks: met where nothing is left that could go; what has to stay is counted
 */
export async function checkCleanUp(fleet: Fleet): Promise<readonly Check[]> {
  const { steps } = await planCleanUp(fleet);
  const checks = ROWS.map(([what, kinds]) => {
    const of = steps.filter(({ kind }) => kinds.includes(kind));
    const left = of.reduce((sum, { names }) => sum + names.length, 0);
    const kept = of.reduce((sum, step) => sum + step.kept.length, 0);
    const found = left === 0 ? "nothing left" : `${count(left)} left`;
    return {
      what,
      isMet: left === 0,
      found: kept === 0 ? found : `${found}, ${count(kept)} kept`,
      wayOut: 'Run the cells under "Everything" again.',
    };
  });
  showChecks(fleet, checks);
  return checks;
}
