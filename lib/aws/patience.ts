import type { Output } from "./output.js";

/** How long a connection may take to come about, in milliseconds. */
const CONNECTION_MS = 5_000;

/** How long an attempt may go without an answer, or an answer without its next byte, in milliseconds. */
const ANSWER_MS = 30_000;

/** After how much silence a cell says that it waits, in milliseconds. */
const SILENCE_MS = 5_000;

/**
 * What the SDK's clients need so as not to wait for ever: by default they do. An attempt that is given
 * up is made again like any other that failed on its way.
 *
 * No call of ours takes AWS longer than some seconds: what takes long there is begun, and asked for.
 */
export const patientHandler = {
  connectionTimeout: CONNECTION_MS,
  requestTimeout: ANSWER_MS,
  socketTimeout: ANSWER_MS,
  throwOnRequestTimeout: true,
} as const;

/** Watches one attempt: says once, of all that are silent together, that an answer is waited for. */
export type SilenceWatch = <T>(
  what: string,
  signal: AbortSignal | undefined,
  attempt: Promise<T>,
) => Promise<T>;

export function createSilenceWatch(output: Output): SilenceWatch {
  let silent = 0;
  return async (what, signal, attempt) => {
    let isSilent = false;
    // Real time, also where the fleet's clock is driven: this is about a wire.
    const timer = setTimeout(() => {
      // An attempt of an interrupted cell is nobody's any more.
      if (signal?.aborted) return;
      isSilent = true;
      if (silent++ > 0) return;
      output.line(
        `${what} has not been answered for ${SILENCE_MS / 1000} s. It is given up after ${ANSWER_MS / 1000} s, ` +
          `and asked again if the SDK has attempts left.`,
      );
    }, SILENCE_MS);
    timer.unref();
    try {
      return await attempt;
    } finally {
      clearTimeout(timer);
      if (isSilent) silent--;
    }
  };
}
