import {
  ConflictException,
  ResourceNotFoundException,
  StartCommandExecutionCommand,
  ValidationException,
  type CommandParameterValue,
} from "@aws-sdk/client-iot-jobs-data-plane";
import { WireError } from "../http/wire.js";
import { fault } from "../state/operation.js";
import { findCommand, LONGEST_EXECUTION_MS } from "./commands.js";
import { commandRequested, startExecution } from "./executions.js";
import type { CommandExecutionRecord, CommandRecord } from "./records.js";
import { operation, type State } from "./tables.js";
import { targetOf } from "./targets.js";
import { filledIn } from "./templates.js";

/** In seconds, unless the request says otherwise. */
const DEFAULT_TIMEOUT = 10;

/** How many months an execution is kept. */
const MONTHS_KEPT = 6;

/** What AWS sends along with bytes of which nobody has said what they are. */
const UNKNOWN_TYPE = "application/octet-stream";

/**
 * Send a command to a thing or to an MQTT client. The same token with the same request starts nothing
 * new; with another request it is a 409.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_iot-jobs-data_StartCommandExecution.html
 */
export const startCommandExecution = operation(StartCommandExecutionCommand, (state, input) => {
  const { commandArn, targetArn, parameters, clientToken, ...rest } = input;
  const { executionTimeoutSeconds = DEFAULT_TIMEOUT } = rest;
  // This service's schema does not say what is required; its page does.
  for (const [member, value] of Object.entries({ commandArn, targetArn })) {
    if (value !== undefined) continue;
    fault(
      ValidationException,
      `1 validation error detected: Value null at '${member}' failed to satisfy constraint: ` +
        "Member must not be null",
    );
  }
  const asked = fingerprint([commandArn, targetArn, parameters, executionTimeoutSeconds]);
  const earlier = clientToken === undefined ? undefined : byToken(state, clientToken);
  if (earlier) {
    if (earlier.asked === asked) return { executionId: earlier.executionId };
    fault(
      ConflictException,
      `The client token ${clientToken} was used for another execution, ${earlier.executionId}`,
      { resourceId: earlier.executionId },
    );
  }
  const longest = LONGEST_EXECUTION_MS / 1000;
  if (executionTimeoutSeconds > longest) {
    fault(
      ValidationException,
      `executionTimeoutSeconds can be at most ${longest}, twelve hours, not ${executionTimeoutSeconds}`,
    );
  }
  const command = startableCommand(state, commandArn);
  const target = targetOf(state, targetArn);
  if (!target) {
    return fault(
      ValidationException,
      `${targetArn.slice(0, 200)} is not the ARN of a thing or of a client of this account and Region`,
    );
  }
  if (target.kind === "thing" && !state.things.has(target.name)) {
    fault(ResourceNotFoundException, `Thing ${target.name} cannot be found`);
  }
  const sent = contentOf(command, parameters ?? {}, executionTimeoutSeconds);

  const createdAt = state.now();
  const timeToLive = new Date(createdAt);
  timeToLive.setUTCMonth(timeToLive.getUTCMonth() + MONTHS_KEPT);
  const execution: CommandExecutionRecord = {
    executionId: state.newId(),
    commandArn,
    targetArn,
    status: "CREATED",
    ...(sent.parameters && { parameters: sent.parameters }),
    executionTimeoutSeconds,
    createdAt,
    startedAt: createdAt,
    lastUpdatedAt: createdAt,
    timeToLive,
    isFinal: false,
    asked,
    ...(clientToken !== undefined && { clientToken }),
  };
  startExecution(state, execution);
  state.tell(commandRequested, {
    execution,
    payload: sent.payload,
    contentType: sent.contentType,
  });
  return { executionId: execution.executionId };
});

interface Content {
  readonly payload: Uint8Array;
  readonly contentType: string;
  readonly parameters?: Record<string, CommandParameterValue>;
}

function contentOf(
  command: CommandRecord,
  given: Readonly<Record<string, CommandParameterValue>>,
  timeoutSeconds: number,
): Content {
  if (command.payloadTemplate !== undefined) return filledIn(command, given, timeoutSeconds);
  const [name] = Object.keys(given);
  if (name !== undefined) {
    fault(
      ValidationException,
      `Command ${command.commandId} has a fixed payload, so it has no parameter ${name}`,
    );
  }
  const { content, contentType = UNKNOWN_TYPE } = command.payload ?? {};
  return { payload: content ?? new Uint8Array(), contentType };
}

function startableCommand(state: State, commandArn: string): CommandRecord {
  const prefix = state.arn("command/");
  if (!commandArn.startsWith(prefix)) {
    fault(
      ValidationException,
      `${commandArn.slice(0, 200)} is not the ARN of a command of this account and Region`,
    );
  }
  const commandId = commandArn.slice(prefix.length);
  const command =
    findCommand(state, commandId) ??
    fault(ResourceNotFoundException, `Command ${commandId.slice(0, 100)} cannot be found`);
  if (command.namespace === "AWS-IoT-FleetWise") {
    throw new WireError(
      "NotImplementedException",
      501,
      `The sandbox has no AWS IoT FleetWise, which would make the payload of command ${commandId}.`,
    );
  }
  if (command.pendingDeletion) {
    fault(ValidationException, `Command ${commandId} is pending deletion: it cannot be started`);
  }
  if (command.deprecated) {
    fault(
      ValidationException,
      `Command ${commandId} is deprecated: restore it with UpdateCommand before it is started`,
    );
  }
  return command;
}

function byToken(state: State, clientToken: string): CommandExecutionRecord | undefined {
  const executionId = state.commandTokens.get(clientToken);
  return executionId === undefined ? undefined : state.commandExecutions.get(executionId);
}

/** The same text for the same request, in whatever order its parameters stand. */
function fingerprint(of: readonly unknown[]): string {
  return JSON.stringify(of, (_, value: unknown) => {
    if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
