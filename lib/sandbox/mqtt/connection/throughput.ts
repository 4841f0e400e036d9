/** Counts the bytes that pass a connection, on the sandbox's clock. */
export interface Throughput {
  add(bytes: number, now: number): void;
  /** Whether more than a second's worth has passed, so that the next has to wait. */
  isSpent(now: number): boolean;
}

/** What may pass at once after a while without anything, in milliseconds of the rate: AWS does not say. */
const BURST_MS = 1000;

export function createThroughput(bytesPerSecond: number): Throughput {
  /** When all that has passed would have passed at the rate. */
  let paidUntil = Number.NEGATIVE_INFINITY;
  return {
    add(bytes, now) {
      paidUntil = Math.max(paidUntil, now) + (bytes * 1000) / bytesPerSecond;
    },
    isSpent: (now) => paidUntil - now >= BURST_MS,
  };
}
