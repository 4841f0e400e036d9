import { SourceMap, type SourceMapPayload } from "node:module";

interface RanCell {
  readonly lines: readonly string[];
  /** Lines of JavaScript. tslab's own call comes behind them. */
  readonly length: number;
  /** From CommonJS to ES module, then from that to TypeScript. */
  readonly maps: readonly SourceMap[];
}

const cells = new Map<string, RanCell>();

/**
 * Name a cell's JavaScript, so that errors can say where in the cell they came from.
 *
 * @param count the number in the brackets beside the cell
 * @param output what tslab would run
 * @returns what tslab should run
 */
export function rememberCell(
  count: number,
  code: string,
  output: string,
  { sourceMaps }: { readonly sourceMaps: readonly string[] },
): string {
  const name = `cell-${count}`;
  const maps = sourceMaps.map((text) => new SourceMap(JSON.parse(text) as SourceMapPayload));
  const length = output.split("\n").length;
  cells.set(name, { lines: code.split("\n"), length, maps: maps.reverse() });
  return `${output}\n//# sourceURL=${name}`;
}

/**
 * Write stack traces for learners, from now on and for the whole process: the cell's own line, and
 * no frames of the kernel and of Node.
 */
export function nameCellsInStackTraces(): void {
  const isInside = /node_modules[\\/](?:tslab|@tslab)[\\/]|[\\/]cli[\\/]kernel[\\/]|^node:/;
  Error.prepareStackTrace = (error, frames) =>
    [
      // tslab's own error of a stopped cell, in words that help.
      error.message === "Interrupted asynchronously"
        ? "Interrupted. Run the cell again: it does what is missing."
        : String(error),
      ...frames.flatMap((frame) => {
        const file = frame.getFileName() ?? "node:";
        // Node's name for a cell; what has no place in one, where places are known, is tslab's call.
        const isCall = cells.size > 0 && file.startsWith("evalmachine");
        const isHidden = isCall || isInside.test(file);
        const place = placeInCell(frame) ?? (isHidden ? undefined : String(frame));
        return place === undefined ? [] : `    at ${place}`;
      }),
    ].join("\n");
}

/** `cell [3], line 2: await createThing(fleet, { name });` */
function placeInCell(frame: NodeJS.CallSite): string | undefined {
  const name = frame.getScriptNameOrSourceURL();
  const cell = name === null ? undefined : cells.get(name);
  if (!name || !cell) return undefined;
  let line = (frame.getLineNumber() ?? 1) - 1;
  if (line >= cell.length) return undefined;
  let column = (frame.getColumnNumber() ?? 1) - 1;
  for (const map of cell.maps) {
    const entry = map.findEntry(line, column);
    if (!("originalLine" in entry)) return undefined;
    [line, column] = [entry.originalLine, entry.originalColumn];
  }
  line -= 1; // tslab's own first line
  const code = cell.lines[line]?.trim();
  return code && `cell [${name.slice("cell-".length)}], line ${line + 1}: ${code}`;
}
