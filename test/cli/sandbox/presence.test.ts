import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { signedBy } from "../../../lib/cli/sandbox/lock.js";
import { newHome, removeHome, startServer } from "../../sandbox/server.js";
import { sandbox } from "./program.js";

let home: string;
beforeEach(() => (home = newHome()));
afterEach(() => removeHome(home));

describe("a running sandbox", () => {
  it("ends when its folder is deleted", async () => {
    const server = await startServer(home);
    const exited = once(server.process, "exit");
    rmSync(home, { recursive: true });

    expect((await exited)[0]).toBe(1);
  });

  it("is still the only one when its lock file is deleted", async () => {
    const server = await startServer(home);
    rmSync(join(home, "lock"));
    // Whoever comes before it has looked takes its place.
    await expect.poll(() => signedBy(home), { timeout: 30_000 }).toBe(server.process.pid);

    expect(await sandbox(home, "--reset")).toMatchObject({
      code: 1,
      output: expect.stringContaining("The sandbox is running."),
    });

    await server.stop();
  });
});
