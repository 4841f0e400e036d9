import type { ShadowDocument } from "./shadow-documents.js";
import { operationIn } from "../state/operation.js";
import { table, type Core, type Kept } from "../state/state.js";

/** What this room keeps. */
export const tables = {
  /** By `<thing>/<shadow>`; the classic shadow has the empty name. */
  shadows: table<ShadowDocument>({ holds: "shadows" }),
};

/** The state as this room sees it: its own tables. */
export type State = Core & Kept<typeof tables>;

export const operation = operationIn<State>();
