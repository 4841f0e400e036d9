import {
  CreateCommandCommand,
  DeleteCommandCommand,
  GetCommandCommand,
  paginateListCommands,
  UpdateCommandCommand,
  type CommandSummary,
  type CreateCommandCommandInput,
  type GetCommandResponse,
} from "@aws-sdk/client-iot";
import { requireConfirmation } from "../../aws/confirm.js";
import type { Fleet } from "../../aws/connect.js";
import { FleetError, InvalidInputError, unlessMissing, unlessTaken } from "../../aws/errors.js";
import { ownName, tagList } from "../../aws/ownership.js";
import { checkName, type NameRule } from "../registry/names.js";
import { requireOurs } from "../registry/tags.js";
import { declared, parametersIn, type ParameterRule } from "./command-parameters.js";

/** The rule of AWS for a command's id. */
export const commandId: NameRule = {
  what: "a command id",
  pattern: /^[a-zA-Z0-9_-]{1,64}$/,
  rule: "have 1 to 64 characters from a-z A-Z 0-9 _ -",
  source: "https://docs.aws.amazon.com/iot/latest/apireference/API_CreateCommand.html",
};

/** A command to be created. */
export interface NewCommand {
  /** Under a prefix of one's own the id begins with it: `Ada-set-climate`. */
  readonly name: string;
  /** What the device gets, as JSON; with `commandParameter("celsius")` where a parameter goes. */
  readonly payload: object;
  /** By name; each must have its place in the payload, and each place its parameter. */
  readonly parameters?: Readonly<Record<string, ParameterRule>>;
  readonly description?: string;
}

export interface CreatedCommand {
  readonly commandId: string;
  readonly alreadyExisted: boolean;
}

/** Bytes of a payload. */
const LARGEST_PAYLOAD = 32 * 1024;

/**
 * Create a command: what a device can be told to do, any number of times.
 *
 * Calls GetCommand, then CreateCommand; for one that is there ListTagsForResource. A second call finds
 * it. A payload can never be changed. A command that is deprecated or being deleted keeps its id for
 * up to twelve hours more, so a new one of that name is numbered: `set-climate-2`.
 *
 * @throws InvalidInputError when a name, type or default is wrong, or places and parameters differ
 * @throws FleetError when there is a command of that id with another payload or other parameters
 * @throws NotOursError when there is one that the workshop did not make
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_CreateCommand.html
 */
export async function createCommand(fleet: Fleet, command: NewCommand): Promise<CreatedCommand> {
  const name = checkName(ownName(fleet, command.name), commandId);
  const content = contentOf(command);
  for (let number = 1; ; number++) {
    const id = number === 1 ? name : numbered(name, number);
    const found = await findCommand(fleet, id);
    if (!found) {
      const { description } = command;
      const created = await unlessTaken(
        fleet.iot.send(
          new CreateCommandCommand({
            commandId: id,
            namespace: "AWS-IoT",
            ...content,
            ...(description !== undefined && { description }),
            tags: tagList(fleet.tags),
          }),
        ),
      );
      if (created) return { commandId: id, alreadyExisted: false };
      // Another notebook was faster: look again.
      number--;
      continue;
    }
    if (found.pendingDeletion || found.deprecated) continue;
    await requireOurs(fleet, `The command ${id}`, found.commandArn ?? "");
    if (said(found) === said(content)) return { commandId: id, alreadyExisted: true };
    throw new FleetError(
      `The command ${id} exists with another payload or other parameters, which nobody can change. ` +
        `Take another name, or deprecateCommand(fleet, "${id}"): then the new one is numbered.`,
    );
  }
}

function numbered(name: string, number: number): string {
  const suffix = `-${number}`;
  return name.slice(0, 64 - suffix.length) + suffix;
}

type Content = Pick<
  CreateCommandCommandInput,
  "payload" | "payloadTemplate" | "preprocessor" | "mandatoryParameters"
>;

