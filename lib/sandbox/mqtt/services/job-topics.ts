import { readJsonInput } from "../../http/protocols/rest-json.js";
import { MalformedRequest } from "../../http/protocols/protocol.js";
import { refusedUpdateOf } from "../../jobs/device-jobs.js";
import type { Client } from "../connection/client.js";
import { serviceMessage } from "../messages.js";
import { publish } from "../publishing.js";
import type { Runtime } from "../runtime.js";
import type { State } from "../tables.js";
import { objectIn, tokenOf } from "./payloads.js";

/* https://docs.aws.amazon.com/iot/latest/developerguide/jobs-mqtt-api.html */

export interface JobRequest {
  readonly kind: "job";
  readonly topic: string;
  readonly thingName: string;
  /** Undefined for a topic that means nothing. */
  readonly asked: { readonly operation: string; readonly jobId?: string } | undefined;
}

export function jobRequestOf(topic: string): JobRequest | undefined {
  const [, thingName, rest] = /^\$aws\/things\/([^/]+)\/jobs\/(.+)$/s.exec(topic) ?? [];
  if (thingName === undefined || rest === undefined) return undefined;
  // What only the service publishes is no request, and not for a device to write to.
  if (/(^|\/)(accepted|rejected)$/.test(rest) || /^notify(-next)?$/.test(rest)) return undefined;
  return { kind: "job", topic, thingName, asked: askedIn(rest) };
}

function askedIn(rest: string): JobRequest["asked"] {
  if (rest === "get") return { operation: "GetPendingJobExecutions" };
  if (rest === "start-next") return { operation: "StartNextPendingJobExecution" };
  const [, jobId, verb] = /^([^/]+)\/(get|update)$/.exec(rest) ?? [];
  if (jobId === undefined) return undefined;
  return { operation: verb === "get" ? "DescribeJobExecution" : "UpdateJobExecution", jobId };
}

/**
 * Run the operation that a request asks for, and answer straight to the connection that has asked,
 * whether it has subscribed or not: nobody else can hear it. A request that was published over HTTP has
 * no connection: whoever has subscribed is answered.
 */
export async function serveJob(
  runtime: Runtime,
  state: State,
  request: JobRequest,
  payload: Uint8Array,
  client: Pick<Client, "session" | "give"> | undefined,
  tell: (topic: string, document: object) => Promise<void>,
): Promise<void> {
  const { topic, thingName, asked } = request;
  const document = objectIn(payload);
  const token = tokenOf(document);
  const timestamp = Math.floor(state.now().getTime() / 1000);
  const answer = async (tail: string, members: object): Promise<void> => {
    const to = `${topic}/${tail}`;
    if (client) void client.give(serviceMessage(to, members), qosOf(client, to));
    else await tell(to, members);
  };
  const reject = (code: string, message: string, members: object = {}): Promise<void> =>
    answer("rejected", { code, message, timestamp, ...token, ...members });

  if (!asked) return reject("InvalidTopic", `${topic} is no topic of AWS IoT Jobs`);
  if (!document) return reject("InvalidJson", "The payload is not a JSON object in UTF-8");
  const { operation, jobId } = asked;
  const names = { thingName, ...(jobId !== undefined && { jobId }) };
  try {
    await runtime.call(
      state,
      "iot-jobs-data",
      operation,
      (schema) => ({ ...readJsonInput(schema, document), ...names }),
      (output) => {
        const accepted = { timestamp, ...withDocuments(output), ...token };
        const to = `${topic}/accepted`;
        if (!client) return publish(state, serviceMessage(to, accepted));
        state.onceKept(() => void client.give(serviceMessage(to, accepted), qosOf(client, to)));
      },
    );
  } catch (error) {
    if (error instanceof MalformedRequest) return reject("InvalidRequest", error.message);
    const { code, message } = runtime.refusalOf(error, "iot-jobs-data", operation);
    const refused = refusedUpdateOf(error);
    await reject(
      refused?.isVersion ? "VersionMismatch" : (CODES.get(code) ?? "InternalError"),
      refused?.isVersion ? refused.message : message,
      refused && { executionState: refused.executionState },
    );
  }
}

/** What HTTP's errors are called over MQTT. */
const CODES: ReadonlyMap<string, string> = new Map([
  ["ResourceNotFoundException", "ResourceNotFound"],
  ["InvalidRequestException", "InvalidRequest"],
  ["ValidationException", "InvalidRequest"],
  ["InvalidStateTransitionException", "InvalidStateTransition"],
  ["TerminalStateException", "TerminalStateReached"],
  ["ThrottlingException", "RequestThrottled"],
]);

/** Over MQTT a job document is JSON, not a text of it. */
export function withDocuments(output: object): object {
  const { execution, ...others } = output as { readonly execution?: object };
  return { ...withDocument(others), ...(execution && { execution: withDocument(execution) }) };
}

function withDocument(of: object): object {
  const { jobDocument, ...others } = of as { readonly jobDocument?: string };
  return jobDocument === undefined
    ? others
    : { ...others, jobDocument: JSON.parse(jobDocument) as unknown };
}

/** As its own subscription says, if it has one for this very topic or with a wildcard in the last place. */
function qosOf({ session }: Pick<Client, "session">, topic: string): 0 | 1 {
  const found = [topic, topic.replace(/[^/]+$/, "+")].flatMap(
    (filter) => session.subscriptions.get(filter) ?? [],
  );
  return found.length > 0 && found.every(({ qos }) => qos === 0) ? 0 : 1;
}
