// A lock between processes that dies with its holder. No dependencies: it guards `npm ci` itself.
//
// A lock is a folder of numbered files. The highest number is the lock's present holder; taking the
// lock is creating the next number, which the file system grants to one process only. Nothing that
// is held is ever renamed or removed by someone else, so two processes that find the same dead
// holder cannot both take its place, nor one remove the other's fresh lock.
// While it is held, the file's modification time is moved by a heartbeat; released, it is set to 0
// (which needs no disk space, and no second name that could get lost).

import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * @typedef {object} LockOptions
 * @property {() => void} [onWait] called once, when somebody else holds the lock
 * @property {AbortSignal} [signal] gives up waiting; `work` sees to itself
 * @property {number} [heartbeatMs] how often a holder shows that it lives; 1,000 unless told
 * @property {number} [deadAfterMs] a heartbeat that has not moved for so long *while being watched*
 *   means that the holder is dead, whatever its process id says; 20,000 unless told
 * @property {number} [pollMs] how often a waiter looks; 150 unless told
 */

/**
 * Do `work` while no other process (nor another caller in this one) does it under the same lock.
 *
 * The lock of a holder that died is taken over: at once when its process is gone from this machine,
 * after `deadAfterMs` when only its heartbeat tells (another machine on a shared folder, a process
 * id that was given out again).
 *
 * @template T
 * @param {string} folder made when missing; holds nothing but the lock
 * @param {() => Promise<T>} work
 * @param {LockOptions} [options]
 * @returns {Promise<T>} what `work` returned
 * @throws the reason of `signal`, when it aborts while waiting
 */
export async function withLock(folder, work, options = {}) {
  const { heartbeatMs = 1_000 } = options;
  const file = await take(folder, options);
  const beat = setInterval(() => touch(file, new Date()), heartbeatMs);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    touch(file, new Date(0));
  }
}

/**
 * @param {string} folder
 * @param {LockOptions} options
 * @returns {Promise<string>} the file that stands for our turn
 */
async function take(folder, { onWait, signal, deadAfterMs = 20_000, pollMs = 150 }) {
  mkdirSync(folder, { recursive: true });
  const watch = new Watch(deadAfterMs);
  let waited = false;
  for (;;) {
    signal?.throwIfAborted();
    const top = highest(folder);
    if (top === 0 || isOver(join(folder, String(top)), watch)) {
      const mine = claim(folder, top + 1);
      if (mine) return mine;
      continue;
    }
    if (!waited) onWait?.();
    waited = true;
    await sleep(pollMs, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted());
  }
}

/**
 * @param {string} folder
 * @param {number} number
 * @returns {string | undefined} our file, or nothing when somebody was faster
 */
function claim(folder, number) {
  const file = join(folder, String(number));
  try {
    writeFileSync(file, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: "wx" });
  } catch (error) {
    if (hasCode(error, "EEXIST")) return undefined;
    // A full disk creates the name and then refuses the content.
    if (!hasCode(error, "ENOENT")) rmSync(file, { force: true });
    throw error;
  }
  // Between our look and our claim others may have come and gone and swept up the lower numbers.
  if (highest(folder) !== number) {
    rmSync(file, { force: true });
    return undefined;
  }
  for (const lower of numbers(folder)) {
    if (lower < number) rmSync(join(folder, String(lower)), { force: true });
  }
  return file;
}

/** @param {string} folder */
function numbers(folder) {
  return readdirSync(folder)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** @param {string} folder */
function highest(folder) {
  return Math.max(0, ...numbers(folder));
}

/**
 * @param {string} file
 * @param {Watch} watch
 * @returns {boolean} whether its holder released it or died
 */
function isOver(file, watch) {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat) return false; // Its holder was not the first after all; look again.
  if (stat.mtimeMs === 0) return true;
  const holder = readHolder(file);
  if (holder && holder.host === hostname() && !isAlive(holder.pid)) return true;
  return watch.isStill(`${file} ${stat.mtimeMs}`);
}

/**
 * @param {string} file
 * @returns {{ pid: number, host: string } | undefined} nothing while it is still being written
 */
function readHolder(file) {
  try {
    const { pid, host } = JSON.parse(readFileSync(file, "utf8"));
    return typeof pid === "number" && typeof host === "string" ? { pid, host } : undefined;
  } catch {
    // Half written or just removed: the heartbeat decides.
    return undefined;
  }
}

/**
 * @param {number} pid
 * @returns {boolean} whether a process with this id runs on this machine
 */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, "EPERM"); // It runs, and belongs to somebody else.
  }
}

/**
 * @param {string} file
 * @param {Date} time
 */
function touch(file, time) {
  try {
    utimesSync(file, time, time);
  } catch (error) {
    // The folder may be gone (rm -rf .fleetlab): then so is the lock.
    if (!hasCode(error, "ENOENT")) throw error;
  }
}

/**
 * @param {unknown} error
 * @param {string} code
 */
function hasCode(error, code) {
  return error instanceof Error && "code" in error && error.code === code;
}

/**
 * Tells that something has not changed for a while, by our own monotonic clock: neither a clock set
 * back, nor a file server's other time, nor a laptop that slept makes a living holder look dead.
 */
class Watch {
  /** @type {string} */
  #seen = "";
  /** Milliseconds on the monotonic clock, when `#seen` was first seen. */
  #since = 0;
  /** @type {number} */
  #patienceMs;

  /** @param {number} patienceMs */
  constructor(patienceMs) {
    this.#patienceMs = patienceMs;
  }

  /** @param {string} state */
  isStill(state) {
    const now = performance.now();
    if (state !== this.#seen) {
      this.#seen = state;
      this.#since = now;
    }
    return now - this.#since >= this.#patienceMs;
  }
}
