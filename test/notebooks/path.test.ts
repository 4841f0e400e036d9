import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allNotebooks, nameOf } from "../../lib/cli/jupyter/notebook-files.js";
import { projectRoot } from "../../lib/cli/project.js";
import { scan } from "../../lib/tasks/clean-up/scan.js";
import { createStrangers } from "../tasks/strangers.js";
import { connectTo, executeOn, inOwnSandbox } from "./kernel.js";
import { jupyterForTests } from "./need-jupyter.js";
import { promises } from "./promises.js";
import { shownBy, withSolutions } from "./solutions.js";

const jupyter = await jupyterForTests();
const notebooks = allNotebooks(projectRoot);
const MINUTES = 60_000;

let folder: string;
/** Notebooks with their solutions: inside the project, where cells find the library. */
let solved: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fleetlab-path-test-"));
  mkdirSync(join(projectRoot, "build"), { recursive: true });
  solved = mkdtempSync(join(projectRoot, "build", "solved-"));
});
afterAll(() => {
  for (const one of [folder, solved]) rmSync(one, { recursive: true, force: true });
});

/** How often a notebook is run by its kernel: on the path, alone, and a second time after itself. */
const RUNS = 3;

/**
 * Run one notebook by a kernel of its own: with every solution where a learner would try it, in
 * order, after its predecessors, in the account at `home`; then, since a kernel takes longer to
 * start than a notebook to run, by the same kernel on an account that is empty, and once more on
 * what that has left, as a learner's second Run All does.
 *
 * @returns once the first of the runs is done, with a promise of them all
 */
async function runThrice(path: string, home: string): Promise<{ all: Promise<number> }> {
  let all: Promise<number> | undefined;
  await new Promise<void>((resolve, reject) => {
    all = inOwnSandbox(async (empty) => {
      const onPath = { path: withSolutions(path, solved), env: { FLEETLAB_HOME: home } };
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
    "runs in order with every solution beside two hundred foreign resources, and leaves the account as it was; " +
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
        for (const name of notebooks.map(nameOf)) {
          const shown = shownBy(join(folder, name, `${name}-solved.ipynb`));
          const promised = promises[name] ?? [];
          expect([...shown.keys()], name).toEqual(promised.map((_, i) => i + 1));
          promised.forEach((promise, i) => {
            expect.soft(shown.get(i + 1), `${name}, folded ${i + 1}`).toMatch(promise);
          });
        }
      });
    },
    30 * MINUTES,
  );
});
