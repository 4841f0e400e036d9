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
import { expectPromised } from "./promises.js";
import { withSolutions } from "./solutions.js";

const jupyter = await jupyterForTests();
/** The course; what comes after it as well in `npm run test:long`. */
const notebooks = allNotebooks(projectRoot).filter(
  (path) => nameOf(path) < "09" || process.env["FLEETLAB_TESTS"] === "long",
);
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
        for (const name of notebooks.map(nameOf)) expectPromised(name, folder);
      });
    },
    30 * MINUTES,
  );
});
