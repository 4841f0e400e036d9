import { randomUUID } from "node:crypto";
import type { CallRecord } from "../handler.js";
import { exchangeOf, type Tap } from "../mqtt/exchange.js";
import { fleetOf } from "../search/feed.js";
import type { World } from "../services.js";
import type { Change } from "../state/tables.js";
import { noteChange } from "./changes.js";
import { createJournal } from "./journal.js";
import { shownMessage, type ShownMessage } from "./messages.js";
import {
  callsOf,
  createReader,
  type Common,
  type Mark,
  type Reader,
  type Sources,
  type Wish,
} from "./reader.js";
import { createRecent } from "./recent.js";
import { groupsFinder } from "./rows.js";
import { createTotals } from "./totals.js";
import type { Update } from "./update.js";

/** A page that is open. */
export interface Page {
  readonly wish: Wish;
  /** Take an update; false when it must not get more before it has asked for it. */
  send(update: Update, id: string): boolean;
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

/** The shortest time between two updates, in milliseconds: a picture that changes more often flickers. */
const FLUSH_MS = 200;

/** How often time goes on for those who only look, in milliseconds: a rollout has its minutes. */
const TICK_MS = 1_000;

/** A page hears something at least this often, in milliseconds, or it thinks that nobody is there. */
const PULSE_MS = 5_000;

const MOST_MESSAGES_KEPT = 500;

interface Seat {
  readonly page: Page;
  readonly reader: Reader;
  /** It has not read what it was sent. */
  isCongested: boolean;
  sentAt: number;
}

export function createWatch(state: World, common: Common): Watch {
  const { sandbox } = common;
  const id = randomUUID().slice(0, 8);
  const journal = createJournal();
  const messages = createRecent<ShownMessage>(MOST_MESSAGES_KEPT);
  const totals = createTotals(sandbox.limitOf);
  const sources: Sources = { ...common, state, journal, messages, totals };
  const isMine = callsOf(state);
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

  const isDue = ({ reader, isCongested, sentAt }: Seat): boolean =>
    !isCongested && (reader.hasNews || performance.now() - sentAt >= PULSE_MS);

  const work = async (): Promise<void> => {
    if (hasEnded || seats.size === 0) return;
    // Lets happen what was to happen by now, and the index catch up and tell who has moved. What comes of
    // it is noted when it is kept, so it is looked at only then.
    const groupsOf = await sandbox.run(state, () => groupsFinder(state));
    journal.close();
    for (const seat of seats) {
      if (!isDue(seat)) continue;
      const update = seat.reader.next(groupsOf);
      const { turn, calls, lines } = seat.reader.mark as Mark;
      seat.sentAt = performance.now();
      seat.isCongested = !seat.page.send(update, [id, turn, calls, lines].join("-"));
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
      const reader = createReader(sources, page.wish, mark);
      const seat: Seat = { page, reader, isCongested: false, sentAt: 0 };
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
      totals.add(call);
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
