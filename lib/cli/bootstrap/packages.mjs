// npm's packages, as the lock file has them.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { noNpm, npmFailure, registryUnreachable } from "./failures.mjs";
import { readIfThere } from "./files.mjs";
import { interruption, run } from "./processes.mjs";
import { step } from "./steps.mjs";

/** What decides which packages belong into node_modules. */
const MANIFESTS = ["package-lock.json", "package.json", join("lib", "package.json")];

/** @param {string} root */
function packagesStamp(root) {
  return join(root, "node_modules", ".fleetlab-setup");
}

/** @param {string} root */
export function packagesHash(root) {
  const hash = createHash("sha256");
  // The packages hold native code, so a folder that was carried to another machine is not current.
  hash.update(`${process.platform} ${process.arch}\n`);
  for (const name of MANIFESTS) hash.update(readFileSync(join(root, name)));
  return hash.digest("hex");
}

/** @param {string} root */
export function packagesAreCurrent(root) {
  return readIfThere(packagesStamp(root)) === packagesHash(root) && libHasItsPackages(root);
}

/**
 * Whether what npm puts beside lib is there: of two folders a copy may have brought the stamp alone.
 *
 * @param {string} root
 */
function libHasItsPackages(root) {
  const packages = Object.keys(readLock(join(root, "package-lock.json")) ?? {});
  return packages
    .filter((path) => path.startsWith("lib/node_modules/"))
    .every((path) => existsSync(join(root, path, "package.json")));
}

/** @param {string} root */
export async function installPackages(root) {
  if (!isInstalledByHand(root)) {
    rmSync(packagesStamp(root), { force: true });
    await step("Installing npm packages", async (detail) => {
      const watch = watchFetches(detail);
      const { code, output } = await runNpm(root, ["ci", "--loglevel=http", ...NPM_FLAGS], watch);
      if (code !== 0) throw npmFailure(output);
    });
  }
  writeFileSync(packagesStamp(root), packagesHash(root));
}

// npm's own patience with a registry that does not answer is over a minute; a newcomer without a
// network should hear of it sooner.
const NPM_FLAGS = [
  "--no-audit",
  "--no-fund",
  "--fetch-retry-mintimeout=1000",
  "--fetch-retry-maxtimeout=8000",
];

/** Nothing fetched and only failures for so many seconds: there is no way to the registry. */
const HOPELESS_S = 6;

/**
 * Counts what npm has fetched, and ends it early when nothing gets through: it would go on to try
 * each of several hundred packages three times.
 *
 * @param {(text: string) => void} detail
 * @returns {{ onLine: (line: string) => void, signal: AbortSignal }}
 */
function watchFetches(detail) {
  const givingUp = new AbortController();
  let fetched = 0;
  let failingSinceMs = Infinity;
  return {
    signal: AbortSignal.any([interruption(), givingUp.signal]),
    onLine(line) {
      if (/^npm http fetch \S+ [23]\d\d /.test(line)) detail(`${++fetched} fetched`);
      const [, url, code] =
        /^npm http fetch \S+ (\S+) attempt \d+ failed with (\S+)/.exec(line) ?? [];
      if (!url || !code || fetched > 0) return;
      failingSinceMs = Math.min(failingSinceMs, performance.now());
      if (performance.now() - failingSinceMs < HOPELESS_S * 1_000) return;
      givingUp.abort(registryUnreachable("npm", `${code} (${url})`));
    },
  };
}

/**
 * Whether somebody has run `npm install` or `npm ci` with this very lock file: then npm's own record
 * of what it installed, which it writes last, has every package in it. Spares a contributor who
 * added a dependency, and an image that was built in layers, a second installation.
 *
 * @param {string} root
 */
function isInstalledByHand(root) {
  const wanted = readLock(join(root, "package-lock.json"));
  const installed = readLock(join(root, "node_modules", ".package-lock.json"));
  if (!wanted || !installed) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes("node_modules/") || entry.link || isForElsewhere(entry)) return true;
    const there = installed[path];
    if (!there) return Boolean(entry.optional || entry.peer) && !entry.os && !entry.cpu;
    return (
      there.version === entry.version &&
      there.integrity === entry.integrity &&
      existsSync(join(root, path, "package.json"))
    );
  });
}

/** @typedef {{ version?: string, integrity?: string, link?: boolean, optional?: boolean, peer?: boolean, os?: string[], cpu?: string[], libc?: string[] }} LockEntry */

/** @param {LockEntry} entry */
function isForElsewhere({ os, cpu, libc }) {
  // Which C library this is takes a child process to find out, so such packages are not looked at.
  return (
    (os !== undefined && !os.includes(process.platform)) ||
    (cpu !== undefined && !cpu.includes(process.arch)) ||
    libc !== undefined
  );
}

/**
 * @param {string} file
 * @returns {Record<string, LockEntry> | undefined}
 */
function readLock(file) {
  const text = readIfThere(file);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text).packages;
  } catch {
    // Half written by an npm that was killed: not a record of anything.
    return undefined;
  }
}

/**
 * @param {string} root
 * @param {string[]} args
 * @param {import("./processes.mjs").RunOptions} options
 */
async function runNpm(root, args, options) {
  const [command, ...before] = npmCommand();
  try {
    return await run(command, [...before, ...args], { cwd: root, ...options });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") throw noNpm();
    throw error;
  }
}

/** @returns {[string, ...string[]]} */
function npmCommand() {
  // Under `npm start` the very npm that runs us; yarn and pnpm set the same variable.
  const running = process.env.npm_execpath;
  if (running && /npm-cli\.c?js$/.test(running)) return [process.execPath, running];
  // On Windows npm is a batch file, which cannot be started without a shell; its script can.
  const beside = join(dirname(process.execPath), "node_modules", "npm", "bin", "npm-cli.js");
  if (process.platform === "win32" && existsSync(beside)) return [process.execPath, beside];
  return ["npm"];
}
