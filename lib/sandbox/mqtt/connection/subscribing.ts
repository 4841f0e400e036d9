import type { ISubscribePacket, IUnsubscribePacket } from "mqtt-packet";
import type { Client } from "./client.js";
import { MOST_FILTERS_AT_ONCE, MOST_SUBSCRIPTIONS } from "../limits.js";
import { toldSubscriptions } from "../presence.js";
import type { Subscription } from "../records.js";
import { REASON } from "../wire/reasons.js";
import { retainedOf } from "../retained.js";
import { filterFault, isUnsupported, shareOf } from "../topics.js";

/* https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html */

/** 3.1.1 knows of one way to say no. */
const FAILURE = 0x80;

interface Asked {
  readonly filter: string;
  readonly subscription: Subscription;
  /** MQTT 5: whether it gets what is retained. */
  readonly retainHandling: number;
}

/** Answer a SUBSCRIBE. */
export async function subscribe(client: Client, packet: ISubscribePacket): Promise<void> {
  const { state, exchange, session, version } = client;
  const protest = (code: number, why: string): Promise<void> =>
    client.protest("CLIENT_ERROR", code, why);
  const { subscriptions, properties, messageId = 0 } = packet;
  if (subscriptions.length === 0) return protest(REASON.protocolError, "subscribed to nothing");
  if (subscriptions.length > MOST_FILTERS_AT_ONCE) {
    return protest(
      REASON.quota,
      `subscribed to ${subscriptions.length} filters at once, of at most ${MOST_FILTERS_AT_ONCE}`,
    );
  }
  if (properties?.subscriptionIdentifier !== undefined) {
    return protest(
      REASON.noSubscriptionIds,
      "used a subscription identifier, which AWS IoT has not",
    );
  }
  if (!client.admitsFilters(subscriptions.length)) {
    const code = version === 4 ? FAILURE : REASON.quota;
    client.send({ cmd: "suback", messageId, granted: subscriptions.map(() => code) });
    return;
  }
  const granted: number[] = [];
  const accepted: Asked[] = [];
  for (const { topic: filter, qos, nl, rh } of subscriptions) {
    const fault = qos > 1 ? "QoS 2" : filterFault(filter);
    const wrong = fault ?? (isReservedAndUnknown(filter) ? "nothing is there" : undefined);
    if (wrong !== undefined) {
      const why = `subscribed to ${filter.slice(0, 300)}: ${wrong}`;
      const code = qos > 1 ? REASON.badQos : REASON.badFilter;
      if (version === 4 || qos > 1) return protest(code, why);
      client.runtime.log(`client ${client.clientId} ${why}`);
      granted.push(code);
    } else if (!mayTo(client, filter)) {
      // AWS has been seen to do either: by default the gentler one is done here.
      if (version === 4 && client.runtime.isStrict) {
        return client.protest(
          "AUTH_ERROR",
          REASON.notAuthorized,
          `may not subscribe to ${filter.slice(0, 300)}`,
        );
      }
      granted.push(version === 4 ? FAILURE : REASON.notAuthorized);
    } else {
      granted.push(qos);
      const subscription = { qos: qos as 0 | 1, ...(nl && { noLocal: true }) };
      accepted.push({ filter, subscription, retainHandling: rh ?? 0 });
    }
  }
  const after = new Set([...session.subscriptions.keys(), ...accepted.map(({ filter }) => filter)]);
  if (after.size > MOST_SUBSCRIPTIONS) {
    const code = version === 4 ? FAILURE : REASON.quota;
    client.send({ cmd: "suback", messageId, granted: subscriptions.map(() => code) });
    return protest(REASON.quota, `has more than ${MOST_SUBSCRIPTIONS} subscriptions`);
  }

  const isNew = new Set(accepted.filter(({ filter }) => !session.subscriptions.has(filter)));
  await client.runtime.run(state, () => {
    for (const { filter, subscription } of accepted) {
      exchange.subscribe(session, filter, subscription);
    }
    exchange.note(session);
    state.onceKept(() => client.send({ cmd: "suback", messageId, granted }));
    if (accepted.length > 0) {
      const filters = accepted.map(({ filter }) => filter);
      toldSubscriptions(state, client.clientId, "subscribed", filters);
    }
  });
  for (const one of accepted) {
    const isWanted = one.retainHandling === 0 || (one.retainHandling === 1 && isNew.has(one));
    if (isWanted) offerRetained(client, one);
  }
}

/** Only to whoever asks for this very topic: wildcards and shared subscriptions get no retained message. */
function offerRetained(client: Client, { filter, subscription }: Asked): void {
  const message = retainedOf(client.state, filter);
  if (!message) return;
  const qos = message.qos < subscription.qos ? message.qos : subscription.qos;
  client.offer({ message, qos, isRetained: true });
}

/** Of a shared subscription, its filter or the whole will do. */
function mayTo(client: Client, filter: string): boolean {
  const share = shareOf(filter);
  if (share === undefined || share === "malformed") {
    return client.may("iot:Subscribe", `topicfilter/${filter}`);
  }
  return (
    client.may("iot:Subscribe", `topicfilter/${share.filter}`) ||
    client.may("iot:Subscribe", `topicfilter/${filter}`)
  );
}

function isReservedAndUnknown(filter: string): boolean {
  const share = shareOf(filter);
  return isUnsupported(share && share !== "malformed" ? share.filter : filter);
}

/** Answer an UNSUBSCRIBE. */
export async function unsubscribe(client: Client, packet: IUnsubscribePacket): Promise<void> {
  const { state, exchange, session, version } = client;
  const { unsubscriptions, messageId = 0 } = packet;
  if (unsubscriptions.length === 0) {
    return client.protest("CLIENT_ERROR", REASON.protocolError, "unsubscribed from nothing");
  }
  const left = unsubscriptions.filter((filter) => session.subscriptions.has(filter));
  // Also of what was not subscribed to. 3.1.1 has no room for it.
  const granted = version === 5 ? unsubscriptions.map(() => REASON.success) : [];
  await client.runtime.run(state, () => {
    for (const filter of left) exchange.unsubscribe(session, filter);
    exchange.note(session);
    state.onceKept(() => client.send({ cmd: "unsuback", messageId, granted }));
    if (left.length > 0) toldSubscriptions(state, client.clientId, "unsubscribed", left);
  });
}
