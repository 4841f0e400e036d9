import type { ConnectivityRecord, IndexingRecord } from "./records.js";
import type { State as RegistryState } from "../registry/tables.js";
import type { State as ShadowsState } from "../shadows/tables.js";
import { operationIn } from "../state/operation.js";
import { table, type Kept } from "../state/state.js";

/** What this room keeps. */
export const tables = {
  /** The one record is called `indexing`. */
  indexing: table<IndexingRecord>({ holds: "fleet indexing configuration" }),
  /** The latest connection of a thing, by its name. Whoever knows of connections writes it. */
  connectivity: table<ConnectivityRecord>(),
};

/** The state as this room sees it: its own tables and those of the rooms below. */
export type State = RegistryState & ShadowsState & Kept<typeof tables>;

export const operation = operationIn<State>();
