import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { jupyterForTests } from "../notebooks/need-jupyter.js";

/** Run a program to its end. */
export async function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", resolve);
    child.once("error", () => resolve(null));
  });
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, output: output + errors };
}

/**
 * The Python that runs Jupyter, when it has boto3 too: `environment.yml` asks for both. Else this
 * machine's own, if it has boto3.
 *
 * @throws Error in CI when there is none
 */
export async function pythonWithBoto3(): Promise<string | undefined> {
  const candidates = [(await jupyterForTests())?.python, "python3"];
  for (const python of candidates) {
    if (python && (await run(python, ["-c", "import boto3"])).code === 0) return python;
  }
  const missing = `No Python has boto3, which environment.yml names.`;
  if (process.env["CI"]) throw new Error(missing);
  console.error(`\n!!! THE BOTO3 TESTS ARE SKIPPED !!! ${missing}\n`);
  return undefined;
}
