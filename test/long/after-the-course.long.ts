import { describe, expect, it } from "vitest";
import { allNotebooks, nameOf } from "../../lib/cli/jupyter/notebook-files.js";
import { projectRoot } from "../../lib/cli/project.js";
import { scan } from "../../lib/tasks/clean-up/scan.js";
import { connectTo, executeOn, inOwnSandbox } from "../notebooks/kernel.js";
import { folder, inFolder, jupyter } from "./walk.js";

inFolder();

const notebooks = allNotebooks(projectRoot);

describe.skipIf(!jupyter)("notebooks after the course", () => {
  it.each(notebooks.filter((path) => nameOf(path) >= "10").map((path) => [nameOf(path), path]))(
    "%s runs alone on an empty account, a second time after itself, and leaves nothing",
    async (_name, path) => {
      await inOwnSandbox(async (home) => {
        const fleet = await connectTo(home);
        const empty = await scan(fleet);
        const run = { path, env: { FLEETLAB_HOME: home } };

        const done = await executeOn(jupyter!, folder, [run, run], { kernels: "one" });

        expect(done).toHaveLength(2);
        expect(await scan(fleet)).toEqual(empty);
      });
    },
    1_800_000,
  );
});
