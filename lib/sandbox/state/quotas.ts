import { createBucket, type Bucket } from "../../aws/pacing/limiter.js";
import { quotaOf, type Service } from "../../aws/pacing/quotas.js";
import type { SandboxClock } from "./kept-clock.js";

/** AWS's throttling: whether one more call of an operation may come in now. */
export interface Throttle {
  admits(service: Service, operation: string, account: string, region: string): boolean;
  /** How fast an operation may be called; undefined when nobody counts. */
  limitOf(service: Service, operation: string): Limit | undefined;
}

/** What holds for the calls of an operation. */
export interface Limit {
  /** In calls a second. */
  readonly perSecond: number;
  /** At once, after a while without any. */
  readonly burst: number;
  /** What is counted together: the operation, or all that share one number. */
  readonly counted: string;
}

/** `aws` for AWS's own numbers, `off` for none, or own numbers by operation over AWS's. */
export type QuotaOption =
  | "aws"
  | "off"
  | Readonly<Record<string, { readonly perSecond: number; readonly burst?: number }>>;

/**
 * Count calls per operation, account and Region.
 *
 * AWS does not publish how much it lets through at once; the choice here is one second's worth.
 */
export function createThrottle(option: QuotaOption, clock: SandboxClock): Throttle {
  if (option === "off") return { admits: () => true, limitOf: () => undefined };
  const own = option === "aws" ? {} : option;
  const buckets = new Map<string, Bucket>();

  const limitOf = (service: Service, operation: string): Limit => {
    const quota = quotaOf(service, operation);
    const mine = own[operation];
    const perSecond = mine?.perSecond ?? quota.perSecond;
    return {
      perSecond,
      burst: mine?.burst ?? Math.max(1, perSecond),
      counted: mine || !quota.isShared ? operation : quota.operations.join("+"),
    };
  };

  return {
    limitOf,
    admits(service, operation, account, region) {
      const limit = limitOf(service, operation);
      const id = `${account}/${region}/${service}/${limit.counted}`;
      let bucket = buckets.get(id);
      if (!bucket) buckets.set(id, (bucket = createBucket(limit)));
      return bucket.take(clock.now()) === 0;
    },
  };
}
