import { createBucket, type Bucket } from "../../aws/limiter.js";
import { quotaOf, type Service } from "../../aws/quotas.js";
import type { SandboxClock } from "./kept-clock.js";

/** AWS's throttling: whether one more call of an operation may come in now. */
export interface Throttle {
  admits(service: Service, operation: string, account: string, region: string): boolean;
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
  if (option === "off") return { admits: () => true };
  const own = option === "aws" ? {} : option;
  const buckets = new Map<string, Bucket>();

  return {
    admits(service, operation, account, region) {
      const quota = quotaOf(service, operation);
      const mine = own[operation];
      const counted = mine || !quota.isShared ? operation : quota.operations.join("+");
      const id = `${account}/${region}/${service}/${counted}`;
      let bucket = buckets.get(id);
      if (!bucket) {
        const perSecond = mine?.perSecond ?? quota.perSecond;
        bucket = createBucket({ perSecond, burst: mine?.burst ?? Math.max(1, perSecond) });
        buckets.set(id, bucket);
      }
      return bucket.take(clock.now()) === 0;
    },
  };
}
