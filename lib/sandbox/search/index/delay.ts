/** Things that are told later than they happen, in the order in which they happened. */
export interface Delay<T> {
  /** @param due milliseconds since the epoch, never before that of the last one */
  push(due: number, item: T): void;
  /** Take out what is due by `now`, with the time it was due. */
  take(now: number): Iterable<[number, T]>;
  /** When the first is due. */
  next(): number | undefined;
  clear(): void;
}

export function createDelay<T>(): Delay<T> {
  let waiting: [number, T][] = [];
  let head = 0;

  return {
    push: (due, item) => void waiting.push([due, item]),
    *take(now) {
      for (let next = waiting[head]; next && next[0] <= now; next = waiting[head]) {
        head++;
        yield next;
      }
      // Shifting one by one would move the whole row each time.
      if (head * 2 > waiting.length) {
        waiting = waiting.slice(head);
        head = 0;
      }
    },
    next: () => waiting[head]?.[0],
    clear() {
      waiting = [];
      head = 0;
    },
  };
}
