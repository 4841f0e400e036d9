import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "@tslab/typescript-for-tslab";
import { describe, expect, it } from "vitest";
import { projectRoot } from "../../lib/cli/project.js";

/** How many features the original has by notebook: A01.1 to A01.20, and so on. */
const FEATURES: Readonly<Record<string, number>> = {
  A01: 20,
  A02: 15,
  A03: 11,
  A04: 12,
  A05: 14,
  A06: 10,
  A07: 8,
  A08: 13,
  C1: 6,
  C2: 5,
};
/** D1 to D45. */
const WEAKNESSES = 45;

const text = readFileSync(join(projectRoot, "docs", "features.md"), "utf8");
const rows = text
  .split("\n")
  .filter((line) => /^\| [ACD]\d/.test(line))
  .map((line) => ({ id: /^\| (\S+)/.exec(line)?.[1] ?? "", line }));
const links = [...text.matchAll(/\[([^\]]+)\]\(\.\.\/([^)#]+)(?:#([^)]+))?\)/g)].map(
  ([, label = "", path = "", anchor]) => ({ label, path, anchor }),
);

interface NotebookFile {
  readonly cells: readonly { readonly cell_type: string; readonly source: string | string[] }[];
}

/** The headings of a notebook, as the anchors that Jupyter gives them. */
function anchorsOf(path: string): string[] {
  const { cells } = JSON.parse(readFileSync(join(projectRoot, path), "utf8")) as NotebookFile;
  return cells
    .filter(({ cell_type: type }) => type === "markdown")
    .flatMap(({ source }) => [source].flat().join("").split("\n"))
    .flatMap((line) => /^#+ (.+)$/.exec(line)?.[1]?.trim().replaceAll(" ", "-") ?? []);
}

/** What a module exports by name. */
function exportsOf(path: string): Set<string> {
  const source = ts.createSourceFile(
    path,
    readFileSync(join(projectRoot, path), "utf8"),
    ts.ScriptTarget.ESNext,
  );
  const names = new Set<string>();
  source.forEachChild((node) => {
    const isExported =
      ts.canHaveModifiers(node) &&
      ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    if (!isExported) return;
    if (ts.isVariableStatement(node)) {
      for (const { name } of node.declarationList.declarations) {
        if (ts.isIdentifier(name)) names.add(name.text);
      }
    } else if ("name" in node && node.name) {
      names.add((node.name as ts.Identifier).text);
    }
  });
  return names;
}

describe("docs/features.md", () => {
  it("has a row for each feature of the original, in order", () => {
    const wanted = Object.entries(FEATURES).flatMap(([notebook, count]) =>
      Array.from({ length: count }, (_, i) => `${notebook}.${i + 1}`),
    );

    expect(rows.map(({ id }) => id).filter((id) => !id.startsWith("D"))).toEqual(wanted);
  });

  it("has a row for each weakness of the original, in order", () => {
    const wanted = Array.from({ length: WEAKNESSES }, (_, i) => `D${i + 1}`);

    expect(rows.map(({ id }) => id).filter((id) => id.startsWith("D"))).toEqual(wanted);
  });

  it.each(rows.map(({ id, line }) => [id, line]))("%s says where it is, or why not", (_, line) => {
    expect(line).toMatch(/\]\(\.\.\/|left out: /);
  });

  const inNotebooks = links.filter(({ path }) => path.endsWith(".ipynb"));
  it.each(inNotebooks.map(({ path, anchor }) => [path, anchor]))(
    "finds the heading of %s#%s",
    (path, anchor) => {
      expect(existsSync(join(projectRoot, path as string))).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(path as string)).toContain(anchor);
    },
  );

  const inCode = links.filter(({ path, label }) => path.startsWith("lib/") && /^`/.test(label));
  it.each(inCode.map(({ path, label }) => [label.replaceAll("`", ""), path]))(
    "finds %s among the exports of %s",
    (name, path) => {
      expect(exportsOf(path)).toContain(name);
    },
  );

  const others = links.filter(
    ({ path, label }) => path.startsWith("test/") && !/^D\d+$/.test(label),
  );
  it.each(others.map(({ path }) => path))("finds %s", (path) => {
    expect(existsSync(join(projectRoot, path))).toBe(true);
  });

  const inTests = links.filter(({ label }) => /^D\d+$/.test(label));
  it.each(inTests.map(({ path, label }) => [label, path]))(
    "finds %s in a title of %s",
    (label, path) => {
      const titles = readFileSync(join(projectRoot, path), "utf8");

      expect(titles).toMatch(new RegExp(`["\`][^"\`\\n]*\\b${label}\\b`));
    },
  );

  it("links to something in every row it does not leave out", () => {
    expect(links.length).toBeGreaterThan(rows.length);
  });
});

describe("docs/reliability.md", () => {
  const promises = readFileSync(join(projectRoot, "docs", "reliability.md"), "utf8")
    .split("\n")
    .filter((line) => /^\| [^|]/.test(line));
  const tests = promises.flatMap((line) =>
    [...line.matchAll(/\[([^\]]+)\]\(\.\.\/(test\/[^)]+)\)/g)].map(([, title = "", path = ""]) => ({
      title,
      path,
    })),
  );

  it.each(tests.map(({ title, path }) => [title, path]))(
    "finds %s in a title of %s",
    (title, path) => {
      const strings = readFileSync(join(projectRoot, path), "utf8").match(
        /(["`])(?:(?!\1|\n).)+\1/g,
      );

      expect(strings?.join("\n")).toContain(title);
    },
  );

  it.each(promises.map((line) => [/^\| ([^|]*) \|/.exec(line)?.[1], line]))(
    "says how it is tested: %s",
    (_, line) => {
      expect(line).toMatch(/\]\(\.\.\/test\/.*\) \|$/);
    },
  );
});
