import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as delay } from "node:timers/promises";
import { findSandbox, type LocalSandbox } from "../../aws/local.js";

/** One measurement: rows of names and numbers, with the unit in the name. */
export interface Scenario {
  readonly name: string;
  readonly about: string;
  run(tell: (line: string) => void): Promise<readonly Readonly<Record<string, string | number>>[]>;
}

/** A sandbox of its own for one measurement, in a process of its own, as a learner has it. */
export interface BenchSandbox extends LocalSandbox {
  /** The home folder that `connect()` finds it by, through `FLEETLAB_HOME`. */
  readonly home: string;
  /** Resident memory of the sandbox now, in MiB; undefined where the system does not tell. */
  residentMiB(): Promise<number | undefined>;
  close(): Promise<void>;
}

/** A home folder for a sandbox that is started more than once. */
export function newHome(): string {
  return mkdtempSync(join(tmpdir(), "fleetlab-bench-"));
}

export function removeHome(home: string): void {
  rmSync(home, { recursive: true, force: true });
}

/** Start an empty, ephemeral sandbox with AWS's quotas, in a folder that is gone afterwards. */
export async function openSandbox(): Promise<BenchSandbox> {
  const home = newHome();
  const sandbox = await startIn(home, ["--ephemeral"]);
  return {
    ...sandbox,
    async close() {
      await sandbox.close();
      removeHome(home);
    },
  };
}

/** Start a sandbox on what `home` holds. */
export async function startIn(home: string, options: readonly string[]): Promise<BenchSandbox> {
  const program = fileURLToPath(new URL("../sandbox.js", import.meta.url));
  const child = spawn(process.execPath, [program, ...options], {
    env: { ...process.env, FLEETLAB_HOME: home },
    stdio: "ignore",
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let found: LocalSandbox | undefined;
  for (let tries = 0; !found && tries < 3_000; tries++) {
    await delay(20);
    found = await findSandbox(home);
  }
  if (!found) throw new Error("the sandbox did not come up for the measurement");
  return {
    ...found,
    home,
    residentMiB: () => residentMiB(child.pid),
    async close() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/**
 * Run one of the worker programs beside this file in a process of its own, on the sandbox of `home`.
 *
 * @returns what it printed last, as JSON
 */
export async function runWorker<T>(
  name: string,
  home: string,
  options: readonly (string | number)[],
): Promise<T> {
  const worker = fileURLToPath(new URL(`./${name}-worker.js`, import.meta.url));
  const child = spawn(process.execPath, ["--expose-gc", worker, ...options.map(String)], {
    env: { ...process.env, FLEETLAB_HOME: home },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  for await (const chunk of child.stdout) text += String(chunk);
  return JSON.parse(text.trim().split("\n").at(-1) || "{}") as T;
}

/** Resident memory of a process, in MiB. */
export async function residentMiB(pid: number | undefined): Promise<number | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
  } catch {
    // Only Linux has /proc; the other columns of the row still hold.
    return undefined;
  }
}

export function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
