/** Which things have changed since when, for several readers at their own pace. */
export interface Journal {
  /** The number of the latest turn. */
  readonly turn: number;
  /** Note that something has changed. */
  note(key: string): void;
  /** Whether something was noted since the last turn. */
  readonly hasNews: boolean;
  /** What was noted up to now has the number that comes back. */
  close(): number;
  /** What has changed behind a turn, once each; undefined when that is not known any more. */
  since(turn: number): Iterable<string> | undefined;
}

/**
 * A reader that comes late gets what has changed meanwhile, and not how often: it catches up in one
 * step, and nothing is kept for it.
 *
 * @param most keys that are kept; with more, readers from before must begin anew
 */
export function createJournal(most = 100_000): Journal {
  /** By key: the turn of its last change. Those changed last stand last. */
  const turns = new Map<string, number>();
  let fresh = new Set<string>();
  let turn = 0;
  let knownSince = 0;

  return {
    get turn() {
      return turn;
    },
    get hasNews() {
      return fresh.size > 0;
    },
    note: (key) => void fresh.add(key),
    close() {
      if (fresh.size === 0) return turn;
      turn++;
      for (const key of fresh) {
        turns.delete(key);
        turns.set(key, turn);
      }
      fresh = new Set();
      if (turns.size > most) {
        turns.clear();
        knownSince = turn;
      }
      return turn;
    },
    since(before) {
      if (before < knownSince || before > turn) return undefined;
      if (before === turn) return [];
      const found: string[] = [];
      for (const [key, at] of turns) if (at > before) found.push(key);
      return found;
    },
  };
}
