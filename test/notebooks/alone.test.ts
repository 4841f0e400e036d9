import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Run } from "../../lib/cli/jupyter/execute.js";
import { allNotebooks, nameOf } from "../../lib/cli/jupyter/notebook-files.js";
import { projectRoot } from "../../lib/cli/project.js";
import { rememberPlan } from "../../lib/fleet/shadows/notes.js";
import { scan } from "../../lib/tasks/clean-up/scan.js";
import { planFleet } from "../../lib/tasks/provisioning/plan.js";
import { provision } from "../../lib/tasks/provisioning/provision.js";
import { accountsIn, connectTo, executeOn, inOwnSandbox } from "./kernel.js";
import { jupyterForTests } from "./need-jupyter.js";

const jupyter = await jupyterForTests();
const MINUTES = 60_000;

/**
 * What catchUp() builds for a notebook: the fleet that was planned last. A hundred vehicles, its default,
 * are mostly waits for AWS's rates; they are on the path, and here in `npm run test:long`.
 */
const VEHICLES = process.env["FLEETLAB_TESTS"] === "long" ? 100 : 15;

// Those that follow are in test/long/after-the-course.long.ts.
const notebooks = allNotebooks(projectRoot).filter((path) => nameOf(path) < "10");

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "fleetlab-alone-test-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Each of them twice, on an account of its own where nothing is but a plan. */
async function aloneAndAgain(homes: readonly string[]): Promise<Run[]> {
  for (const home of homes) await rememberPlan(await connectTo(home), { devices: VEHICLES });
  return notebooks.flatMap((path, i): Run[] => {
    const run = { path, env: { FLEETLAB_HOME: homes[i]! } };
    return [run, run];
  });
}

/** All in order on one vehicle, provisioned here: 00 and 01 make fleets of their own size. */
async function forOneVehicle(home: string): Promise<Run[]> {
  const fleet = await connectTo(home);
  await provision(fleet, planFleet(fleet, { devices: 1 }));
  return notebooks
    .filter((path) => nameOf(path) > "02")
    .map((path) => ({ path, env: { FLEETLAB_HOME: home } }));
}

// One kernel for all: it takes longer to start, and to become fast, than a notebook to run.
describe.skipIf(!jupyter)("notebooks in a real kernel", () => {
  it(
    "run on an account by themselves and a second time after themselves, and in order for one vehicle",
    async () => {
      await inOwnSandbox(
        async (home) => {
          const [one = "", ...homes] = accountsIn(home, 1 + notebooks.length);
          const small = await connectTo(one);
          const empty = await scan(small);
          const runs = [...(await aloneAndAgain(homes)), ...(await forOneVehicle(one))];

          const executed = await executeOn(jupyter!, folder, runs, { kernels: "one" });

          expect(executed.map(({ notebook }) => notebook)).toEqual(
            runs.map(({ path }) => nameOf(path)),
          );
          for (const { notebook, cells } of executed) expect(cells, notebook).toBeGreaterThan(0);
          expect(await scan(small)).toEqual(empty);
        },
        ["--auth", "off"],
      );
    },
    30 * MINUTES,
  );
});
