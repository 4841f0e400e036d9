import { createRequire } from "node:module";
import { SingleBar, type Options } from "cli-progress";
import { progressLine, type Course } from "../show/progress.js";
import type { Shown } from "../show/table.js";
import { visible } from "../show/visible.js";
import { isNotebook } from "./kernel.js";

/** Where a cell's or a script's words go. */
export interface Output {
  /** One line of text. */
  line(text: string): void;
  /** Something that has a form for a notebook and one for a terminal. */
  show(content: Shown): void;
  /** A line that changes in place until `end`. */
  progress(first: Course): Progress;
  /** Something that changes in place; where nothing can, only the last one is shown, at `end`. */
  live(first: Shown): Live;
}

export interface Live {
  update(content: Shown): void;
  end(content: Shown): void;
}

export interface Progress {
  update(course: Course): void;
  /** Leave the line as it stands with this course. */
  end(course: Course): void;
}

/** The part of tslab that we use. */
interface Tslab {
  readonly display: { html(html: string): void };
  newDisplay(): { text(text: string): void; html(html: string): void };
}

/** The notebook's output in a cell, the terminal's elsewhere. */
export function defaultOutput(): Output {
  return isNotebook() ? notebookOutput() : terminalOutput();
}

function notebookOutput(): Output {
  // Loaded only in the kernel, which has it already: it brings a TypeScript compiler along.
  const tslab = createRequire(import.meta.url)("tslab") as Tslab;
  return {
    line: (text) => console.log(visible(text)),
    show: ({ html }) => tslab.display.html(html),
    progress(first) {
      const display = tslab.newDisplay();
      return startBar(first, { terminal: displayTerminal((text) => display.text(text)) });
    },
    live(first) {
      const display = tslab.newDisplay();
      const update = ({ html }: Shown) => display.html(html);
      update(first);
      return { update, end: update };
    },
  };
}

function terminalOutput(): Output {
  return {
    line: (text) => console.log(visible(text)),
    show: ({ text }) => console.log(text),
    progress: (first) => (process.stderr.isTTY ? startBar(first, {}) : lastLine(console.log)),
    live: () => lastShown(console.log),
  };
}

/** Where nothing can change in place, such as a log file, only the end is told. */
function lastLine(tell: (text: string) => void): Progress {
  return { update: () => {}, end: (course) => tell(progressLine(course)) };
}

function lastShown(tell: (text: string) => void): Live {
  return { update: () => {}, end: ({ text }) => tell(text) };
}

/** An output that keeps what it was told, for tests and for scripts that want to be quiet. */
export function memoryOutput(): Output & { readonly lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    line: (text) => void lines.push(visible(text)),
    show: ({ text }) => void lines.push(text),
    progress: () => lastLine((text) => void lines.push(text)),
    live: () => lastShown((text) => void lines.push(text)),
  };
}

function startBar(first: Course, options: Options & { terminal?: object }): Progress {
  const bar = new SingleBar({
    ...options,
    hideCursor: true,
    // The library's own numbers know nothing of failures and throttles; the line is ours.
    format: (_options, _params, course: Course) => progressLine(course),
  });
  bar.start(first.total ?? 0, 0, first);
  return {
    update: (course) => bar.update(course.finished, course),
    end(course) {
      bar.update(course.finished, course);
      bar.stop();
    },
  };
}

/** What cli-progress asks of a terminal, for a place that only knows "show this text instead". */
function displayTerminal(show: (text: string) => void): object {
  const nothing = () => {};
  let shown = "";
  return {
    cursorSave: nothing,
    cursorRestore: nothing,
    cursor: nothing,
    cursorTo: nothing,
    cursorRelative: nothing,
    cursorRelativeReset: nothing,
    clearRight: nothing,
    clearLine: nothing,
    clearBottom: nothing,
    newline: nothing,
    lineWrapping: nothing,
    isTTY: () => true,
    getWidth: () => 120,
    write: (text: string) => {
      if (text !== shown) show((shown = text));
    },
  };
}
