// The checker in a thread of its own, so that the kernel answers, shows progress and hears ■ while
// TypeScript works.

import { parentPort } from "node:worker_threads";
import { createChecker, type Checker } from "./checker.js";

export interface Question {
  readonly id: number;
  readonly method: keyof Checker;
  readonly args: readonly unknown[];
}

export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: Error };

const checker = createChecker();
let isAsked = false;

parentPort?.on("message", ({ id, method, args }: Question) => {
  isAsked = true;
  const ask = checker[method] as (...args: readonly unknown[]) => unknown;
  let answer: Answer;
  try {
    answer = { id, value: ask(...args) };
  } catch (error) {
    answer = { id, error: error as Error };
  }
  parentPort?.postMessage(answer);
});

// A first check makes the compiler's own code fast: better now than in the learner's cell, unless
// that is waiting already.
setTimeout(() => {
  if (isAsked) return;
  checker.convert("", 'import { connect } from "fleetlab";\nconst fleet = await connect();');
}, 100);
