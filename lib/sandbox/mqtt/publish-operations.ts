import {
  ForbiddenException,
  GatewayTimeoutException,
  GetRetainedMessageCommand,
  InvalidRequestException,
  ListRetainedMessagesCommand,
  PublishCommand,
  ResourceNotFoundException,
  SendDirectMessageCommand,
} from "@aws-sdk/client-iot-data-plane";
import { setTimeout as delay } from "node:timers/promises";
import { fault, paged } from "../state/operation.js";
import { exchangeOf } from "./exchange.js";
import { expiryOf, hasExpired, type Message } from "./messages.js";
import { publish } from "./publishing.js";
import { requestOf, serve } from "./requests.js";
import { retainedOf } from "./retained.js";
import { brokerRuntime } from "./runtime.js";
import { operation } from "./tables.js";
import { basicIngest, topicFault } from "./topics.js";
import { propertiesOf, wireUserProperties, type WireProperties } from "./publish-properties.js";

/**
 * What a device could publish, reserved topics of services among it: they answer to whoever has
 * subscribed.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_Publish.html
 */
export const publishMessage = operation(PublishCommand, (state, input) => {
  const { topic, retain: isRetained = false, messageExpiry } = input;
  checkTopic(topic);
  const request = requestOf(topic);
  if (topic.startsWith("$") && (isRetained || !(request || basicIngest(topic)))) {
    const what = isRetained ? "Nothing can be retained for" : "Nobody publishes to";
    fault(InvalidRequestException, `${what} the reserved topic ${topic}`);
  }
  if (basicIngest(topic)) return {};
  const expiresAt = expiryOf(state.now().getTime(), messageExpiry);
  const message: Message = {
    ...messageOf(input),
    qos: (input.qos ?? 0) as 0 | 1,
    ...(expiresAt !== undefined && { expiresAt }),
  };
  publish(state, message, { isRetained });
  if (request) {
    const runtime = state.ask(brokerRuntime);
    state.onceKept(() => {
      serve(runtime, state, request, message.payload, undefined).catch((error: unknown) =>
        console.error("sandbox: a published request failed", error),
      );
    });
  }
  return {};
});

/** How long a client may take to confirm, in seconds, unless the call says otherwise. */
const CONFIRMATION_SECONDS = 5;

/**
 * Give a connected client a message, whether it has subscribed or not.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_SendDirectMessage.html
 */
export const sendDirectMessage = operation(
  SendDirectMessageCommand,
  (state, _, outcome: "given" | "gone" | "late") => {
    if (outcome === "given") return { message: "OK", traceId: state.newId() };
    return fault(
      GatewayTimeoutException,
      outcome === "late" ? "The client did not confirm in time" : "The client went away",
    );
  },
  async (state, { clientId, topic, confirmation = false, timeout, ...input }) => {
    checkTopic(topic);
    if (topic.startsWith("$")) fault(InvalidRequestException, `The topic ${topic} is reserved`);
    const live = exchangeOf(state).connections.get(clientId);
    if (!live) {
      return fault(ResourceNotFoundException, `Client ${clientId} is not connected`);
    }
    if (!live.may("iot:Receive", `topic/${topic}`)) {
      fault(ForbiddenException, `Client ${clientId} may not receive what is sent to ${topic}`);
    }
    const message: Message = { ...messageOf({ topic, ...input }), qos: confirmation ? 1 : 0 };
    const isOver = new AbortController();
    const seconds = timeout ?? CONFIRMATION_SECONDS;
    try {
      return await Promise.race([
        live.give(message, message.qos).then((isGiven) => (isGiven ? "given" : "gone")),
        delay(seconds * 1000, "late" as const, { signal: isOver.signal, ref: false }),
      ]);
    } finally {
      isOver.abort();
    }
  },
);

/** https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_GetRetainedMessage.html */
export const getRetainedMessage = operation(GetRetainedMessageCommand, (state, { topic }) => {
  const found =
    retainedOf(state, topic) ??
    fault(ResourceNotFoundException, `No retained message exists for topic ${topic}`);
  const { payload, qos, lastModifiedTime, properties = {} } = found;
  const userProperties = wireUserProperties(properties);
  return { topic, payload, qos, lastModifiedTime, ...(userProperties && { userProperties }) };
});

/** https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_ListRetainedMessages.html */
export const listRetainedMessages = operation(ListRetainedMessagesCommand, (state, page) => {
  const now = state.now().getTime();
  const { items, ...next } = paged({
    page,
    question: ["ListRetainedMessages"],
    *entries(after) {
      for (const [topic, message] of state.retainedMessages.entries({ after })) {
        if (!hasExpired(message, now)) yield [topic, message];
      }
    },
    largest: 200,
    badToken: () => fault(InvalidRequestException, "Invalid nextToken"),
  });
  const retainedTopics = items.map(({ topic, payload, qos, lastModifiedTime }) => ({
    topic,
    payloadSize: payload.byteLength,
    qos,
    lastModifiedTime,
  }));
  return { retainedTopics, ...next };
});

function checkTopic(topic: string): void {
  const wrong = topicFault(topic);
  if (wrong !== undefined) fault(InvalidRequestException, `Invalid topic: ${wrong}`);
}

function messageOf(input: WireProperties & { readonly topic: string; readonly payload?: unknown }) {
  const { topic, payload } = input;
  const properties = propertiesOf(input);
  // A client may give its payload in many types; off the wire it is bytes.
  const bytes = (payload as Uint8Array | undefined) ?? new Uint8Array();
  return { topic, payload: bytes, ...(properties && { properties }) };
}
