import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fsNative from "fs-native-extensions";
import { createBucket, type Bucket, type Rate } from "./limiter.js";

/**
 * Where the notebooks of this machine that work on AWS share their limits: one folder for all users,
 * so that a hub's thirty kernels on one account keep to one account's quotas.
 *
 * `FLEETLAB_BUDGET` names another one, such as a volume that the containers of a hub have in common.
 */
export function budgetFolder(): string {
  const own = process.env["FLEETLAB_BUDGET"];
  if (own) return own;
  // Not tmpdir() everywhere: TMPDIR may give each user a folder of their own.
  return join(process.platform === "win32" ? tmpdir() : "/tmp", "fleetlab-budget");
}

/** A process that is stopped while it holds the lock must not stop the others for longer, in milliseconds. */
const PATIENCE_MS = 2_000;
/** Time between two looks at a lock that another process holds for some microseconds. */
const AGAIN_MS = 1;
/** Slots that others may have taken ahead of us, and milliseconds: what lies further ahead is stale. */
const MOST_SLOTS_AHEAD = 300;
const MOST_MS_AHEAD = 60_000;

/**
 * Milliseconds since the machine was started: the one clock that all its processes read alike, and
 * that nobody sets.
 */
const machineNow = (): number => Number(process.hrtime.bigint()) / 1e6;

/**
 * A bucket that all processes of the machine share by a file: it says when the next call may leave.
 *
 * Taking a turn is to lock the file, read eight bytes, write the next turn and unlock it, some
 * microseconds; the wait for the turn is everybody's own. The operating system lets go of the lock
 * of a process that ends, however it ends: what is lost is the one turn that it had taken. What a
 * file says that no process of ours can have written (a time before the last start of the machine,
 * other bytes) counts as nothing. Where the folder cannot be used, or somebody holds the lock for
 * seconds, the process keeps to the rate for itself alone.
 *
 * @param key whose quota it is; the file's name is its digest, for others may see the folder
 * @param now for tests
 */
export function sharedBucket(
  folder: string,
  key: string,
  rate: Rate,
  now: () => number = machineNow,
): Bucket {
  const alone = createBucket(rate);
  const intervalMs = 1000 / rate.perSecond;
  const file = join(folder, createHash("sha256").update(key).digest("hex").slice(0, 24));
  let descriptor: number | undefined;
  let turnAt: number | undefined;
  let contendedSince: number | undefined;

  /** The moment of our turn; "busy" while another process looks; undefined where there is no file to share. */
  const takeTurn = (nowMs: number): number | "busy" | undefined => {
    try {
      // Someone may have emptied the folder: others have another file by then.
      if (descriptor !== undefined && fstatSync(descriptor).nlink === 0) {
        closeSync(descriptor);
        descriptor = undefined;
      }
      descriptor ??= openShared(folder, file);
      if (!fsNative.tryLock(descriptor)) return "busy";
      try {
        const turn = turnAfter(readMoment(descriptor), nowMs, rate.burst, intervalMs);
        writeMoment(descriptor, turn + intervalMs);
        return turn;
      } finally {
        fsNative.unlock(descriptor);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      return undefined;
    }
  };

  return {
    take(ownMs) {
      const nowMs = now();
      if (turnAt === undefined) {
        const turn = takeTurn(nowMs);
        if (turn === "busy") {
          contendedSince ??= nowMs;
          if (nowMs - contendedSince < PATIENCE_MS) return AGAIN_MS;
        } else {
          contendedSince = undefined;
        }
        if (typeof turn !== "number") return alone.take(ownMs);
        turnAt = turn;
      }
      const waitMs = turnAt - nowMs;
      if (waitMs > 0.001) return waitMs;
      turnAt = undefined;
      return 0;
    },
  };
}

/** The next turn: evenly spaced, after at most `burst` at once when nobody has called for a while. */
function turnAfter(kept: number, nowMs: number, burst: number, intervalMs: number): number {
  const most = Math.max(MOST_MS_AHEAD, MOST_SLOTS_AHEAD * intervalMs);
  const isStale = !(kept >= 0 && kept <= nowMs + most);
  const earliest = nowMs - (burst - 1) * intervalMs;
  return isStale ? earliest : Math.max(kept, earliest);
}

function readMoment(descriptor: number): number {
  const bytes = Buffer.alloc(8);
  // A new file is empty.
  return readSync(descriptor, bytes, 0, 8, 0) === 8 ? bytes.readDoubleLE() : 0;
}

function writeMoment(descriptor: number, momentMs: number): void {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(momentMs);
  writeSync(descriptor, bytes, 0, 8, 0);
}

/**
 * Open a file that every user of the machine may read and write. Not through a link that somebody
 * has put there; and Linux lets nobody open another user's file in such a folder with O_CREAT.
 */
function openShared(folder: string, file: string): number {
  const flags = constants.O_RDWR | (constants.O_NOFOLLOW ?? 0);
  for (let tries = 0; ; tries++) {
    try {
      return openSync(file, flags);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || tries > 2) throw error;
    }
    // As /tmp: everybody may add a file, and only its owner may remove it.
    if (mkdirSync(folder, { recursive: true }) !== undefined) chmodSync(folder, 0o1777);
    try {
      const descriptor = openSync(file, flags | constants.O_CREAT | constants.O_EXCL, 0o666);
      fchmodSync(descriptor, 0o666);
      return descriptor;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}
