import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "#bootstrap/files";
import type { SandboxFile } from "../../aws/local.js";
import { takeLock, type Lock } from "./lock.js";

/** How often a sandbox looks whether it can still be found, in milliseconds. */
const LOOK_MS = 1_000;

/**
 * Say in `sandbox.json` where this sandbox is, and see to it that it stays said: a file that was
 * damaged is written again, a lock that was deleted is taken again.
 *
 * @param lock this sandbox's place at `home`
 * @param onLost called once, with the reason, when the place is lost: the folder is gone, or somebody
 *   else has taken it
 */
export function beFound(
  home: string,
  lock: Lock,
  file: SandboxFile,
  onLost: (why: string) => void,
): void {
  const path = join(home, "sandbox.json");
  const text = JSON.stringify(file, null, 2);
  writeWhole(path, text, 0o600);
  let held = lock;
  const look = (): void => {
    if (!held.isThere()) {
      const again = existsSync(home) ? takeLock(home) : undefined;
      if (!again) {
        clearInterval(timer);
        const isGone = !existsSync(home);
        return onLost(isGone ? `${home} was deleted.` : "Another sandbox has taken its place.");
      }
      held = again;
      held.sign();
    }
    if (textOf(path) !== text) writeWhole(path, text, 0o600);
  };
  const timer = setInterval(() => {
    try {
      look();
    } catch {
      // A full disk, or a folder in the file's place: the next look may find it mended.
    }
  }, LOOK_MS).unref();
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Gone, or something else by that name.
    return undefined;
  }
}
