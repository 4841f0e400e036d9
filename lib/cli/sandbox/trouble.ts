import { Failure } from "#bootstrap/failures";

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
