import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { vi } from "vitest";
import { connect, type Fleet } from "../../lib/aws/connect.js";
import { readSandboxFile } from "../../lib/aws/local.js";
import { memoryOutput } from "../../lib/aws/output.js";
import {
  execute,
  type Executed,
  type ExecuteOptions,
  type Run,
} from "../../lib/cli/jupyter/execute.js";
import {
  jupyterEnvironment,
  jupyterFolder,
  registerKernel,
  type Jupyter,
} from "../../lib/cli/jupyter/jupyter.js";
import { withOwnSandbox } from "../../lib/cli/sandbox/own.js";
import { projectRoot } from "../../lib/cli/project.js";

/** Execute notebooks, each in a sandbox whose folder its `env` says, as on a machine that says nothing else. */
export function executeOn(
  jupyter: Jupyter,
  output: string,
  notebooks: readonly Run[],
  options: Pick<ExecuteOptions, "kernels" | "onDone"> = {},
): Promise<Executed[]> {
  const { WORKSHOP_TARGET: _target, AWS_REGION: _region, ...env } = process.env;
  return execute(projectRoot, { jupyter, notebooks, output, env, hasPages: false, ...options });
}

/** Do `work` beside an empty sandbox of its own, with more options of `npm run sandbox` if given. */
export function inOwnSandbox<T>(
  work: (home: string) => Promise<T>,
  args: readonly string[] = [],
): Promise<T> {
  return withOwnSandbox(work, args);
}

/**
 * Empty accounts in one sandbox, which takes seconds less than a sandbox for each.
 *
 * @param home the folder of a sandbox with `--auth off`, where the access key says the account
 * @returns for each a folder that FLEETLAB_HOME may say
 */
export function accountsIn(home: string, count: number): string[] {
  const file = readSandboxFile(home);
  if (!file) throw new Error(`No sandbox runs in ${home}.`);
  return Array.from({ length: count }, (_, i) => {
    const account = String(100_000_000_001 + i);
    const credentials = { accessKeyId: account, secretAccessKey: "not checked", account };
    const folder = join(home, "accounts", account);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "sandbox.json"), JSON.stringify({ ...file, credentials }));
    return folder;
  });
}

/**
 * Let a program in Python work with one real kernel on an empty sandbox.
 *
 * @param driver its file, in this folder
 * @param input what it reads
 * @returns what it prints
 */
export function inKernel<T>(jupyter: Jupyter, driver: string, input: unknown): Promise<T> {
  registerKernel(jupyterFolder(projectRoot));
  return inOwnSandbox(async (home) => {
    const child = spawn(jupyter.python, [join(projectRoot, "test", "notebooks", driver)], {
      cwd: join(projectRoot, "notebooks"),
      env: jupyterEnvironment(projectRoot, { ...process.env, FLEETLAB_HOME: home }),
      stdio: ["pipe", "pipe", "inherit"],
    });
    child.stdin.end(JSON.stringify(input));
    return JSON.parse(await text(child.stdout)) as T;
  });
}

/** What a test sees of a sandbox from outside the kernels. */
export async function connectTo(home: string): Promise<Fleet> {
  vi.stubEnv("FLEETLAB_HOME", home);
  vi.stubEnv("AWS_REGION", undefined);
  vi.stubEnv("WORKSHOP_TARGET", undefined);
  try {
    return await connect({ output: memoryOutput() });
  } finally {
    vi.unstubAllEnvs();
  }
}
