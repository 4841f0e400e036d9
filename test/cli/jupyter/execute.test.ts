import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { execute, type Executed, type ExecuteOptions } from "../../../lib/cli/jupyter/execute.js";
import { projectRoot } from "../../../lib/cli/project.js";
import { jupyterForTests } from "../../notebooks/need-jupyter.js";

const jupyter = await jupyterForTests();

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "fleetlab-execute-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A notebook of code cells, in a file. */
function notebook(name: string, ...sources: string[]): string {
  const cells = sources.map((source, index) => ({
    cell_type: "code",
    id: `cell-${index}`,
    metadata: {},
    execution_count: null,
    outputs: [],
    source,
  }));
  const file = join(folder, `${name}.ipynb`);
  writeFileSync(file, JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 }));
  return file;
}

async function run(
  notebooks: string[],
  { secondsPerCell = 60, ...options }: Partial<ExecuteOptions> = {},
): Promise<Executed[]> {
  if (!jupyter) throw new Error("not reached: skipped without Jupyter");
  return execute(projectRoot, {
    jupyter,
    notebooks,
    ...options,
    output: join(folder, "out"),
    env: { ...process.env, FROM_THE_TEST: "seen" },
    secondsPerCell,
  });
}

describe.skipIf(!jupyter)("the page of a notebook", () => {
  it("holds its drawings, and keeps folded what is folded", () => {
    const source = [
      "![Parts](pictures/parts.svg)",
      "<details><summary>Solution</summary>",
      "```ts\nfolded();\n```",
      "</details>",
    ];
    const cells = [{ cell_type: "markdown", id: "a", metadata: {}, source: source.join("\n\n") }];
    const file = join(folder, "drawn.ipynb");
    writeFileSync(file, JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 }));
    mkdirSync(join(folder, "pictures"));
    const svg = "<svg xmlns='http://www.w3.org/2000/svg'/>";
    writeFileSync(join(folder, "pictures", "parts.svg"), svg);

    const program =
      "import sys, nbformat, execute_notebooks as e; " +
      "e.write(nbformat.read(sys.argv[1], as_version=4), *sys.argv[1:])";
    execFileSync(jupyter!.python, ["-c", program, file, join(folder, "page")], {
      cwd: join(projectRoot, "lib", "cli", "jupyter"),
    });
    const page = readFileSync(join(folder, "page", "drawn.html"), "utf8");
    const [, inside = ""] = /<details>([^]*?)<\/details>/.exec(page) ?? [];

    expect(page).toContain(`data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`);
    expect(inside).toContain("folded");
    // The copy stays as it is committed.
    expect(readFileSync(join(folder, "page", "drawn.ipynb"), "utf8")).toContain("(pictures/");
  });
});

describe.skipIf(!jupyter)(
  "execute, through the real kernel",
  () => {
    it("executes all cells in one kernel, leaves a copy and a page of each notebook, and stops at the first error, which no tag excuses, with notebook, cell, source and message", async () => {
      const good = notebook(
        "good",
        "const a: number = 1;",
        "",
        "await Promise.resolve(); console.log(a + 1, process.env.FROM_THE_TEST)",
      );
      const broken = notebook(
        "broken",
        "const a = 1;",
        "const b = a;\nthrow new Error('no fleet here')",
        "a",
      );
      const content = JSON.parse(readFileSync(broken, "utf8")) as { cells: { metadata: object }[] };
      for (const cell of content.cells) cell.metadata = { tags: ["raises-exception"] };
      writeFileSync(broken, JSON.stringify(content));
      const after = notebook("after", "1");
      const done: Executed[] = [];

      const { message } = await run([good, broken, after], {
        onDone: (one) => done.push(one),
      }).then(
        () => new Error("no error"),
        (e: Error) => e,
      );

      expect(done).toMatchObject([{ notebook: "good", cells: 2 }]);
      expect(readFileSync(join(folder, "out", "good.ipynb"), "utf8")).toContain("2 seen\\n");
      expect(readFileSync(join(folder, "out", "good.html"), "utf8")).toContain("2 seen");
      expect(message).toMatch(
        /^broken failed in cell 2\.\n\n {4}\| const b = a;\n {4}\| throw new Error\('no fleet here'\)\n\n/,
      );
      expect(message).toContain("Error: no fleet here");
      expect(message).not.toMatch(/node_modules\/tslab|node:vm/);
      expect(existsSync(join(folder, "out", "broken.html"))).toBe(true);
      expect(existsSync(join(folder, "out", "after.ipynb"))).toBe(false);
    });

    it("lets one kernel run them all: another notebook finds nothing of the first, the same one does; and reports what the type checker refuses", async () => {
      const first = notebook("first", "const first: number = 1;");
      const second = notebook(
        "second",
        "const known = Object.keys((globalThis as any)['__tslab__'].exports);\n" +
          "console.log(known.includes('first'), known.includes('own'));",
        "const own = 'again';",
      );
      const types = notebook("types", "const n: number = 'one';");
      const outputs: string[] = [];
      const onDone = ({ notebook }: Executed) =>
        outputs.push(readFileSync(join(folder, "out", `${notebook}.ipynb`), "utf8"));

      await expect(
        run([first, second, second, types], { kernels: "one", hasPages: false, onDone }),
      ).rejects.toThrow(
        /types failed in cell 1\.[^]*Type 'string' is not assignable to type 'number'/,
      );

      expect(outputs).toHaveLength(3);
      expect(outputs[1]).toContain("false false\\n");
      expect(outputs[2]).toContain("false true\\n");
    });

    it("does not spend seconds on a grammar of addresses that nobody checks", () => {
      const code = [
        "import sys, execute_notebooks, jsonschema",
        "assert sys.modules['rfc3987_syntax'] is None, 'compiled'",
        "jsonschema.validate({'a': 1}, {'properties': {'a': {'type': 'number'}}})",
      ].join("; ");

      const cwd = join(projectRoot, "lib", "cli", "jupyter");
      expect(() => execFileSync(jupyter?.python ?? "", ["-c", code], { cwd })).not.toThrow();
    });

    // The kernel of `each` is nbclient's own affair; the one for all needs a manager that does not block.
    it("says that the kernel died", async () => {
      const file = notebook("dead", "process.exit(3)");

      await expect(run([file], { kernels: "one", hasPages: false })).rejects.toThrow(
        /dead failed in cell 1\.[^]*kernel died/,
      );
    });

    it("does not wait for ever for a cell", async () => {
      const file = notebook("endless", "await new Promise(() => setInterval(() => {}, 1000));");

      await expect(
        run([file], { kernels: "one", hasPages: false, secondsPerCell: 1 }),
      ).rejects.toThrow(/endless failed in cell 1\.[^]*timed out/);
    });
  },
  120_000,
);
