import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { allNotebooks, nameOf } from "../../lib/cli/jupyter/notebook-files.js";
import { projectRoot } from "../../lib/cli/project.js";

import { awsPages } from "./aws-pages.js";
import { promises } from "./promises.js";
import { foldedIn } from "./solutions.js";

/** What makes a notebook of this course readable, as far as a machine can tell. */
const MOST_WORDS_AT_FIRST = 120;
const MOST_LINES_OF_CODE = 20;
const MOST_CODE_CELLS_IN_A_ROW = 2;
/** In the prose of all notebooks, without code. */
const MOST_WORDS_IN_ALL = 14_720;
/** Of a thousand words of prose: below this a notebook reads like a manual. */
const FEWEST_WE_AND_YOU = 22;
const PARTS = ["You will", "Needs", "Takes", "Costs", "New words"];

interface Cell {
  readonly isCode: boolean;
  readonly text: string;
  /** Counts from 1, as JupyterLab's status bar does. */
  readonly number: number;
}

function cellsOf(file: string): Cell[] {
  const { cells } = JSON.parse(readFileSync(file, "utf8")) as {
    cells: { cell_type: string; source: string | string[] }[];
  };
  return cells.map(({ cell_type: type, source }, i) => ({
    isCode: type === "code",
    text: [source].flat().join(""),
    number: i + 1,
  }));
}

