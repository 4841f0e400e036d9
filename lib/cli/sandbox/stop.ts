import { Failure } from "#bootstrap/failures";
import { findSandbox, readSandboxFile } from "../../aws/local.js";
import { signedBy, waitForLock } from "./lock.js";

/** How long a sandbox may take to end: it gives the requests under way a moment. Milliseconds. */
const PATIENCE_MS = 10_000;

/**
 * `--stop`: end the sandbox of this home, if one runs, and wait until its place is free.
 *
 * @throws Failure when it does not end, or cannot be found although it holds its place
 */
export async function stop(home: string): Promise<void> {
  const none = await waitForLock(home, 0);
  none?.release();
  if (none) return console.log("No sandbox of this project is running.");
  const url = readSandboxFile(home)?.url;
  const pid = await holderOf(home);
  end(pid);
  const free = await waitForLock(home, PATIENCE_MS);
  free?.release();
  if (!free) {
    throw new Failure(
      "The sandbox did not end in ten seconds.",
      `End its process by force: kill -9 ${pid}`,
    );
  }
  const where = url === undefined ? "" : ` at ${url}`;
  console.log(`Stopped the sandbox${where}. Its data stays; the next connect() starts it again.`);
}

/** The process that holds the place: as it has signed, or as it answers. */
async function holderOf(home: string): Promise<number> {
  const signed = signedBy(home);
  if (signed !== undefined) return signed;
  const isUp = (await findSandbox(home)) !== undefined;
  const pid = isUp ? readSandboxFile(home)?.pid : undefined;
  if (pid !== undefined) return pid;
  throw new Failure(
    `A process holds ${home}, and nothing says which one.`,
    "If a sandbox is just starting, run the same command again in some seconds.\n" +
      `Otherwise find it and end it: ps -A | grep sandbox`,
  );
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch (error) {
    // It ended between the look and the call.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
