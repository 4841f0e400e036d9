import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Run } from "../../lib/cli/jupyter/execute.js";
import { allNotebooks, nameOf } from "../../lib/cli/jupyter/notebook-files.js";
import { projectRoot } from "../../lib/cli/project.js";
import { rememberPlan } from "../../lib/fleet/shadows/notes.js";
import { accountsIn, connectTo, executeOn, inOwnSandbox } from "./kernel.js";
import { jupyterForTests } from "./need-jupyter.js";

const jupyter = await jupyterForTests();
const MINUTES = 60_000;

/**
 * What catchUp() builds for a notebook, as the fleet that was planned last: one vehicle, from 02 on. A
 * hundred, its default, are mostly waits for AWS's rates; they are on the path, and here in
 * `npm run test:long`.
 */
const VEHICLES = process.env["FLEETLAB_TESTS"] === "long" ? 100 : 1;

// Those that follow are in test/long/after-the-course.long.ts.
const notebooks = allNotebooks(projectRoot).filter((path) => nameOf(path) < "09");

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "fleetlab-alone-test-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// One kernel for all: it takes longer to start, and to become fast, than a notebook to run.
describe.skipIf(!jupyter)("a notebook by itself, in a real kernel", () => {
  it(
    "runs on an account where nothing is but a plan for one vehicle, and a second time after itself",
    async () => {
      const executed = await inOwnSandbox(
        async (home) => {
          const homes = accountsIn(home, notebooks.length);
          for (const one of homes) await rememberPlan(await connectTo(one), { devices: VEHICLES });
          const runs = notebooks.flatMap((path, i): Run[] => {
            const run = { path, env: { FLEETLAB_HOME: homes[i]! } };
            return [run, run];
          });
          return executeOn(jupyter!, folder, runs, { kernels: "one" });
        },
        ["--auth", "off"],
      );

      const names = notebooks.map(nameOf).flatMap((name) => [name, name]);
      expect(executed.map(({ notebook }) => notebook)).toEqual(names);
      for (const { notebook, cells } of executed) expect(cells, notebook).toBeGreaterThan(0);
    },
    30 * MINUTES,
  );
});
