import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../../lib/cli/project.js";
import { result } from "../cli/project-copy.js";
import { jupyterForTests } from "../notebooks/need-jupyter.js";

const jupyter = await jupyterForTests();

let folder: string;
// Inside the project, where cells find the library.
beforeAll(() => {
  mkdirSync(join(projectRoot, "build"), { recursive: true });
  folder = mkdtempSync(join(projectRoot, "build", "verb-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CELL = `import { connect } from "fleetlab";
import { ListThingsCommand } from "@aws-sdk/client-iot";
const fleet = await connect();
const { things } = await fleet.iot.send(new ListThingsCommand({}));
if (things?.length !== 0) throw new Error("There are things already.");`;

describe.skipIf(!jupyter)("npm run notebooks", () => {
  it("executes a notebook through the real kernel, from an empty sandbox", async () => {
    const notebook = join(folder, "small.ipynb");
    const cell = { cell_type: "code", id: "a", source: CELL, metadata: {}, outputs: [] };
    const cells = [{ ...cell, execution_count: null }];
    writeFileSync(
      notebook,
      JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 }),
    );
    const json = join(folder, "seconds.json");

    const run = join(projectRoot, "lib", "cli", "bootstrap", "run.mjs");
    const { code, output } = await result(
      spawn(process.execPath, [run, "notebooks", notebook, "--json", json], {
        cwd: projectRoot,
        stdio: ["ignore", "pipe", "pipe"],
      }),
    );

    // The output is the message: it names notebook, cell, source and error.
    expect(code, output).toBe(0);
    expect(JSON.parse(readFileSync(json, "utf8"))).toEqual([
      { notebook: "small", cells: 1, seconds: expect.any(Number) },
    ]);
  }, 600_000);
});
