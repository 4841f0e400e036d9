import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allNotebooks, nameOf } from "../../lib/cli/jupyter/notebook-files.js";
import { projectRoot } from "../../lib/cli/project.js";
import { scan } from "../../lib/tasks/clean-up/scan.js";
import { createStrangers } from "../tasks/strangers.js";
import { connectTo, executeOn, inOwnSandbox } from "./kernel.js";
import { jupyterForTests } from "./need-jupyter.js";

const jupyter = await jupyterForTests();
const notebooks = allNotebooks(projectRoot);
const MINUTES = 60_000;

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "fleetlab-path-test-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** How often a notebook is run by its kernel: on the path, alone, and a second time after itself. */
const RUNS = 3;

/**
 * Run one notebook by a kernel of its own: in order, after its predecessors, in the account at
 * `home`; then, since a kernel takes longer to start than a notebook to run, by the same kernel on
 * an account that is empty, and once more on what that has left, as a learner's second Run All does.
 *
 * @returns once the first of the runs is done, with a promise of them all
 */
async function runThrice(path: string, home: string): Promise<{ all: Promise<number> }> {
  let all: Promise<number> | undefined;
  await new Promise<void>((resolve, reject) => {
    all = inOwnSandbox(async (empty) => {
      const onPath = { path, env: { FLEETLAB_HOME: home } };
      const alone = { path, env: { FLEETLAB_HOME: empty } };
      const output = join(folder, nameOf(path));
      const options = { kernels: "one", onDone: () => resolve() } as const;
      const done = await executeOn(jupyter!, output, [onPath, alone, alone], options);
      return done.filter(({ cells }) => cells > 0).length;
    });
    all.catch(reject);
  });
  return { all: all! };
}

describe.skipIf(!jupyter)("the whole path, in real kernels", () => {
  it(
    "runs in order beside two hundred foreign resources, and leaves the account as it was; " +
      "each runs alone on an empty one, and a second time after itself",
    async () => {
      await inOwnSandbox(async (home) => {
        const fleet = await connectTo(home);
        const strangers = await createStrangers(fleet, { areInTheWay: false });
        const before = await scan(fleet);

        const runs: Promise<number>[] = [];
        // Whatever comes of the path: no kernel outlives its sandbox.
        try {
          for (const path of notebooks) {
            // More than two kernels at once only make each other wait.
            await runs.at(-2);
            runs.push((await runThrice(path, home)).all);
          }
        } finally {
          await Promise.allSettled(runs);
        }
        const after = await scan(fleet);

        expect(strangers).toBe(200);
        expect(await Promise.all(runs)).toEqual(notebooks.map(() => RUNS));
        expect(after).toEqual(before);
      });
    },
    30 * MINUTES,
  );
});
