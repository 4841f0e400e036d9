import type { MqttConnection } from "../../aws/mqtt/connection.js";

/**
 * Hear the documents that are published to one topic.
 *
 * @returns how to stop; where the subscription is refused nothing listens
 */
export async function hear(
  connection: MqttConnection,
  topic: string,
  listener: (document: never) => void,
): Promise<() => void> {
  const stop = connection.listen((heard, payload) => {
    if (heard === topic) listener(JSON.parse(payload.toString("utf8")) as never);
  });
  try {
    await connection.subscribe([topic]);
  } catch (error) {
    stop();
    throw error;
  }
  return stop;
}
