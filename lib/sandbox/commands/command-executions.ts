import {
  ConflictException,
  DeleteCommandExecutionCommand,
  GetCommandExecutionCommand,
  ListCommandExecutionsCommand,
  ResourceNotFoundException,
  ValidationException,
  type TimeFilter,
} from "@aws-sdk/client-iot";
import { byAge } from "../state/marked-lists.js";
import { fault, paged } from "../state/operation.js";
import { findCommand } from "./commands.js";
import { forgetExecution } from "./executions.js";
import type { CommandExecutionRecord } from "./records.js";
import { operation, type State } from "./tables.js";

/**
 * The result comes only when it is asked for.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_GetCommandExecution.html
 */
export const getCommandExecution = operation(
  GetCommandExecutionCommand,
  (state, { executionId, targetArn, includeResult = false }) => {
    const { result, ...execution } = existingExecution(state, executionId, targetArn);
    return { ...execution, ...(includeResult && result && { result }) };
  },
);

/**
 * One time filter and one of the two ARNs, no more and no less. The newest comes first unless told
 * otherwise; times are UTC.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_ListCommandExecutions.html
 */
export const listCommandExecutions = operation(
  ListCommandExecutionsCommand,
  (state, { nextToken, maxResults = 25, ...of }) => {
    const { startedTimeFilter, completedTimeFilter, targetArn, commandArn, status } = of;
    const { namespace = "AWS-IoT", sortOrder = "DESCENDING" } = of;
    exactlyOne({ startedTimeFilter, completedTimeFilter });
    exactlyOne({ targetArn, commandArn });
    const filter = rangeOf((startedTimeFilter ?? completedTimeFilter) as TimeFilter);
    const timeOf = ({ startedAt, completedAt }: CommandExecutionRecord): Date | undefined =>
      startedTimeFilter ? startedAt : completedAt;
    const { items, ...next } = paged({
      page: { nextToken, maxResults },
      question: ["ListCommandExecutions", of],
      *entries(after) {
        const aged = byAge(state.commandExecutions.entries(), {
          createdAt: timeOf,
          ascending: sortOrder === "ASCENDING",
          after,
        });
        for (const [key, execution] of aged) {
          const time = timeOf(execution)?.getTime();
          const fits =
            time !== undefined &&
            time > filter.after &&
            time < filter.before &&
            (targetArn === undefined || execution.targetArn === targetArn) &&
            (commandArn === undefined || execution.commandArn === commandArn) &&
            (status === undefined || execution.status === status) &&
            namespaceOf(state, execution) === namespace;
          if (fits) yield [key, execution];
        }
      },
      largest: 100,
      badToken: () => fault(ValidationException, "Invalid nextToken"),
    });
    return { commandExecutions: items, ...next };
  },
);

/**
 * Only one that the device has ended.
 * https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteCommandExecution.html
 */
export const deleteCommandExecution = operation(
  DeleteCommandExecutionCommand,
  (state, { executionId, targetArn }) => {
    const execution = state.commandExecutions.get(executionId);
    // No 404 is modelled: one that is not there counts as deleted.
    if (execution?.targetArn !== targetArn) return {};
    if (!execution.isFinal) {
      fault(
        ConflictException,
        `Command execution ${executionId} is ${execution.status}, not in a terminal state: it cannot be deleted`,
        { resourceId: executionId },
      );
    }
    forgetExecution(state, execution);
    return {};
  },
);

function existingExecution(
  state: State,
  executionId: string,
  targetArn: string,
): CommandExecutionRecord {
  const execution = state.commandExecutions.get(executionId);
  if (execution?.targetArn === targetArn) return execution;
  return fault(
    ResourceNotFoundException,
    `Command execution ${executionId} cannot be found for target ${targetArn.slice(0, 200)}`,
  );
}

/** Executions of a command that is gone were of AWS IoT: the sandbox starts no others. */
function namespaceOf(state: State, { commandArn }: CommandExecutionRecord): string {
  const commandId = commandArn.slice(commandArn.indexOf("/") + 1);
  return findCommand(state, commandId)?.namespace ?? "AWS-IoT";
}

function exactlyOne(members: Readonly<Record<string, unknown>>): void {
  const given = Object.values(members).filter((value) => value !== undefined).length;
  if (given === 1) return;
  const names = Object.keys(members).join(" and ");
  fault(ValidationException, `Exactly one of ${names} is required, not ${given}`);
}

function rangeOf({ after, before }: TimeFilter): { after: number; before: number } {
  if (after === undefined && before === undefined) {
    fault(ValidationException, "A time filter needs after, before or both");
  }
  return {
    after: after ? momentOf(after) : -Infinity,
    before: before ? momentOf(before) : Infinity,
  };
}

function momentOf(text: string): number {
  const isMinute = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(text);
  const time = isMinute ? Date.parse(`${text}:00Z`) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  return fault(
    ValidationException,
    `${text.slice(0, 100)} is not a time of the form yyyy-MM-dd'T'HH:mm`,
  );
}
