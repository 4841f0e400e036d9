// A tiny project with our real set-up programs and pretended npm, compiler and packages.

import { spawn, type ChildProcess } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const BOOTSTRAP = fileURLToPath(new URL("../../lib/cli/bootstrap/", import.meta.url));

/** Compiles every source of lib by copying it, and notes that it was called. */
const FAKE_COMPILER = `
const fs = require("node:fs"), path = require("node:path");
fs.appendFileSync("calls", "tsc\\n");
const walk = (folder) => fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
  const file = path.join(folder, entry.name);
  if (entry.isDirectory()) return ["dist", "node_modules"].includes(entry.name) ? [] : walk(file);
  return file.endsWith(".ts") ? [file] : [];
});
for (const file of walk("lib")) {
  const out = path.join("lib/dist", path.relative("lib", file)).replace(/\\.ts$/, "");
  fs.mkdirSync(path.dirname(out), { recursive: true });
  for (const ending of [".js", ".d.ts", ".js.map"]) fs.copyFileSync(file, out + ending);
}`;

export class ProjectCopy {
  readonly root = mkdtempSync(join(tmpdir(), "fleetlab-project-"));
  readonly bin = join(this.root, "fake-bin");

  constructor() {
    this.write("package.json", "{}");
    this.write("package-lock.json", JSON.stringify({ packages: { "": {} } }));
    this.write("tsconfig.json", "{}");
    this.write("lib/package.json", '{ "type": "module" }');
    this.write("lib/tsconfig.json", "{}");
    this.write("lib/index.ts", "export {};");
    this.write("environment.yml", "dependencies: [jupyterlab>=4]");
    this.write("compiler.cjs", FAKE_COMPILER);
    for (const name of readdirSync(BOOTSTRAP).filter((name) => name.endsWith(".mjs"))) {
      cpSync(join(BOOTSTRAP, name), join(this.root, "lib", "cli", "bootstrap", name));
    }
    this.npm("exit 0");
  }

  write(path: string, text: string): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), "utf8");
  }

  /** Puts a program on the PATH. */
  program(name: string, script: string): void {
    mkdirSync(this.bin, { recursive: true });
    writeFileSync(join(this.bin, name), script, { mode: 0o755 });
  }

  /** An npm that notes its call, installs a pretended compiler, and then does as told. */
  npm(then: string): void {
    this.program(
      "npm",
      `#!/bin/sh
echo "npm $1" >> calls
mkdir -p node_modules/typescript/bin
cp compiler.cjs node_modules/typescript/bin/tsc
${then}
`,
    );
  }

  /** Names of the programs that were called, in order. */
  calls(): string[] {
    try {
      return this.read("calls").trim().split("\n");
    } catch {
      return [];
    }
  }

  env(): NodeJS.ProcessEnv {
    const { npm_execpath: _npm, npm_lifecycle_event: _event, ...env } = process.env;
    return { ...env, PATH: this.bin + delimiter + process.env["PATH"] };
  }

  start(...args: string[]): ChildProcess {
    return spawn(
      process.execPath,
      [join(this.root, "lib", "cli", "bootstrap", "run.mjs"), ...args],
      {
        cwd: this.root,
        env: this.env(),
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
  }

  /** Runs run.mjs to its end. */
  async run(...args: string[]): Promise<{ code: number | null; output: string }> {
    return result(this.start(...args));
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** The exit code of a program and everything it wrote. */
export async function result(
  child: ChildProcess,
): Promise<{ code: number | null; output: string }> {
  let output = "";
  child.stdout?.on("data", (bytes: Buffer) => (output += bytes.toString()));
  child.stderr?.on("data", (bytes: Buffer) => (output += bytes.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, output };
}