/** The lines of prose: without headings, tables, tags and fenced code. */
function proseOf({ text }: Cell): string[] {
  return text
    .replace(/^```[^]*?^```$/gm, "")
    .split("\n")
    .filter((line) => line.trim() !== "" && !/^(#|\||<)/.test(line));
}

/** Whether a sentence begins behind another one; code, links and titles with a dot do not count. */
function hasTwoSentences(line: string): boolean {
  const plain = line.replace(/`[^`]*`|\]\([^)]*\)/g, (hidden) => "X".repeat(hidden.length));
  return /[.!?][)"*]* +["*[(]*[A-Z]/.test(plain);
}

/** The minutes that a table of notebooks gives, by number: its first and its last column. */
function minutesIn(text: string): Map<string, string> {
  const rows = text.matchAll(/^\| *(\d+) *\|.*\| *(\d+) *\|$/gm);
  return new Map(
    [...rows].map(([, notebook = "", minutes = ""]) => [notebook.padStart(2, "0"), minutes]),
  );
}

const glossary = readFileSync(join(projectRoot, "docs", "glossary.md"), "utf8");
const notebooks = allNotebooks(projectRoot).map((file) => [nameOf(file), cellsOf(file)] as const);

describe.each(notebooks)("%s", (name, cells) => {
  const prose = cells.filter(({ isCode }) => !isCode);
  const all = prose.map(({ text }) => text).join("\n\n");
  const first = cells[0]!;

  it("opens with its number, goal, needs, minutes, cost and new words, in few words", () => {
    expect(first.isCode).toBe(false);
    expect(first.text).toMatch(new RegExp(`^# ${Number(name.slice(0, 2))} · \\S`));
    const parts = [...first.text.matchAll(/^\*\*([^*]+)\*\*/gm)].map(([, part]) => part);
    expect(parts).toEqual(PARTS);
    expect(first.text).toMatch(/^\*\*Takes\*\* about \d+ minutes\.$/m);
    expect(first.text.split(/\s+/).length).toBeLessThanOrEqual(MOST_WORDS_AT_FIRST);
  });

  it("writes each of its new words in the text that follows", () => {
    const [, list = ""] = /\*\*New words\*\*: (.+)$/m.exec(first.text) ?? [];
    const words = [...list.matchAll(/\*([^*]+)\*/g)].map(([, word = ""]) => word);
    const rest = all.slice(first.text.length).toLowerCase();

    expect(words.length).toBeGreaterThan(0);
    expect(words.filter((word) => !rest.includes(word.split(" ")[0]!.slice(0, 5)))).toEqual([]);
  });

  it("begins with a scene, before it says what will be done", () => {
    const [, scene = ""] = /^# .+\n\n([^*]+)\n\n\*\*You will\*\*/.exec(first.text) ?? [];

    expect(scene).toMatch(/\b(we|us|our|you|your)\b/i);
  });

  it("speaks to the learner: we and you, not one", () => {
    const words = prose
      .flatMap((cell) => proseOf(cell))
      .flatMap((line) => line.match(/\S+/g) ?? []);
    const voices = words.join(" ").match(/\b([Ww]e|us|[Oo]urs?|[Yy]ou|[Yy]ours?|I|[Mm]y)\b/g) ?? [];

    expect((voices.length / words.length) * 1_000).toBeGreaterThanOrEqual(FEWEST_WE_AND_YOU);
  });

  it("has short cells of code", () => {
    const long = cells.filter(
      ({ isCode, text }) => isCode && text.split("\n").length > MOST_LINES_OF_CODE,
    );

    expect(long.map(({ number }) => number)).toEqual([]);
  });

  it("has at most two cells of code in a row", () => {
    const tooMany = cells.filter(
      (_, i) =>
        i >= MOST_CODE_CELLS_IN_A_ROW &&
        cells.slice(i - MOST_CODE_CELLS_IN_A_ROW, i + 1).every(({ isCode }) => isCode),
    );

    expect(tooMany.map(({ number }) => number)).toEqual([]);
  });

  it("reads what a cell has shown before it turns to something else", () => {
    const setUp = cells.findIndex(({ isCode }) => isCode);
    const unread = cells.filter(
      ({ isCode }, i) =>
        isCode &&
        i > setUp &&
        cells[i + 1]?.isCode !== true &&
        !/^[^#\s]/.test(cells[i + 1]?.text ?? ""),
    );

    expect(unread.map(({ number }) => number)).toEqual([]);
  });

  it("draws its parts, with words for whoever cannot see them", () => {
    const drawings = [...all.matchAll(/!\[([^\]]*)\]\(pictures\/(.+?)\)/g)];

    expect(drawings.map(([, , file]) => file)).toContain(`${name.slice(0, 2)}-parts.svg`);
    for (const [, alt = ""] of drawings) expect(alt.split(" ").length).toBeGreaterThan(5);
  });

  it("has something to try, with its solution folded away", () => {
    const tries = prose.filter(({ text }) => text.includes("**Try it** · "));
    const folded = all.split("<details><summary>Solution</summary>\n\n").length - 1;
    const pieces = prose.flatMap(({ text }) => foldedIn(text));

    expect(tries.length).toBeGreaterThan(0);
    expect(folded).toBeGreaterThan(0);
    expect(folded).toBeLessThanOrEqual(tries.length);
    expect(all.split("</details>").length - 1).toBe(pieces.length);
    expect(pieces.filter(({ code }) => code.length === 0)).toEqual([]);
    // What each of them shows is asserted where it is run.
    expect(pieces).toHaveLength(promises[name]?.length ?? 0);
  });

  it("has one open challenge, which the account grades", () => {
    const challenges = prose.filter(({ text }) => text.includes("**Try it** · A challenge: "));
    const graded = challenges.flatMap(({ text }) => foldedIn(text)).flatMap(({ code }) => code);

    expect(challenges).toHaveLength(1);
    expect(graded.join("\n")).toMatch(/\bcheck[A-Z]\w+\(|waitForThings\(|waitForMembers\(/);
  });

  it("ends with a checkpoint, a recap and the way on", () => {
    const [, recap = ""] = all.split("## What you can say now\n\n");

    // Notebook 00 asks the account too, under "Leave it as you found it".
    if (name > "01") expect(all).toMatch(/^## Checkpoint$/m);
    const bullets = recap.split("\n\n")[0]!.split("\n");
    expect(bullets.every((line) => line.startsWith("- "))).toBe(true);
    expect(bullets.length).toBeGreaterThanOrEqual(3);
    expect(bullets.length).toBeLessThanOrEqual(5);
    expect(recap).toMatch(/^\*\*Next\*\* · .+$/m);
  });

  it("links to the next notebook", () => {
    const [next] = notebooks[notebooks.findIndex(([other]) => other === name) + 1] ?? [];
    const [, way = ""] = /^\*\*Next\*\* · (.+)$/m.exec(all) ?? [];

    // The last one leads out of the course.
    expect(way).toContain(next ? `](${next}.ipynb)` : "](../README.md)");
  });

  it("links each new word to the glossary", () => {
    const [, list = ""] = /\*\*New words\*\*: (.+)$/m.exec(first.text) ?? [];
    const words = [...list.matchAll(/\*[^*]+\*/g)];
    const links = [...list.matchAll(/\[\*[^*]+\*\]\(\.\.\/docs\/glossary\.md#([a-z-]+)\)/g)];

    expect(links).toHaveLength(words.length);
    for (const [, id] of links) expect(glossary).toContain(`<a id="${id}"></a>`);
  });

  it("leads on to three to five of AWS's pages", () => {
    const [, line = ""] = /^\*\*Read on\*\* · (.+)$/m.exec(all) ?? [];
    const pages = [...line.matchAll(/\]\((https:[^)]+)\)/g)].map(([, page = ""]) => page);

    expect(pages.length).toBeGreaterThanOrEqual(3);
    expect(pages.length).toBeLessThanOrEqual(5);
    expect(pages.filter((page) => !awsPages.includes(page))).toEqual([]);
  });

  it("asks at most once for the same cell again", () => {
    const again = prose.filter(({ text }) =>
      /\*\*Try it\*\* · [^<]*\b(run|create)\b[^<.?]*\bagain\b/i.test(text),
    );

    expect(again.length).toBeLessThanOrEqual(1);
  });

  it("has one sentence a line, so that a reworded one is a small change", () => {
    const twice = prose.flatMap((cell) =>
      proseOf(cell)
        .filter(hasTwoSentences)
        .map((line) => `${cell.number}: ${line}`),
    );

    expect(twice).toEqual([]);
  });

  it("links to files that exist", () => {
    const targets = [...all.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target = ""]) => target);
    const here = dirname(allNotebooks(projectRoot)[0]!);
    const missing = targets.filter(
      (target) => !/^https?:/.test(target) && !existsSync(join(here, target)),
    );

    expect(missing).toEqual([]);
  });
});

describe("all notebooks", () => {
  it("have no more words than they had: what is added makes room for itself", () => {
    const words = notebooks
      .flatMap(([, cells]) => cells.filter(({ isCode }) => !isCode))
      .flatMap(
        ({ text }) => text.replace(/^```[^]*?^```$|!\[[^\]]*\]\([^)]*\)/gm, "").match(/\S+/g) ?? [],
      );

    expect(words.length).toBeLessThanOrEqual(MOST_WORDS_IN_ALL);
  });
});

describe("the tables of all notebooks", () => {
  const minutes = new Map(
    notebooks.map(([name, [first]]) => [
      name.slice(0, 2),
      /^\*\*Takes\*\* about (\d+) minutes/m.exec(first!.text)?.[1],
    ]),
  );

  it("give the minutes of each notebook in notebook 00", () => {
    const table = notebooks[0]![1].find(({ text }) => text.startsWith("## The series"))!;

    expect(minutesIn(table.text)).toEqual(minutes);
  });

  it("give the minutes of each notebook in the README", () => {
    const readme = readFileSync(join(projectRoot, "README.md"), "utf8");

    expect(minutesIn(readme)).toEqual(minutes);
  });
});
