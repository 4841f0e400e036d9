// npm run notebooks: execute notebooks without a browser, on an empty local AWS.

import { readFileSync, realpathSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { explain, Failure } from "#bootstrap/failures";
import { writeWhole } from "#bootstrap/files";
import { interruption } from "#bootstrap/processes";
import { step } from "#bootstrap/steps";
import { execute, type Executed } from "./jupyter/execute.js";
import { provideJupyter } from "./jupyter/jupyter.js";
import { normalise, type Notebook, type Place } from "./jupyter/normalise.js";
import { everyNotebook, findNotebook } from "./jupyter/notebook-files.js";
import { withOwnSandbox } from "./sandbox/own.js";
import { projectRoot } from "./project.js";

const USAGE = `npm run notebooks [-- [--save] [--json FILE] [NOTEBOOK...]]

  NOTEBOOK...   by number or name, in this order (default: all)
  --save        write the outputs back into notebooks/, for a commit
  --json FILE   write [{ notebook, seconds, cells }]`;

const OUTPUT = join(projectRoot, "build", "notebooks");

interface Options {
  readonly notebooks: readonly string[];
  readonly save: boolean;
  readonly json: string | undefined;
}

function readOptions(args: string[]): Options {
  const { values, positionals } = parse(args);
  const notebooks = positionals.length
    ? positionals.map((wanted) => findNotebook(projectRoot, wanted))
    : everyNotebook(projectRoot);
  if (notebooks.length === 0) throw new Failure("There are no notebooks in notebooks/.", USAGE);
  return { notebooks, save: values.save, json: values.json };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { save: { type: "boolean", default: false }, json: { type: "string" } },
    });
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : String(error), USAGE);
  }
}

async function main(): Promise<void> {
  interruption();
  const { notebooks, save, json } = readOptions(process.argv.slice(2));
  const jupyter = await provideJupyter(projectRoot);
  const { executed, sandboxHome } = await withOwnSandbox(async (home) => {
    // The learner's choice of a real account does not concern this run.
    // Nor does the Region of this shell: outputs should not depend on it.
    const { WORKSHOP_TARGET: _target, AWS_REGION: _region, ...env } = process.env;
    const executed = await step("Executing notebooks", (detail, say) =>
      execute(projectRoot, {
        jupyter,
        notebooks,
        output: OUTPUT,
        env: { ...env, FLEETLAB_HOME: home },
        onCell: (notebook, cell, of) => detail(`${notebook}: cell ${cell} of ${of}`),
        onDone: (one) => say(lineOf(one)),
      }),
    );
    return { executed, sandboxHome: home };
  });
  if (json !== undefined) writeWhole(resolve(json), JSON.stringify(executed, null, 2) + "\n");
  if (save) saveAll(notebooks, sandboxHome);
}

function lineOf({ notebook, cells, seconds }: Executed): string {
  return `  ${notebook.padEnd(24)} ${String(cells).padStart(3)} cells ${seconds.toFixed(1).padStart(7)} s`;
}

/** Write the executed outputs back into the notebooks: all of them, or none when one may not be. */
function saveAll(notebooks: readonly string[], sandboxHome: string): void {
  const place = placeOf(sandboxHome);
  const results = notebooks.map((file) => {
    const original = readNotebook(file);
    const executed = readNotebook(join(OUTPUT, basename(file)));
    return { file, ...normalise(original, executed, place) };
  });
  const problems = results.flatMap(({ file, problems }) =>
    problems.map(({ cell, why }) => `${basename(file)}, cell ${cell}: ${why}`),
  );
  if (problems.length > 0) {
    throw new Failure(
      "Nothing was saved: some outputs may not be committed.",
      `${problems.join("\n")}\nChange the cells so that they show something else.`,
    );
  }
  for (const { file, text } of results) writeWhole(file, text);
}

function readNotebook(file: string): Notebook {
  return JSON.parse(readFileSync(file, "utf8")) as Notebook;
}

/** What this machine's folders are called in a committed output. */
function placeOf(sandboxHome: string): Place {
  const shown = [
    [projectRoot, "."],
    [realpathSync(projectRoot), "."],
    [sandboxHome, ".fleetlab/sandbox"],
    [homedir(), "~"],
    [tmpdir(), "/tmp"],
  ] as const;
  // In a container the home may be the root of the disk, which is part of every path.
  return { paths: shown.filter(([path, name]) => path.length > 1 && path !== name) };
}

try {
  await main();
} catch (error) {
  process.exitCode = explain(error);
}
