import type { CommandExecutionStatus } from "@aws-sdk/client-iot";
import { news } from "../state/news.js";
import type { CommandExecutionRecord, CommandTimer } from "./records.js";
import type { State } from "./tables.js";

/*
 * Executions of commands: they begin, change and end here, and time does its part.
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-remote-command-concepts.html
 */

/** An execution was created, or has another status. */
export const commandExecutionChanged = news<CommandExecutionRecord>("a command execution changed");

/** What a device gets to do. */
export interface CommandRequest {
  readonly execution: CommandExecutionRecord;
  readonly payload: Uint8Array;
  readonly contentType: string;
}

export const commandRequested = news<CommandRequest>("a command is for a device to carry out");

/** What the cloud says of a device that says nothing. */
const NO_RESPONSE = "$NO_RESPONSE_FROM_DEVICE";

/** Keep a new execution, and set its timers. */
export function startExecution(state: State, execution: CommandExecutionRecord): void {
  const { executionId, clientToken } = execution;
  state.commandExecutions.set(executionId, execution);
  if (clientToken !== undefined) state.commandTokens.set(clientToken, executionId);
  for (const [kind, at] of timersOf(execution)) {
    state.commandTimers.set(timerKey(at, executionId, kind), { executionId, kind });
  }
  state.tell(commandExecutionChanged, execution);
}

/** Change an execution, and tell of it. */
export function changeExecution(
  state: State,
  before: CommandExecutionRecord,
  change: Partial<CommandExecutionRecord> & { readonly status: CommandExecutionStatus },
): CommandExecutionRecord {
  const after = { ...before, ...change, lastUpdatedAt: state.now() };
  state.commandExecutions.set(after.executionId, after);
  state.tell(commandExecutionChanged, after);
  return after;
}

/** Forget an execution, its token and its timers. */
export function forgetExecution(state: State, execution: CommandExecutionRecord): void {
  const { executionId, clientToken } = execution;
  state.commandExecutions.delete(executionId);
  if (clientToken !== undefined) state.commandTokens.delete(clientToken);
  for (const [kind, at] of timersOf(execution)) {
    state.commandTimers.delete(timerKey(at, executionId, kind));
  }
}

/** Do what was to happen by itself until now, each thing as of its own time. */
export function advanceCommands(state: State): void {
  const now = state.now().getTime();
  for (const [key, { executionId, kind }] of dueTimers(state, now)) {
    state.commandTimers.delete(key);
    const execution = state.commandExecutions.get(executionId);
    if (!execution) continue;
    if (kind === "end") forgetExecution(state, execution);
    else state.at(timeOf(key), () => timeOut(state, execution));
  }
}

function timeOut(state: State, execution: CommandExecutionRecord): void {
  const { status } = execution;
  if (status !== "CREATED" && status !== "IN_PROGRESS") return;
  changeExecution(state, execution, {
    status: "TIMED_OUT",
    statusReason: { reasonCode: NO_RESPONSE },
  });
}

function dueTimers(state: State, now: number): [string, CommandTimer][] {
  const due: [string, CommandTimer][] = [];
  for (const entry of state.commandTimers.entries()) {
    if (timeOf(entry[0]) > now) break;
    due.push(entry);
  }
  return due;
}

function timersOf(execution: CommandExecutionRecord): [CommandTimer["kind"], number][] {
  const { createdAt, executionTimeoutSeconds, timeToLive } = execution;
  return [
    ["timeout", createdAt.getTime() + executionTimeoutSeconds * 1000],
    ["end", timeToLive.getTime()],
  ];
}

const TIME_DIGITS = 15;

function timeOf(key: string): number {
  return Number(key.slice(0, TIME_DIGITS));
}

function timerKey(at: number, executionId: string, kind: CommandTimer["kind"]): string {
  return `${String(Math.ceil(at)).padStart(TIME_DIGITS, "0")}/${executionId}/${kind}`;
}
