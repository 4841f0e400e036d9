import {
  ConflictException,
  CreateCommandCommand,
  DeleteCommandCommand,
  GetCommandCommand,
  ListCommandsCommand,
  ResourceNotFoundException,
  UpdateCommandCommand,
  ValidationException,
} from "@aws-sdk/client-iot";
import { byAge } from "../state/marked-lists.js";
import { operation, type State } from "./tables.js";
import { fault, paged } from "../state/operation.js";
import type { CommandRecord } from "./records.js";
import { templateFault } from "./templates.js";
import { endTags, startTags, tagsOf } from "../registry/resource-tags.js";

/**
 * The payload is fixed, or a template that each execution fills in.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_CreateCommand.html
 */
export const createCommand = operation(CreateCommandCommand, (state, { tags, ...input }) => {
  const { commandId, namespace = "AWS-IoT", payload, payloadTemplate, roleArn } = input;
  if (findCommand(state, commandId)) {
    fault(ConflictException, `Command ${commandId} already exists`, { resourceId: commandId });
  }
  if (namespace === "AWS-IoT" && (payload === undefined) === (payloadTemplate === undefined)) {
    fault(ValidationException, "A command needs either a payload or a payloadTemplate");
  }
  const wrong = templateFault(input);
  if (wrong !== undefined) fault(ValidationException, wrong);
  if (payload && (payload.content?.byteLength ?? 0) > largestPayload) {
    fault(ValidationException, `The payload can have at most ${largestPayload} bytes`);
  }
  if (namespace === "AWS-IoT-FleetWise" && roleArn === undefined) {
    fault(ValidationException, "A command of AWS-IoT-FleetWise needs a roleArn");
  }
  const command: CommandRecord = {
    ...input,
    namespace,
    commandArn: state.arn(`command/${commandId}`),
    createdAt: state.now(),
    lastUpdatedAt: state.now(),
    deprecated: false,
    pendingDeletion: false,
  };
  state.commands.set(commandId, command);
  startTags(state, command.commandArn, tagsOf(tags));
  return command;
});

/** https://docs.aws.amazon.com/general/latest/gr/iot_device_management.html */
const largestPayload = 32 * 1024;

/** https://docs.aws.amazon.com/iot/latest/apireference/API_GetCommand.html */
export const getCommand = operation(GetCommandCommand, (state, { commandId }) =>
  existingCommand(state, commandId),
);

/**
 * The newest command comes first unless told otherwise.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_ListCommands.html
 */
export const listCommands = operation(
  ListCommandsCommand,
  (state, { nextToken, maxResults = 25, ...of }) => {
    const { namespace = "AWS-IoT", commandParameterName, sortOrder = "DESCENDING" } = of;
    const { items, ...next } = paged({
      page: { nextToken, maxResults },
      question: ["ListCommands", of],
      *entries(after) {
        const aged = byAge(state.commands.entries(), {
          createdAt: ({ createdAt }) => createdAt,
          ascending: sortOrder === "ASCENDING",
          after,
        });
        for (const [key, command] of aged) {
          const fits =
            !isGone(state, command) &&
            command.namespace === namespace &&
            (commandParameterName === undefined ||
              command.mandatoryParameters?.some(({ name }) => name === commandParameterName));
          if (fits) yield [key, command];
        }
      },
      largest: 100,
      badToken: () => fault(ValidationException, "Invalid nextToken"),
    });
    return { commands: items, ...next };
  },
);

/**
 * A command on its way out cannot be kept any more.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateCommand.html
 */
export const updateCommand = operation(UpdateCommandCommand, (state, { commandId, ...sent }) => {
  const { deprecatedAt, ...command } = existingCommand(state, commandId);
  if (command.pendingDeletion) {
    fault(ConflictException, `Command ${commandId} is pending deletion`, { resourceId: commandId });
  }
  const { displayName = command.displayName, description = command.description } = sent;
  const { deprecated = command.deprecated } = sent;
  const now = state.now();
  const updated: CommandRecord = {
    ...command,
    displayName,
    description,
    deprecated,
    lastUpdatedAt: now,
    ...(deprecated && { deprecatedAt: deprecatedAt ?? now.getTime() }),
  };
  state.commands.set(commandId, updated);
  return updated;
});

/**
 * Gone at once (204) when it was deprecated for twelve hours, the longest that an execution of it
 * may take; else it is pending deletion for that long (202). One that is not there counts as deleted.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteCommand.html
 */
export const deleteCommand = operation(DeleteCommandCommand, (state, { commandId }) => {
  const command = findCommand(state, commandId);
  if (!command) return { statusCode: 204 };
  const now = state.now().getTime();
  if (command.deprecatedAt !== undefined && now >= command.deprecatedAt + LONGEST_EXECUTION_MS) {
    forget(state, command);
    return { statusCode: 204 };
  }
  const goneAt = command.goneAt ?? now + LONGEST_EXECUTION_MS;
  state.commands.set(commandId, { ...command, pendingDeletion: true, goneAt });
  return { statusCode: 202 };
});

/**
 * How long an execution can take.
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-remote-command-concepts.html
 */
export const LONGEST_EXECUTION_MS = 12 * 60 * 60_000;

function existingCommand(state: State, commandId: string): CommandRecord {
  return (
    findCommand(state, commandId) ??
    fault(ResourceNotFoundException, `Command ${commandId} cannot be found`)
  );
}

/** The command of that id. Nothing runs in the background: whoever looks first lets one go that is due. */
export function findCommand(state: State, commandId: string): CommandRecord | undefined {
  const command = state.commands.get(commandId);
  if (!command || !isGone(state, command)) return command;
  forget(state, command);
  return undefined;
}

function isGone(state: State, { goneAt }: CommandRecord): boolean {
  return goneAt !== undefined && state.now().getTime() >= goneAt;
}

function forget(state: State, { commandId, commandArn }: CommandRecord): void {
  state.commands.delete(commandId);
  endTags(state, commandArn);
}
