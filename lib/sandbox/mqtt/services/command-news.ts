import type { CommandExecutionRecord } from "../../commands/records.js";
import type { CommandRequest } from "../../commands/executions.js";
import { targetOf } from "../../commands/targets.js";
import { serviceMessage } from "../messages.js";
import { publish } from "../publishing.js";
import type { State } from "../tables.js";

/** The last level of a request's topic, by what its payload is. Others have none. */
const FORMATS: ReadonlyMap<string, string> = new Map([
  ["application/json", "/json"],
  ["application/cbor", "/cbor"],
]);

/**
 * Send a device what it is to do: the command's payload as it is. Whoever comes back after the
 * execution's time does not hear of it any more.
 */
export function sendCommand(
  state: State,
  { execution, payload, contentType }: CommandRequest,
): void {
  const { executionId, targetArn, createdAt, executionTimeoutSeconds } = execution;
  const target = targetOf(state, targetArn);
  if (!target) return;
  const tail = FORMATS.get(contentType) ?? "";
  publish(state, {
    topic: `$aws/commands/${target.kind}s/${target.name}/executions/${executionId}/request${tail}`,
    payload,
    qos: 1,
    properties: { contentType },
    expiresAt: createdAt.getTime() + executionTimeoutSeconds * 1000,
  });
}

/**
 * Always on, whatever UpdateEventConfigurations says: it knows no such type.
 * https://docs.aws.amazon.com/iot/latest/developerguide/command-events.html
 */
export function tellCommandEvent(state: State, execution: CommandExecutionRecord): void {
  const { executionId, status, statusReason, commandArn, targetArn } = execution;
  const commandId = commandArn.slice(commandArn.indexOf("/") + 1);
  publish(
    state,
    serviceMessage(`$aws/events/commandExecution/${commandId}/${status}`, {
      executionId,
      status,
      ...(statusReason && { statusReason }),
      eventType: "COMMAND_EXECUTION",
      commandArn,
      targetArn,
      timestamp: state.now().getTime(),
    }),
  );
}
