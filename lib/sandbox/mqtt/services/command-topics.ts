import { RefusedReport, reportExecution } from "../../commands/reports.js";
import { serviceMessage, type Format } from "../messages.js";
import { publish } from "../publishing.js";
import type { Runtime } from "../runtime.js";
import type { State } from "../tables.js";
import { objectIn } from "./payloads.js";

/* https://docs.aws.amazon.com/iot/latest/developerguide/reserved-topics.html#reserved-topics-commands */

export interface CommandReport {
  readonly kind: "command";
  readonly topic: string;
  readonly target: "things" | "clients";
  /** Of the thing or client. */
  readonly name: string;
  readonly executionId: string;
  readonly format: Format;
}

export function commandReportOf(topic: string): CommandReport | undefined {
  const [, target, name, executionId, format] =
    /^\$aws\/commands\/(things|clients)\/([^/]+)\/executions\/([^/]+)\/response\/(json|cbor)$/.exec(
      topic,
    ) ?? [];
  if (name === undefined || executionId === undefined) return undefined;
  return {
    kind: "command",
    topic,
    target: target as CommandReport["target"],
    name,
    executionId,
    format: format as Format,
  };
}

/** Take what a device says of an execution, and answer whoever has subscribed. */
export async function serveCommand(
  runtime: Runtime,
  state: State,
  report: CommandReport,
  payload: Uint8Array,
  tell: (topic: string, document: object, format: Format) => Promise<void>,
): Promise<void> {
  const { topic, target, name, executionId, format } = report;
  // The format is the last level here, too.
  const answerTo = (what: string): string => topic.replace(/[^/]+$/, `${what}/${format}`);
  const reject = (error: string, errorMessage: string): Promise<void> =>
    tell(answerTo("rejected"), { error, errorMessage, executionId }, format);
  const document = objectIn(payload, format);
  if (!document) {
    return reject("InvalidJson", `The payload is not an object in ${format.toUpperCase()}`);
  }
  const targetArn = state.arn(`${target === "things" ? "thing" : "client"}/${name}`);
  try {
    await runtime.run(state, () => {
      reportExecution(state, targetArn, executionId, document);
      publish(state, serviceMessage(answerTo("accepted"), { executionId }, format));
    });
  } catch (error) {
    if (!(error instanceof RefusedReport)) throw error;
    await reject(error.code, error.message);
  }
}
