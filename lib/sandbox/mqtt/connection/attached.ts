import type { Packet } from "mqtt-packet";
import { createBucket } from "../../../aws/pacing/limiter.js";
import { exchangeOf } from "../exchange.js";
import type { Ending, Session } from "../live.js";
import { packetOf } from "../messages.js";
import type { Link, Runtime } from "../runtime.js";
import { write, type Version } from "../wire/packets.js";
import type { DisconnectReason } from "../wire/reasons.js";
import type { Admissions } from "./admissions.js";
import type { Client } from "./client.js";
import type { Wish } from "./connect.js";
import { createOutbox } from "./outbox.js";
import type { Judge, Principal } from "./principals.js";
import type { Aliases } from "./receiving.js";

/** A client that was let in, and what its connection knows of it. */
export interface Attached extends Client {
  readonly wish: Wish;
  readonly aliases: Aliases;
  readonly since: number;
  heardAt: number;
  /** It is not there any more: nobody sends it anything. */
  detach(): void;
}

/** What a client needs of the connection that carries it. */
export interface Line {
  send(packet: Packet): void;
  write(bytes: Buffer): void;
  /** Whether the client has not read what it was sent for long. */
  isCongested(): boolean;
  /** Whether it has sent and got as much as AWS lets pass for now: the next has to wait. */
  isSpent(): boolean;
  /** @param code what a client of version 5 is told */
  end(code: number | undefined, reason: DisconnectReason, how?: Ending): Promise<void>;
  /** As `end`, but tells nobody else. */
  hangUp(code: number): void;
}

/** Let a client in: from here on messages come to it. Call it in a transaction. */
export function attach(options: {
  readonly wish: Wish;
  readonly session: Session;
  readonly principal: Principal;
  readonly judge: Judge;
  /** How it is called in the log. */
  readonly who: string;
  readonly version: Version;
  readonly link: Link;
  readonly runtime: Runtime;
  readonly line: Line;
  readonly admissions: Admissions;
}): Attached {
  const { admissions, wish, session, principal, judge, who, version, link, runtime, line } =
    options;
  const { clientId } = wish;
  const { state, certificateId } = principal;
  const exchange = exchangeOf(state);

  const done = new Set<string>();
  const forgetDone = (): void => {
    const keys = [...done];
    done.clear();
    void runtime.run(state, () => exchange.drop(session, keys));
  };

  const told = new Set<string>();
  /** Each kind of excess once: it comes by the thousand. */
  const drop = (what: string): false => {
    if (!told.has(what)) runtime.log(`${who}: more than ${what} a second are dropped`);
    told.add(what);
    return false;
  };
  const { excess } = runtime;
  const rate = excess && createBucket({ perSecond: excess.messages, burst: excess.messages });
  const admitsMessage = (): boolean =>
    !excess || rate?.take(runtime.now()) === 0 || drop(`${excess.messages} messages`);
  const admitsPublish = (count: number): boolean =>
    !excess ||
    admissions.publish(state, count, runtime.now()) ||
    drop(`${excess.inbound} messages from the account's clients`);
  const admitsDelivery = (): boolean =>
    !excess ||
    admissions.deliver(state, runtime.now()) ||
    drop(`${excess.outbound} messages to the account's clients`);
  const admitsFilters = (count: number): boolean =>
    !runtime.limitsConnects || admissions.subscribe(state, count, runtime.now());

  const may = (action: string, resource: string): boolean => {
    const { isAllowed, reason } = judge.decide(action, resource);
    if (!isAllowed)
      runtime.log(`refused: ${who}: ${action} on ${state.arn(resource)}: ${reason}`, clientId);
    return isAllowed;
  };

  let dropped = 0;
  const outbox = createOutbox({
    send(delivery, messageId) {
      if (!admitsMessage() || !admitsDelivery()) return false;
      const bytes = write(packetOf(delivery, messageId, runtime.now()), version);
      if (bytes.byteLength > wish.maximumPacketSize) return false;
      line.write(bytes);
      return true;
    },
    isCongested: line.isCongested,
    isSpent: line.isSpent,
    mayReceive: (topic) => may("iot:Receive", `topic/${topic}`),
    now: runtime.now,
    window: wish.receiveMaximum,
    onDone(key) {
      if (done.size === 0) setImmediate(forgetDone);
      done.add(key);
    },
    onDropped() {
      if (dropped++ === 0) runtime.log(`${who}: it reads too slowly, and misses messages`);
    },
  });

  const detach = (): void => {
    outbox.end();
    session.live = undefined;
    exchange.connections.delete(clientId);
  };
  const attached: Attached = {
    clientId,
    certificateId,
    session,
    version,
    state,
    exchange,
    runtime,
    link,
    outbox,
    wish,
    aliases: new Map(),
    admitsMessage,
    admitsPublish,
    admitsFilters,
    since: runtime.now(),
    heardAt: runtime.now(),
    send: line.send,
    offer: (delivery) => outbox.offer(delivery),
    may,
    give: (message, qos) => outbox.give(message, qos),
    close: (reason, how = {}) => line.end(how.code, reason, how),
    protest(reason, code, why) {
      runtime.log(`closed: ${who}: ${why}`, clientId);
      return line.end(code, reason);
    },
    giveWay(code) {
      line.hangUp(code);
      detach();
    },
    detach,
  };
  session.live = attached;
  exchange.connections.set(clientId, attached);
  return attached;
}
