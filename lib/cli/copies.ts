// npm run copies: what npm start does first, for whoever's JupyterLab is started by somebody else.

import { parseArgs } from "node:util";
import { explain, Failure } from "#bootstrap/failures";
import { interruption } from "#bootstrap/processes";
import { COPIES, provideCopies, sayCopies } from "./jupyter/copies.js";
import { allNotebooks, findNotebook } from "./jupyter/notebook-files.js";
import { projectRoot } from "./project.js";

const USAGE = `npm run copies [-- [--fresh] [--folder NAME] [NOTEBOOK...]]

  --fresh        new copies of these notebooks, or of all; what you had moves into another folder
  --folder NAME  where the copies are (default: ${COPIES})`;

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        fresh: { type: "boolean", default: false },
        folder: { type: "string", default: COPIES },
      },
    });
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : String(error), USAGE);
  }
}

async function main(): Promise<void> {
  interruption();
  const { values, positionals } = parse(process.argv.slice(2));
  const named = positionals.map((wanted) => findNotebook(projectRoot, wanted));
  if (named.length > 0 && !values.fresh) {
    throw new Failure("Which notebooks shall begin anew is said with --fresh.", USAGE);
  }
  const fresh = !values.fresh ? [] : named.length > 0 ? named : allNotebooks(projectRoot);
  const copies = await provideCopies(projectRoot, { folder: values.folder, fresh });
  const said = sayCopies(projectRoot, copies);
  console.log(said.length > 0 ? said.join("\n") : `${values.folder} is up to date.`);
}

try {
  await main();
} catch (error) {
  process.exitCode = explain(error);
}
