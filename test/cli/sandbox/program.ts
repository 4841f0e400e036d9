import { execFile } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { projectRoot, sandboxProgram } from "../../../lib/cli/project.js";

/** How a run of the sandbox's program ended, and what it said. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** Runs the compiled sandbox on this home to its end, in a process of its own. */
export function sandbox(home: string, ...args: string[]): Promise<Ended> {
  return node(home, [sandboxProgram, ...args]);
}

/** What a kernel does in `connect()`, in a process of its own: find the sandbox, or start it behind. */
export function startBehind(home: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const local = pathToFileURL(join(projectRoot, "lib", "dist", "aws", "local.js")).href;
  const script = `const { startSandbox } = await import(${JSON.stringify(local)});
    await startSandbox().catch((error) => { console.log(String(error)); process.exitCode = 1; });`;
  return node(home, ["--input-type=module", "-e", script], env);
}

function node(home: string, args: string[], more: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const env = { ...process.env, ...more, FLEETLAB_HOME: home };
    execFile(process.execPath, args, { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, output: stdout + stderr });
    });
  });
}
