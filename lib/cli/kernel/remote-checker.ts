import { Worker } from "node:worker_threads";
import type { Checker } from "./checker.js";
import type { Answer } from "./checker-thread.js";

/** A checker in another thread. */
export type RemoteChecker = {
  readonly [Method in keyof Checker]: (
    ...args: Parameters<Checker[Method]>
  ) => Promise<ReturnType<Checker[Method]>>;
} & { close(): void };

export function startChecker(): RemoteChecker {
  const thread = new Worker(new URL("./checker-thread.js", import.meta.url));
  const waiting = new Map<number, PromiseWithResolvers>();
  let next = 0;
  thread.on("message", (answer: Answer) => {
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ("error" in answer) asked?.reject(answer.error);
    else asked?.resolve(answer.value);
  });
  thread.on("error", (error) => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  });
  const ask = (method: keyof Checker, args: readonly unknown[]): Promise<never> =>
    new Promise((resolve, reject) => {
      waiting.set(next, { resolve: resolve as (value: unknown) => void, reject });
      thread.postMessage({ id: next++, method, args });
    });
  return {
    convert: (...args) => ask("convert", args),
    inspect: (...args) => ask("inspect", args),
    complete: (...args) => ask("complete", args),
    addModule: (...args) => ask("addModule", args),
    close: () => void thread.terminate(),
  };
}

interface PromiseWithResolvers {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}
