import { inspect, types } from "node:util";
import { redactText } from "./redact.js";

/** True in a cell of the tslab kernel. */
export function isNotebook(): boolean {
  return "__tslab__" in globalThis;
}

/** Marks a method of the console that redacts already. */
const REDACTS = Symbol.for("fleetlab.redacts");

/**
 * Let a cell print nothing that does not belong into a saved notebook: what a learner logs, and the
 * value at the end of a cell, which the kernel logs too. A part of an SDK's answer, such as an ARN on
 * its own, is masked like everything of ours.
 *
 * @param console the kernel's
 */
export function redactConsole(
  console: Record<"log" | "info" | "warn" | "error" | "debug", (...values: unknown[]) => void>,
): void {
  for (const name of ["log", "info", "warn", "error", "debug"] as const) {
    const print = console[name];
    if (REDACTS in print) continue;
    // A number on its own is no account; the first text may be a format.
    const redacted = (...values: unknown[]) => {
      print(
        ...values.map((value) =>
          typeof value === "string"
            ? redactText(value)
            : typeof value === "object" && value !== null
              ? new Printed(printed(value))
              : value,
        ),
      );
    };
    console[name] = Object.assign(redacted, { [REDACTS]: true });
  }
}

/**
 * Characters that a cell is wide enough for, at 1280 pixels beside the list of files. JupyterLab
 * breaks a longer line wherever it ends, in the middle of a word.
 */
const CELL_WIDTH = 100;

function printed(value: object): string {
  const text = redactText(inspect(value));
  return types.isNativeError(value) ? wrapped(text) : text;
}

/** Lines broken between words; a word that is longer than a line stays whole. */
function wrapped(text: string): string {
  const long = new RegExp(`(?=.{${CELL_WIDTH + 1}})(.{1,${CELL_WIDTH}}) +`, "g");
  return text.replace(long, "$1\n");
}

/** Something that the console prints as this text, also where it stands for an object. */
class Printed {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  [inspect.custom](): string {
    return this.#text;
  }
}
