import { WireError } from "../http/wire.js";
import type { Store } from "./store.js";
import type { Change } from "./tables.js";

/** Where changes go before anybody is told of them. */
export interface Keeper {
  /** @throws WireError (503) when they could not be kept; every later call throws it as well */
  keep(changes: readonly Change[]): Promise<void>;
  /** @throws WireError (503) after a change could not be kept */
  check(): void;
}

/**
 * A change that could not be kept (a full disk, say) is the end: memory is ahead of the disk, and only
 * a new start brings them together again.
 *
 * @param onFailure called once, with what the store threw
 */
export function createKeeper(store: Store, onFailure?: (error: unknown) => void): Keeper {
  let isBroken = false;
  const check = (): void => {
    if (isBroken) throw notKept();
  };

  return {
    check,
    async keep(changes) {
      check();
      try {
        await store.commit(changes);
      } catch (error) {
        if (!isBroken) onFailure?.(error);
        isBroken = true;
        throw notKept();
      }
    },
  };
}

function notKept(): WireError {
  return new WireError(
    "ServiceUnavailableException",
    503,
    "The sandbox could not write its data to disk and stops; its log says why. What it answered before is safe.",
  );
}
