import { createBucket, type Bucket } from "../../../aws/pacing/limiter.js";
import type { Core } from "../../state/state.js";
import { CONNECTS_PER_SECOND, FILTERS_PER_SECOND, type Excess } from "../limits.js";

/**
 * What AWS takes in a second of all clients of an account in a Region together, and of each, on the
 * sandbox's clock: a second's worth may come at once.
 */
export interface Admissions {
  /** Why a client may not connect now; undefined when it may. */
  connect(of: Core, clientId: string, now: number): string | undefined;
  /** Whether so many filters more may be subscribed to now. */
  subscribe(of: Core, filters: number, now: number): boolean;
  /** Whether a message that counts as so many may come in now. */
  publish(of: Core, count: number, now: number): boolean;
  /** Whether one more message may go out now. */
  deliver(of: Core, now: number): boolean;
}

/** Of one account in one Region. */
interface Account {
  readonly connects: Bucket;
  readonly filters: Bucket;
  readonly inbound: Bucket | undefined;
  readonly outbound: Bucket | undefined;
  /** By client id. */
  readonly clients: Map<string, Bucket>;
}

/** Client ids of which it is known when they connected last. */
const MOST_CLIENTS = 10_000;

/** @param excess undefined when messages are not counted */
export function createAdmissions(excess: Excess | undefined): Admissions {
  const accounts = new Map<string, Account>();
  const accountOf = ({ account, region }: Core): Account => {
    const key = `${account}/${region}`;
    const known = accounts.get(key);
    if (known) return known;
    const made: Account = {
      connects: bucketOf(CONNECTS_PER_SECOND),
      filters: bucketOf(FILTERS_PER_SECOND),
      inbound: excess && bucketOf(excess.inbound),
      outbound: excess && bucketOf(excess.outbound),
      clients: new Map(),
    };
    accounts.set(key, made);
    return made;
  };
  return {
    connect(of, clientId, now) {
      const { clients, connects } = accountOf(of);
      let mine = clients.get(clientId);
      if (!mine) {
        // Who comes after so many others starts anew.
        if (clients.size >= MOST_CLIENTS) clients.clear();
        clients.set(clientId, (mine = bucketOf(1)));
      }
      if (mine.take(now) > 0) return "it connects more than once a second";
      if (connects.take(now) === 0) return undefined;
      return `more than ${CONNECTS_PER_SECOND} clients of the account connect in a second`;
    },
    subscribe: (of, filters, now) => takeAll(accountOf(of).filters, filters, now),
    publish: (of, count, now) => takeAll(accountOf(of).inbound, count, now),
    deliver: (of, now) => takeAll(accountOf(of).outbound, 1, now),
  };
}

function bucketOf(perSecond: number): Bucket {
  return createBucket({ perSecond, burst: perSecond });
}

function takeAll(bucket: Bucket | undefined, count: number, now: number): boolean {
  for (let i = 0; bucket && i < count; i++) if (bucket.take(now) > 0) return false;
  return true;
}
