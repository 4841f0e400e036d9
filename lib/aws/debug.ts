import type {
  DeserializeMiddleware,
  HandlerExecutionContext,
  InitializeMiddleware,
  MetadataBearer,
  Pluggable,
} from "@smithy/types";
import { inspect } from "node:util";
import type { Clock } from "./clock.js";
import { FleetError } from "./errors.js";
import { interruptible, untilAborted } from "./interrupt.js";
import type { Output } from "./output.js";
import type { SilenceWatch } from "./patience.js";
import { putIntoPlainWords } from "./plain-words.js";
import type { Service } from "./pacing/quotas.js";
import { maskWhenShown, redactedJson, redactText } from "./redact.js";

/** What stands around one whole call, outside the SDK's retry loop. */
export interface CallWatch {
  readonly clock: Clock;
  readonly output: Output;
  /** True when calls go to the sandbox of this project, which `connect` can start again. */
  readonly isSandbox: boolean;
  /** Asked at every call. */
  readonly isDebug: () => boolean;
  /** Told of every attempt. */
  readonly silence: SilenceWatch;
  /** Throws when the call may not be made, before anything is sent. */
  readonly permit: (service: Service, operation: string) => void;
}

/**
 * The SDK plugin that watches one client's calls: it asks for permission, makes them stop on
 * SIGINT, says when one is not answered, shows them in debug mode, and makes a failed one readable in
 * a cell.
 */
export function watchCalls(service: Service, watch: CallWatch): Pluggable<object, MetadataBearer> {
  const middleware: InitializeMiddleware<object, MetadataBearer> =
    (next, context) =>
    async ({ input }) =>
      interruptible(async (signal) => {
        const operation = operationOf(context);
        // The pacing middleware, further in, waits on the same signal.
        context["fleetlabSignal"] = signal;
        watch.permit(service, operation);
        const startedAt = watch.clock.now();
        const tell = (attempts: number | undefined, lines: readonly string[]): void => {
          const ms = Math.round(watch.clock.now() - startedAt);
          const tries = attempts === 1 ? "1 attempt" : `${attempts ?? 0} attempts`;
          watch.output.line([`${service}:${operation} · ${ms} ms · ${tries}`, ...lines].join("\n"));
        };
        try {
          const result = await untilAborted(next({ input }), signal);
          if (watch.isDebug()) {
            const attempts = (result.output as MetadataBearer).$metadata.attempts;
            tell(attempts, [shown("input", input), shown("output", result.output)]);
          }
          maskWhenShown(result.output);
          return result;
        } catch (error) {
          if (!(error instanceof Error)) throw error;
          if (watch.isDebug()) {
            tell(attemptsOf(error), [
              shown("input", input),
              `  error   ${redactText(error.stack ?? error.message)}`,
            ]);
          }
          throw explained(error, service, operation, watch.isSandbox);
        }
      });
  const attempt: DeserializeMiddleware<object, MetadataBearer> = (next, context) => (args) =>
    watch.silence(
      `${service}:${operationOf(context)}`,
      context["fleetlabSignal"] as AbortSignal | undefined,
      next(args),
    );
  return {
    applyToStack(stack) {
      stack.add(middleware, {
        step: "initialize",
        priority: "high",
        name: "fleetlabWatch",
        override: true,
      });
      // Around the reading of the answer too, which may stop half-way.
      stack.add(attempt, {
        step: "deserialize",
        priority: "high",
        name: "fleetlabSilence",
        override: true,
      });
    },
  };
}

function operationOf(context: HandlerExecutionContext): string {
  return String(context["commandName"]).replace(/Command$/, "");
}

function shown(label: string, value: unknown): string {
  const json = redactedJson(value).split("\n").join("\n          ");
  return `  ${label.padEnd(7)} ${json}`;
}

function attemptsOf(error: Error): number | undefined {
  return (error as Partial<MetadataBearer>).$metadata?.attempts;
}

/**
 * The same error, which keeps its name, class and fields, but prints as one line with what AWS said
 * and where, instead of thirty lines of SDK and kernel.
 */
function explained(error: Error, service: Service, operation: string, isSandbox: boolean): Error {
  if (error instanceof FleetError || Object.hasOwn(error, inspect.custom)) return error;
  const attempts = attemptsOf(error);
  const tries = attempts !== undefined && attempts > 1 ? `, after ${attempts} attempts` : "";
  // Lists of failures show the message too.
  putIntoPlainWords(error, isSandbox);
  const line = `${error.name}: ${error.message} (${service}:${operation}${tries})`;
  Object.defineProperty(error, inspect.custom, {
    value: () => redactText(line),
    enumerable: false,
  });
  return error;
}
