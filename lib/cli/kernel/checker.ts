import { createRequire } from "node:module";
import { join } from "node:path";
import { openConverter, type OpenConverter } from "./compiler.js";
import { callText, hoverText } from "./help.js";
import { awaitInstead, forgottenAwaits, type ForgottenAwait } from "./promises.js";
import { prepare, type ReadyCell } from "./source.js";
import type { ConvertResult, Diagnostic } from "./tslab.js";

export interface CheckedCell extends ConvertResult {
  readonly sourceMaps: readonly string[];
  readonly forgotten: readonly ForgottenAwait[];
}

export interface Completions {
  readonly start: number;
  readonly end: number;
  readonly candidates: readonly string[];
}

/** All that is known about a cell before it runs. Answers are plain data: they cross threads. */
export interface Checker {
  /** @param before what earlier cells declared, as the last `declOutput` */
  convert(before: string, cell: string): CheckedCell;
  inspect(before: string, cell: string, position: number): string | undefined;
  complete(before: string, cell: string, position: number): Completions;
  addModule(name: string, text: string, meta?: object): Diagnostic[];
}

/** tslab writes this in front of a cell, to make it a module. */
const PREFIX = "export {};\n".length;

/** A checker for cells that run in this process's folder. */
export function createChecker(): Checker {
  const { ts, converter, program, sourceMaps } = openWorkshop();
  const cellFile = () => {
    const file = program().getSourceFile(join(process.cwd(), "__tslab__.ts").replaceAll("\\", "/"));
    if (!file) throw new Error("tslab keeps its cell under another name.");
    return file;
  };

  function explained(diagnostics: readonly Diagnostic[], cell: ReadyCell): Diagnostic[] {
    const checker = program().getTypeChecker();
    const file = cellFile();
    return diagnostics.map((diagnostic) => {
      const { messageText, start, end } = diagnostic;
      const write =
        diagnostic.fileName === undefined && messageText.includes("Promise<")
          ? awaitInstead(ts, checker, file, start.offset + PREFIX, end.offset + PREFIX)
          : undefined;
      const hint = write && `\nIts result is not here yet. Write: ${write}`;
      return cell.place({ ...diagnostic, messageText: messageText + (hint ?? "") });
    });
  }

  return {
    convert(before, source) {
      const cell = prepare(ts, source);
      const converted = converter.convert(before, cell.text);
      if (converted.diagnostics.length > 0) {
        const diagnostics = explained(converted.diagnostics, cell);
        return { diagnostics, sourceMaps: [], forgotten: [] };
      }
      const forgotten = forgottenAwaits(ts, program().getTypeChecker(), cellFile(), PREFIX);
      return {
        ...converted,
        // tslab makes a cell's function asynchronous when it sees an `await` expression, which
        // `for await` is none of. An asynchronous one does for every cell.
        hasToplevelAwait: true,
        sourceMaps: sourceMaps(),
        forgotten,
      };
    },
    inspect(before, source, position) {
      // Typed loosely by tslab: there is nothing to say about most places.
      const info = converter.inspect(before, source, position) as
        | ReturnType<typeof converter.inspect>
        | undefined;
      const file = cellFile();
      const node = ts.getTokenAtPosition(file, (info?.textSpan.start ?? position) + PREFIX);
      if (info) return hoverText(ts, program(), info, node);
      return callText(ts, program(), file, position + PREFIX);
    },
    complete(before, source, position) {
      const text = withModule(source, position);
      const { start, end, candidates } = converter.complete(before, text, position);
      return { start, end, candidates };
    },
    addModule: (name, text, meta) => converter.addModule(name, text, meta),
  };
}

/**
 * An import list is written before its module is named, and without a module there is nothing to
 * offer. It will be the workshop's library.
 */
function withModule(source: string, position: number): string {
  const before = source.slice(0, position);
  const isInList = /\bimport\s*(type\s*)?\{[^}]*$/.test(before);
  const isNamed = /^[^}]*\}\s*from\s*["'][^"']/.test(source.slice(position));
  return isInList && !isNamed ? `${before} } from "fleetlab";` : source;
}

/** Where the library is installed, its types are read before the first cell asks for them. */
function openWorkshop(): OpenConverter {
  try {
    const program = createRequire(join(process.cwd(), "cell.js")).resolve("fleetlab");
    return openConverter([program.replace(/\.js$/, ".d.ts")], ["fleetlab", "@aws-sdk/client-iot"]);
  } catch {
    // A notebook of the learner's own, somewhere else.
    return openConverter([]);
  }
}
