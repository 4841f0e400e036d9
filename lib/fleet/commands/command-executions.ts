import {
  GetCommandExecutionCommand,
  paginateListCommandExecutions,
  type CommandExecutionStatus,
  type CommandExecutionSummary,
  type CommandParameter,
} from "@aws-sdk/client-iot";
import { StartCommandExecutionCommand } from "@aws-sdk/client-iot-jobs-data-plane";
import { randomUUID } from "node:crypto";
import { iotArn } from "../../aws/arn.js";
import { collect } from "../../aws/collect.js";
import type { Fleet } from "../../aws/connect.js";
import { FleetError, InvalidInputError } from "../../aws/errors.js";
import { many, type ManyResult } from "../../aws/many.js";
import { waitUntil } from "../../aws/wait.js";
import { checkName, checkNames, thingName } from "../registry/names.js";
import { listThingsInGroup } from "../registry/thing-groups.js";
import { filledIn, type ParameterValue } from "./command-parameters.js";
import { commandId as commandIdRule, findCommand } from "./commands.js";

/** One order to one vehicle. */
export interface CommandExecution {
  readonly executionId: string;
  readonly commandId: string;
  readonly thing: string;
}

export interface CommandWishes {
  readonly parameters?: Readonly<Record<string, ParameterValue>>;
  /** After how many seconds AWS IoT gives up on an answer: 1 to 43,200. Default 10, as at AWS. */
  readonly timeoutSeconds?: number;
}

/** In seconds: twelve hours. */
const LONGEST_TIMEOUT = 43_200;
const DEFAULT_TIMEOUT = 10;

/**
 * Tell one vehicle to do something, now. AWS IoT publishes the command on a topic of the vehicle: one
 * that is not connected then never hears of it.
 *
 * Calls GetCommand and StartCommandExecution. A second call tells it a second time.
 *
 * @throws InvalidInputError when the command has no such parameter, lacks one, or a value or the
 * timeout is out of range
 * @throws FleetError when there is no such command, or it cannot be started any more
 * @throws ValidationException when a value does not meet the command's condition
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_iot-jobs-data_StartCommandExecution.html
 */
export async function startCommand(
  fleet: Fleet,
  commandId: string,
  thing: string,
  wishes: CommandWishes = {},
): Promise<CommandExecution> {
  checkName(thing, thingName);
  const start = await prepare(fleet, commandId, wishes);
  return start(thing);
}

/** What became of telling several vehicles: those that were told, and why others were not. */
export interface StartedCommands extends ManyResult {
  readonly executions: readonly CommandExecution[];
}

/**
 * Tell several vehicles, or every member of a group: a command goes to one vehicle, and AWS IoT has
 * none for a group, so each is told by a call of its own.
 *
 * Calls GetCommand, ListThingsInThingGroup for a group (250 a page), and StartCommandExecution for
 * each vehicle, eight a second. A second call tells all of them again.
 *
 * @param to names of vehicles, or a static or dynamic group
 * @returns vehicles that could not be told stand in `failed`
 * @throws what startCommand() throws of the command and its parameters
 */
export async function startCommands(
  fleet: Fleet,
  commandId: string,
  to: readonly string[] | { readonly group: string },
  wishes: CommandWishes = {},
): Promise<StartedCommands> {
  const start = await prepare(fleet, commandId, wishes);
  const things =
    "group" in to ? await collect(listThingsInGroup(fleet, to.group)) : checkNames(to, thingName);
  const executions: CommandExecution[] = [];
  const result = await many(
    fleet,
    { title: commandId, items: things, total: things.length, name: (thing) => thing },
    async (thing) => {
      executions.push(await start(thing));
      return "done";
    },
  );
  return { ...result, executions };
}

/** Look at the command once, for however many vehicles. */
async function prepare(
  fleet: Fleet,
  commandId: string,
  { parameters = {}, timeoutSeconds = DEFAULT_TIMEOUT }: CommandWishes,
): Promise<(thing: string) => Promise<CommandExecution>> {
  const isSeconds = Number.isInteger(timeoutSeconds);
  if (!(isSeconds && timeoutSeconds >= 1 && timeoutSeconds <= LONGEST_TIMEOUT)) {
    throw new InvalidInputError(
      "the timeout of a command",
      timeoutSeconds,
      "be whole seconds from 1 to 43,200, twelve hours",
    );
  }
  const command = await findCommand(fleet, commandId);
  const state = !command
    ? "does not exist"
    : command.pendingDeletion
      ? "is being deleted"
      : command.deprecated
        ? "is deprecated"
        : undefined;
  if (!command || state !== undefined) {
    throw new FleetError(
      `The command ${commandId} ${state}: nobody can start it. createCommand() makes one.`,
    );
  }
  const { commandArn = "", mandatoryParameters = [] } = command;
  const values = filledIn(commandId, mandatoryParameters as CommandParameter[], parameters);
  return async (thing) => {
    const { executionId = "" } = await fleet.iotJobs.send(
      new StartCommandExecutionCommand({
        commandArn,
        targetArn: iotArn(fleet, `thing/${thing}`),
        executionTimeoutSeconds: timeoutSeconds,
        ...(values && { parameters: values }),
        // A call whose answer is lost is sent again, and must not open a boot twice.
        clientToken: randomUUID(),
      }),
    );
    return { executionId, commandId, thing };
  };
}

