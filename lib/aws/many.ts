import { inspect } from "node:util";
import type { Course } from "../show/progress.js";
import { count } from "../show/progress.js";
import type { Fleet } from "./connect.js";
import { InterruptedError, InvalidInputError, isInterrupted } from "./errors.js";
import { interruptible, untilAborted } from "./interrupt.js";
import { redactText } from "./redact.js";

/** What became of many items. */
export interface ManyResult {
  /** Items on which the work was done. */
  readonly done: number;
  /** Items that were as wanted already. */
  readonly existed: number;
  readonly failed: readonly Failure[];
  readonly seconds: number;
  /** Attempts that the service turned away for coming too fast while this ran. */
  readonly throttles: number;
}

/** One item that failed, and why. */
export interface Failure {
  /** The item's name, as in `ManyOptions.name`. */
  readonly name: string;
  /** The error's name, such as `ThrottlingException`. */
  readonly error: string;
  /** The error's message, with account numbers masked: results are shown in cells. */
  readonly cause: string;
}

/** The cell was interrupted. What had been done until then stands in `result`. */
export class ManyInterruptedError extends InterruptedError {
  readonly result: ManyResult;
  constructor(title: string, result: ManyResult, total: number | undefined) {
    const of = total === undefined ? "" : ` of ${count(total)}`;
    super(
      `${title}: interrupted after ${count(result.done)} done, ${count(result.existed)} there already, ` +
        `${count(result.failed.length)} failed${of}. Run the cell again: it goes on where it stopped.`,
    );
    this.result = result;
  }
}

export interface ManyOptions<T> {
  /** What the items are, for the progress line: `Things`. */
  readonly title: string;
  /** Read one at a time as places become free, so a source may be endless in memory's terms. */
  readonly items: Iterable<T> | AsyncIterable<T>;
  /** How many there are, when that is known: it makes the bar and the time left. */
  readonly total?: number | undefined;
  /** The name of an item, for failures. */
  readonly name: (item: T) => string;
  /** Items under way at once, 1 or more. Default 50; always 1 in debug mode. */
  readonly concurrency?: number;
}

/** Reasons told below the progress line, and failures printed; all of them are in the result. */
const SHOWN_FAILURES = 3;

/**
 * Do `work` on each item, many at a time, at the pace of the calls it makes.
 *
 * A failed item is data and does not stop the others. SIGINT stops the issuing of calls at once:
 * then this throws a `ManyInterruptedError` that says how far it came.
 *
 * A source that throws ends it too, with the source's error, once the work under way is over. Run
 * again after either, it finds what is there and does the rest, when `work` says `existed` for that.
 *
 * @param work says whether it did something (`done`) or found the item as wanted (`existed`)
 */
export async function many<T>(
  fleet: Fleet,
  options: ManyOptions<T>,
  work: (item: T) => Promise<"done" | "existed">,
): Promise<ManyResult> {
  const { title, items, total, name, concurrency = 50 } = options;
  if (!(Number.isInteger(concurrency) && concurrency >= 1)) {
    throw new InvalidInputError(
      "the number of items under way at once",
      concurrency,
      "be a whole number from 1",
    );
  }
  const startedAt = fleet.clock.now();
  const throttlesBefore = fleet.counts.throttles;
  const failed: Failure[] = [];
  let done = 0;
  let existed = 0;

  return interruptible(async (signal) => {
    const course = (isOver: boolean): Course => ({
      title,
      finished: done + existed + failed.length,
      total,
      failed: failed.length,
      throttles: fleet.counts.throttles - throttlesBefore,
      seconds: (fleet.clock.now() - startedAt) / 1000,
      isOver,
      isInterrupted: signal.aborted,
    });
    const progress = fleet.output.progress(course(false));
    const source = inTurn(items);
    let isBroken = false;

    const doNext = async (): Promise<boolean> => {
      const next = await untilAborted(source.next(), signal);
      if (next.done) return false;
      try {
        if ((await untilAborted(work(next.value), signal)) === "done") done++;
        else existed++;
      } catch (error) {
        if (signal.aborted && isInterrupted(error)) return false;
        failed.push(failureOf(name(next.value), error));
      }
      progress.update(course(false));
      return true;
    };
    const worker = async (): Promise<void> => {
      try {
        while (!signal.aborted && !isBroken && (await doNext()));
      } catch (error) {
        isBroken = true;
        if (!(signal.aborted && isInterrupted(error))) throw error;
      }
    };

    const places = fleet.debug ? 1 : concurrency;
    const ends = await Promise.allSettled(Array.from({ length: places }, worker));
    if (signal.aborted || isBroken) source.close();
    progress.end(course(true));
    for (const end of ends) if (end.status === "rejected") throw end.reason;

    const { seconds: exact, throttles } = course(true);
    const seconds = Math.round(exact * 100) / 100;
    const result = shortWhenShown({ done, existed, failed, seconds, throttles });
    for (const line of failureLines(failed)) fleet.output.line(`  ${line}`);
    if (signal.aborted) throw new ManyInterruptedError(title, result, total);
    return result;
  });
}

/** Failures by cause, the most frequent first: one reason told once, however many it hit. */
function failureLines(failed: readonly Failure[]): string[] {
  const byCause = new Map<string, Failure[]>();
  for (const failure of failed) {
    // The item's own name does not make it another reason.
    const reason = `${failure.error}: ${failure.cause.replaceAll(failure.name, "…")}`;
    byCause.set(reason, [...(byCause.get(reason) ?? []), failure]);
  }
  const groups = [...byCause].sort(([, a], [, b]) => b.length - a.length);
  const lines = groups.slice(0, SHOWN_FAILURES).map(([, same]) => {
    const [{ name, error, cause }] = same as [Failure];
    const others = same.length > 1 ? ` and ${count(same.length - 1)} more` : "";
    return `${name}${others}: ${error}: ${cause}`;
  });
  const more = groups.length - lines.length;
  return more > 0
    ? [...lines, `… and ${count(more)} other reasons, in the result's "failed".`]
    : lines;
}

/** Printed at the end of a cell, a result shows a few of its failures; it holds all of them. */
function shortWhenShown(result: ManyResult): ManyResult {
  const { failed } = result;
  const more = failed.length - SHOWN_FAILURES;
  const shown =
    more > 0 ? [...failed.slice(0, SHOWN_FAILURES), `… and ${count(more)} more`] : failed;
  return Object.defineProperty({ ...result }, inspect.custom, {
    enumerable: false,
    value: () => ({ ...result, failed: shown }),
  });
}

function failureOf(name: string, error: unknown): Failure {
  return error instanceof Error
    ? { name, error: error.name, cause: redactText(error.message) }
    : { name, error: "Error", cause: redactText(String(error)) };
}

/** The items for whichever of several workers asks: one at a time, as iterators expect. */
function inTurn<T>(items: Iterable<T> | AsyncIterable<T>): {
  next(): Promise<IteratorResult<T>>;
  close(): void;
} {
  const iterator =
    Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  let turn: Promise<unknown> = Promise.resolve();
  return {
    next() {
      const mine = turn.then(() => iterator.next());
      // The next worker asks again even when this answer was an error; it gets its own.
      turn = mine.catch(() => undefined);
      return mine;
    },
    close() {
      // Nobody waits for this: a source that hangs would hang the caller too.
      Promise.resolve()
        .then(() => iterator.return?.())
        .catch(() => undefined);
    },
  };
}
