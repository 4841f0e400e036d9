import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Notebook } from "../../lib/cli/jupyter/normalise.js";
import { findNotebook } from "../../lib/cli/jupyter/notebook-files.js";
import { projectRoot } from "../../lib/cli/project.js";
import { planFleet } from "../../lib/tasks/provisioning/plan.js";
import { provision } from "../../lib/tasks/provisioning/provision.js";
import { scan } from "../../lib/tasks/clean-up/scan.js";
import { connectTo, executeOn, inOwnSandbox } from "../notebooks/kernel.js";
import { jupyterForTests } from "../notebooks/need-jupyter.js";

const jupyter = await jupyterForTests();

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "fleetlab-instructor-test-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!jupyter)("the instructor's notebook", () => {
  it("runs twice beside a fleet of the instructor's own, and leaves that as it was", async () => {
    await inOwnSandbox(async (home) => {
      const fleet = await connectTo(home);
      await provision(fleet, planFleet(fleet, { devices: 5 }));
      const before = await scan(fleet);
      const run = { path: findNotebook(projectRoot, "instructor"), env: { FLEETLAB_HOME: home } };

      const executed = await executeOn(jupyter!, folder, [run, run], { kernels: "one" });

      expect(executed).toHaveLength(2);
      expect(await scan(fleet)).toEqual(before);
      const text = readFileSync(join(folder, "instructor.ipynb"), "utf8");
      const outputs = (JSON.parse(text) as Notebook).cells.flatMap(({ outputs: own = [] }) => own);
      const shown = JSON.stringify(outputs);
      expect(shown).toContain("3 fleets: Ada-, Bob-, Cleo-");
      expect(shown).toContain('there is \\"Ada-\\"');
    });
  });
});
