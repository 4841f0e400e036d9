import type { FinalizeRequestMiddleware, MetadataBearer, Pluggable } from "@smithy/types";
import pLimit, { type LimitFunction } from "p-limit";
import { sharedBucket } from "./budget.js";
import type { Clock } from "../clock.js";
import { isThrottled } from "../errors.js";
import { untilAborted } from "../interrupt.js";
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
  /**
   * Wait for a token as an attempt of this operation does, for one that goes another way than by the
   * SDK, such as a message. Rejects with `signal.reason` when the signal aborts first.
   */
  take(service: Service, operation: string, signal: AbortSignal): Promise<void>;
  readonly counts: CallCounts;
}

/** Attempts of one operation under way at once: the SDK keeps 50 sockets per client. */
const CONCURRENCY = 50;

/** A limit at work: its queue of tokens, and the places for attempts under way. */
interface Gate {
  readonly limiter: Limiter;
  readonly places: LimitFunction;
}

/**
 * Every gate of this process, by clock. A quota belongs to the account, so all connections to one
 * account and Region pass the same gates: connecting again in a cell does not double the rate. Those
 * of other processes share the turns, where there is a folder for that.
 */
const gates = new WeakMap<Clock, Map<string, Gate>>();

/**
 * Every attempt of every command takes a token first: the middleware stands inside the SDK's retry
 * loop, so a retried call waits its turn like a new one.
 *
 * Rate and concurrency are two bounds. The rate is the quota; the concurrency keeps a slow service
 * from piling up sockets. Each limit has places of its own, so a slow operation holds up no other;
 * the token is taken inside the place, so attempts that waited for one leave spaced as well.
 *
 * @param account whose quotas these are: attempts for the same account and Region share their gates
 * @param budget the folder through which the processes of this machine share the limits; default none
 * @param isSequential asked at every attempt; true leaves one attempt under way at a time
 */
export function createPacer(options: {
  readonly limits: Limits;
  readonly clock: Clock;
  readonly account: string;
  readonly budget?: string | undefined;
  readonly isSequential: () => boolean;
}): Pacer {
  const { limits, clock, account, budget, isSequential } = options;
  const oneByOne = pLimit(1);
  const counts: CallCounts = { attempts: 0, throttles: 0, byOperation: new Map() };

  const gateOf = (limit: Limit): Gate => {
    const { service, operations, perSecond } = limit;
    const id = [account, service, operations.join("+"), perSecond].join("/");
    const known = gates.get(clock) ?? new Map<string, Gate>();
    gates.set(clock, known);
    let gate = known.get(id);
    if (!gate) {
      const bucket = budget === undefined ? undefined : sharedBucket(budget, id, limit);
      gate = { limiter: createLimiter(limit, clock, bucket), places: pLimit(CONCURRENCY) };
      known.set(id, gate);
    }
    return gate;
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
      const { limiter, places } = gateOf(limits.of(service, operation));
      return (isSequential() ? oneByOne : places)(async () => {
        await limiter.take(signal);
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
    async take(service, operation, signal) {
      await gateOf(limits.of(service, operation)).limiter.take(signal);
      count(operation, "attempts");
    },
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
