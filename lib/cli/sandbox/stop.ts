import { setTimeout as delay } from "node:timers/promises";
import { Failure } from "#bootstrap/failures";
import { findSandbox, readSandboxFile } from "../../aws/local.js";

/** `--stop`: end the sandbox of this home, if one runs. */
export async function stop(home: string): Promise<void> {
  const file = readSandboxFile(home);
  if (!file || !(await findSandbox(home))) {
    return console.log("No sandbox of this project is running.");
  }
  process.kill(file.pid, "SIGTERM");
  const deadline = performance.now() + 10_000;
  while (await findSandbox(home)) {
    if (performance.now() > deadline) {
      throw new Failure(
        "The sandbox did not end in ten seconds.",
        `End its process by force: kill -9 ${file.pid}`,
      );
    }
    await delay(50);
  }
  console.log(
    `Stopped the sandbox at ${file.url}. Its data stays; the next connect() starts it again.`,
  );
}
