import { collect } from "../../aws/collect.js";
import type { Fleet } from "../../aws/connect.js";
import { isOurs, whoseName } from "../../aws/ownership.js";
import { countMembers, listDynamicGroups } from "../../fleet/search/dynamic-groups.js";
import { deviceQuery } from "../../fleet/search/fleet-query.js";
import { listTags } from "../../fleet/registry/tags.js";
import { findThingGroup } from "../../fleet/registry/thing-groups.js";
import { otherPrefixes } from "../../fleet/shadows/notes.js";
import { count } from "../../show/progress.js";
import { showChecks, type Check } from "../checkpoint.js";
import { pathOf } from "../path/path.js";
import type { FleetPlan } from "../provisioning/plan.js";

/**
 * Look into the account for the two dynamic groups that notebook 02 leaves, and for those of it that
 * should be gone; show what is there and how to repair it. Changes nothing.
 *
 * Calls DescribeThingGroup, ListTagsForResource, ListThingsInThingGroup, lists all groups, and the notes of other fleets.
 *
 * @returns the checks, in the order of the notebook
 */
export async function checkGroups(fleet: Fleet, plan: FleetPlan): Promise<readonly Check[]> {
  const checks = [...(await groupChecks(fleet, plan)), await checkLeftovers(fleet)];
  showChecks(fleet, checks);
  return checks;
}

/** The two groups of {@link checkGroups}, without showing them. */
export async function groupChecks(fleet: Fleet, plan: FleetPlan): Promise<readonly Check[]> {
  const { typeA, typeB, firstVersion, groups } = pathOf(plan);
  return [
    await checkGroup(fleet, groups.all, deviceQuery({ thingType: typeA })),
    await checkGroup(
      fleet,
      groups.outdated,
      deviceQuery({ thingType: typeB, versions: [firstVersion] }),
    ),
  ];
}

async function checkGroup(fleet: Fleet, name: string, query: string): Promise<Check> {
  const group = await findThingGroup(fleet, name);
  const check = (isMet: boolean, found: string): Check => ({
    what: `Dynamic group ${name}`,
    isMet,
    found,
    wayOut:
      group && !isMet && group.queryString === query
        ? "Wait a little, it builds."
        : 'Run the cells under "Two groups that stay" again.',
  });
  if (!group) return check(false, "missing");
  if (group.queryString !== query) {
    return check(false, `its query is ${group.queryString ?? "missing: it is a static group"}`);
  }
  if (!isOurs(await listTags(fleet, group.thingGroupArn ?? ""))) {
    return { ...check(false, "not made by the workshop"), wayOut: "Delete or rename that group." };
  }
  if (group.status !== "ACTIVE") return check(false, group.status ?? "without a status");
  const members = await countMembers(fleet, name);
  return check(true, `ACTIVE, ${count(members)} ${members === 1 ? "member" : "members"}`);
}

async function checkLeftovers(fleet: Fleet): Promise<Check> {
  const left: string[] = [];
  const prefixes = await otherPrefixes(fleet);
  for (const { name, arn } of await collect(listDynamicGroups(fleet))) {
    const isOfBattery = /(^|_)battery(gt|lt|eq)\d.*_Devices$/.test(name);
    if (whoseName(fleet, name, prefixes) === "theirs") continue;
    if (isOfBattery && isOurs(await listTags(fleet, arn))) left.push(name);
  }
  return {
    what: "Battery groups are gone",
    isMet: left.length === 0,
    found: left.length === 0 ? "none left" : left.join(", "),
    wayOut: 'Run the cells under "Leave it as you found it" again.',
  };
}
