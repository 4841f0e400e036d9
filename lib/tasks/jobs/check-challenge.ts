import type { Fleet } from "../../aws/connect.js";
import type { JobPlan } from "../../fleet/jobs/new-job.js";
import { rolloutCourse } from "../../fleet/jobs/rollout.js";
import { listThingsInGroup } from "../../fleet/registry/thing-groups.js";
import { deviceQuery } from "../../fleet/search/fleet-query.js";
import { searchThings } from "../../fleet/search/fleet-index.js";
import { count } from "../../show/progress.js";
import { showChecks, type Check } from "../checkpoint.js";
import { pathOf } from "../path/path.js";
import type { FleetPlan } from "../provisioning/plan.js";

/** Vehicles that may end badly, whatever share of them does. */
const MOST_FAILURES = 2;

/**
 * Grade the challenge of notebook 04: a plan that ships the next version to the vehicles of type A in
 * the second country whose battery is above 50 %, and lets at most two of them fail. Changes nothing,
 * and the plan need not have become a job.
 *
 * Calls SearchIndex and ListThingsInThingGroup, all pages. How many can fail is worked out for every
 * share of bad vehicles, 1 to 100 %, with answers a minute after the notification.
 *
 * @returns the checks, in the order in which the challenge asks
 */
export async function checkChallenge(
  fleet: Fleet,
  fleetPlan: FleetPlan,
  { ships, groups, rollout, abort }: JobPlan,
): Promise<readonly Check[]> {
  const { typeA, nextVersion } = pathOf(fleetPlan);
  const country = fleetPlan.countries[1] ?? fleetPlan.countries[0] ?? "";
  const query = deviceQuery({ thingType: typeA, countries: [country], battery: ">50" });
  const wanted = new Set<string>();
  for await (const { thingName = "" } of searchThings(fleet, query)) wanted.add(thingName);
  const meant = new Set<string>();
  for (const group of groups) {
    for await (const thing of listThingsInGroup(fleet, group)) meant.add(thing);
  }
  const strangers = [...meant].filter((thing) => !wanted.has(thing)).length;
  const missing = [...wanted].filter((thing) => !meant.has(thing)).length;
  const failures = Math.max(
    ...Array.from({ length: 100 }, (_, i) => {
      const failPercent = i + 1;
      const { minutes } = rolloutCourse(rollout, meant.size, { abort, failPercent });
      return Math.round(((minutes.at(-1)?.notified ?? 0) * failPercent) / 100);
    }),
  );
  const shipped = ships ? `${ships.package} ${ships.version}` : "nothing";
  const checks: readonly Check[] = [
    {
      what: "What it ships",
      isMet: shipped === `${typeA} ${nextVersion}`,
      found: shipped,
      wayOut: `Ship ${typeA} ${nextVersion}.`,
    },
    {
      what: "Whom it reaches",
      isMet: strangers === 0 && missing === 0,
      found: `${count(meant.size)} vehicles: ${count(strangers)} too many, ${count(missing)} missing`,
      wayOut: `Make a dynamic group of these criteria: ${query}`,
    },
    {
      what: "How many can fail",
      isMet: failures <= MOST_FAILURES,
      found: `at most ${count(failures)}`,
      wayOut: "Begin more slowly, and let the abort rule strike earlier.",
    },
  ];
  showChecks(fleet, checks);
  return checks;
}
