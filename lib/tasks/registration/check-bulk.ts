import type { Fleet } from "../../aws/connect.js";
import { readKeys } from "../../aws/mqtt/key-files.js";
import {
  describeRegistration,
  type RegistrationTask,
} from "../../fleet/registration/registration-tasks.js";
import { countThings } from "../../fleet/search/fleet-index.js";
import { vehiclesQuery } from "../../fleet/search/fleet-query.js";
import { markReached } from "../../fleet/shadows/notes.js";
import { count } from "../../show/progress.js";
import { showChecks, type Check } from "../checkpoint.js";

/**
 * Look for what notebook 11 leaves until its last section: a small task that has registered all but
 * the bad line, certificates beside their keys, a large task that has registered everybody, and all of
 * them in the index. Changes nothing but the mark for a class's board.
 *
 * Calls DescribeThingRegistrationTask twice, and GetStatistics; what markReached() calls.
 *
 * @returns the checks
 * @throws ResourceNotFoundException when there is no such task
 */
export async function checkBulk(
  fleet: Fleet,
  { small, large }: { readonly small: RegistrationTask; readonly large: RegistrationTask },
): Promise<readonly Check[]> {
  const first = await describeRegistration(fleet, small.taskId);
  const second = await describeRegistration(fleet, large.taskId);
  const certificates = small.names.filter((name) => readKeys(fleet, name)).length;
  const indexed = await countThings(fleet, vehiclesQuery(fleet));
  const wanted = first.succeeded + second.succeeded;
  const told = ({ status, succeeded, failed }: typeof first) =>
    `${status}, ${count(succeeded)} registered, ${count(failed)} not`;
  const checks: readonly Check[] = [
    {
      what: "The small task",
      isMet: first.status === "Completed" && first.failed === 1,
      found: told(first),
      wayOut: 'Run the cells under "A small task" again: one line is meant to fail.',
    },
    {
      what: "Certificates beside their keys",
      isMet: certificates > 0 && certificates >= first.succeeded,
      found: count(certificates),
      wayOut: "Run the cell with readReports() again.",
    },
    {
      what: "The large task",
      isMet: second.status === "Completed" && second.succeeded === large.vehicles,
      found: told(second),
      wayOut: 'Run the cells under "Ten thousand" again: what is there stays as it is.',
    },
    {
      what: "Vehicles in the index",
      isMet: indexed >= wanted,
      found: count(indexed),
      wayOut: "The index is some seconds behind: run this cell again.",
    },
  ];
  showChecks(fleet, checks);
  if (checks.every(({ isMet }) => isMet)) await markReached(fleet, "11");
  return checks;
}
