import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withLock } from "../../../lib/cli/bootstrap/lock.mjs";

const LOCK = fileURLToPath(new URL("../../../lib/cli/bootstrap/lock.mjs", import.meta.url));

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "fleetlab-lock-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A process id that was in use and is not any more. */
function deadPid(): number {
  return spawnSync(process.execPath, ["-e", ""]).pid;
}

function leaveBehind(lock: string, holder: object): void {
  mkdirSync(lock, { recursive: true });
  writeFileSync(join(lock, "7"), JSON.stringify(holder));
}

/** Starts a process that runs `body`, in which `withLock` and `fs` are known. */
function inAnotherProcess(body: string) {
  const code = `import fs from "node:fs"; import { withLock } from ${JSON.stringify(LOCK)}; ${body}`;
  return spawn(process.execPath, ["--input-type=module", "-e", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** The lock, held by us until `finish` is called. */
async function held(lock: string) {
  let finish = () => {};
  let first: Promise<void> | undefined;
  await new Promise<void>((entered) => {
    first = withLock(lock, () => {
      entered();
      return new Promise<void>((resolve) => (finish = resolve));
    });
  });
  return { first, finish };
}

describe("withLock", () => {
  it("returns what the work returned", async () => {
    expect(await withLock(join(folder, "lock"), async () => 42)).toBe(42);
  });

  it("lets a second caller in when the first is done, and tells it once that it waits", async () => {
    const lock = join(folder, "lock");
    const order: string[] = [];
    const { first, finish } = await held(lock);
    const second = withLock(lock, async () => order.push("second"), {
      pollMs: 1,
      onWait: () => {
        order.push("waits");
        order.push("first ends");
        finish();
      },
    });

    await Promise.all([first, second]);

    expect(order).toEqual(["waits", "first ends", "second"]);
  });

  it("is free again after work that failed", async () => {
    const lock = join(folder, "lock");
    await expect(withLock(lock, async () => Promise.reject(new Error("no")))).rejects.toThrow("no");

    expect(await withLock(lock, async () => "in")).toBe("in");
  });

  it("takes over from a process that is gone", async () => {
    const lock = join(folder, "lock");
    leaveBehind(lock, { pid: deadPid(), host: hostname() });
    let waited = false;

    await withLock(lock, async () => {}, { onWait: () => (waited = true) });

    expect(waited).toBe(false);
  });

  it("takes over from a process that was killed while it worked", async () => {
    const lock = join(folder, "lock");
    const holder = inAnotherProcess(
      `withLock(${JSON.stringify(lock)}, () => new Promise(() => { console.log("in"); setInterval(() => {}, 1e9); }))`,
    );
    await new Promise((resolve) => holder.stdout.once("data", resolve));
    const gone = new Promise((resolve) => holder.once("exit", resolve));
    holder.kill("SIGKILL");
    await gone;

    expect(await withLock(lock, async () => "in")).toBe("in");
  });

  it("takes over when only the heartbeat tells: a process id that was given out again", async () => {
    const lock = join(folder, "lock");
    leaveBehind(lock, { pid: process.pid, host: hostname() });
    let waited = false;

    await withLock(lock, async () => {}, {
      pollMs: 1,
      deadAfterMs: 20,
      onWait: () => (waited = true),
    });

    expect(waited).toBe(true);
  });

  it("stops waiting when it is told to, and leaves the lock to its holder", async () => {
    const lock = join(folder, "lock");
    const abort = new AbortController();
    const { first, finish } = await held(lock);
    const waiting = withLock(lock, async () => {}, {
      signal: abort.signal,
      onWait: () => abort.abort(new Error("enough")),
    });

    await expect(waiting).rejects.toThrow("enough");

    expect(readdirSync(lock)).toHaveLength(1);
    finish();
    await first;
  });

  it("lets one process in at a time, also when all find the same dead holder", async () => {
    const lock = join(folder, "lock");
    const log = join(folder, "log");
    leaveBehind(lock, { pid: deadPid(), host: hostname() });
    const body = `
      for (let i = 0; i < 5; i++) await withLock(${JSON.stringify(lock)}, async () => {
        fs.appendFileSync(${JSON.stringify(log)}, "in\\n");
        await new Promise(setImmediate);
        fs.appendFileSync(${JSON.stringify(log)}, "out\\n");
      }, { pollMs: 1 });`;

    const codes = await Promise.all(
      Array.from({ length: 6 }, () => {
        const child = inAnotherProcess(body);
        return new Promise((resolve) => child.once("exit", resolve));
      }),
    );

    expect(codes).toEqual([0, 0, 0, 0, 0, 0]);
    expect(readFileSync(log, "utf8")).toBe("in\nout\n".repeat(30));
  }, 30_000);
});
