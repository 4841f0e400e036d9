import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { projectRoot } from "../../lib/cli/project.js";
import { pythonWithBoto3, run } from "./python.js";
import { newHome, removeHome, startServer } from "./server.js";

const python = await pythonWithBoto3();

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
