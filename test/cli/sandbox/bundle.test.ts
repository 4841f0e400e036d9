import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { findSandbox } from "../../../lib/aws/local.js";
import { projectRoot } from "../../../lib/cli/project.js";
import { newHome, removeHome } from "../../sandbox/server.js";

const dist = join(projectRoot, "lib", "dist");

let home: string;
beforeEach(() => (home = newHome()));
afterEach(() => removeHome(home));

it("starts from the one file that the build makes of it, which knows its live page and its home", async () => {
  const bundle = join(dist, "bundle", "main.js");
  expect(existsSync(bundle)).toBe(true);

  const answer = await firstAnswer(bundle);

  expect(answer).toEqual({ code: 0, page: 200 });
});

it("starts from its own files when there is no such one", async () => {
  const answer = await firstAnswer(join(dist, "cli", "sandbox", "main.js"));

  expect(answer).toEqual({ code: 0, page: 200 });
});

/** How its live page answers that needs no session, and how it ends when it is told to. */
async function firstAnswer(program: string): Promise<{ code: number; page: number }> {
  const code = `import(${JSON.stringify(pathToFileURL(program).href)}).then(({ main }) => main());`;
  // The first of the words stands where a program's name would.
  const args = [
    "--input-type=module",
    "-e",
    code,
    "--",
    "sandbox",
    "--port",
    "0",
    "--mqtt-port",
    "0",
  ];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, FLEETLAB_HOME: home },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  await Promise.race([once(child.stdout!, "data"), exited]);
  const sandbox = await findSandbox(home);
  const { status } = await fetch(`${sandbox?.url}/_fleetlab/page/page.css`);
  child.kill("SIGTERM");
  const [exitCode] = (await exited) as [number];
  return { code: exitCode, page: status };
}
