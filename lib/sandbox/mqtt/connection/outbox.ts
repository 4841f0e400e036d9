import { createBucket, type Bucket } from "../../../aws/pacing/limiter.js";
import {
  DRAIN_PER_SECOND,
  GIVE_UP_MS,
  MOST_WAITING,
  REDELIVERY_MS,
  SHARED_DRAIN_PER_SECOND,
} from "../limits.js";
import { hasExpired, type Delivery, type Message } from "../messages.js";

/** What one client is sent, and what of it is not acknowledged yet. */
export interface Outbox {
  /** Take a message on its way. */
  offer(delivery: Delivery): void;
  /** Take what was stored while the client was away: it comes first, and a little at a time. */
  resume(stored: { own: readonly Delivery[]; shared: readonly Delivery[] }): void;
  /** As `Live.give`. */
  give(message: Message, qos: 0 | 1): Promise<boolean>;
  /** @returns false for what was never sent */
  acknowledge(messageId: number): boolean;
  /** Do what is due: send again, give up, go on with what is stored. */
  tick(): void;
  /** Whether `tick` has anything to do. */
  readonly isIdle: boolean;
  end(): void;
}

export interface OutboxOptions {
  /** Put one message on the wire. False when the client does not take packets as long as that. */
  readonly send: (delivery: Delivery, messageId: number | undefined) => boolean;
  /** Whether the client has not read what it was sent for long. */
  readonly isCongested: () => boolean;
  /** Whether what goes out next has to wait, by AWS's limit on bytes. */
  readonly isSpent: () => boolean;
  readonly mayReceive: (topic: string) => boolean;
  /** On the sandbox's clock, in milliseconds. */
  readonly now: () => number;
  /** QoS 1 messages that may be unacknowledged at once. */
  readonly window: number;
  /** A stored message is done with: acknowledged, out of date, or refused. */
  readonly onDone: (key: string) => void;
  /** Messages were thrown away because the client is too slow. */
  readonly onDropped: () => void;
}

interface Waiting {
  readonly delivery: Delivery;
  /** How fast those like this one may leave. */
  readonly bucket?: Bucket;
  readonly settle?: (isDone: boolean) => void;
}

interface InFlight extends Waiting {
  readonly firstSentAt: number;
  sentAt: number;
}

export function createOutbox(options: OutboxOptions): Outbox {
  const { send, isCongested, isSpent, mayReceive, now, window, onDone, onDropped } = options;
  const inFlight = new Map<number, InFlight>();
  let waiting: Waiting[] = [];
  /** Those of QoS 0 that wait for nothing but the limit on bytes. */
  const delayed: Delivery[] = [];
  let lastId = 0;
  let hasEnded = false;

  const nextId = (): number => {
    do lastId = (lastId % 65_535) + 1;
    while (inFlight.has(lastId));
    return lastId;
  };

  const finish = ({ delivery, settle }: Waiting, isDone: boolean): void => {
    if (delivery.key !== undefined) onDone(delivery.key);
    settle?.(isDone);
  };

  const isWanted = ({ message }: Delivery): boolean =>
    !hasExpired(message, now()) && mayReceive(message.topic);

  const pump = (): void => {
    let taken = 0;
    for (const one of waiting) {
      if (inFlight.size >= window || isCongested() || isSpent()) break;
      if (one.bucket && one.bucket.take(now()) > 0) break;
      taken++;
      if (!isWanted(one.delivery)) {
        finish(one, false);
        continue;
      }
      const id = nextId();
      inFlight.set(id, { ...one, firstSentAt: now(), sentAt: now() });
      if (!send(one.delivery, id)) {
        inFlight.delete(id);
        finish(one, false);
      }
    }
    if (taken > 0) waiting = waiting.slice(taken);
  };

  const enqueue = (one: Waiting): void => {
    if (hasEnded) return one.settle?.(false);
    if (one.delivery.key === undefined && waiting.length >= MOST_WAITING) {
      onDropped();
      return one.settle?.(false);
    }
    waiting.push(one);
    pump();
  };

  const sendAtOnce = (delivery: Delivery): boolean => {
    if (hasEnded || !isWanted(delivery)) return false;
    if (isCongested()) {
      onDropped();
      return false;
    }
    return send(delivery, undefined);
  };

  return {
    offer(delivery) {
      if (delivery.qos === 1) return enqueue({ delivery });
      if (delayed.length === 0 && !isSpent()) sendAtOnce(delivery);
      else if (delayed.length < MOST_WAITING) delayed.push(delivery);
      else onDropped();
    },
    resume({ own, shared }) {
      // Whoever looks ten times a second finds a tenth of it.
      const at = (perSecond: number) => createBucket({ perSecond, burst: perSecond / 10 });
      const [slow, fast] = [at(DRAIN_PER_SECOND), at(SHARED_DRAIN_PER_SECOND)];
      waiting = [
        ...own.map((delivery) => ({ delivery, bucket: slow })),
        ...shared.map((delivery) => ({ delivery, bucket: fast })),
        ...waiting,
      ];
      pump();
    },
    async give(message, qos) {
      const delivery = { message, qos };
      if (qos === 0) return sendAtOnce(delivery);
      return new Promise((settle) => enqueue({ delivery, settle }));
    },
    acknowledge(messageId) {
      const done = inFlight.get(messageId);
      if (!done) return false;
      inFlight.delete(messageId);
      finish(done, true);
      pump();
      return true;
    },
    tick() {
      while (delayed.length > 0 && !isSpent()) sendAtOnce(delayed.shift() as Delivery);
      for (const [id, one] of inFlight) {
        if (now() < one.sentAt + REDELIVERY_MS) continue;
        if (now() >= one.firstSentAt + GIVE_UP_MS || !isWanted(one.delivery)) {
          inFlight.delete(id);
          finish(one, false);
        } else {
          one.sentAt = now();
          send(one.delivery, id);
        }
      }
      pump();
    },
    get isIdle() {
      return inFlight.size === 0 && waiting.length === 0 && delayed.length === 0;
    },
    end() {
      hasEnded = true;
      // What is stored stays so, for the next connection.
      for (const { settle } of [...inFlight.values(), ...waiting]) settle?.(false);
      inFlight.clear();
      waiting = [];
      delayed.length = 0;
    },
  };
}
