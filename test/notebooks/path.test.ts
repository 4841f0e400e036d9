import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allNotebooks, nameOf } from "../../lib/cli/jupyter/notebook-files.js";
import { projectRoot } from "../../lib/cli/project.js";
import { planFleet } from "../../lib/tasks/provisioning/plan.js";
import { provision } from "../../lib/tasks/provisioning/provision.js";
import { scan } from "../../lib/tasks/clean-up/scan.js";
import { createStrangers } from "../tasks/strangers.js";
import { inClassroom } from "./kernel.js";
import { jupyterForTests } from "./need-jupyter.js";

const jupyter = await jupyterForTests();
const notebooks = allNotebooks(projectRoot);
const MINUTES = 60_000;

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "fleetlab-path-test-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!jupyter)("the whole path, in real kernels", () => {
  it(
    "runs in order beside two hundred foreign resources, and leaves the account as it was",
    async () => {
      await inClassroom(jupyter!, folder, async ({ fleet, run }) => {
        const strangers = await createStrangers(fleet, { areInTheWay: false });
        const before = await scan(fleet);

        const executed = await run(notebooks);
        const after = await scan(fleet);

        expect(strangers).toBe(200);
        expect(executed.map(({ notebook }) => notebook)).toEqual(notebooks.map(nameOf));
        expect(after).toEqual(before);
      });
    },
    30 * MINUTES,
  );

  it(
    "runs for a fleet of one vehicle",
    async () => {
      await inClassroom(jupyter!, folder, async ({ fleet, run }) => {
        const empty = await scan(fleet);
        await provision(fleet, planFleet(fleet, { devices: 1 }));

        // One kernel: that each can begin with a fresh one is proved above.
        await run(
          notebooks.filter((file) => nameOf(file) > "02"),
          "one",
        );

        expect(await scan(fleet)).toEqual(empty);
      });
    },
    30 * MINUTES,
  );
});
