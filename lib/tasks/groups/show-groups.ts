import { collect } from "../../aws/collect.js";
import type { Fleet } from "../../aws/connect.js";
import { InvalidInputError } from "../../aws/errors.js";
import { waitUntil } from "../../aws/wait.js";
import {
  countMembers,
  describeDynamicGroup,
  listDynamicGroups,
} from "../../fleet/search/dynamic-groups.js";
import { INDEX_LAG_MS, searchThings } from "../../fleet/search/fleet-index.js";
import { queryValue } from "../../fleet/search/fleet-query.js";
import { queryInWords } from "../../fleet/search/query-words.js";
import { findThing } from "../../fleet/registry/things.js";
import { listGroupsOfThing, listThingsInGroup } from "../../fleet/registry/thing-groups.js";
import { reportState } from "../../fleet/shadows/shadows.js";
import { count } from "../../show/progress.js";
import { facts } from "../../show/table.js";
import { timeline, type Span } from "../../show/timeline.js";
import { showTable } from "../show.js";

/** Groups, or members of one, that are shown. */
const SHOWN_ROWS = 8;

/** How long a move is watched in its own time, in milliseconds; the sandbox's clock can pass the rest. */
const WATCHED_MS = 30_000;

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

/** What to watch a device do. */
export interface Move {
  readonly thing: string;
  /** The groups to look at. */
  readonly groups: readonly string[];
  /** Which of them it shall end in. */
  readonly until: string;
  /** What it reports first, into its classic shadow: `{ batteryStatus: 12 }`. */
  readonly report?: Readonly<Record<string, string | number | boolean>>;
}

/**
 * Watch one device go from group to group, on a timeline that grows, until it is in one of them and
 * in none of the others. With a report, the timeline begins with it, and says when the index has it.
 *
 * Calls UpdateThingShadow for the report, then twice a second ListThingGroupsForThing, and
 * SearchIndex until the index has the report; for at most five minutes. On the sandbox its clock is
 * set ahead when that takes more than half a minute.
 *
 * @throws InvalidInputError when `until` is not among `groups`
 * @throws WaitTimeoutError with where it was at last
 */
export async function watchMove(fleet: Fleet, move: Move): Promise<void> {
  const { thing, groups, until, report } = move;
  if (!groups.includes(until)) {
    throw new InvalidInputError("the group to end in", until, `be one of ${groups.join(", ")}`);
  }
  const look = async () => {
    const all = await collect(listGroupsOfThing(fleet, thing));
    return groups.filter((group) => all.includes(group));
  };
  let inside = await look();
  const shown = (state: object) =>
    Object.entries(state)
      .map(([name, value]) => `${name} ${value}`)
      .join(", ");
  const reported: Mutable<Span> = { name: `reported: ${shown(report ?? {})}` };
  const indexed: Mutable<Span> = { name: "in the index" };
  const memberships = groups.map((name): Mutable<Span> => ({
    name,
    from: inside.includes(name) ? 0 : undefined,
  }));
  const spans = report ? [reported, indexed, ...memberships] : memberships;
  const startedAt = fleet.clock.now();
  const now = () => (fleet.clock.now() - startedAt) / 1000;
  const drawn = () => timeline({ title: `${thing} moves`, spans, now: now() });
  if (report) {
    await reportState(fleet, thing, report);
    reported.from = 0;
  }
  const live = fleet.output.live(drawn());
  try {
    await waitUntil(
      fleet,
      {
        until: `${thing} is in ${until}`,
        everyMs: 500,
        timeoutMs: INDEX_LAG_MS,
        isPassable: () => now() * 1000 > WATCHED_MS,
      },
      async () => {
        if (report && indexed.from === undefined && (await hasIndexed(fleet, thing, report))) {
          indexed.from = now();
        }
        inside = await look();
        // It came between the two looks: a group takes in what the index holds.
        if (report && inside.includes(until)) indexed.from ??= now();
        for (const span of memberships) {
          if (inside.includes(span.name) && span.from === undefined) span.from = now();
          if (!inside.includes(span.name) && span.from !== undefined) span.to ??= now();
        }
        live.update(drawn());
        const isThere = inside.length === 1 && inside[0] === until;
        return isThere
          ? { ready: inside }
          : { waiting: `it is in ${inside.join(", ") || "none yet"}` };
      },
    );
  } finally {
    live.end(drawn());
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

async function hasIndexed(fleet: Fleet, thing: string, report: object): Promise<boolean> {
  const [document] = await collect(searchThings(fleet, `thingName:${queryValue(thing)}`), 1);
  const { reported = {} } = JSON.parse(document?.shadow ?? "{}") as {
    readonly reported?: Readonly<Record<string, unknown>>;
  };
  return Object.entries(report).every(([name, value]) => reported[name] === value);
}

/** `2026-11-21` */
function dayOf(date: Date | undefined): string {
  return date?.toISOString().slice(0, 10) ?? "unknown";
}
