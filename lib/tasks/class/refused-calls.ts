import type { Fleet } from "../../aws/connect.js";
import { FleetError, InvalidInputError } from "../../aws/errors.js";
import { DEFAULT_PREFIX } from "../../aws/ownership.js";
import { redactText } from "../../aws/redact.js";
import type { RefusedCall } from "../../aws/refused-calls.js";
import { table } from "../../show/table.js";

/** Calls that were refused in the same words. */
export interface Refused {
  readonly operation: string;
  /** The name of the error. */
  readonly error: string;
  /** What AWS says to it. */
  readonly message: string;
  readonly times: number;
  readonly lastAt: Date;
}

const HISTORY = "https://docs.aws.amazon.com/iot/latest/developerguide/iot-using-cloudtrail.html";

/**
 * What a learner's notebooks were refused lately, the latest first, as a table: with
 * `asLearner(fleet, "Ada-")` whatever `connect({ prefix: "Ada-" })` has sent, raw calls too. What was refused
 * in the same words is one row. Under the default prefix it is everybody's of the account.
 *
 * Calls nothing of AWS: the sandbox remembers what it has refused since it was started, the last thousand
 * calls of all. Some of it is no mistake: whoever looks whether something is there is told that it is not.
 *
 * @param options.most rows, 1 to 200. Default 10.
 * @throws FleetError on a real account, where nobody but CloudTrail knows; it says where to look
 * @throws InvalidInputError when `most` is out of its range
 */
export async function showRefusedCalls(
  fleet: Fleet,
  { most = 10 }: { readonly most?: number } = {},
): Promise<readonly Refused[]> {
  if (!(Number.isInteger(most) && most >= 1 && most <= 200)) {
    throw new InvalidInputError("the number of refused calls", most, "be from 1 to 200");
  }
  if (!fleet.refusedCalls) {
    throw new FleetError(
      `A real account does not tell this library what it has refused. Look into the event history of ` +
        `CloudTrail in ${fleet.region}, some minutes later: of calls that change something it has the error, ` +
        `and a user agent with "fleetlab/${fleet.prefix}". Lists, searches, shadows and executions are not ` +
        `in it. ${HISTORY}`,
    );
  }
  const prefix = fleet.prefix === DEFAULT_PREFIX ? undefined : fleet.prefix;
  const rows = inWords(await fleet.refusedCalls(prefix)).slice(0, most);
  if (rows.length === 0) {
    fleet.output.line(
      `Nothing was refused to ${prefix ?? "anybody"} since the sandbox was started.`,
    );
    return rows;
  }
  fleet.output.show(
    table(
      rows,
      [
        { header: "Last at", value: ({ lastAt }) => lastAt.toISOString().slice(11, 19) },
        { header: "Operation", value: ({ operation }) => operation },
        { header: "Error", value: ({ error }) => error },
        { header: "What AWS says", value: ({ message }) => message },
        { header: "Times", value: ({ times }) => times },
      ],
      most,
    ),
  );
  return rows;
}

/** One row for all that was refused in the same words, the latest first. */
function inWords(calls: readonly RefusedCall[]): Refused[] {
  const rows = new Map<string, Refused>();
  for (const { at, operation, error, message: said } of calls) {
    const message = redactText(said);
    const key = JSON.stringify([operation, error, message]);
    const times = (rows.get(key)?.times ?? 0) + 1;
    // What comes last stands last.
    rows.delete(key);
    rows.set(key, { operation, error, message, times, lastAt: new Date(at) });
  }
  return [...rows.values()].reverse();
}
