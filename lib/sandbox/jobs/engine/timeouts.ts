import type { State } from "../tables.js";
import { timeoutOf } from "../agenda.js";
import type { JobExecutionRecord } from "../records.js";

/** Seconds until an execution times out by itself; undefined when it will not. */
export function secondsLeft(state: State, execution: JobExecutionRecord): number | undefined {
  const due = timeoutOf(execution);
  return due === undefined
    ? undefined
    : Math.max(0, Math.ceil((due - state.now().getTime()) / 1000));
}

/** When a step that begins now times out: never, for -1. */
export function stepTimeout(state: State, minutes: number): number | undefined {
  return minutes < 0 ? undefined : state.now().getTime() + minutes * 60_000;
}
