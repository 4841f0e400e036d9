// Starting other programs so that they never outlive us. Each runs in a process group of its own:
// the terminal's Ctrl-C then reaches only us, and we end the whole group, grandchildren included.
// No dependencies: the first program that is started here is `npm ci`.

import { execFile, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { Interrupted } from "./failures.mjs";
import { isAlive } from "./lock.mjs";

const onWindows = process.platform === "win32";

/** What was started and has not ended. @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

process.on("exit", () => {
  for (const child of running) signalGroup(child, "SIGKILL");
});

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env] the whole environment; ours unless told
 * @property {(line: string) => void} [onLine] each line of stdout and stderr as it comes
 * @property {boolean} [inherit] let it write to our terminal; then nothing is collected
 * @property {AbortSignal} [signal] ends it; the interruption unless told
 */

/**
 * Start a program in a group of its own. It is killed with us at the latest.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnOptions} options
 */
export function start(command, args, options) {
  const child = spawn(command, args, { ...options, detached: !onWindows, windowsHide: true });
  running.add(child);
  child.once("exit", () => running.delete(child));
  child.once("error", () => running.delete(child));
  return child;
}

/**
 * Run a program to its end.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<{ code: number, output: string }>} its exit code (1 when a signal ended it) and
 *   what it wrote, stdout and stderr in the order of arrival
 * @throws an error with `code` ENOENT when there is no such program; Interrupted on Ctrl-C
 */
export async function run(command, args, options = {}) {
  const { cwd, env = process.env, onLine, inherit = false, signal = interruption() } = options;
  signal.throwIfAborted();
  const io = inherit ? "inherit" : "pipe";
  const child = start(command, args, { cwd, env, stdio: ["ignore", io, io] });
  const read = collect(child, onLine);
  const onAbort = () => void stop(child);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const code = await ended(child);
    signal.throwIfAborted();
    return { code, output: read() };
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/**
 * @param {import("node:child_process").ChildProcess} child
 * @param {((line: string) => void) | undefined} onLine
 * @returns {() => string} everything so far
 */
function collect(child, onLine) {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream?.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
      output += text;
      const lines = (rest + text).split(/\r?\n/);
      rest = lines.pop() ?? "";
      for (const line of lines) onLine?.(line);
    });
    stream?.on("end", () => rest && onLine?.(rest));
  }
  return () => output;
}

/**
 * @param {import("node:child_process").ChildProcess} child
 * @returns {Promise<number>} the exit code; 1 when a signal ended it
 */
function ended(child) {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}

/**
 * End a program and everything in its group: politely, then after `graceMs` by force.
 * Returns when it is gone; a second call waits for the same end.
 *
 * @param {import("node:child_process").ChildProcess} child
 * @param {number} [graceMs] milliseconds it has to end by itself; 3,000 unless told
 */
export async function stop(child, graceMs = 3_000) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  signalGroup(child, "SIGTERM");
  const timer = setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
  await gone;
  clearTimeout(timer);
  // What the program left behind in its group has had its chance as well.
  signalGroup(child, "SIGKILL");
}

/**
 * @param {import("node:child_process").ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
function signalGroup(child, signal) {
  if (child.pid === undefined) return;
  if (onWindows) {
    // Windows knows no groups and no polite signal; taskkill walks the tree.
    if (child.exitCode === null) execFile("taskkill", ["/pid", String(child.pid), "/T", "/F"]);
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch {
    // ESRCH: the group is empty, which is what we want.
  }
}

/**
 * The processes below one, children of children included, also those in groups of their own.
 * Empty on Windows, where ending the tree needs no list.
 *
 * @param {number} pid
 * @returns {Promise<number[]>}
 */
export async function descendants(pid) {
  if (onWindows) return [];
  /** @type {string} */
  const table = await new Promise((resolve) => {
    execFile("ps", ["-A", "-o", "pid=,ppid="], (error, stdout) => resolve(error ? "" : stdout));
  });
  const rows = table.split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  const family = [pid];
  // The list grows while it is walked: each one found is asked for its own children in turn.
  for (const parent of family) {
    for (const [child, itsParent] of rows) {
      if (child !== undefined && itsParent === parent) family.push(child);
    }
  }
  return family.slice(1);
}

/**
 * End processes that are not our children, politely and then by force.
 *
 * @param {readonly number[]} pids
 * @param {number} [graceMs] milliseconds they have to end by themselves; 2,000 unless told
 */
export async function stopAll(pids, graceMs = 2_000) {
  const left = () => pids.filter(isAlive);
  for (const pid of left()) signalOne(pid, "SIGTERM");
  for (let waitedMs = 0; waitedMs < graceMs && left().length > 0; waitedMs += 50) await sleep(50);
  for (const pid of left()) signalOne(pid, "SIGKILL");
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
function signalOne(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended between the look and the call.
  }
}

/** How often to look whether the npm that runs us is still there. */
const PARENT_LOOK_MS = 500;

/** Taken as early as can be: a parent that ends while we load must be missed as well. */
const parent = process.ppid;

/** @type {AbortController | undefined} */
let interrupting;
/** @type {NodeJS.Timeout | undefined} */
let parentWatch;
let interruptedAtMs = 0;
const SIGNALS = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);

/**
 * A signal that aborts on Ctrl-C, SIGTERM and SIGHUP (a closed terminal window), instead of their
 * ending this process at once. The first call begins to listen.
 *
 * @returns {AbortSignal} its reason is an {@link Interrupted}
 */
export function interruption() {
  if (!interrupting) {
    interrupting = new AbortController();
    for (const name of SIGNALS) process.on(name, onSignal);
    if (process.env.npm_lifecycle_event) parentWatch = watchParent();
  }
  return interrupting.signal;
}

/**
 * npm runs scripts through a shell, to which alone it passes on a SIGTERM: the shell ends, and the
 * only thing that we see of it is that we have another parent.
 */
function watchParent() {
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onSignal();
  }, PARENT_LOOK_MS);
  return timer.unref();
}

/** Give the signals their usual meaning back, for a program that sees to them itself. */
export function stopListening() {
  for (const name of SIGNALS) process.off(name, onSignal);
  clearInterval(parentWatch);
  if (!interrupting?.signal.aborted) interrupting = undefined;
}

function onSignal() {
  const nowMs = performance.now();
  if (interruptedAtMs === 0) {
    interruptedAtMs = nowMs;
    interrupting?.abort(new Interrupted());
  } else if (nowMs - interruptedAtMs > 1_000) {
    // Someone is pressing again. Within a second it is only npm, which passes on the signal that
    // the terminal has sent us already.
    process.exit(130);
  }
}
