import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allNotebooks, nameOf } from "../../lib/cli/jupyter/notebook-files.js";
import { projectRoot } from "../../lib/cli/project.js";
import { result } from "../cli/project-copy.js";
import { jupyterForTests } from "./need-jupyter.js";

const jupyter = await jupyterForTests();

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "fleetlab-kernel-test-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!jupyter)("npm run notebooks", () => {
  it("executes a notebook through the real kernel, from an empty sandbox", async () => {
    const names = allNotebooks(projectRoot).map(nameOf).slice(0, 1);
    const json = join(folder, "seconds.json");

    const run = join(projectRoot, "lib", "cli", "bootstrap", "run.mjs");
    const { code, output } = await result(
      spawn(process.execPath, [run, "notebooks", ...names, "--json", json], {
        cwd: projectRoot,
        stdio: ["ignore", "pipe", "pipe"],
      }),
    );

    expect(names.length).toBeGreaterThan(0);
    // The output is the message: it names notebook, cell, source and error.
    expect(code, output).toBe(0);
    const executed = JSON.parse(readFileSync(json, "utf8")) as {
      notebook: string;
      cells: number;
    }[];
    expect(executed.map(({ notebook }) => notebook)).toEqual(names);
    for (const { cells } of executed) expect(cells).toBeGreaterThan(0);
  }, 600_000);
});
