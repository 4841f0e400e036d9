import type { IPublishPacket } from "mqtt-packet";
import type { Client } from "./client.js";
import { LARGEST_PAYLOAD, MOST_TOPIC_ALIASES, SHADOW_UPDATE_COUNTS } from "../limits.js";
import { expiryOf, forwarded, type Message } from "../messages.js";
import { publish, publishAtOnce } from "../publishing.js";
import { REASON } from "../wire/reasons.js";
import { requestOf, serve } from "../requests.js";
import { basicIngest, topicFault } from "../topics.js";

/** Names that a v5 client has given to topics, by number. */
export type Aliases = Map<number, string>;

/** Handle a PUBLISH of a client. */
export function receive(
  client: Client,
  aliases: Aliases,
  packet: IPublishPacket,
): Promise<void> | void {
  const { version, state, session, runtime } = client;
  if (!client.admitsMessage()) return undefined;
  const protest = (code: number, why: string): Promise<void> =>
    client.protest("CLIENT_ERROR", code, why);
  const { qos, retain: isRetained, properties } = packet;
  const topic = topicOf(aliases, packet);
  if (topic === undefined)
    return protest(REASON.badAlias, "used a topic alias that stands for nothing");
  if (qos > 1) return protest(REASON.badQos, `published with QoS 2 to ${topic}`);
  const fault = topicFault(topic);
  if (fault !== undefined) {
    return protest(REASON.badTopic, `published to ${topic.slice(0, 300)}: ${fault}`);
  }
  const payload = packet.payload as Buffer;
  if (payload.byteLength > LARGEST_PAYLOAD) {
    return protest(REASON.quota, `published ${payload.byteLength} bytes to ${topic}`);
  }

  const acknowledge = (reasonCode: number): void => {
    if (qos === 0) return;
    const { messageId = 0 } = packet;
    client.send({ cmd: "puback", messageId, ...(version === 5 && { reasonCode }) });
  };
  const may = (action: string): boolean => client.may(action, `topic/${topic}`);
  // To a reserved topic nothing can be retained, whatever policies say.
  const isMisplaced = isRetained && topic.startsWith("$");
  if (isMisplaced || !may("iot:Publish") || (isRetained && !may("iot:RetainPublish"))) {
    const code = isMisplaced ? REASON.badTopic : REASON.notAuthorized;
    if (version === 5 && qos === 1) return acknowledge(code);
    return client.protest("AUTH_ERROR", code, `may not publish to ${topic}`);
  }
  const ingested = basicIngest(topic);
  if (ingested) {
    runtime.log(
      `client ${client.clientId} sent ${payload.byteLength} bytes to rule ${ingested.rule}`,
    );
    return acknowledge(REASON.success);
  }
  const request = requestOf(topic);
  if (topic.startsWith("$") && !request) {
    return protest(REASON.badTopic, `published to ${topic}, which is reserved`);
  }

  const isUpdate = request?.kind === "shadow" && request.verb === "update";
  if (!client.admitsPublish(isUpdate ? SHADOW_UPDATE_COUNTS : 1)) {
    return version === 5 ? acknowledge(REASON.quota) : undefined;
  }

  const kept = version === 5 ? forwarded(properties) : undefined;
  const expiresAt = expiryOf(runtime.now(), properties?.messageExpiryInterval);
  const message: Message = {
    topic,
    payload,
    qos: qos as 0 | 1,
    ...(kept && { properties: kept }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
  const manner = { isRetained, from: session };
  if (publishAtOnce(state, message, manner)) {
    acknowledge(REASON.success);
    return request && serve(runtime, state, request, payload, client);
  }
  return runtime
    .run(state, () => {
      publish(state, message, manner);
      state.onceKept(() => acknowledge(REASON.success));
    })
    .then(() => request && serve(runtime, state, request, payload, client));
}

function topicOf(aliases: Aliases, { topic, properties }: IPublishPacket): string | undefined {
  const alias = properties?.topicAlias;
  if (alias === undefined) return topic;
  if (alias < 1 || alias > MOST_TOPIC_ALIASES) return undefined;
  if (topic !== "") aliases.set(alias, topic);
  return aliases.get(alias);
}
