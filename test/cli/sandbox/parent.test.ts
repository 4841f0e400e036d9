import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findSandbox, readSandboxFile } from "../../../lib/aws/local.js";
import { isAlive } from "../../../lib/cli/bootstrap/lock.mjs";
import { newHome, removeHome } from "../../sandbox/server.js";
import { sandboxProgram } from "../../../lib/cli/project.js";
import { sandbox, startBehind } from "./program.js";

let home: string;
beforeEach(() => (home = newHome()));
afterEach(() => removeHome(home));

// Windows gives no new parent to an orphan, and npm ends the whole tree there.
describe.skipIf(process.platform === "win32")("a sandbox in the foreground", () => {
  it.each(["SIGTERM", "SIGKILL"] as const)(
    "ends with the shell through which npm runs it, on %s",
    async (signal) => {
      // As npm does: a shell that waits for the program, and alone is told to end.
      const shell = spawn(
        "sh",
        ["-c", `"${process.execPath}" "${sandboxProgram}" --ephemeral; true`],
        {
          env: { ...process.env, FLEETLAB_HOME: home, npm_lifecycle_event: "sandbox" },
          stdio: "ignore",
        },
      );
      await expect.poll(() => findSandbox(home), { timeout: 30_000 }).toBeDefined();
      const pid = readSandboxFile(home)!.pid;
      shell.kill(signal);

      await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
      expect(pid).not.toBe(shell.pid);
    },
  );
});

describe("a sandbox in the background", () => {
  it("outlives the kernel that started it, also under npm", async () => {
    await startBehind(home, { npm_lifecycle_event: "start" });

    // Longer than a sandbox in the foreground needs to notice.
    await delay(1_500);
    expect(await findSandbox(home)).toBeDefined();
    await sandbox(home, "--stop");
  });
});
