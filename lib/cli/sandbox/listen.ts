import { Failure } from "#bootstrap/failures";
import type { SandboxFile } from "../../aws/local.js";
import type { SandboxServer } from "../../sandbox/server.js";

/**
 * Listen on the wanted port, else on the last one, so that clients of before find us again.
 *
 * @throws Failure when the wanted one is taken or forbidden
 */
export async function listen(
  wanted: number | undefined,
  last: SandboxFile | undefined,
  open: (port: number) => Promise<SandboxServer>,
): Promise<SandboxServer> {
  const lastPort = last ? Number(new URL(last.url).port) : 0;
  try {
    return await open(wanted ?? lastPort);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (wanted === undefined && code === "EADDRINUSE") return open(0);
    if (code === "EADDRINUSE") {
      throw new Failure(
        `Port ${wanted} is taken. Choose another with --port, or leave it out for any free one.`,
        "npm run sandbox -- --port 0",
      );
    }
    if (code === "EACCES") {
      throw new Failure(
        `Port ${wanted} may not be used by this user. Choose one above 1023.`,
        "npm run sandbox -- --port 4566",
      );
    }
    throw error;
  }
}
