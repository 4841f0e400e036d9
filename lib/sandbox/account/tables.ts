import type { GetV2LoggingOptionsResponse } from "@aws-sdk/client-iot";
import type { State as RegistryState } from "../registry/tables.js";
import type { State as IamState } from "../iam/tables.js";
import { operationIn } from "../state/operation.js";
import { table, type Kept } from "../state/state.js";

/** What this room keeps. */
export const tables = {
  /** The one record is called `v2`. */
  logging: table<GetV2LoggingOptionsResponse>({ holds: "logging options" }),
};

/** The state as this room sees it: its own tables and those of the rooms below. */
export type State = RegistryState & IamState & Kept<typeof tables>;

export const operation = operationIn<State>();
