import { openSync } from "node:fs";
import { join } from "node:path";
import fsNative from "fs-native-extensions";

/**
 * Take the one place at this home. The operating system holds the lock for the process and lets go
 * when it ends, however it ends: no stale lock files, no guessing by process number.
 */
export function takeLock(home: string): boolean {
  const descriptor = openSync(join(home, "lock"), "a+", 0o600);
  // Kept open for the life of the process.
  return fsNative.tryLock(descriptor);
}
