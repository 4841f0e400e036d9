// What the notebooks really call is what a class's policies are made of.

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allNotebooks } from "../../lib/cli/jupyter/notebook-files.js";
import { projectRoot } from "../../lib/cli/project.js";
import type { CallRecord } from "../../lib/sandbox/handler.js";
import { NOTEBOOK_OPERATIONS } from "../../lib/tasks/class/called-operations.js";
import { executeOn, inOwnSandbox } from "../notebooks/kernel.js";
import { jupyterForTests } from "../notebooks/need-jupyter.js";
import { withSolutions } from "../notebooks/solutions.js";

const jupyter = await jupyterForTests();

let folder: string;
beforeAll(() => {
  mkdirSync(join(projectRoot, "build"), { recursive: true });
  folder = mkdtempSync(join(projectRoot, "build", "called-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!jupyter)("the operations that the notebooks call", () => {
  it("are those that are recorded, from an empty account to an empty account", async () => {
    const file = join(folder, "calls.jsonl");
    await inOwnSandbox(
      async (home) => {
        const runs = allNotebooks(projectRoot).map((path) => ({
          path: withSolutions(path, folder),
          env: { FLEETLAB_HOME: home },
        }));
        await executeOn(jupyter!, join(folder, "out"), runs, { kernels: "one" });
      },
      ["--calls", file],
    );

    const called = readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as CallRecord)
      .filter(({ over }) => over === undefined)
      .map(({ service, operation }) => `${service}:${operation}`);
    expect([...new Set(called)].sort()).toEqual(NOTEBOOK_OPERATIONS);
  });
});
