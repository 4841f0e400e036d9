import { randomUUID } from "node:crypto";
import type { Service } from "../../aws/pacing/quotas.js";
import type { CallRecord } from "../handler.js";
import type { Sandbox } from "../index.js";
import { exchangeOf, type Tap } from "../mqtt/exchange.js";
import { fleetOf } from "../search/feed.js";
import type { World } from "../services.js";
import type { Change } from "../state/tables.js";
import { noteChange, sorted } from "./changes.js";
import { createJournal } from "./journal.js";
import { isAbout, isOfFilter, shownMessage, type ShownMessage } from "./messages.js";
import { createRecent, type Recent } from "./recent.js";
import {
  clientRow,
  executionsOf,
  executionStatus,
  groupRow,
  groupsFinder,
  jobRow,
  vehicleRow,
} from "./rows.js";
import { vehicleOf } from "./vehicle.js";
import type { CallTotal, DeviceLine, Rows, Tail, Update } from "./update.js";

/** What one page wants to see, beside what every page gets. */
export interface Wish {
  /** A job of which it wants each thing's state. */
  readonly job?: string;
  /** A thing of which it wants everything. */
  readonly vehicle?: string;
  /** A topic filter of the messages that it wants; empty for all of them. */
  readonly messages?: string;
}

/** A page that is open. */
export interface Page {
  readonly wish: Wish;
  /** Take an update; false when it must not get more before it has asked for it. */
  send(update: Update, id: string): boolean;
}

/** How far a page has come. */
export interface Mark {
  readonly turn: number;
  readonly calls: number;
  readonly lines: number;
}

/** One account in one Region, while pages look at it. */
export interface Watch {
  /** Changes with every watch: what a page has of another one is of no use. */
  readonly id: string;
  readonly state: World;
  readonly pages: number;
  /**
   * Send a page what there is, or what it has missed, and from then on what changes.
   *
   * @param mark how far it had come; undefined for one that has nothing
   */
  join(page: Page, mark: Mark | undefined): { leave(): void; resume(): void };
  note(change: Change, table: string): void;
  called(call: CallRecord): void;
  /** Send what has changed; it happens by itself, several times a second. */
  flush(): Promise<void>;
  end(): void;
}

/** What the pages of all accounts have in common. */
export interface Common {
  readonly sandbox: Sandbox;
  readonly calls: Recent<CallRecord>;
  readonly lines: Recent<DeviceLine>;
}

/** The shortest time between two updates, in milliseconds: a picture that changes more often flickers. */
const FLUSH_MS = 200;

/** How often time goes on for those who only look, in milliseconds: a rollout has its minutes. */
const TICK_MS = 1_000;

/** A page hears something at least this often, in milliseconds, or it thinks that nobody is there. */
const PULSE_MS = 5_000;

const MOST_MESSAGES_KEPT = 500;
/** Rows of a log in one update. */
const MOST_ROWS = 60;

interface Seat {
  readonly page: Page;
  mark: Mark | undefined;
  messages: number;
  totals: ReadonlyMap<string, number>;
  /** It has got what only it has asked for. */
  isServed: boolean;
  /** It has not read what it was sent. */
  isCongested: boolean;
  sentAt: number;
}

