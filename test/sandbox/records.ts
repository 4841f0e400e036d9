import { memoryStore, type Store } from "../../lib/sandbox/state/store.js";
import type { Change } from "../../lib/sandbox/state/tables.js";

/** A store that begins with records of other services, for tests of what only reads them. */
export function storeWith(records: readonly Change[]): Store {
  return { ...memoryStore(), load: () => records };
}
