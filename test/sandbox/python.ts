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
export function pythonWithBoto3(): Promise<string | undefined> {
  return pythonWith(["boto3"], "environment.yml");
}

/**
 * A Python that has all these modules.
 *
 * @param namedBy the file that names them
 * @throws Error in CI when there is none
 */
export async function pythonWith(
  modules: readonly string[],
  namedBy: string,
): Promise<string | undefined> {
  const candidates = [(await jupyterForTests())?.python, "python3"];
  for (const python of candidates) {
    if (python && (await run(python, ["-c", `import ${modules.join(", ")}`])).code === 0)
      return python;
  }
  const missing = `No Python has ${modules.join(" and ")}, which ${namedBy} names.`;
  if (process.env["CI"]) throw new Error(missing);
  console.error(
    `\n!!! TESTS WITH ${modules.join(" AND ").toUpperCase()} ARE SKIPPED !!! ${missing}\n`,
  );
  return undefined;
}
