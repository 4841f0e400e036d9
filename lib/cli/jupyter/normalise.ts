import { createHash } from "node:crypto";

/** A text of a notebook file: one string, or its lines each with its newline. */
type Text = string | string[];

interface Output {
  output_type: string;
  name?: string;
  text?: Text;
  data?: Record<string, unknown>;
  [member: string]: unknown;
}

interface Cell {
  cell_type: string;
  id?: string;
  source: Text;
  metadata?: Record<string, unknown>;
  outputs?: Output[];
  [member: string]: unknown;
}

/** The part of a notebook file that we look into. */
export interface Notebook {
  cells: Cell[];
  metadata?: Record<string, unknown>;
  nbformat?: number;
  nbformat_minor?: number;
  [member: string]: unknown;
}

/** What belongs to this machine or this run, and what stands for it in a committed file. */
export interface Place {
  /** Absolute paths and their replacements, such as the project's folder and `.`. */
  readonly paths: readonly (readonly [path: string, shown: string])[];
}

/** Why an output may not be saved. `cell` counts from 1, as JupyterLab's status bar does. */
export interface Problem {
  readonly cell: number;
  readonly why: string;
}

/**
 * The text of a notebook file with fresh outputs, in the form in which it may be committed.
 *
 * The prose, the code and the cells' ids are the original's, whatever the executed copy says; an id
 * that is missing is derived from the cell's place and source. Of the executed copy come the
 * outputs: streams that follow each other merged, with what a carriage return overwrote taken out;
 * paths, ports and the home folder replaced; counts and timings removed. Two runs that print the
 * same give the same bytes.
 *
 * @returns the text, and the problems because of which it must not be saved (usually none)
 */
export function normalise(
  original: Notebook,
  executed: Notebook,
  place: Place,
): { text: string; problems: Problem[] } {
  const problems: Problem[] = [];
  const cells = original.cells.map((cell, index): Cell => {
    const { source } = cell;
    const id = cell.id ?? idOf(index, joined(source));
    const metadata = withoutTimings(cell.metadata ?? {});
    if (cell.cell_type !== "code") return { ...cell, id, metadata };
    const outputs = outputsOf(executed.cells[index]?.outputs ?? [], place);
    problems.push(...problemsOf(outputs, place).map((why) => ({ cell: index + 1, why })));
    return { ...cell, id, metadata, execution_count: null, outputs };
  });
  const notebook = {
    ...original,
    cells: cells.map((cell) => ({ ...cell, source: lines(joined(cell.source)) })),
    metadata: {
      kernelspec: { name: "tslab", display_name: "TypeScript (tslab)", language: "typescript" },
      ...languageOf(executed),
    },
    nbformat: 4,
    // 5 is the first with ids.
    nbformat_minor: Math.max(5, original.nbformat_minor ?? 5),
  };
  return { text: JSON.stringify(sorted(notebook), null, 1) + "\n", problems };
}

function idOf(index: number, source: string): string {
  return createHash("sha256").update(`${index}\n${source}`).digest("hex").slice(0, 8);
}

function withoutTimings(metadata: Record<string, unknown>): Record<string, unknown> {
  const { execution: _execution, ExecuteTime: _executeTime, ...rest } = metadata;
  return rest;
}

function languageOf({ metadata }: Notebook): Record<string, unknown> {
  const language = metadata?.["language_info"];
  return language === undefined ? {} : { language_info: language };
}

function outputsOf(outputs: readonly Output[], place: Place): Output[] {
  const kept: Output[] = [];
  for (const output of outputs) {
    const last = kept.at(-1);
    if (
      output.output_type === "stream" &&
      last?.output_type === "stream" &&
      last.name === output.name
    ) {
      last.text = joined(last.text ?? "") + joined(output.text ?? "");
    } else {
      kept.push({ ...output });
    }
  }
  return kept.map((output) => {
    const shown = replaced(output, place) as Output;
    delete shown["transient"];
    if ("execution_count" in shown) shown["execution_count"] = null;
    if (shown.text !== undefined) shown.text = lines(asTerminal(joined(shown.text)));
    if (shown.data) shown.data = asLines(shown.data);
    return shown;
  });
}

/** What is left on the screen: `\r` begins its line again. */
function asTerminal(text: string): string {
  return text.replace(/\r\n/g, "\n").replace(/^.*\r(?=[^\n])/gm, "");
}

/** Jupyter stores the text of every representation but JSON as lines. */
function asLines(data: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).map(([type, value]) => {
      const isText = typeof value === "string" || (Array.isArray(value) && !/json/.test(type));
      return [type, isText && !/json/.test(type) ? lines(joined(value as Text)) : value];
    }),
  );
}

/** The value with every string in it made to stand for any machine. */
function replaced(value: unknown, place: Place): unknown {
  if (typeof value === "string") return withoutPlace(value, place);
  if (Array.isArray(value)) {
    // A path may span no two lines, but a replacement is looked for in whole texts anyway.
    return value.map((item: unknown) => replaced(item, place));
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, replaced(member, place)]),
  );
}

function withoutPlace(text: string, { paths }: Place): string {
  // Longest first: the project is inside the home folder more often than not.
  const ordered = [...paths].sort(([a], [b]) => b.length - a.length);
  const plain = ordered.reduce((rest, [path, shown]) => {
    return rest.replace(new RegExp(`(?:file://)?${inHtml(path)}(?![\\w.-])`, "g"), shown);
  }, text);
  // A link to the live page opens it for a week: it is nobody's but this run's, and leads nowhere later.
  const closed = plain
    .replace(/<a href="[^"]*\/_fleetlab\/#[^"]*"[^>]*>([^<]*)<\/a>/g, "$1")
    .replace(/(\/_fleetlab\/#)[\w.-]+/g, "$1")
    // Where the sandbox of a run lies, of this one or of one that was saved from elsewhere.
    .replace(
      /(?:\/(?:<wbr>|[\w.-])+)*\/(?:<wbr>)?fleetlab-(?:<wbr>)?notebooks-(?:<wbr>)?\w{6}(?![\w.-])/g,
      ".fleetlab/sandbox",
    );
  return closed.replace(/\b(127\.0\.0\.1|localhost|\[::1\]):\d{2,5}\b/g, "$1:PORT");
}

/** A path as it stands in a table too, where it may break. */
function inHtml(path: string): string {
  return [...path].map(escaped).join("(?:<wbr>)?");
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function problemsOf(outputs: readonly Output[], { paths }: Place): string[] {
  return outputs.flatMap((output) => {
    if (output.output_type === "error") return ["it holds an error"];
    const text = JSON.stringify(output).replaceAll("<wbr>", "");
    // Compared as JSON writes it, for the sake of Windows' backslashes.
    const inJson = (path: string) => JSON.stringify(path).slice(1, -1);
    const path = paths.find(([absolute]) => text.includes(inJson(absolute)))?.[0];
    return path === undefined ? [] : [`it still holds the path ${path}`];
  });
}

function joined(text: Text): string {
  return Array.isArray(text) ? text.join("") : text;
}

function lines(text: string): string[] {
  return text === "" ? [] : text.split(/(?<=\n)/);
}

/** With the members of every object in order, as Jupyter writes them. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]));
}
