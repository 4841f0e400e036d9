import type { Fleet } from "../../aws/connect.js";
import { redactText } from "../../aws/redact.js";
import { waitForIndex, searchThings } from "../../fleet/search/fleet-index.js";
import { queryValue } from "../../fleet/search/fleet-query.js";
import { table } from "../../show/table.js";

/** What fleet indexing says of a vehicle's connection. */
export interface Connectivity {
  readonly name: string;
  readonly isConnected: boolean;
  /** When that began; undefined for one that has never been connected. */
  readonly since: Date | undefined;
  /** Why the last connection ended, such as CONNECTION_LOST; undefined while it is connected. */
  readonly reason: string | undefined;
}

/** Names that one query takes. */
const NAMES_A_QUERY = 10;

/**
 * Ask fleet indexing who is connected, and show it as a table: since when, and why not.
 *
 * Calls SearchIndex for every ten names. The index is a second or two behind.
 *
 * @returns the same as data, in the order of the names
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/managing-index.html
 */
export async function showConnectivity(
  fleet: Fleet,
  names: readonly string[],
): Promise<readonly Connectivity[]> {
  await waitForIndex(fleet);
  const found = new Map<string, Connectivity>();
  for (let first = 0; first < names.length; first += NAMES_A_QUERY) {
    const some = names.slice(first, first + NAMES_A_QUERY);
    for await (const thing of searchThings(
      fleet,
      `thingName:(${some.map(queryValue).join(" OR ")})`,
    )) {
      const { connected = false, timestamp, disconnectReason } = thing.connectivity ?? {};
      const name = thing.thingName ?? "";
      found.set(name, {
        name,
        isConnected: connected,
        // A vehicle that was never connected has no time, or the beginning of all.
        since: timestamp ? new Date(timestamp) : undefined,
        reason: connected ? undefined : disconnectReason,
      });
    }
  }
  const rows = names.flatMap((name) => found.get(name) ?? []);
  fleet.output.show(
    table(
      rows,
      [
        { header: "Vehicle", value: ({ name }) => redactText(name) },
        { header: "Connected", value: ({ isConnected }) => (isConnected ? "yes" : "no") },
        { header: "Since", value: ({ since }) => since?.toISOString().slice(11, 19) ?? "never" },
        { header: "Why not", value: ({ reason }) => reason ?? "" },
      ],
      rows.length,
    ),
  );
  return rows;
}
