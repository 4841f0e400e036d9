import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import {
  jupyterEnvironment,
  jupyterFolder,
  registerKernel,
  type Jupyter,
} from "../../lib/cli/jupyter/jupyter.js";
import { withOwnSandbox } from "../../lib/cli/sandbox/own.js";
import { projectRoot } from "../../lib/cli/project.js";

export interface CellResult {
  readonly status: string;
  readonly text: string;
  readonly shown: readonly string[];
  readonly secondsAfterInterrupt: number | null;
}

/** A cell, and when it is interrupted: after so many seconds, or once it has shown something. */
export interface Cell {
  readonly code: string;
  readonly interruptAfter?: number;
  /** A pattern. */
  readonly interruptAt?: string;
}

/** Run cells in one real kernel on an empty sandbox. */
export async function runCells(jupyter: Jupyter, cells: readonly Cell[]): Promise<CellResult[]> {
  registerKernel(jupyterFolder(projectRoot));
  const sandbox = join(projectRoot, "lib", "dist", "cli", "sandbox.js");
  return withOwnSandbox(sandbox, async (home) => {
    const driver = join(projectRoot, "test", "notebooks", "interrupt_cell.py");
    const child = spawn(jupyter.python, [driver], {
      cwd: join(projectRoot, "notebooks"),
      env: jupyterEnvironment(projectRoot, { ...process.env, FLEETLAB_HOME: home }),
      stdio: ["pipe", "pipe", "inherit"],
    });
    child.stdin.end(JSON.stringify(cells));
    return JSON.parse(await text(child.stdout)) as CellResult[];
  });
}
