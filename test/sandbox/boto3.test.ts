import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { projectRoot } from "../../lib/cli/project.js";
import { jupyterForTests } from "../notebooks/need-jupyter.js";
import { newHome, removeHome, startServer } from "./server.js";

const python = await pythonWithBoto3();

/** The Python that runs Jupyter, when it has boto3 too: `environment.yml` asks for both. */
async function pythonWithBoto3(): Promise<string | undefined> {
  const jupyter = await jupyterForTests();
  if (!jupyter) return undefined;
  const { code } = await run(jupyter.python, ["-c", "import boto3"]);
  if (code === 0) return jupyter.python;
  const missing = `${jupyter.python} has no boto3, which environment.yml names.`;
  if (process.env["CI"]) throw new Error(missing);
  console.error(`\n!!! THE BOTO3 TEST IS SKIPPED !!! ${missing}\n`);
  return undefined;
}

async function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, output: output + errors };
}

let home: string;
beforeEach(() => (home = newHome()));
afterEach(() => removeHome(home));

describe.skipIf(!python)("boto3, with signatures checked", () => {
  it.each([
    ["walks from the first thing type to an empty account", "boto3_walk.py", 6],
    ["hands out URLs and forms that others may use", "boto3_presigned.py", 8],
  ])(
    "%s",
    async (_, name, steps) => {
      const server = await startServer(home, ["--ephemeral"]);
      const script = join(projectRoot, "test", "sandbox", name);

      const { code, output } = await run(python as string, [script], {
        AWS_ENDPOINT_URL: server.url,
        AWS_REGION: "us-east-1",
        AWS_DEFAULT_REGION: "us-east-1",
        AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
      });
      await server.stop();

      expect(code, output).toBe(0);
      expect(output.match(/^ok /gm)).toHaveLength(steps);
    },
    120_000,
  );
});
