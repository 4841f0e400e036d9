import { readdirSync, readFileSync } from "node:fs";
import { join, posix, sep } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

/** Who may import whom. The first row whose `from` fits a file holds for it. */
const rooms: readonly { from: RegExp; may: RegExp; rule: string }[] = [
  { from: /^lib\/cli\//, may: /^[^.]/, rule: "lib/cli may import anything of lib" },
  {
    from: /^lib\/index\./,
    may: /^lib\/(aws|fleet|tasks|show)\//,
    rule: "lib/index is the contract: rooms that notebooks see",
  },
  {
    from: /^lib\/show\//,
    may: /^lib\/show\/|^vega(-lite)?$/,
    rule: "lib/show is pure: nothing of ours outside it, no clients, no Node",
  },
  {
    from: /^lib\/aws\//,
    may: /^lib\/(aws|show)\/|^(@aws-sdk|@smithy)\/|^(p-limit|cli-progress)$|^node:/,
    rule: "lib/aws may import SDK clients and lib/show",
  },
  {
    from: /^lib\/fleet\//,
    may: /^lib\/(aws|fleet)\/|^@aws-sdk\/|^fflate$|^node:crypto$/,
    rule: "lib/fleet may import lib/aws, SDK clients and each other",
  },
  {
    from: /^lib\/tasks\//,
    may: /^lib\/(tasks|fleet|aws|show)\/|^node:crypto$/,
    rule: "lib/tasks may import lib/fleet, lib/aws and lib/show, and no SDK client",
  },
  {
    from: /^lib\/sandbox\/services\//,
    may: /^lib\/sandbox\/(?!services)|^lib\/aws\/(clock|limiter|quotas)\.|^(@aws-sdk|@smithy)\/|^node:crypto$/,
    rule: "a service of the sandbox imports no other service, and nothing of the library",
  },
  {
    from: /^lib\/sandbox\//,
    may: /^lib\/sandbox\/|^lib\/aws\/(clock|limiter|quotas)\.|^(@aws-sdk|@smithy)\/|^@peculiar\/asn1-|^lmdb$|^node:/,
    rule: "of the library, lib/sandbox may import only aws/clock, aws/limiter and aws/quotas",
  },
];

/** Notebooks in which the raw call is the lesson. */
const RAW = ["00-start-here.ipynb"];

const root = join(import.meta.dirname, "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const filesIn = (folder: string, ending: RegExp) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name.split(sep).join("/")}`)
    .filter(
      (file) => ending.test(file) && !/\/(dist|node_modules|\.ipynb_checkpoints)\//.test(file),
    );
const sources = filesIn("lib", /(?<!\.d)\.m?ts$|\.mjs$/).filter((file) => !file.endsWith(".d.mts"));

/** What a file imports: packages by name, files of lib from the top, other files from `../`. */
const importsOf = (file: string): string[] =>
  ts.preProcessFile(read(file), true, true).importedFiles.map(({ fileName: name }) => {
    if (!name.startsWith(".")) return name;
    const path = posix.join(posix.dirname(file), name);
    return path.startsWith("lib/") ? path : `../${path}`;
  });
/** The source behind a compiled name. */
const sourceOf = (name: string) => name.replace(/\.js$/, ".ts");

describe("the rooms of lib", () => {
  it.each(sources)("%s imports only what its room may", (file) => {
    const room = rooms.find(({ from }) => from.test(file));

    const wrong = importsOf(file)
      .filter((name) => !room?.may.test(name))
      .map(
        (name) => `${file} imports ${name}: ${room?.rule ?? "no room of house-style section 5"}`,
      );

    expect(wrong).toEqual([]);
  });

  it("loads the drawing library only when something is drawn", () => {
    const text = read("lib/show/chart.ts");

    expect(text).not.toMatch(/^import (?!type).*"vega(-lite)?"/m);
  });

  it("has no top-level await in what a notebook loads: the kernel requires it", () => {
    const reached = new Set(["lib/index.ts"]);
    for (const file of reached) {
      for (const name of importsOf(file)) if (name.startsWith("lib/")) reached.add(sourceOf(name));
    }

    const wrong = [...reached].filter((file) => {
      const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.ESNext);
      return source.statements.some(awaitsAtOnce);
    });

    expect(reached.size).toBeGreaterThan(20);
    expect(wrong.map((file) => `${file} has a top-level await`)).toEqual([]);
  });
});

function awaitsAtOnce(node: ts.Node): boolean {
  if (ts.isFunctionLike(node)) return false;
  if (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier)) return true;
  return ts.forEachChild(node, awaitsAtOnce) ?? false;
}

describe("the notebooks", () => {
  it.each(filesIn("notebooks", /\.ipynb$/))("%s imports fleetlab and little else", (file) => {
    const { cells } = JSON.parse(read(file)) as {
      cells: { cell_type: string; source: string | string[] }[];
    };
    const code = cells
      .filter((cell) => cell.cell_type === "code")
      .map(({ source }) => [source].flat().join(""))
      .join("\n");
    const may = RAW.some((name) => file.endsWith(name))
      ? /^(fleetlab|tslab|@aws-sdk\/.*)$/
      : /^(fleetlab|tslab)$/;

    const wrong = ts
      .preProcessFile(code, true, true)
      .importedFiles.map(({ fileName }) => fileName)
      .filter((name) => !may.test(name))
      .map(
        (name) =>
          `${file} imports ${name}: notebooks import fleetlab and tslab, and SDK clients where the raw call is the lesson (${RAW.join(", ")})`,
      );

    expect(wrong).toEqual([]);
  });
});
