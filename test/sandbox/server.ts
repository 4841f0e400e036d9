import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findSandbox, readSandboxFile, type LocalSandbox } from "../../lib/aws/local.js";
import { sandboxProgram } from "../../lib/cli/project.js";

/** A sandbox in a process of its own, in a home folder of the test's. */
export interface ServerProcess extends LocalSandbox {
  readonly home: string;
  readonly process: ChildProcess;
  /** End it the hard way, as a power switch would. */
  kill(): Promise<void>;
  /** End it politely, and wait until it is gone. */
  stop(): Promise<void>;
}

export function newHome(): string {
  return mkdtempSync(join(tmpdir(), "fleetlab-sandbox-test-"));
}

export function removeHome(home: string): void {
  rmSync(home, { recursive: true, force: true });
}

/** Start the compiled sandbox, on any free ports unless told otherwise; what it held in `home` is there again. */
export async function startServer(
  home: string,
  options: readonly string[] = [],
): Promise<ServerProcess> {
  // 8883 is for the test that is about it.
  const hasPorts = options.some((option) => /^--(mqtt-port|standard-ports)/.test(option));
  const ports = hasPorts ? [] : ["--mqtt-port", "0"];
  const child = spawn(process.execPath, [sandboxProgram, "--quotas", "off", ...ports, ...options], {
    env: { ...process.env, FLEETLAB_HOME: home },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const exited = once(child, "exit");
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await exited;
  };
  for (;;) {
    const found = await findSandbox(home);
    // One that is on its way out still answers.
    if (found && readSandboxFile(home)?.pid === child.pid) {
      return {
        ...found,
        home,
        process: child,
        kill: () => end("SIGKILL"),
        stop: () => end("SIGTERM"),
      };
    }
    if (child.exitCode !== null) throw new Error(`the sandbox ended with ${child.exitCode}`);
    await delay(20);
  }
}
