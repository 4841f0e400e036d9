import { Failure, isDiskFull } from "#bootstrap/failures";
import { StoreError } from "../../sandbox/state/store-errors.js";

/** A file that cannot be used for what it is: a folder of that name, or somebody else's. */
export function inTheWay(path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "EISDIR" || code === "ENOTDIR") {
    return new Failure(
      `${path} should be a file of the sandbox and is something else (${code}).`,
      "Delete it, and run the same command again.",
    );
  }
  if (code !== "EACCES" && code !== "EPERM") return error;
  return new Failure(
    `${path} may not be read or written by this user (${code}).`,
    "Make it yours again (it may have been made with sudo), and run the same command again.",
  );
}

/**
 * What a sandbox says of an error that nothing else has explained: data that cannot be used, or a disk
 * that is full, is not a mistake of ours.
 *
 * @returns a Failure, or the error itself
 */
export function troubleOf(error: unknown, home: string): unknown {
  const isStore = error instanceof StoreError;
  if (isDiskFull(isStore ? error.cause : error)) {
    return new Failure(
      `The disk is full, and the sandbox cannot write to ${home}.`,
      "What it acknowledged before is safe. Free some space; the next connect(), or npm run sandbox,\n" +
        "starts it again. To give up what it holds: npm run sandbox -- --reset --yes",
      { cause: error },
    );
  }
  return isStore ? new Failure(error.told, error.wayOut, { cause: error }) : error;
}
