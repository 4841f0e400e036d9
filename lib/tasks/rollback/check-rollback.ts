import type { Fleet } from "../../aws/connect.js";
import { searchThings } from "../../fleet/search/fleet-index.js";
import { queryValue, vehiclesQuery } from "../../fleet/search/fleet-query.js";
import { markReached } from "../../fleet/shadows/notes.js";
import { findThingGroup } from "../../fleet/registry/thing-groups.js";
import { compareVersions } from "../../fleet/software/version-order.js";
import { count } from "../../show/progress.js";
import { showChecks, type Check } from "../checkpoint.js";
import { compareSoftware, type SoftwareComparison } from "./compare-software.js";
import { pathOf } from "../path/path.js";
import type { FleetPlan } from "../provisioning/plan.js";

/**
 * Look into the account for what notebook 07 leaves behind: type A back on the first version, on
 * record and for real, type B's record right again, and no group that was only needed on the way.
 * Changes nothing; when all is met, a note for a class's board is made once.
 *
 * The index names the vehicles (SearchIndex, 100 a page); what they run is read from their shadows,
 * twice GetThingShadow for each vehicle of both types.
 *
 * @param gone dynamic groups that the notebook has made and deleted
 * @returns the checks, in the order of the notebook
 */
export async function checkRollBack(
  fleet: Fleet,
  plan: FleetPlan,
  { gone = [] }: { readonly gone?: readonly string[] } = {},
): Promise<readonly Check[]> {
  const { typeA, typeB, firstVersion } = pathOf(plan);
  const onA = await comparisonsOf(fleet, typeA);
  const checks = [
    ...(typeA === typeB
      ? []
      : [checkAgreement(typeB, await comparisonsOf(fleet, typeB), 'under "Right again"')]),
    checkVersions(`${typeA}: on ${firstVersion}, on record`, onA, firstVersion),
    checkAgreement(typeA, onA, 'under "Back for real"'),
    ...(gone.length > 0 ? [await checkGone(fleet, gone)] : []),
  ];
  showChecks(fleet, checks);
  if (checks.every(({ isMet }) => isMet)) await markReached(fleet, "07");
  return checks;
}

async function comparisonsOf(fleet: Fleet, type: string): Promise<readonly SoftwareComparison[]> {
  const query = `${vehiclesQuery(fleet)} AND thingTypeName:${queryValue(type)}`;
  const things: string[] = [];
  for await (const { thingName } of searchThings(fleet, query))
    if (thingName) things.push(thingName);
  return (await compareSoftware(fleet, type, things)).comparisons;
}

function checkVersions(
  what: string,
  comparisons: readonly SoftwareComparison[],
  target: string,
): Check {
  const back = comparisons.filter(
    ({ inventory }) => inventory !== undefined && compareVersions(inventory, target) <= 0,
  );
  return {
    what,
    isMet: back.length > 0 && back.length === comparisons.length,
    found: `${count(back.length)} of ${count(comparisons.length)}`,
    wayOut: 'Run the cells under "Back for real" again.',
  };
}

/** A vehicle that has installed nothing since it left the factory says nothing, and contradicts nothing. */
function checkAgreement(
  type: string,
  comparisons: readonly SoftwareComparison[],
  section: string,
): Check {
  const contradict = comparisons.filter(({ vehicle, isSame }) => vehicle !== undefined && !isSame);
  return {
    what: `${type}: record and vehicles agree`,
    isMet: contradict.length === 0,
    found:
      contradict.length === 0
        ? "nobody contradicts"
        : `${count(contradict.length)} of ${count(comparisons.length)} contradict`,
    wayOut: `Run the cells ${section} again.`,
  };
}

async function checkGone(fleet: Fleet, names: readonly string[]): Promise<Check> {
  const left: string[] = [];
  for (const name of names) if (await findThingGroup(fleet, name)) left.push(name);
  return {
    what: "Groups on the way",
    isMet: left.length === 0,
    found: left.length === 0 ? `${names.join(", ")} deleted` : `${left.join(", ")} still there`,
    wayOut: 'Run the cell under "Tidy up" again.',
  };
}
