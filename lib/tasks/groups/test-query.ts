import { collect } from "../../aws/collect.js";
import type { Fleet } from "../../aws/connect.js";
import { redactText } from "../../aws/redact.js";
import { countThings } from "../../fleet/search/fleet-index.js";
import { searchDevices } from "../../fleet/search/found-devices.js";
import { queryHints } from "../../fleet/search/query-hints.js";
import { queryInWords } from "../../fleet/search/query-words.js";
import { count } from "../../show/progress.js";
import { facts } from "../../show/table.js";
import { showTable } from "../show.js";

/** What AWS says of a query. */
export interface QueryExplanation {
  readonly query: string;
  /** In words; undefined when AWS could not read it. */
  readonly words?: string;
  /** Things that match now; undefined when AWS could not read it. */
  readonly count?: number;
  /** AWS's words, when it could not read it. */
  readonly problem?: string;
  /** What may be wrong, when it was refused or nothing matches. */
  readonly hints: readonly string[];
}

/** Rows of devices that are shown: enough to see what kind they are, query after query. */
const SHOWN_DEVICES = 3;

/**
 * Have AWS read a query: in words with how many things match, or why AWS refused it, with hints.
 * Calls GetStatistics once. A refused query is an answer here, not an error.
 *
 * @throws ResourceNotFoundException while fleet indexing is off: `enableFleetIndexing()`
 * @throws IndexNotReadyException while the index is built for the first time: `waitForIndex()`
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/query-syntax.html
 */
export async function explainQuery(fleet: Fleet, query: string): Promise<QueryExplanation> {
  try {
    const matching = await countThings(fleet, query);
    const hints = matching === 0 ? queryHints(query) : [];
    return { query, words: queryInWords(query), count: matching, hints };
  } catch (error) {
    // An empty text is no query yet; AWS has another name for that.
    const isRefused =
      error instanceof Error &&
      ["InvalidQueryException", "InvalidRequestException"].includes(error.name);
    if (!isRefused) throw error;
    return { query, problem: redactText(error.message), hints: queryHints(query) };
  }
}

/**
 * Try a query, as often as you like: show what {@link explainQuery} says of it, and the first devices
 * that it finds. Calls GetStatistics once, and SearchIndex once when something matches. Errors as
 * there.
 */
export async function testQuery(fleet: Fleet, query: string): Promise<void> {
  const { words, problem, hints, count: matching } = await explainQuery(fleet, query);
  fleet.output.show(
    facts([
      ["Query", query],
      ...(problem !== undefined ? [["Refused", problem] as const] : []),
      ...(words !== undefined ? [["In words", words] as const] : []),
      ...(matching !== undefined ? [["Matches", matching] as const] : []),
      ...hints.map((hint) => ["Hint", hint] as const),
    ]),
  );
  await showMatches(fleet, query, matching ?? 0);
}

/**
 * Show the first devices that match, by name, and how many more there are. Calls SearchIndex once,
 * for at most a hundred; not at all when nothing matches.
 */
export async function showMatches(fleet: Fleet, query: string, matching: number): Promise<void> {
  if (matching === 0) return;
  // One page, since AWS promises no order: sorted, the same few are shown each time.
  const page = await collect(searchDevices(fleet, query), 100);
  const first = page.sort((a, b) => (a.thing < b.thing ? -1 : 1)).slice(0, SHOWN_DEVICES);
  showTable(
    fleet,
    first.map(({ battery, software, isConnected: _, ...device }) => ({
      ...device,
      "battery (%)": battery,
      software,
    })),
  );
  const more = matching - first.length;
  if (more > 0) fleet.output.line(`… and ${count(more)} more of ${count(matching)}.`);
}
