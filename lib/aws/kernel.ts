import { format, inspect } from "node:util";
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
 * its own, is masked like everything of ours. And break long lines between words.
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
      const shown = values.map((value) =>
        typeof value === "string"
          ? redactText(value)
          : typeof value === "object" && value !== null
            ? new Printed(redactText(inspect(value)))
            : value,
      );
      print(wrapped(format(...shown)));
    };
    console[name] = Object.assign(redacted, { [REDACTS]: true });
  }
}

/**
 * Characters that a cell is wide enough for, at 1280 pixels beside the list of files. JupyterLab
 * breaks a longer line wherever it ends, in the middle of a word.
 */
const CELL_WIDTH = 100;

/**
 * Lines broken between words, each rest as far from the edge as its line. A word that is longer than a
 * line stays whole, and so does a line that is drawn: a table of the console's.
 */
function wrapped(text: string): string {
  return text.replace(LONG_LINE, (line) => {
    const [indent = ""] = /^ */.exec(line) ?? [];
    if (DRAWN.test(line) || indent.length > CELL_WIDTH / 2) return line;
    const room = CELL_WIDTH - indent.length;
    const between = new RegExp(`(?=.{${room + 1}})(.{1,${room}}) +`, "g");
    return indent + line.slice(indent.length).replace(between, `$1\n${indent}`);
  });
}

const LONG_LINE = new RegExp(`^.{${CELL_WIDTH + 1},}$`, "gm");
const DRAWN = /[\u2500-\u257f]/;

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
