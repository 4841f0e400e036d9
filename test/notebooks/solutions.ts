import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Notebook } from "../../lib/cli/jupyter/normalise.js";

/** Something folded into a notebook's prose that can be run. */
export interface Folded {
  /** `Solution`, or `In raw SDK calls`. */
  readonly title: string;
  /** Its blocks of code, one cell each. */
  readonly code: readonly string[];
}

const textOf = (text: string | string[]): string => [text].flat().join("");

/** What a cell of prose has folded away, in order. */
export function foldedIn(source: string): Folded[] {
  return [...source.matchAll(/<details><summary>([^<]+)<\/summary>([^]*?)<\/details>/g)].map(
    ([, title = "", text = ""]) => ({
      title,
      code: [...text.matchAll(/^```ts\n([^]*?)\n```$/gm)].map(([, code = ""]) => code),
    }),
  );
}

/** Notebook 11's fleet: the engine is the same, and a tenth of a tenth is enough to see it. */
const MANY = "const vehicles = 10_000;";
const ENOUGH = "const vehicles = 100;";

/**
 * Write the notebook into `folder` with each folded piece of code as cells behind its prose: as if a
 * learner had tried it there. Its many vehicles become a hundred.
 *
 * @returns the copy's path
 */
export function withSolutions(file: string, folder: string): string {
  const notebook = JSON.parse(readFileSync(file, "utf8")) as Notebook;
  let number = 0;
  const cells = notebook.cells.flatMap((cell) => {
    if (cell.cell_type === "code") {
      return [{ ...cell, source: textOf(cell.source).replace(MANY, ENOUGH) }];
    }
    const tried = foldedIn(textOf(cell.source)).flatMap(({ code }) => {
      number++;
      return code.map((source, i) => ({
        cell_type: "code",
        id: `folded-${number}-${i + 1}`,
        source,
        metadata: { folded: number },
        outputs: [],
        execution_count: null,
      }));
    });
    return [cell, ...tried];
  });
  mkdirSync(folder, { recursive: true });
  // The drawings that its prose refers to.
  cpSync(join(dirname(file), "pictures"), join(folder, "pictures"), { recursive: true });
  const copy = join(folder, `${basename(file, ".ipynb")}-solved.ipynb`);
  writeFileSync(copy, JSON.stringify({ ...notebook, cells }));
  return copy;
}

/** What each folded piece of an executed copy has shown, by its number from 1; pictures by their words. */
export function shownBy(executed: string): Map<number, string> {
  const { cells } = JSON.parse(readFileSync(executed, "utf8")) as Notebook;
  const shown = new Map<number, string>();
  for (const { metadata, outputs = [] } of cells) {
    const folded = metadata?.["folded"];
    if (typeof folded !== "number") continue;
    const texts = outputs.map(({ text, data }) => {
      const html = data?.["text/html"] as string | string[] | undefined;
      const said = html === undefined ? undefined : wordsOf(textOf(html));
      return said ?? textOf(text ?? (data?.["text/plain"] as string | undefined) ?? "");
    });
    shown.set(folded, [shown.get(folded) ?? "", ...texts].join("\n"));
  }
  return shown;
}

function wordsOf(html: string): string {
  return html
    .replace(/<img alt="([^"]*)"[^>]*>/g, "$1")
    .replace(/<\/(td|th)>/g, "  ")
    .replace(/<\/(tr|p|pre)>/g, "\n")
    .replace(/<[^>]+>/g, "")
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
}
