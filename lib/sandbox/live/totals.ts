import type { Service } from "../../aws/pacing/quotas.js";
import type { CallRecord } from "../handler.js";
import type { Limit } from "../state/quotas.js";
import type { CallTotal } from "./update.js";

/** What a page knew: calls by operation. */
export type KnownTotals = ReadonlyMap<string, number>;

/** How often each operation was called, for several readers. */
export interface Totals {
  add(call: CallRecord): void;
  /** Those that were called since, and what is known from then on. */
  since(known: KnownTotals): { readonly changed: CallTotal[]; readonly known: KnownTotals };
}

export function createTotals(
  limitOf: (service: Service, operation: string) => Limit | undefined,
): Totals {
  const totals = new Map<string, { calls: number; throttled: number; failed: number }>();
  return {
    add(call) {
      const key = `${call.service}:${call.operation}`;
      let total = totals.get(key);
      if (!total) totals.set(key, (total = { calls: 0, throttled: 0, failed: 0 }));
      total.calls++;
      if (isThrottle(call)) total.throttled++;
      else if (call.error !== undefined) total.failed++;
    },
    since(known) {
      const changed = [...totals].filter(([key, { calls }]) => known.get(key) !== calls);
      return {
        changed: changed.map(([key, { calls, throttled, failed }]): CallTotal => {
          const [service, operation] = key.split(":") as [Service, string];
          const limit = limitOf(service, operation);
          const counted = limit?.counted ?? operation;
          return [service, operation, calls, throttled, failed, limit?.perSecond ?? null, counted];
        }),
        known: new Map([...totals].map(([key, { calls }]) => [key, calls])),
      };
    },
  };
}

/** AWS's words for one call too many, by service. */
const THROTTLES: ReadonlySet<string> = new Set(["ThrottlingException", "SlowDown", "Throttling"]);

function isThrottle({ error }: CallRecord): boolean {
  return error !== undefined && THROTTLES.has(error);
}
