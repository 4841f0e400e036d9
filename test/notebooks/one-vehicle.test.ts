import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allNotebooks, nameOf } from "../../lib/cli/jupyter/notebook-files.js";
import { projectRoot } from "../../lib/cli/project.js";
import { planFleet } from "../../lib/tasks/provisioning/plan.js";
import { provision } from "../../lib/tasks/provisioning/provision.js";
import { scan } from "../../lib/tasks/clean-up/scan.js";
import { connectTo, executeOn, inOwnSandbox } from "./kernel.js";
import { jupyterForTests } from "./need-jupyter.js";

const jupyter = await jupyterForTests();

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "fleetlab-one-vehicle-test-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!jupyter)("the path for a fleet of one vehicle", () => {
  it("runs, and leaves the account as it was", async () => {
    await inOwnSandbox(async (home) => {
      const fleet = await connectTo(home);
      const empty = await scan(fleet);
      await provision(fleet, planFleet(fleet, { devices: 1 }));

      // One kernel: that each can begin with a fresh one is proved by path.test.ts.
      const paths = allNotebooks(projectRoot).filter((file) => nameOf(file) > "02");
      const runs = paths.map((path) => ({ path, env: { FLEETLAB_HOME: home } }));
      const executed = await executeOn(jupyter!, folder, runs, { kernels: "one" });

      expect(executed.map(({ notebook }) => notebook)).toEqual(paths.map(nameOf));
      expect(await scan(fleet)).toEqual(empty);
    });
  }, 1_800_000);
});
