import { collect } from "../../aws/collect.js";
import type { Fleet } from "../../aws/connect.js";
import { InvalidInputError } from "../../aws/errors.js";
import { waitUntil } from "../../aws/wait.js";
import {
  countMembers,
  describeDynamicGroup,
  listDynamicGroups,
} from "../../fleet/search/dynamic-groups.js";
import { queryInWords } from "../../fleet/search/query-words.js";
import { findThing } from "../../fleet/registry/things.js";
import { listGroupsOfThing, listThingsInGroup } from "../../fleet/registry/thing-groups.js";
import { count } from "../../show/progress.js";
import { facts, table } from "../../show/table.js";
import { showTable } from "../show.js";

/** Groups, or members of one, that are shown. */
const SHOWN_ROWS = 8;

/** How long a device may take from one group to another, in milliseconds. */
const MOVE_TIMEOUT_MS = 2 * 60_000;

/**
 * Show the dynamic groups of the account, by name: members, query, status and creation date of the
 * first eight, and how many more there are. As data: `listDynamicGroups()`.
 *
 * Calls ListThingGroups, DescribeThingGroup for each group of the account, and for each dynamic one
 * that is shown ListThingsInThingGroup, 250 members a page.
 */
export async function showDynamicGroups(fleet: Fleet): Promise<void> {
  const groups = await collect(listDynamicGroups(fleet));
  groups.sort((a, b) => (a.name < b.name ? -1 : 1));
  const rows = [];
  for (const { name, query, status, createdAt } of groups.slice(0, SHOWN_ROWS)) {
    const members = await countMembers(fleet, name);
    rows.push({ name, members, query, status, created: dayOf(createdAt) });
  }
  showTable(fleet, rows);
  const more = groups.length - rows.length;
  if (more > 0) fleet.output.line(`… and ${count(more)} more of ${count(groups.length)}.`);
}

/**
 * Show one dynamic group: its query, in words too, status, creation date, and its members, the first
 * eight with type and country.
 *
 * Calls DescribeThingGroup, ListThingsInThingGroup, 250 a page, and DescribeThing for those shown.
 *
 * @throws ResourceNotFoundException when there is no group of that name
 * @throws InvalidInputError when it is a static group
 */
export async function showDynamicGroup(fleet: Fleet, name: string): Promise<void> {
  const group = await describeDynamicGroup(fleet, name);
  const names = await collect(listThingsInGroup(fleet, name));
  fleet.output.show(
    facts([
      ["Group", group.name],
      ["Query", group.query],
      ["In words", queryInWords(group.query)],
      ["Status", group.status],
      ["Created", dayOf(group.createdAt)],
      ["Members", names.length],
    ]),
  );
  const shown = names.sort().slice(0, SHOWN_ROWS);
  const things = await Promise.all(shown.map((thing) => findThing(fleet, thing)));
  const rows = shown.map((thing, i) => ({
    thing,
    type: things[i]?.thingTypeName,
    country: things[i]?.attributes?.["country"],
  }));
  if (rows.length > 0) showTable(fleet, rows);
  const more = names.length - rows.length;
  if (more > 0) fleet.output.line(`… and ${count(more)} more of ${count(names.length)}.`);
}

/**
 * Watch one device go from group to group, in a table that changes in place, until it is in one of
 * them and in none of the others.
 *
 * Calls ListThingGroupsForThing every second, for at most two minutes.
 *
 * @param groups the groups to look at, and which of them it shall end in
 * @throws InvalidInputError when `until` is not among `groups`
 * @throws WaitTimeoutError with where it was at last
 */
export async function watchMove(
  fleet: Fleet,
  { thing, groups, until }: { thing: string; groups: readonly string[]; until: string },
): Promise<void> {
  if (!groups.includes(until)) {
    throw new InvalidInputError("the group to end in", until, `be one of ${groups.join(", ")}`);
  }
  const look = async () => {
    const all = await collect(listGroupsOfThing(fleet, thing));
    return groups.filter((group) => all.includes(group));
  };
  const before = await look();
  const picture = (now: readonly string[]) =>
    table(
      groups,
      [
        { header: `${thing} is in`, value: (group) => group },
        { header: "at first", value: (group) => (before.includes(group) ? "✓" : "") },
        { header: "now", value: (group) => (now.includes(group) ? "✓" : "") },
      ],
      groups.length,
    );
  const live = fleet.output.live(picture(before));
  let now = before;
  try {
    await waitUntil(
      fleet,
      { until: `${thing} is in ${until}`, everyMs: 1_000, timeoutMs: MOVE_TIMEOUT_MS },
      async () => {
        now = await look();
        live.update(picture(now));
        const isThere = now.length === 1 && now[0] === until;
        return isThere ? { ready: now } : { waiting: `it is in ${now.join(", ") || "none yet"}` };
      },
    );
  } finally {
    live.end(picture(now));
  }
}

/** `2026-11-21` */
function dayOf(date: Date | undefined): string {
  return date?.toISOString().slice(0, 10) ?? "unknown";
}
