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

describe.skipIf(!jupyter)("the whole path, in a real kernel", () => {
  it(
    "runs in order with every solution beside two hundred foreign resources, and leaves the account as it was",
    async () => {
      await inOwnSandbox(async (home) => {
        const fleet = await connectTo(home);
        const strangers = await createStrangers(fleet, { areInTheWay: false });
        const before = await scan(fleet);

        const runs = notebooks.map((path) => ({
          path: withSolutions(path, solved),
          env: { FLEETLAB_HOME: home },
        }));
        const executed = await executeOn(jupyter!, folder, runs, { kernels: "one" });

        expect(strangers).toBe(200);
        expect(executed.map(({ notebook }) => notebook)).toEqual(
          runs.map(({ path }) => nameOf(path)),
        );
        expect(await scan(fleet)).toEqual(before);
        for (const name of notebooks.map(nameOf)) {
          const shown = shownBy(join(folder, `${name}-solved.ipynb`));
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
