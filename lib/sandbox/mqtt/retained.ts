import { hasExpired, type Message } from "./messages.js";
import type { RetainedMessage } from "./records.js";
import type { State } from "./tables.js";

/* https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html#mqtt-retain */

/** Keep the message of a topic, or forget it when this one is empty. */
export function retain(state: State, message: Message): void {
  if (message.payload.byteLength === 0) state.retainedMessages.delete(message.topic);
  else {
    const lastModifiedTime = state.now().getTime();
    state.retainedMessages.set(message.topic, { ...message, lastModifiedTime });
  }
}

/** The retained message of a topic. One that has expired is as good as none. */
export function retainedOf(state: State, topic: string): RetainedMessage | undefined {
  const message = state.retainedMessages.get(topic);
  return message && !hasExpired(message, state.now().getTime()) ? message : undefined;
}
