import type { Clock } from "../../lib/aws/clock.js";
import { unlessMissing } from "../../lib/aws/errors.js";

/** One thing to put right at the end: what it is, for the report, and how. */
interface Step {
  readonly what: string;
  readonly work: () => Promise<unknown>;
}

export interface Cleanups {
  /** Remember `work` for the end. What is not there any more counts as done. */
  add(what: string, work: () => Promise<unknown>): void;
  /**
   * Do everything, last things first. What fails is tried again with the rest every five seconds:
   * AWS lets go of some things late, of a thing type after five minutes.
   *
   * @throws Error after `patienceMs` with all that is left, by name
   */
  run(): Promise<void>;
}

/** @param patienceMs how long a refusal may last, in milliseconds. Default: ten minutes. */
export function createCleanups(clock: Clock, patienceMs = 10 * 60_000): Cleanups {
  let steps: Step[] = [];
  return {
    add: (what, work) => void steps.unshift({ what, work }),
    async run() {
      const deadline = clock.now() + patienceMs;
      for (;;) {
        const failed: { step: Step; error: unknown }[] = [];
        for (const step of steps) {
          try {
            await unlessMissing(step.work());
          } catch (error) {
            failed.push({ step, error });
          }
        }
        steps = failed.map(({ step }) => step);
        if (steps.length === 0) return;
        if (clock.now() >= deadline) throw leftovers(failed);
        await clock.sleep(5_000);
      }
    },
  };
}

function leftovers(failed: readonly { step: Step; error: unknown }[]): Error {
  const lines = failed.map(({ step, error }) => `  ${step.what}: ${String(error)}`);
  return new Error(`Left behind in the account:\n${lines.join("\n")}`);
}
