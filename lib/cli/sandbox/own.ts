import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure, tail } from "#bootstrap/failures";
import { isAlive } from "#bootstrap/lock";
import { interruption, start, stop, stopAll } from "#bootstrap/processes";
import { readSandboxFile } from "../../aws/local.js";
import { sandboxProgram } from "../project.js";

/** How long a sandbox that holds nothing may take to answer, in milliseconds. */
const PATIENCE_MS = 30_000;

/**
 * Do `work` beside a local AWS of its own: empty, on any free ports, in a folder that is gone
 * afterwards, whether `work` succeeds, fails or is interrupted.
 *
 * @param work gets the folder, which is what FLEETLAB_HOME must say for `connect()` to find it
 * @param args more options of `npm run sandbox`
 * @throws Failure with the sandbox's last lines when it does not come up
 */
export async function withOwnSandbox<T>(
  work: (home: string) => Promise<T>,
  args: readonly string[] = [],
): Promise<T> {
  const signal = interruption();
  const home = mkdtempSync(join(tmpdir(), "fleetlab-notebooks-"));
  let output = "";
  // 8883 is for the one that devices are told of, not for one that comes and goes.
  const own = ["--port", "0", "--mqtt-port", "0", "--ephemeral"];
  const sandbox = start(process.execPath, [sandboxProgram, ...own, ...args], {
    env: { ...process.env, FLEETLAB_HOME: home },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [sandbox.stdout, sandbox.stderr]) {
    stream?.on("data", (bytes: Buffer) => (output += bytes.toString()));
  }
  try {
    const sinceMs = performance.now();
    while (readSandboxFile(home)?.pid !== sandbox.pid) {
      signal.throwIfAborted();
      const isLate = performance.now() - sinceMs > PATIENCE_MS;
      if (isLate || sandbox.exitCode !== null) throw notUp(isLate, output);
      await sleep(50);
    }
    return await work(home);
  } finally {
    await stop(sandbox);
    await stopReplacement(home);
    rmSync(home, { recursive: true, force: true });
  }
}

function notUp(isLate: boolean, output: string): Failure {
  return new Failure(
    isLate ? "The local AWS did not answer in 30 seconds." : "The local AWS ended as it started.",
    `${tail(output)}\nSee it by itself with: npm run sandbox -- --ephemeral`,
  );
}

/** Should ours have died on the way, a kernel has started another one in the same folder. */
async function stopReplacement(home: string): Promise<void> {
  const pid = readSandboxFile(home)?.pid;
  if (pid !== undefined && isAlive(pid)) await stopAll([pid]);
}
