import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { sandboxProgram } from "../../lib/cli/project.js";

const run = promisify(execFile);

/** An empty sandbox, known by nothing but the lines that it prints. */
export interface PrintedSandbox {
  /** The lines that `npm run sandbox` says to run, and nothing else. */
  readonly printed: string;
  /** Run a command in a shell that knows nothing but what was printed, or other exports. */
  inShell(command: string, exports?: string): Promise<string>;
  stop(): Promise<void>;
}

/** @param home the sandbox's folder */
export async function startPrinted(home: string): Promise<PrintedSandbox> {
  const sandbox = spawn(process.execPath, [sandboxProgram, "--ephemeral", "--quotas", "off"], {
    env: { ...process.env, FLEETLAB_HOME: home },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => sandbox.once("exit", () => resolve()));
  let output = "";
  for await (const text of sandbox.stdout.setEncoding("utf8")) {
    output += text;
    if (output.includes("Ctrl-C")) break;
  }
  const printed = (output.match(/^ {2}export .*$/gm) ?? []).join("\n");
  return {
    printed,
    async inShell(command, exports = printed) {
      const { stdout } = await run("/bin/sh", ["-c", `${exports}\n${command}`], {
        // No HOME: neither profiles nor settings of whoever runs the tests.
        env: { PATH: process.env["PATH"] },
      });
      return stdout;
    },
    async stop() {
      sandbox.kill();
      await ended;
    },
  };
}
