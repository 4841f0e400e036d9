import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Run } from "../../lib/cli/jupyter/execute.js";
import { allNotebooks, nameOf } from "../../lib/cli/jupyter/notebook-files.js";
import { projectRoot } from "../../lib/cli/project.js";
import { accountsIn, executeOn, inOwnSandbox } from "./kernel.js";
import { jupyterForTests } from "./need-jupyter.js";

const jupyter = await jupyterForTests();
const MINUTES = 60_000;

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "fleetlab-alone-test-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!jupyter)("a notebook by itself, in a real kernel", () => {
  it(
    "runs on an empty account, and a second time after itself",
    async () => {
      // Those that follow are in test/long/after-the-course.long.ts.
      const notebooks = allNotebooks(projectRoot).filter((path) => nameOf(path) < "10");

      const executed = await inOwnSandbox(
        (home) => {
          const homes = accountsIn(home, notebooks.length);
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
