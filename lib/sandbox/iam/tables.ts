import type { RoleRecord } from "./records.js";
import { operationIn } from "../state/operation.js";
import { table, type Core, type Kept } from "../state/state.js";

/** What this room keeps. */
export const tables = {
  /** Shared by all Regions of the account, by lower-cased role name. */
  roles: table<RoleRecord>({ holds: "IAM roles", sharedBy: "account" }),
};

/** The state as this room sees it: its own tables. */
export type State = Core & Kept<typeof tables>;

export const operation = operationIn<State>();
