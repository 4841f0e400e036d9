import type { Fleet } from "../../aws/connect.js";
import { interruptible } from "../../aws/interrupt.js";
import type { MqttConnection } from "../../aws/mqtt/connection.js";
import { unlessMissing } from "../../aws/errors.js";
import type { Shadow } from "../shadows/shadows.js";
import { hear } from "./hear.js";
import { accepted } from "./rejected.js";

/*
 * Shadows as a connected device sees them.
 * https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-mqtt.html
 */

/** What of a wished state a device does not report: the keys that differ, with their wished values. */
export type Delta = Readonly<Record<string, unknown>>;

/** A connected vehicle's shadows; the classic one where no name is given. */
export interface VehicleShadow {
  /** Its shadow as it is now; undefined when it has none of that name. */
  getShadow(name?: string): Promise<Shadow | undefined>;
  /** Merge `reported` into its shadow; `null` deletes a key. */
  report(reported: Readonly<Record<string, unknown>>, name?: string): Promise<void>;
  /**
   * Be told what is wished for and not reported, from now on: AWS IoT says nothing of what was wished
   * before, which is in `getShadow()`.
   *
   * @returns how to stop
   */
  onDelta(listener: (delta: Delta) => void, name?: string): Promise<() => void>;
}

export function shadowOf(fleet: Fleet, thing: string, connection: MqttConnection): VehicleShadow {
  const topicOf = (name: string | undefined) =>
    `$aws/things/${thing}/shadow${name === undefined ? "" : `/name/${name}`}`;
  /** First the ear, then the question: AWS IoT answers only those who listen. */
  const ask = async (name: string | undefined, what: "get" | "update", document: object) => {
    const topic = `${topicOf(name)}/${what}`;
    await connection.subscribe([`${topic}/accepted`, `${topic}/rejected`]);
    const operation = what === "get" ? "GetThingShadow" : "UpdateThingShadow";
    await interruptible((signal) => fleet.admit("iotdata", operation, signal));
    return accepted(await connection.request(topic, document));
  };

  return {
    async getShadow(name) {
      const answer = await unlessMissing(ask(name, "get", {}));
      if (!answer) return undefined;
      const { clientToken: _, ...shadow } = answer;
      return shadow as unknown as Shadow;
    },
    async report(reported, name) {
      await ask(name, "update", { state: { reported } });
    },
    async onDelta(listener, name) {
      const topic = `${topicOf(name)}/update/delta`;
      return hear(connection, topic, ({ state }: { readonly state: Delta }) => listener(state));
    },
  };
}
