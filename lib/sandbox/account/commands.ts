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
import { endTags, startTags, tagsOf } from "../registry/resource-tags.js";

/**
 * A command can be made and kept, not sent: StartCommandExecution is not written.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_CreateCommand.html
 */
export const createCommand = operation(CreateCommandCommand, (state, { tags, ...input }) => {
  const { commandId, namespace = "AWS-IoT", payload, payloadTemplate, roleArn } = input;
  if (state.commands.has(commandId)) {
    fault(ConflictException, `Command ${commandId} already exists`, { resourceId: commandId });
  }
  if (namespace === "AWS-IoT" && (payload === undefined) === (payloadTemplate === undefined)) {
    fault(ValidationException, "A command needs either a payload or a payloadTemplate");
  }
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

/** https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateCommand.html */
export const updateCommand = operation(UpdateCommandCommand, (state, { commandId, ...sent }) => {
  const command = existingCommand(state, commandId);
  const { displayName = command.displayName, description = command.description } = sent;
  const { deprecated = command.deprecated } = sent;
  const updated: CommandRecord = {
    ...command,
    displayName,
    description,
    deprecated,
    lastUpdatedAt: state.now(),
  };
  state.commands.set(commandId, updated);
  return updated;
});

/**
 * A command that is not there counts as deleted. Nothing of it can be under way here, so it is gone
 * at once (204), where AWS keeps one that was deprecated less than twelve hours ago for a while (202).
 * https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteCommand.html
 */
export const deleteCommand = operation(DeleteCommandCommand, (state, { commandId }) => {
  const command = state.commands.get(commandId);
  if (!command) return { statusCode: 204 };
  state.commands.delete(commandId);
  endTags(state, command.commandArn);
  return { statusCode: 204 };
});

function existingCommand(state: State, commandId: string): CommandRecord {
  return (
    state.commands.get(commandId) ??
    fault(ResourceNotFoundException, `Command ${commandId} cannot be found`)
  );
}
