import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allNotebooks, nameOf } from "../../lib/cli/jupyter/notebook-files.js";
import { projectRoot } from "../../lib/cli/project.js";
import { inClassroom } from "./kernel.js";
import { jupyterForTests } from "./need-jupyter.js";

const jupyter = await jupyterForTests();

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "fleetlab-alone-test-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!jupyter)("a notebook", () => {
  it.each(allNotebooks(projectRoot).map((file) => [nameOf(file), file]))(
    // A second Run All in the same kernel finds what the first has left, in the account and in memory.
    "%s runs alone on an empty sandbox, and a second time after itself",
    async (name, file) => {
      const executed = await inClassroom(jupyter!, folder, ({ run }) => run([file, file], "one"));

      expect(executed.map(({ notebook }) => notebook)).toEqual([name, name]);
      for (const { cells } of executed) expect(cells).toBeGreaterThan(0);
    },
    1_200_000,
  );
});
