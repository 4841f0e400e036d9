import { collect } from "../../aws/collect.js";
import type { Fleet } from "../../aws/connect.js";
import { ownName } from "../../aws/ownership.js";
import {
  describeCommandExecution,
  listCommandExecutions,
  type CommandExecutionDetails,
} from "../../fleet/commands/command-executions.js";
import { findCommand, listCommands } from "../../fleet/commands/commands.js";
import { markReached } from "../../fleet/shadows/notes.js";
import { count } from "../../show/progress.js";
import { showChecks, type Check } from "../checkpoint.js";

/**
 * Look into the account for what notebook 10 leaves until its last section: two commands, an answer,
 * and a vehicle that gave none. Changes nothing but the mark for a class's board.
 *
 * Calls ListCommands, and ListCommandExecutions for both commands; what markReached() calls.
 *
 * @returns the checks
 */
export async function checkCommands(fleet: Fleet): Promise<readonly Check[]> {
  const ids = await Promise.all(["lock-doors", "set-climate"].map((name) => newestId(fleet, name)));
  const found = ids.filter((id) => id !== undefined);
  const executions = await Promise.all(
    found.map((commandId) => collect(listCommandExecutions(fleet, { commandId }))),
  );
  const countOf = (status: string) =>
    executions.flat().filter((execution) => execution.status === status).length;
  const row = (what: string, status: string, wayOut: string): Check => ({
    what,
    isMet: countOf(status) > 0,
    found: `${count(countOf(status))} ${status}`,
    wayOut,
  });
  const checks: readonly Check[] = [
    {
      what: "Two commands",
      isMet: found.length === 2,
      found: found.join(", ") || "none",
      wayOut: 'Run the cells under "A command" and "Parameters" again.',
    },
    row("Answers", "SUCCEEDED", 'Run the cells under "Parameters" again.'),
    row("No answer", "TIMED_OUT", 'Run the cells under "Nobody is there" again.'),
  ];
  showChecks(fleet, checks);
  if (checks.every(({ isMet }) => isMet)) await markReached(fleet, "10");
  return checks;
}

/** What the challenge of notebook 10 asks for. */
const CHALLENGE = { name: "blink", parameter: "times", from: 1, to: 9, byDefault: 3, given: 5 };

/** Vehicles that must have answered. */
const FEWEST = 3;

/**
 * Grade the challenge of notebook 10: a command `blink` whose parameter `times` is from 1 to 9, and 3
 * when nobody says; carried out five times by at least three vehicles, and left unanswered by none.
 * Changes nothing.
 *
 * Calls ListCommands, GetCommand, ListCommandExecutions, and GetCommandExecution for each execution.
 *
 * @returns the checks, in the order in which the challenge asks
 */
export async function checkCommandChallenge(fleet: Fleet): Promise<readonly Check[]> {
  const { name, parameter, from, to, byDefault, given } = CHALLENGE;
  const commandId = await newestId(fleet, name);
  const command = commandId === undefined ? undefined : await findCommand(fleet, commandId);
  const declared = command?.mandatoryParameters?.find((one) => one.name === parameter);
  const range = declared?.valueConditions?.find(
    ({ comparisonOperator }) => comparisonOperator === "IN_RANGE",
  )?.operand?.numberRange;
  const { I: ofCommand } = declared?.defaultValue ?? {};
  const listed =
    commandId === undefined ? [] : await collect(listCommandExecutions(fleet, { commandId }));
  const executions = await Promise.all(
    listed.map((execution) => describeCommandExecution(fleet, execution)),
  );
  const isGood = ({ status, parameters }: CommandExecutionDetails) =>
    status === "SUCCEEDED" && parameters[parameter] === given;
  const vehicles = new Set(executions.filter(isGood).map(({ thing }) => thing)).size;
  const silent = executions.filter(({ status }) => status === "TIMED_OUT").length;
  const checks: readonly Check[] = [
    {
      what: "The command",
      isMet: Number(range?.min) === from && Number(range?.max) === to && ofCommand === byDefault,
      found: declared
        ? `${parameter} from ${range?.min ?? "any"} to ${range?.max ?? "any"}, else ${ofCommand ?? "nothing"}`
        : commandId === undefined
          ? `no ${ownName(fleet, name)}`
          : `no parameter ${parameter}`,
      wayOut: `Create ${ownName(fleet, name)}: ${parameter}, an INTEGER from ${from} to ${to}, ${byDefault} by default.`,
    },
    {
      what: "Who did it",
      isMet: vehicles >= FEWEST,
      found: `${count(vehicles)} vehicles succeeded with ${parameter} ${given}`,
      wayOut: `Have at least ${FEWEST} connected vehicles do it ${given} times.`,
    },
    {
      what: "Who was silent",
      isMet: silent === 0 && executions.length > 0,
      found: count(silent),
      wayOut: "Tell only vehicles that are connected and listen. A late answer still counts.",
    },
  ];
  showChecks(fleet, checks);
  return checks;
}

/** The newest command of this name, or of this name and a number, that can still be started. */
async function newestId(fleet: Fleet, name: string): Promise<string | undefined> {
  const own = ownName(fleet, name);
  for await (const { commandId: id = "", deprecated, pendingDeletion } of listCommands(fleet)) {
    if (deprecated || pendingDeletion || !id.startsWith(own)) continue;
    if (/^(-\d+)?$/.test(id.slice(own.length))) return id;
  }
  return undefined;
}
