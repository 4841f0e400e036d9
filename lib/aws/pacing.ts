import type { FinalizeRequestMiddleware, MetadataBearer, Pluggable } from "@smithy/types";
import pLimit from "p-limit";
import type { Clock } from "./clock.js";
import { isThrottled } from "./errors.js";
import { untilAborted } from "./interrupt.js";
import { createLimiter, type Limiter } from "./limiter.js";
import type { Limit, Limits } from "./limits.js";
import type { Service } from "./quotas.js";

/** What pacing has seen, for progress lines, tests and the curious. */
export interface CallCounts {
  /** Attempts that were sent, retries included. */
  attempts: number;
  /** Attempts that the service turned away for coming too fast. */
  throttles: number;
  /** The same by operation. */
  readonly byOperation: Map<string, { attempts: number; throttles: number }>;
}

/** One pacer per connection: its clients share limiters, places and counts. */
export interface Pacer {
  /** The SDK plugin that paces one client. */
  plugin(service: Service): Pluggable<object, MetadataBearer>;
  readonly counts: CallCounts;
}

/** Attempts under way at once, over all operations: the SDK keeps 50 sockets per client. */
const CONCURRENCY = 50;

/**
 * Every attempt of every command takes a token first: the middleware stands inside the SDK's retry
 * loop, so a retried call waits its turn like a new one.
 *
 * Rate and concurrency are two bounds. The rate is the quota; the concurrency keeps a slow service
 * from piling up sockets. The token comes first, so a slow operation in line holds nobody's place.
 *
 * @param isSequential asked at every attempt; true leaves one attempt under way at a time
 */
export function createPacer(options: {
  readonly limits: Limits;
  readonly clock: Clock;
  readonly isSequential: () => boolean;
}): Pacer {
  const { limits, clock, isSequential } = options;
  const limiters = new Map<Limit, Limiter>();
  const places = pLimit(CONCURRENCY);
  const counts: CallCounts = { attempts: 0, throttles: 0, byOperation: new Map() };

  const limiterOf = (limit: Limit): Limiter => {
    let limiter = limiters.get(limit);
    if (!limiter) limiters.set(limit, (limiter = createLimiter(limit, clock)));
    return limiter;
  };

  const count = (operation: string, kind: "attempts" | "throttles"): void => {
    const row = counts.byOperation.get(operation) ?? { attempts: 0, throttles: 0 };
    counts.byOperation.set(operation, row);
    row[kind]++;
    counts[kind]++;
  };

  const pace =
    (service: Service): FinalizeRequestMiddleware<object, MetadataBearer> =>
    (next, context) =>
    async (args) => {
      const operation = String(context["commandName"]).replace(/Command$/, "");
      const signal = context["fleetlabSignal"] as AbortSignal | undefined;
      await limiterOf(limits.of(service, operation)).take(signal);
      places.concurrency = isSequential() ? 1 : CONCURRENCY;
      return places(async () => {
        signal?.throwIfAborted();
        count(operation, "attempts");
        try {
          // An interrupted call gives its place back, even when no answer ever comes.
          return await (signal ? untilAborted(next(args), signal) : next(args));
        } catch (error) {
          if (isThrottled(error)) count(operation, "throttles");
          throw error;
        }
      });
    };

  return {
    counts,
    plugin: (service) => ({
      applyToStack(stack) {
        stack.addRelativeTo(pace(service), {
          name: "fleetlabPacing",
          relation: "after",
          toMiddleware: "retryMiddleware",
          override: true,
        });
      },
    }),
  };
}
