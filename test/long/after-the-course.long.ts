import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findNotebook, nameOf } from "../../lib/cli/jupyter/notebook-files.js";
import { projectRoot } from "../../lib/cli/project.js";
import { scan } from "../../lib/tasks/clean-up/scan.js";
import { connectTo, executeOn, inOwnSandbox } from "../notebooks/kernel.js";
import { withSolutions } from "../notebooks/solutions.js";
import { folder, inFolder, jupyter } from "./walk.js";

inFolder();

/** Run notebooks on an account that is empty before and after. */
async function runAll(paths: readonly string[]): Promise<void> {
  await inOwnSandbox(async (home) => {
    const fleet = await connectTo(home);
    const empty = await scan(fleet);
    const runs = paths.map((path) => ({ path, env: { FLEETLAB_HOME: home } }));

    const done = await executeOn(jupyter!, join(folder, "out"), runs, { kernels: "one" });

    expect(done.map(({ notebook }) => notebook)).toEqual(paths.map(nameOf));
    expect(await scan(fleet)).toEqual(empty);
  });
}

describe.skipIf(!jupyter)("notebooks after the course", () => {
  it.each(["10", "11"])(
    "%s runs alone on an empty account, a second time after itself, and leaves nothing",
    async (number) => {
      // With its solutions, and 11 with a hundred vehicles.
      const path = withSolutions(findNotebook(projectRoot, number), folder);

      await runAll([path, path]);
    },
    1_800_000,
  );

  it(
    "registers ten thousand vehicles, and deletes them",
    () => runAll([findNotebook(projectRoot, "11")]),
    1_800_000,
  );
});
