import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { explain, Interrupted } from "#bootstrap/failures";
import { step } from "#bootstrap/steps";
import { provideJupyter } from "./jupyter.js";
import { installInVenv } from "./python.js";

/**
 * Find or make JupyterLab, for the tests that need a kernel, with what else they need in its Python.
 * What goes wrong is said.
 *
 * @param root the project's folder
 * @returns whether to go on: always locally, in CI only with Jupyter
 * @throws Interrupted on Ctrl-C
 */
export async function provideForTests(root: string): Promise<boolean> {
  try {
    const jupyter = await provideJupyter(root);
    if (jupyter.source === ".venv") await installClients(root);
    return true;
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    explain(error);
    const isCi = Boolean(process.env["CI"]);
    console.error(
      isCi
        ? "CI=true: without Jupyter the notebooks cannot be proved, so npm test fails.\n"
        : "JUPYTER CANNOT BE HAD HERE: ALL TESTS THAT RUN NOTEBOOKS WILL BE SKIPPED.\n",
    );
    return !isCi;
  }
}

/**
 * Install what only the tests connect to the sandbox, into the Python that is ours; somebody else's
 * stays as it is. Where it cannot be had, its tests say so.
 */
async function installClients(root: string): Promise<void> {
  const list = join(root, "test", "sandbox", "mqtt", "requirements.txt");
  const wanted = readFileSync(list, "utf8");
  const stamp = join(root, ".venv", "fleetlab-clients.txt");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  try {
    await step("Installing Python's MQTT clients for the tests", () =>
      installInVenv(root, process.env, ["-r", list]),
    );
    writeFileSync(stamp, wanted);
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    explain(error);
  }
}