function contentOf({ payload, parameters = {} }: NewCommand): Content {
  const isObject = typeof payload === "object" && payload !== null;
  const json = isObject ? JSON.stringify(payload) : "";
  if (!isObject || json.length > LARGEST_PAYLOAD) {
    throw new InvalidInputError(
      "the payload of a command",
      isObject ? `${json.slice(0, 40)}…` : payload,
      "be an object of at most 32 KiB as JSON",
    );
  }
  const places = parametersIn(json);
  const names = Object.keys(parameters);
  const odd =
    places.find((name) => !names.includes(name)) ?? names.find((name) => !places.includes(name));
  if (odd !== undefined) {
    throw new InvalidInputError(
      "a parameter of this command",
      odd,
      `stand both in \`parameters\` and, as commandParameter("${odd}"), in the payload`,
    );
  }
  const mandatoryParameters = Object.entries(parameters).map(([name, rule]) =>
    declared(name, rule),
  );
  if (mandatoryParameters.length === 0) {
    return { payload: { content: Buffer.from(json), contentType: "application/json" } };
  }
  return {
    payloadTemplate: json,
    preprocessor: { awsJsonSubstitution: { outputFormat: "JSON" } },
    mandatoryParameters,
  };
}

/** What two commands must have in common to be the same. */
function said({ payload, payloadTemplate, mandatoryParameters = [] }: Content): string {
  const parameters = mandatoryParameters.map(({ name, type, defaultValue, valueConditions = [] }) =>
    JSON.stringify([
      name,
      type,
      Object.entries(defaultValue ?? {}).filter(([, value]) => value !== undefined),
      valueConditions.map(({ comparisonOperator, operand = {} }) => {
        const { number, numbers, string, strings, numberRange } = operand;
        const range = [numberRange?.min, numberRange?.max];
        return [comparisonOperator, number, numbers, string, strings, range];
      }),
    ]),
  );
  const text = payload?.content && Buffer.from(payload.content).toString("utf8");
  return JSON.stringify([text, payloadTemplate, parameters.sort()]);
}

/** One command as AWS describes it, or undefined when there is none. Calls GetCommand. */
export async function findCommand(
  fleet: Fleet,
  id: string,
): Promise<GetCommandResponse | undefined> {
  checkName(id, commandId);
  return unlessMissing(fleet.iot.send(new GetCommandCommand({ commandId: id })));
}

/** Every command of the account, the newest first. Calls ListCommands, 100 a page. */
export async function* listCommands(fleet: Fleet): AsyncIterable<CommandSummary> {
  for await (const page of paginateListCommands({ client: fleet.iot, pageSize: 100 }, {})) {
    yield* page.commands ?? [];
  }
}

/**
 * Let nobody start a command any more; executions that run go on. Calls GetCommand,
 * ListTagsForResource and UpdateCommand. A second call changes nothing.
 *
 * @returns true when this call did it; false when it was so before, or there is no such command
 * @throws NotOursError when the workshop did not make it
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateCommand.html
 */
export async function deprecateCommand(fleet: Fleet, id: string): Promise<boolean> {
  const found = await findCommand(fleet, id);
  if (!found || found.deprecated || found.pendingDeletion) return false;
  await requireOurs(fleet, `The command ${id}`, found.commandArn ?? "");
  await fleet.iot.send(new UpdateCommandCommand({ commandId: id, deprecated: true }));
  return true;
}

/**
 * Delete a command. AWS does so at once when it was deprecated for twelve hours, the longest that an
 * execution can take; else it is pending deletion for that long, cannot be started, and keeps its id.
 * What was executed stays on record, for six months.
 *
 * Calls GetCommand, ListTagsForResource and DeleteCommand. A second call changes nothing.
 *
 * @param options.confirm `"DELETE"`
 * @returns true when this call deleted it, or has begun to
 * @throws NotConfirmedError without it, and nothing is deleted
 * @throws NotOursError when the workshop did not make it
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteCommand.html
 */
export async function deleteCommand(
  fleet: Fleet,
  id: string,
  { confirm }: { readonly confirm?: "DELETE" } = {},
): Promise<boolean> {
  const found = await findCommand(fleet, id);
  if (!found || found.pendingDeletion) return false;
  await requireOurs(fleet, `The command ${id}`, found.commandArn ?? "");
  requireConfirmation(confirm, "DELETE", `This deletes the command ${id}.`);
  await fleet.iot.send(new DeleteCommandCommand({ commandId: id }));
  return true;
}
