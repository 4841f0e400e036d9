import type { News } from "./news.js";
import type { Core } from "./state.js";

/** Who hears of news. Called in the transaction, at once: what it changes is kept, or undone, with the rest. */
export interface Hearer {
  readonly news: News<unknown>;
  readonly hear: (state: Core, event: unknown) => void;
}

/** `hear` takes the state as its room sees it: whoever runs has the tables of all rooms. */
export function hearer<E, S extends Core>(of: News<E>, hear: (state: S, event: E) => void): Hearer {
  return { news: of, hear: hear as Hearer["hear"] };
}
