import { AsyncLocalStorage } from "node:async_hooks";
import { setMaxListeners } from "node:events";
import { InterruptedError } from "./errors.js";
import { isNotebook } from "./kernel.js";

/*
 * A kernel that is interrupted rejects the cell and goes on with whatever the cell had started. So
 * the library listens for SIGINT itself. In a script it does so only while something of ours is
 * under way: an idle script must still end on Ctrl-C.
 */

if (isNotebook()) {
  // Not at once: Node runs the synchronous part of a cell with all SIGINT listeners taken off, and
  // one that is added in there takes the kernel's place at the operating system and dies with it.
  setImmediate(() => process.on("SIGINT", onInterrupt));
}

let controller = fresh();
let holders = 0;

/** The signal of the `interruptible` work that the caller runs in, if any. */
const ambient = new AsyncLocalStorage<AbortSignal | undefined>();

function fresh(): AbortController {
  const made = new AbortController();
  // Hundreds of calls wait on one signal; that is no leak.
  setMaxListeners(0, made.signal);
  return made;
}

/** What the kernel had as output when it was interrupted: each cell gets one of its own. */
let interruptedOutput: unknown;

/** True while no cell has begun since the interrupted one: what calls now is still that cell. */
function isInterruptedCell(): boolean {
  return isNotebook() && process.stdout.write === interruptedOutput;
}

function onInterrupt(): void {
  const interrupted = controller;
  interruptedOutput = process.stdout.write;
  // What begins from now on belongs to the next cell.
  controller = fresh();
  interrupted.abort(new InterruptedError());
}

/**
 * Run `work` so that SIGINT (the kernel's ■, or Ctrl-C) aborts its signal with an `InterruptedError`.
 *
 * Work inside work shares the outer signal: what an interrupted provisioning had still to do is not
 * begun, even between two calls. In a notebook, nothing that the interrupted cell still tries is.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const outer = ambient.getStore();
  if (outer) return work(outer);
  if (isInterruptedCell()) throw new InterruptedError();
  const { signal } = controller;
  if (holders++ === 0 && !isNotebook()) process.on("SIGINT", onInterrupt);
  try {
    return await ambient.run(signal, () => work(signal));
  } finally {
    if (--holders === 0 && !isNotebook()) process.off("SIGINT", onInterrupt);
  }
}

/**
 * Run what was begun by no cell, such as a listener on a message that has come: an interrupt of the cell
 * that once began to listen is not about it. One that comes while it runs is.
 */
export function ofNoCell<T>(work: () => T): T {
  return ambient.run(undefined, work);
}

/** Give `work` up as soon as the signal aborts; an answer that still comes is nobody's. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
