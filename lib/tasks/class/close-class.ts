import { requireConfirmation } from "../../aws/confirm.js";
import type { Fleet } from "../../aws/connect.js";
import type { Failure } from "../../aws/many.js";
import { plannedPrefixes } from "../../fleet/shadows/notes.js";
import { count } from "../../show/progress.js";
import { table } from "../../show/table.js";
import { cleanUp } from "../clean-up/clean-up.js";
import { planCleanUp } from "../clean-up/clean-up-plan.js";
import { asLearner } from "./learner.js";

/** What became of one learner's fleet. */
export interface ClosedFleet {
  readonly prefix: string;
  /** What was removed. */
  readonly removed: number;
  readonly failed: readonly Failure[];
  /** What is the workshop's and there still, by name and why, after a second look. */
  readonly left: readonly string[];
}

/**
 * Clean up after a class: every prefix that is planned in the account, all but one at the same time,
 * and that one after them with what all of them shared; then look again, and show what is left of each.
 *
 * Calls what planCleanUp() and cleanUp() call, for each prefix. Thing types take AWS five minutes: that
 * is ten in all, however many learners there are. A second call finds nothing and does nothing.
 *
 * @param options.prefixes default: those of all fleets that are planned in the account
 * @param options.confirm `DELETE`
 * @throws NotConfirmedError without it; the message says whose fleets would go
 */
export async function closeClass(
  fleet: Fleet,
  options: { readonly prefixes?: readonly string[]; readonly confirm?: "DELETE" } = {},
): Promise<readonly ClosedFleet[]> {
  const prefixes = [...(options.prefixes ?? (await plannedPrefixes(fleet)))].sort();
  const whose = prefixes.length === 0 ? "none" : prefixes.join(", ");
  requireConfirmation(
    options.confirm,
    "DELETE",
    `This removes ${count(prefixes.length)} fleets: ${whose}.`,
  );
  const last = prefixes.at(-1);
  const several = prefixes.filter((prefix) => prefix !== last);
  // AWS makes everybody wait five minutes for thing types: all together, and not one after the other.
  const closed = await Promise.all(several.map((prefix) => close(quiet(fleet), prefix)));
  if (last !== undefined) closed.push(await close(fleet, last));
  const fleets: ClosedFleet[] = [];
  for (const one of closed) {
    const { steps } = await planCleanUp(asLearner(fleet, one.prefix));
    fleets.push({ ...one, left: steps.flatMap(({ names }) => names) });
  }
  fleet.output.show(
    table(
      fleets,
      [
        { header: "Learner", value: ({ prefix }) => prefix },
        { header: "Removed", value: ({ removed }) => removed },
        { header: "Failed", value: ({ failed }) => failed.length },
        { header: "Left", value: ({ left }) => (left.length === 0 ? "nothing" : left.join(", ")) },
      ],
      fleets.length,
    ),
  );
  return fleets;
}

async function close(fleet: Fleet, prefix: string): Promise<Omit<ClosedFleet, "left">> {
  const learner = asLearner(fleet, prefix);
  const { steps } = await cleanUp(learner, await planCleanUp(learner), { confirm: "DELETE" });
  const failed = steps.flatMap((step) => step.failed);
  return { prefix, removed: steps.reduce((sum, step) => sum + step.deleted, 0), failed };
}

/** Thirty progress lines at once say nothing; the table at the end says all. */
function quiet(fleet: Fleet): Fleet {
  const nothing = () => {};
  const line = () => ({ update: nothing, end: nothing });
  return { ...fleet, output: { ...fleet.output, show: nothing, progress: line, live: line } };
}
