import type { Fleet } from "../../aws/connect.js";
import { redactText } from "../../aws/redact.js";
import {
  describeCommandExecution,
  type CommandExecution,
  type CommandExecutionDetails,
} from "../../fleet/commands/command-executions.js";
import { table } from "../../show/table.js";

/**
 * Look up how executions stand, and show them as a table: by vehicle, with the reason and with what
 * it gave back. Calls GetCommandExecution for each, eight a second.
 *
 * @returns the same as data, in the order given
 */
export async function showCommandExecutions(
  fleet: Fleet,
  executions: readonly CommandExecution[],
): Promise<readonly CommandExecutionDetails[]> {
  const rows = await Promise.all(executions.map((one) => describeCommandExecution(fleet, one)));
  fleet.output.show(
    table(
      rows,
      [
        { header: "Vehicle", value: ({ thing }) => redactText(thing) },
        { header: "Command", value: ({ commandId }) => commandId },
        { header: "Status", value: ({ status }) => status },
        { header: "Why", value: ({ reason }) => redactText(reason ?? "") },
        { header: "Gave back", value: ({ result }) => resultWords(result) },
      ],
      SHOWN,
    ),
  );
  return rows;
}

/** Rows that a table has room for. */
const SHOWN = 12;

function resultWords(result: CommandExecutionDetails["result"]): string {
  return Object.entries(result)
    .map(([name, value]) => {
      const isBytes = typeof value === "object";
      return `${name}: ${isBytes ? `${value.length} bytes` : redactText(String(value))}`;
    })
    .join(", ");
}
