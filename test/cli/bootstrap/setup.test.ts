import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isAlive } from "../../../lib/cli/bootstrap/lock.mjs";
import { ProjectCopy, result } from "../project-copy.js";

let project: ProjectCopy;
beforeEach(() => (project = new ProjectCopy()));
afterEach(() => project.remove());

const EVERYTHING = ["npm ci", "tsc"];

describe("setting up", () => {
  it("installs the lock file's packages and builds the library", async () => {
    const { code } = await project.run("build");

    expect(code).toBe(0);
    expect(project.calls()).toEqual(EVERYTHING);
    expect(existsSync(join(project.root, "lib/dist/index.js"))).toBe(true);
  });

  it("does nothing the second time", async () => {
    await project.run("build");
    const { code, output } = await project.run("build");

    expect(code).toBe(0);
    expect(output).toBe("");
    expect(project.calls()).toEqual(EVERYTHING);
  });

  it("installs again from another lock file", async () => {
    await project.run("build");
    project.write("package-lock.json", JSON.stringify({ packages: { "": { name: "other" } } }));
    // npm's record of what is installed, as it was before.
    project.write("node_modules/.package-lock.json", JSON.stringify({ packages: {} }));
    project.write(
      "package-lock.json",
      JSON.stringify({ packages: { "node_modules/a": { version: "1.0.0" } } }),
    );
    await project.run("build");

    expect(project.calls()).toEqual([...EVERYTHING, ...EVERYTHING]);
  });

  it("installs again when a copy has brought one folder of packages and not that beside lib", async () => {
    const packages = { "lib/node_modules/a": { version: "1.0.0" } };
    project.write("package-lock.json", JSON.stringify({ packages }));
    await project.run("build");
    project.write("lib/node_modules/a/package.json", "{}");
    await project.run("build");
    expect(project.calls()).toEqual(EVERYTHING);

    rmSync(join(project.root, "lib", "node_modules"), { recursive: true });
    await project.run("build");

    expect(project.calls()).toEqual([...EVERYTHING, "npm ci"]);
  });

  it("accepts what somebody has installed by hand from this very lock file", async () => {
    const a = { version: "1.0.0", integrity: "sha512-x" };
    const elsewhere = { version: "1.0.0", optional: true, os: ["plan9"] };
    const packages = { "node_modules/a": a, "node_modules/for-plan9": elsewhere };
    project.write("package-lock.json", JSON.stringify({ packages }));
    project.write(
      "node_modules/.package-lock.json",
      JSON.stringify({ packages: { "node_modules/a": a } }),
    );
    project.write("node_modules/a/package.json", "{}");
    project.write("node_modules/typescript/bin/tsc", project.read("compiler.cjs"));

    await project.run("build");

    expect(project.calls()).toEqual(["tsc"]);
  });

  it("installs when what is there was installed from an older lock file", async () => {
    const packages = { "node_modules/a": { version: "2.0.0", integrity: "sha512-y" } };
    const older = { "node_modules/a": { version: "1.0.0", integrity: "sha512-x" } };
    project.write("package-lock.json", JSON.stringify({ packages }));
    project.write("node_modules/.package-lock.json", JSON.stringify({ packages: older }));
    project.write("node_modules/a/package.json", "{}");

    await project.run("build");

    expect(project.calls()).toEqual(EVERYTHING);
  });

  it("builds again when a source changed, and drops what was built from a deleted one", async () => {
    project.write("lib/old/gone.ts", "export {};");
    await project.run("build");
    rmSync(join(project.root, "lib/old"), { recursive: true });
    project.write("lib/index.ts", "export const changed = true;");
    await project.run("build");

    expect(project.calls()).toEqual([...EVERYTHING, "tsc"]);
    expect(project.read("lib/dist/index.js")).toContain("changed");
    expect(existsSync(join(project.root, "lib/dist/old"))).toBe(false);
  });

  it("builds again when lib/dist was deleted", async () => {
    await project.run("build");
    rmSync(join(project.root, "lib/dist"), { recursive: true });
    await project.run("build");

    expect(project.calls()).toEqual([...EVERYTHING, "tsc"]);
  });

  it("does not install twice when two commands begin side by side", async () => {
    const both = await Promise.all([project.run("build"), project.run("build")]);

    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(project.calls()).toEqual(EVERYTHING);
  });

  it("says that it waits for another command", async () => {
    // This npm ends when it is told to, so that the second command meets it at work.
    project.npm("echo started > started; while [ ! -e go ]; do sleep 0.02; done");
    const first = result(project.start("build"));
    await seen(project, "started");
    const second = project.start("build");
    const waiting = new Promise((resolve) => second.stderr?.once("data", resolve));
    const ended = result(second);

    expect(String(await waiting)).toContain("waiting for it");
    project.write("go", "");
    expect((await first).code).toBe(0);
    expect((await ended).code).toBe(0);
    expect(project.calls()).toEqual(EVERYTHING);
  });

  it("ends what it started when it is interrupted, and the next run repairs it", async () => {
    project.npm("echo $$ > npm-pid; echo started > started; sleep 600");
    const child = project.start("build");
    const ended = result(child);
    await seen(project, "started");
    child.kill("SIGINT");

    expect(await ended).toMatchObject({ code: 130 });
    expect(isAlive(Number(project.read("npm-pid")))).toBe(false);

    project.npm("exit 0");
    expect(await project.run("build")).toMatchObject({ code: 0 });
    expect(project.calls()).toEqual(["npm ci", ...EVERYTHING]);
  });

  it("begins again after a run that was killed outright", async () => {
    project.npm("echo $$ > npm-pid; echo started > started; sleep 600");
    const child = project.start("build");
    const ended = result(child);
    await seen(project, "started");
    child.kill("SIGKILL");
    process.kill(-Number(project.read("npm-pid")), "SIGKILL");
    await ended;

    project.npm("exit 0");
    expect(await project.run("build")).toMatchObject({ code: 0 });
  });
}, 60_000);

/** Looks until a program of the test has written a file. */
async function seen(project: ProjectCopy, name: string): Promise<void> {
  while (!existsSync(join(project.root, name))) await new Promise((next) => setTimeout(next, 10));
}
