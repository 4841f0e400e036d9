import { findJupyter, type Jupyter } from "../../lib/cli/jupyter/jupyter.js";
import { projectRoot } from "../../lib/cli/project.js";

/**
 * The Jupyter that tests may use, if there is one; `npm test` has made it when it could.
 *
 * @returns nothing where it is missing locally: then the tests are skipped, and a loud line says so
 * @throws Error in CI, where a skipped test would prove nothing
 */
export async function jupyterForTests(): Promise<Jupyter | undefined> {
  const jupyter = await findJupyter(projectRoot);
  if (jupyter) return jupyter;
  const missing = "There is no JupyterLab here. npm test makes one; npx vitest alone does not.";
  if (process.env["CI"]) throw new Error(missing);
  console.error(`\n!!! NOTEBOOK TESTS ARE SKIPPED !!! ${missing}\n`);
  return undefined;
}
