// node lib/cli/bootstrap/run.mjs kernel [--user]: register the TypeScript kernel where JupyterLab is not
// started by us: in the Python environment on the PATH, as Binder and JupyterHub images want it (postBuild),
// or for this user alone, where several users of a hub share one environment.

import { join } from "node:path";
import { parseArgs } from "node:util";
import { explain, Failure } from "#bootstrap/failures";
import { run } from "#bootstrap/processes";
import { registerKernel } from "./jupyter/jupyter.js";
import { findPython } from "./jupyter/python.js";

const OF_ENVIRONMENT = "import sys, os; print(os.path.join(sys.prefix, 'share', 'jupyter'))";
const OF_USER = "import jupyter_core.paths; print(jupyter_core.paths.jupyter_data_dir())";

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { user: { type: "boolean", default: false } } });
  const { path } = await findPython(process.env);
  const { code, output } = await run(path, ["-c", values.user ? OF_USER : OF_ENVIRONMENT]);
  if (code !== 0) {
    throw new Failure(`${path} has no Jupyter.`, "Activate the environment that has it.");
  }
  const dataFolder = output.trim().split("\n").at(-1) as string;
  registerKernel(dataFolder);
  console.log(`The kernel "tslab" is registered in ${join(dataFolder, "kernels", "tslab")}.`);
}

try {
  await main();
} catch (error) {
  process.exitCode = explain(error);
}
