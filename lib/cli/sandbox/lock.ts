import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import fsNative from "fs-native-extensions";
import { inTheWay } from "./trouble.js";

/** The one place at a home, held until it is released or the process ends, however it ends. */
export interface Lock {
  /** Write down which process holds it, for who wants to end that one. */
  sign(): void;
  /** Whether the file in the folder is still the one that is held: somebody may have deleted it. */
  isThere(): boolean;
  release(): void;
}

/**
 * Take the one place at this home. The operating system holds the lock for the process and lets go
 * when it ends: no stale lock files, no guessing by process number.
 *
 * @returns nothing when another process holds it
 * @throws Failure when something else has the file's name
 */
export function takeLock(home: string): Lock | undefined {
  const path = fileOf(home);
  let descriptor: number;
  try {
    descriptor = openSync(path, "a+", 0o600);
  } catch (error) {
    throw inTheWay(path, error);
  }
  const release = (): void => closeSync(descriptor);
  if (!fsNative.tryLock(descriptor)) {
    release();
    return undefined;
  }
  // Whose it was does not hold it any more, and its number may be another program's by now.
  ftruncateSync(descriptor);
  return {
    release,
    sign: () => void writeSync(descriptor, String(process.pid)),
    isThere() {
      const held = fstatSync(descriptor);
      const there = statSync(path, { throwIfNoEntry: false });
      return there?.ino === held.ino && there.dev === held.dev;
    },
  };
}

/**
 * @param patienceMs how long to wait for it, in milliseconds
 * @param isOver asked between two looks: ends the waiting early
 * @returns nothing when somebody else still holds it
 */
export async function waitForLock(
  home: string,
  patienceMs: number,
  isOver: () => Promise<boolean> = async () => false,
): Promise<Lock | undefined> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const lock = takeLock(home);
    if (lock || performance.now() > deadline || (await isOver())) return lock;
    await delay(50);
  }
}

/** The process that has signed the lock, while it is held. */
export function signedBy(home: string): number | undefined {
  try {
    const pid = Number(readFileSync(fileOf(home), "utf8"));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    // Windows lets nobody read what is locked.
    return undefined;
  }
}

function fileOf(home: string): string {
  return join(home, "lock");
}
