import type { Service } from "../../aws/pacing/quotas.js";
import type { Rules } from "../http/validate.js";
import type { Evidence } from "./evidence.js";
import type { Hearer } from "./hearers.js";
import type { Answer } from "./port.js";
import type { Core, Declarations } from "./state.js";

/** What a room has for the rest of the sandbox. `services.ts` puts the rooms together. */
export interface Room {
  readonly tables: Declarations;
  /** Answers to what rooms below ask. */
  readonly answers?: readonly Answer[];
  /** What it does when rooms below tell of something. */
  readonly hears?: readonly Hearer[];
  /** The room's part of each service. */
  readonly services: Partial<Readonly<Record<Service, RoomService>>>;
  /** Do what was to happen by itself until now. Called in a transaction, before and after each operation. */
  readonly advance?: (state: Core) => void;
}

export interface RoomService {
  /** Modules whose exported operations are written. */
  readonly operations: readonly object[];
  /** Whence each operation's answers are known. */
  readonly evidence: Evidence;
  /** What members must be, by operation. */
  readonly rules: (operation: string) => Rules;
}
