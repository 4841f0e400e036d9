// `npm start` as a program, on a folder of copies that nobody works in.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { projectRoot } from "../../lib/cli/project.js";

/** A JupyterLab that answers, and the program that has started it. */
export interface Started {
  /** With the token. */
  readonly url: URL;
  /** What was printed so far. */
  output(): string;
  kill(signal: NodeJS.Signals): void;
  /** The exit code. */
  readonly exited: Promise<number | null>;
}

/**
 * Run `npm start -- --no-browser …` until it has said where it is.
 *
 * @param env replaces variables of this process; undefined removes one
 * @throws Error with all that was printed, when it ends before
 */
export async function npmStart(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Started> {
  const run = join(projectRoot, "lib", "cli", "bootstrap", "run.mjs");
  const child = spawn(process.execPath, [run, "start", "--no-browser", ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  let output = "";
  const url = await new Promise<URL>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (bytes: Buffer) => {
        output += bytes.toString();
        const address = /http:\/\/\S+token=\S+/.exec(output)?.[0];
        if (address) resolve(new URL(address));
      });
    }
    void exited.then(() => reject(new Error(output)));
  });
  return { url, exited, output: () => output, kill: (signal) => child.kill(signal) };
}