export function createWatch(state: World, { sandbox, calls, lines }: Common): Watch {
  const id = randomUUID().slice(0, 8);
  const journal = createJournal();
  const messages = createRecent<ShownMessage>(MOST_MESSAGES_KEPT);
  const totals = new Map<string, { calls: number; throttled: number; failed: number }>();
  const seats = new Set<Seat>();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let hasEnded = false;

  const soon = (): void => {
    if (hasEnded || seats.size === 0) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      flush().catch(complain);
    }, FLUSH_MS).unref();
  };

  const tap: Tap = (message, from) => {
    messages.add(shownMessage(message, from, messages.last + 1, sandbox.clock.now()));
    soon();
  };
  exchangeOf(state).taps.add(tap);
  const tick = setInterval(() => void flush().catch(complain), TICK_MS).unref();

  hearMoves(state).add(moved);
  function moved(thingName: string): void {
    journal.note(`v/${thingName}`);
    journal.note(`d/${thingName}`);
  }

  const hasNews = (seat: Seat): boolean =>
    !seat.isServed ||
    seat.mark === undefined ||
    seat.mark.turn < journal.turn ||
    seat.mark.calls < calls.last ||
    seat.mark.lines < lines.last ||
    seat.messages < messages.last ||
    performance.now() - seat.sentAt >= PULSE_MS;

  /** What a page has missed, or everything. */
  const updateFor = (seat: Seat, groupsOf: (name: string) => readonly string[]): Update => {
    const { wish } = seat.page;
    const before = seat.mark;
    const changed = before && journal.since(before.turn);
    const isFull = changed === undefined;
    const keys = isFull ? undefined : sorted(changed);
    const kind = <R>(
      letter: string,
      all: () => Iterable<string>,
      rowOf: (name: string) => R | undefined,
    ): Rows<R> => {
      const set: R[] = [];
      const gone: string[] = [];
      for (const name of keys?.get(letter) ?? (isFull ? all() : [])) {
        const row = rowOf(name);
        if (row !== undefined) set.push(row);
        else if (!isFull) gone.push(name);
      }
      return { set, gone };
    };
    const names = (table: { entries(): Iterable<[string, unknown]> }) =>
      function* (): Generator<string> {
        for (const [name] of table.entries()) yield name;
      };
    const isChanged = (letter: string, name: string): boolean =>
      keys?.get(letter)?.includes(name) === true;
    const update: Update = {
      isFull,
      now: sandbox.clock.now(),
      region: state.region,
      ...(isFull && { regions: regionsOf(sandbox, state) }),
      vehicles: kind("v", names(state.things), (name) => vehicleRow(state, name, groupsOf)),
      groups: kind("g", names(state.thingGroups), (name) => groupRow(state, name)),
      jobs: kind("j", names(state.jobs), (name) => jobRow(state, name)),
      clients: kind("c", names(state.mqttConnections), (name) => clientRow(state, name)),
      calls: tail(calls, before?.calls ?? 0, isMine),
      totals: totalsFor(seat),
      lines: tail(lines, before?.lines ?? 0),
      published: messages.last,
      ...(wish.job !== undefined && { executions: executionsFor(wish.job, keys, seat.isServed) }),
      ...(wish.vehicle !== undefined &&
        (!seat.isServed || isFull || isChanged("d", wish.vehicle) || keys?.has("D")) && {
          vehicle: vehicleOf(state, wish.vehicle, groupsOf),
        }),
      ...(wish.messages !== undefined && {
        messages: {
          isFull: !seat.isServed,
          ...tail(
            messages,
            seat.messages,
            ({ topic }) => wish.messages === "" || isOfFilter(wish.messages ?? "", topic),
          ),
        },
      }),
      ...(wish.vehicle !== undefined && {
        about: {
          isFull: !seat.isServed,
          ...tail(messages, seat.messages, (one) => isAbout(wish.vehicle ?? "", one)),
        },
      }),
    };
    seat.mark = { turn: journal.turn, calls: calls.last, lines: lines.last };
    seat.messages = messages.last;
    seat.isServed = true;
    return update;
  };

  const executionsFor = (
    job: string,
    keys: ReadonlyMap<string, readonly string[]> | undefined,
    isServed: boolean,
  ): NonNullable<Update["executions"]> => {
    if (!isServed || !keys) return { isFull: true, rows: executionsOf(state, job) };
    const prefix = `${job}/`;
    const rows = (keys.get("e") ?? [])
      .filter((key) => key.startsWith(prefix))
      .map((key): [string, string | null] => {
        const thing = key.slice(prefix.length);
        return [thing, executionStatus(state, job, thing) ?? null];
      });
    return { isFull: false, rows };
  };

  const totalsFor = (seat: Seat): CallTotal[] => {
    const changed = [...totals].filter(([key, { calls: n }]) => seat.totals.get(key) !== n);
    seat.totals = new Map([...totals].map(([key, { calls: n }]) => [key, n]));
    return changed.map(([key, { calls: n, throttled, failed }]) => {
      const [service, operation] = key.split(":") as [Service, string];
      const limit = sandbox.limitOf(service, operation);
      const counted = limit?.counted ?? operation;
      return [service, operation, n, throttled, failed, limit?.perSecond ?? null, counted];
    });
  };

  const isMine = ({ account, region }: CallRecord): boolean =>
    account === undefined || (account === state.account && region === state.region);

  const work = async (): Promise<void> => {
    if (hasEnded || seats.size === 0) return;
    // Lets happen what was to happen by now, and the index catch up and tell who has moved. What comes of
    // it is noted when it is kept, so it is looked at only then.
    const groupsOf = await sandbox.run(state, () => groupsFinder(state));
    journal.close();
    for (const seat of seats) {
      if (seat.isCongested || !hasNews(seat)) continue;
      const update = updateFor(seat, groupsOf);
      const { turn, calls: call, lines: line } = seat.mark as Mark;
      seat.sentAt = performance.now();
      seat.isCongested = !seat.page.send(update, [id, turn, call, line].join("-"));
    }
  };

  /** One after the other: an update begins where the one before has ended. */
  const flush = async (): Promise<void> => {
    while (running) await running;
    running = work().finally(() => (running = undefined));
    await running;
  };

  return {
    id,
    state,
    get pages() {
      return seats.size;
    },
    join(page, mark) {
      const seat: Seat = {
        page,
        mark,
        messages: 0,
        totals: new Map(),
        isServed: false,
        isCongested: false,
        sentAt: 0,
      };
      seats.add(seat);
      flush().catch(complain);
      return {
        leave: () => void seats.delete(seat),
        resume() {
          seat.isCongested = false;
          soon();
        },
      };
    },
    note(change, table) {
      noteChange(journal.note, table, change.key);
      soon();
    },
    called(call) {
      if (!isMine(call)) return;
      const key = `${call.service}:${call.operation}`;
      let total = totals.get(key);
      if (!total) totals.set(key, (total = { calls: 0, throttled: 0, failed: 0 }));
      total.calls++;
      if (isThrottle(call)) total.throttled++;
      else if (call.error !== undefined) total.failed++;
      soon();
    },
    flush,
    end() {
      hasEnded = true;
      clearTimeout(timer);
      clearInterval(tick);
      exchangeOf(state).taps.delete(tap);
      hearMoves(state).delete(moved);
    },
  };
}

