import type { CallRecord } from "../handler.js";
import { createRecent } from "./recent.js";

/** Whose refused calls are meant. */
export interface Suspect {
  readonly account: string;
  /** The prefix of their fleet; undefined for everybody of the account. */
  readonly prefix?: string;
}

/** Calls that were refused lately, in whatever Region: IAM is asked in another one than the fleet's. */
export interface Refusals {
  add(call: CallRecord): void;
  /** Their latest, oldest first. */
  of(suspect: Suspect): readonly CallRecord[];
}

/** Refused calls that are kept: those of a class of thirty, some tens each. */
const KEPT = 1_000;
/** Calls that one answer takes. */
const MOST = 200;

export function createRefusals(): Refusals {
  const recent = createRecent<CallRecord>(KEPT);
  return {
    add(call) {
      if (call.error !== undefined) recent.add(call);
    },
    of({ account, prefix }) {
      const isTheirs = (call: CallRecord) =>
        call.account === account && (prefix === undefined || call.prefix === prefix);
      return recent.after(0, MOST, isTheirs).items;
    },
  };
}
