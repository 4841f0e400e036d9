import { execFile } from "node:child_process";
import { stopAll } from "#bootstrap/processes";
import { findSandbox, readSandboxFile, sandboxHome } from "../../aws/local.js";

/**
 * The local AWS that a notebook's `connect()` has started in the background, if it runs.
 *
 * A sandbox that a user runs in a terminal (`npm run sandbox`) is theirs and is not meant.
 *
 * @returns its process id
 */
export async function backgroundSandbox(): Promise<number | undefined> {
  const home = sandboxHome();
  const file = readSandboxFile(home);
  // It must answer as itself: a process id may have been given out again since it was written down.
  if (!file || !(await findSandbox(home))) return undefined;
  return (await commandOf(file.pid)).includes(" --background") ? file.pid : undefined;
}

/** Empty where there is no `ps` (Windows): then nothing is recognised, and nothing stopped. */
async function commandOf(pid: number): Promise<string> {
  return new Promise((resolve) => {
    execFile("ps", ["-o", "args=", "-p", String(pid)], (error, out) => resolve(error ? "" : out));
  });
}

/** End it. Its state is on disk; the next `connect()` starts it again and finds everything. */
export async function stopBackgroundSandbox(): Promise<void> {
  const pid = await backgroundSandbox();
  if (pid !== undefined) await stopAll([pid]);
}
