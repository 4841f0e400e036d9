// node lib/cli/bootstrap/run.mjs kernel: register the TypeScript kernel in the Python environment on the PATH.
// For Binder and JupyterHub images (postBuild), where JupyterLab is not started by us.

import { join } from "node:path";
import { explain } from "#bootstrap/failures";
import { run } from "#bootstrap/processes";
import { registerKernel } from "./jupyter/jupyter.js";
import { findPython } from "./jupyter/python.js";

async function main(): Promise<void> {
  const { path } = await findPython(process.env);
  const { output } = await run(path, ["-c", "import sys; print(sys.prefix)"]);
  const dataFolder = join(output.trim(), "share", "jupyter");
  registerKernel(dataFolder);
  console.log(`The kernel "tslab" is registered in ${join(dataFolder, "kernels", "tslab")}.`);
}

try {
  await main();
} catch (error) {
  process.exitCode = explain(error);
}
