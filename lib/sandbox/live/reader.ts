import type { CallRecord } from "../handler.js";
import type { Sandbox } from "../index.js";
import type { World } from "../services.js";
import { sorted } from "./changes.js";
import type { Journal } from "./journal.js";
import { isAbout, isOfFilter, type ShownMessage } from "./messages.js";
import type { Recent } from "./recent.js";
import {
  clientRow,
  executionsOf,
  executionStatus,
  groupRow,
  jobRow,
  vehicleRow,
  type GroupsOf,
} from "./rows.js";
import type { KnownTotals, Totals } from "./totals.js";
import type { DeviceLine, Rows, Tail, Update } from "./update.js";
import { vehicleOf } from "./vehicle.js";

/** What one page wants to see, beside what every page gets. */
export interface Wish {
  /** A job of which it wants each thing's state. */
  readonly job?: string;
  /** A thing of which it wants everything. */
  readonly vehicle?: string;
  /** A topic filter of the messages that it wants; empty for all of them. */
  readonly messages?: string;
}

/** How far a page has come. */
export interface Mark {
  readonly turn: number;
  readonly calls: number;
  readonly lines: number;
}

/** What the pages of all accounts have in common. */
export interface Common {
  readonly sandbox: Sandbox;
  readonly calls: Recent<CallRecord>;
  readonly lines: Recent<DeviceLine>;
}

/** What updates are made of. */
export interface Sources extends Common {
  readonly state: World;
  readonly journal: Journal;
  readonly messages: Recent<ShownMessage>;
  readonly totals: Totals;
}

/** One page's way through all that happens. */
export interface Reader {
  /** How far it has come; undefined before its first update. */
  readonly mark: Mark | undefined;
  readonly hasNews: boolean;
  /** What the page has missed, or everything; it has read it then. */
  next(groupsOf: GroupsOf): Update;
}

/** Which calls are an account's in a Region: those of nobody are everybody's. */
export function callsOf(state: World): (call: CallRecord) => boolean {
  return ({ account, region }) =>
    account === undefined || (account === state.account && region === state.region);
}

/** Rows of a log in one update. */
const MOST_ROWS = 60;

/** @param from how far the page had come; undefined for one that has nothing */
export function createReader(sources: Sources, wish: Wish, from: Mark | undefined): Reader {
  const { sandbox, state, journal, calls, lines, messages, totals } = sources;
  let mark = from;
  let messagesRead = 0;
  let known: KnownTotals = new Map();
  /** It has got what only it has asked for. */
  let isServed = false;

  const isMine = callsOf(state);

  const messagesThat = (fits: (message: ShownMessage) => boolean) => ({
    isFull: !isServed,
    ...tail(messages, messagesRead, fits),
  });

  /** What is there only for a page that has asked for it. */
  const wished = (keys: ChangedNames | undefined, groupsOf: GroupsOf): Partial<Update> => {
    const { job, vehicle, messages: filter } = wish;
    const isVehicleNew = (name: string): boolean =>
      !isServed || !keys || keys.get("d")?.includes(name) === true || keys.has("D");
    return {
      ...(job !== undefined && { executions: executionsSince(state, job, isServed, keys) }),
      ...(vehicle !== undefined &&
        isVehicleNew(vehicle) && { vehicle: vehicleOf(state, vehicle, groupsOf) }),
      ...(filter !== undefined && {
        messages: messagesThat(({ topic }) => filter === "" || isOfFilter(filter, topic)),
      }),
      ...(vehicle !== undefined && { about: messagesThat((one) => isAbout(vehicle, one)) }),
    };
  };

  return {
    get mark() {
      return mark;
    },
    get hasNews() {
      return (
        !isServed ||
        mark === undefined ||
        mark.turn < journal.turn ||
        mark.calls < calls.last ||
        mark.lines < lines.last ||
        messagesRead < messages.last
      );
    },
    next(groupsOf) {
      const changed = mark && journal.since(mark.turn);
      const keys = changed && sorted(changed);
      const called = totals.since(known);
      const update: Update = {
        isFull: keys === undefined,
        now: sandbox.clock.now(),
        region: state.region,
        ...(!keys && { regions: regionsOf(sandbox, state) }),
        vehicles: rows(keys, "v", state.things, (name) => vehicleRow(state, name, groupsOf)),
        groups: rows(keys, "g", state.thingGroups, (name) => groupRow(state, name)),
        jobs: rows(keys, "j", state.jobs, (name) => jobRow(state, name)),
        clients: rows(keys, "c", state.mqttConnections, (name) => clientRow(state, name)),
        calls: tail(calls, mark?.calls ?? 0, isMine),
        totals: called.changed,
        lines: tail(lines, mark?.lines ?? 0),
        published: messages.last,
        ...wished(keys, groupsOf),
      };
      mark = { turn: journal.turn, calls: calls.last, lines: lines.last };
      messagesRead = messages.last;
      known = called.known;
      isServed = true;
      return update;
    },
  };
}

/** By the letter of their kind: see changes.ts. */
type ChangedNames = ReadonlyMap<string, readonly string[]>;

/** Of one kind: what has changed, or without `keys` all there is. */
function rows<R>(
  keys: ChangedNames | undefined,
  letter: string,
  table: { entries(): Iterable<[string, unknown]> },
  rowOf: (name: string) => R | undefined,
): Rows<R> {
  const set: R[] = [];
  const gone: string[] = [];
  const names = keys ? (keys.get(letter) ?? []) : namesIn(table);
  for (const name of names) {
    const row = rowOf(name);
    if (row !== undefined) set.push(row);
    else if (keys) gone.push(name);
  }
  return { set, gone };
}

function* namesIn(table: { entries(): Iterable<[string, unknown]> }): Generator<string> {
  for (const [name] of table.entries()) yield name;
}

function executionsSince(
  state: World,
  job: string,
  isServed: boolean,
  keys: ChangedNames | undefined,
): NonNullable<Update["executions"]> {
  if (!isServed || !keys) return { isFull: true, rows: executionsOf(state, job) };
  const prefix = `${job}/`;
  const found = (keys.get("e") ?? [])
    .filter((key) => key.startsWith(prefix))
    .map((key): [string, string | null] => {
      const thing = key.slice(prefix.length);
      return [thing, executionStatus(state, job, thing) ?? null];
    });
  return { isFull: false, rows: found };
}

function tail<T>(log: Recent<T>, after: number, fits?: (item: T) => boolean): Tail<T> {
  const { items, left } = log.after(after, MOST_ROWS, fits);
  // Whoever has just come has missed nothing.
  return { rows: items, missed: after === 0 ? 0 : log.lost(after) + left };
}

function regionsOf(sandbox: Sandbox, state: World): string[] {
  const regions = new Set([state.region]);
  for (const { account, region } of sandbox.worlds()) {
    if (account === state.account) regions.add(region);
  }
  return [...regions].sort();
}
