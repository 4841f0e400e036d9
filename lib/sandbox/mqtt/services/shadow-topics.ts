import { secondsOf } from "../../shadows/changes.js";
import { publish } from "../publishing.js";
import { serviceMessage } from "../messages.js";
import type { Runtime } from "../runtime.js";
import type { State } from "../tables.js";
import { objectIn, tokenOf } from "./payloads.js";

/* https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-mqtt.html */

export interface ShadowRequest {
  readonly kind: "shadow";
  readonly topic: string;
  readonly thingName: string;
  /** Undefined for the classic shadow. */
  readonly shadowName: string | undefined;
  readonly verb: "get" | "update" | "delete";
}

export function shadowRequestOf(topic: string): ShadowRequest | undefined {
  const [, thingName, shadowName, verb] =
    /^\$aws\/things\/([^/]+)\/shadow(?:\/name\/([^/]*))?\/(get|update|delete)$/.exec(topic) ?? [];
  if (thingName === undefined) return undefined;
  return { kind: "shadow", topic, thingName, shadowName, verb: verb as ShadowRequest["verb"] };
}

const OPERATIONS = {
  get: "GetThingShadow",
  update: "UpdateThingShadow",
  delete: "DeleteThingShadow",
} as const;

/**
 * Run the operation that a request asks for. That a shadow was updated or deleted is told to everybody
 * whoever did it (`shadow-news.ts`); what is left here is the answer to a `get` and to what was refused.
 */
export async function serveShadow(
  runtime: Runtime,
  state: State,
  request: ShadowRequest,
  payload: Uint8Array,
  tell: (topic: string, document: object) => Promise<void>,
): Promise<void> {
  const { topic, thingName, shadowName, verb } = request;
  const document = objectIn(payload);
  const token = tokenOf(document);
  const reject = (code: number, message: string): Promise<void> =>
    tell(`${topic}/rejected`, { code, message, timestamp: secondsOf(state), ...token });
  if (shadowName === "") return reject(400, "Invalid shadow name");
  if (verb === "get" && !document) return reject(400, "Invalid JSON");
  const input = {
    thingName,
    ...(shadowName !== undefined && { shadowName }),
    ...(verb === "update" && { payload }),
    ...(verb === "delete" && token),
  };
  const operation = OPERATIONS[verb];
  try {
    await runtime.call(
      state,
      "iotdata",
      operation,
      () => input,
      (output) => {
        if (verb !== "get") return;
        const found = (output as { readonly payload: Uint8Array }).payload;
        const answer = JSON.parse(Buffer.from(found).toString("utf8")) as object;
        publish(state, serviceMessage(`${topic}/accepted`, { ...answer, ...token }));
      },
    );
  } catch (error) {
    const { status, message } = runtime.refusalOf(error, "iotdata", operation);
    await reject(status, message);
  }
}