/** How an execution stands. */
export interface CommandExecutionDetails extends CommandExecution {
  readonly status: CommandExecutionStatus;
  /** TIMED_OUT is AWS IoT's own word while this is undefined: the vehicle may still say how it ended. */
  readonly completedAt: Date | undefined;
  /** Why, by code and description; `$NO_RESPONSE_FROM_DEVICE` when the vehicle said nothing. */
  readonly reason: string | undefined;
  /** What the command was filled in with, by name. */
  readonly parameters: Readonly<Record<string, ParameterValue | Uint8Array>>;
  /** What the vehicle gave back, by name. */
  readonly result: Readonly<Record<string, string | boolean | Uint8Array>>;
  readonly startedAt: Date | undefined;
  /** From its start to its end, or to now while it has not ended. */
  readonly seconds: number;
  readonly timeoutSeconds: number;
}

/**
 * How an execution stands, and what the vehicle gave back. Calls GetCommandExecution.
 *
 * @throws ResourceNotFoundException when there is no such execution
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_GetCommandExecution.html
 */
export async function describeCommandExecution(
  fleet: Fleet,
  execution: CommandExecution,
): Promise<CommandExecutionDetails> {
  const { executionId, thing } = execution;
  const found = await fleet.iot.send(
    new GetCommandExecutionCommand({
      executionId,
      targetArn: iotArn(fleet, `thing/${thing}`),
      includeResult: true,
    }),
  );
  const { status = "CREATED", statusReason, startedAt, completedAt } = found;
  const { result = {}, parameters = {} } = found;
  const { reasonCode, reasonDescription } = statusReason ?? {};
  const until = completedAt?.getTime() ?? fleet.clock.now();
  return {
    ...execution,
    status,
    reason: [reasonCode, reasonDescription].filter(Boolean).join(": ") || undefined,
    parameters: Object.fromEntries(
      Object.entries(parameters).map(([name, { S, B, I, L, D, UL, BIN }]) => [
        name,
        S ?? B ?? I ?? L ?? D ?? UL ?? BIN ?? "",
      ]),
    ),
    result: Object.fromEntries(
      Object.entries(result).map(([name, { S, B, BIN }]) => [name, S ?? B ?? BIN ?? ""]),
    ),
    startedAt,
    completedAt,
    seconds: startedAt ? Math.max(0, (until - startedAt.getTime()) / 1000) : 0,
    timeoutSeconds: found.executionTimeoutSeconds ?? DEFAULT_TIMEOUT,
  };
}

const UNDER_WAY: ReadonlySet<CommandExecutionStatus> = new Set(["CREATED", "IN_PROGRESS"]);

/** How long after the timeout the cloud may take to say so, in milliseconds. */
const LATE_MS = 30_000;

/**
 * Wait until an execution has ended, or AWS IoT has given up on it: at most its timeout and half a
 * minute. How it ended is data, not an error.
 *
 * Calls GetCommandExecution, twice a second.
 *
 * @throws WaitTimeoutError when AWS IoT does not say
 * @throws InterruptedError on SIGINT; the execution goes on
 */
export async function waitForCommand(
  fleet: Fleet,
  execution: CommandExecution,
): Promise<CommandExecutionDetails> {
  const { timeoutSeconds } = await describeCommandExecution(fleet, execution);
  const until = `${execution.thing} answers to ${execution.commandId}`;
  const timeoutMs = timeoutSeconds * 1000 + LATE_MS;
  return waitUntil(fleet, { until, everyMs: 500, timeoutMs }, async () => {
    const details = await describeCommandExecution(fleet, execution);
    return UNDER_WAY.has(details.status)
      ? { waiting: `it is ${details.status}` }
      : { ready: details };
  });
}

/** Which executions are asked for: of one command, or of one vehicle. */
export type CommandHistory = ({ readonly commandId: string } | { readonly thing: string }) & {
  readonly status?: CommandExecutionStatus;
  /** Started after this moment. Default: thirty days ago. AWS counts in minutes. */
  readonly since?: Date;
};

/** In milliseconds. */
const THIRTY_DAYS = 30 * 86_400_000;

/**
 * What was executed, the newest first: AWS keeps it for six months.
 *
 * Calls ListCommandExecutions, 100 a page.
 *
 * @throws InvalidInputError when neither a command nor a vehicle is named, or both
 * @see https://docs.aws.amazon.com/iot/latest/apireference/API_ListCommandExecutions.html
 */
export async function* listCommandExecutions(
  fleet: Fleet,
  of: CommandHistory,
): AsyncIterable<CommandExecution & Pick<CommandExecutionSummary, "status" | "startedAt">> {
  const { status, since = new Date(fleet.clock.now() - THIRTY_DAYS) } = of;
  const { commandId, thing } = of as { readonly commandId?: string; readonly thing?: string };
  if ((commandId === undefined) === (thing === undefined)) {
    throw new InvalidInputError("a history", of, "be of either a commandId or a thing");
  }
  const arn =
    commandId === undefined
      ? { targetArn: iotArn(fleet, `thing/${checkName(thing ?? "", thingName)}`) }
      : { commandArn: iotArn(fleet, `command/${checkName(commandId, commandIdRule)}`) };
  const pages = paginateListCommandExecutions(
    { client: fleet.iot, pageSize: 100 },
    {
      ...arn,
      ...(status !== undefined && { status }),
      startedTimeFilter: { after: since.toISOString().slice(0, 16) },
    },
  );
  for await (const { commandExecutions = [] } of pages) {
    for (const one of commandExecutions) {
      yield {
        executionId: one.executionId ?? "",
        commandId: lastOf(one.commandArn),
        thing: lastOf(one.targetArn),
        status: one.status,
        startedAt: one.startedAt,
      };
    }
  }
}

function lastOf(arn = ""): string {
  return arn.slice(arn.indexOf("/") + 1);
}