function tail<T>(log: Recent<T>, after: number, fits?: (item: T) => boolean): Tail<T> {
  const { items, left } = log.after(after, MOST_ROWS, fits);
  // Whoever has just come has missed nothing.
  return { rows: items, missed: after === 0 ? 0 : log.lost(after) + left };
}

/** AWS's words for one call too many, by service. */
const THROTTLES: ReadonlySet<string> = new Set(["ThrottlingException", "SlowDown", "Throttling"]);

function isThrottle({ error }: CallRecord): boolean {
  return error !== undefined && THROTTLES.has(error);
}

function regionsOf(sandbox: Sandbox, state: World): string[] {
  const regions = new Set([state.region]);
  for (const { account, region } of sandbox.worlds()) {
    if (account === state.account) regions.add(region);
  }
  return [...regions].sort();
}

/** Who is told which things may have come into other dynamic groups. The index is asked for it once. */
function hearMoves(state: World): Set<(thingName: string) => void> {
  return state.derived("who hears of moves", (of: World) => {
    const hearers = new Set<(thingName: string) => void>();
    fleetOf(of).watch((name) => {
      for (const hear of hearers) hear(name);
    });
    return hearers;
  });
}

function complain(error: unknown): void {
  console.error("sandbox: the live page could not be told what has changed", error);
}
