// From a clone to something that runs: npm packages from the lock file, then lib compiled to
// lib/dist. Both are skipped when what is there was made from what is there now, which is known
// from a stamp that is written last and lies inside what it vouches for.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { buildFailure, noNpm, npmFailure, registryUnreachable } from "./failures.mjs";
import { withLock } from "./lock.mjs";
import { interruption, run } from "./processes.mjs";
import { step } from "./steps.mjs";

/** What decides which packages belong into node_modules. */
const MANIFESTS = ["package-lock.json", "package.json", join("lib", "package.json")];

/**
 * Bring node_modules and lib/dist up to date. Costs some milliseconds when they are.
 *
 * One process at a time does the work; a second one waits and then finds it done. Interrupted or
 * failed work leaves no stamp behind, so the next call does it again.
 *
 * @param {string} root the project's folder
 * @throws Failure when npm or the compiler fails; Interrupted on Ctrl-C
 */
export async function setUp(root) {
  if (packagesAreCurrent(root) && buildIsCurrent(root)) return;
  await withLock(
    join(root, ".fleetlab", "locks", "setup"),
    async () => {
      if (!packagesAreCurrent(root)) await installPackages(root);
      if (!buildIsCurrent(root)) await build(root);
    },
    {
      signal: interruption(),
      onWait: () => console.error("Another command is setting this project up; waiting for it …"),
    },
  );
}

/** @param {string} root */
function packagesStamp(root) {
  return join(root, "node_modules", ".fleetlab-setup");
}

/** @param {string} root */
function packagesHash(root) {
  const hash = createHash("sha256");
  // The packages hold native code, so a folder that was carried to another machine is not current.
  hash.update(`${process.platform} ${process.arch}\n`);
  for (const name of MANIFESTS) hash.update(readFileSync(join(root, name)));
  return hash.digest("hex");
}

/** @param {string} root */
export function packagesAreCurrent(root) {
  return readText(packagesStamp(root)) === packagesHash(root) && libHasItsPackages(root);
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
async function installPackages(root) {
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
  const text = readText(file);
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

/** @param {string} root */
function buildStamp(root) {
  return join(root, "lib", "dist", ".fleetlab-setup");
}

/** @param {string} root */
function buildHash(root) {
  const hash = createHash("sha256");
  hash.update(packagesHash(root)); // Another compiler, or other types, may compile to something else.
  const configs = ["tsconfig.json", join("lib", "tsconfig.json")];
  for (const name of [...configs, ...inputs(root)]) {
    hash.update(`${name}\0`);
    hash.update(readFileSync(join(root, name)));
  }
  return hash.digest("hex");
}

/**
 * @param {string} root
 * @returns {string[]} what the compiler reads of lib, relative to `root`
 */
function inputs(root) {
  return filesBelow(join(root, "lib"), ["dist", "node_modules"])
    .filter((file) => /\.m?ts$/.test(file))
    .map((file) => relative(root, file))
    .sort();
}

/**
 * @param {string} root
 * @returns {string[]} what it compiles of them
 */
function sources(root) {
  return inputs(root).filter((file) => !/\.d\.m?ts$/.test(file));
}

/**
 * @param {string} folder
 * @param {readonly string[]} except names of folders that are not entered
 * @returns {string[]}
 */
function filesBelow(folder, except = []) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return [path];
    return except.includes(entry.name) ? [] : filesBelow(path, except);
  });
}

/** @param {string} root */
export function buildIsCurrent(root) {
  return readText(buildStamp(root)) === buildHash(root);
}

/**
 * Compile lib to lib/dist, and take away what was compiled from sources that are gone.
 *
 * @param {string} root
 * @throws Failure with the compiler's lines
 */
async function build(root) {
  const dist = join(root, "lib", "dist");
  // Taken before compiling: a source that is saved meanwhile makes the stamp old, as it should.
  const hash = buildHash(root);
  rmSync(buildStamp(root), { force: true });
  await step("Building the library", () => compile(root));
  removeOrphans(root);
  mkdirSync(dist, { recursive: true });
  await Promise.all(MADE_LATER.map((made) => make(root, made)));
  writeFileSync(buildStamp(root), hash);
}

/** @param {string} root */
async function compile(root) {
  // Not node_modules/.bin/tsc: tslab brings a TypeScript 5.0 that takes that name.
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const { code, output } = await run(process.execPath, [tsc, "-p", "lib", "--pretty", "false"], {
    cwd: root,
  });
  if (code !== 0) throw buildFailure(output);
}

/**
 * What is made of the compiled files, each by a program among them. Without it everything works, only
 * more slowly: what goes wrong here is said, and keeps nobody from working.
 *
 * @type {{ folder: string, program: string[], without: string }[]}
 */
const MADE_LATER = [
  {
    folder: "sdk-types",
    program: ["cli", "kernel", "write-sdk-types.js"],
    without: "Kernels will be slower than they could be",
  },
  {
    folder: "bundle",
    program: ["cli", "sandbox", "write-bundle.js"],
    without: "A sandbox will take longer to start than it could",
  },
];

/**
 * @param {string} root
 * @param {(typeof MADE_LATER)[number]} made
 */
async function make(root, { folder, program: path, without }) {
  const dist = join(root, "lib", "dist");
  const program = join(dist, ...path);
  if (!existsSync(program)) return;
  const { code, output } = await run(process.execPath, [program], { cwd: root });
  if (code === 0) return;
  // One of another build would be worse than none.
  rmSync(join(dist, folder), { recursive: true, force: true });
  console.error(`${without}:\n${output}`);
}

/**
 * @param {string} root
 * @returns {string[]} for each source its place in lib/dist, without an extension
 */
function compiledFrom(root) {
  const lib = join(root, "lib");
  return sources(root).map((name) =>
    join(lib, "dist", relative(lib, join(root, name))).replace(/\.ts$/, ""),
  );
}

/** @param {string} root */
function removeOrphans(root) {
  const dist = join(root, "lib", "dist");
  const expected = new Set(compiledFrom(root));
  for (const file of filesBelow(
    dist,
    MADE_LATER.map(({ folder }) => folder),
  )) {
    const made = /^(.*?)(\.d\.ts|\.js)(\.map)?$/.exec(file)?.[1];
    if (made !== undefined && !expected.has(made)) rmSync(file);
  }
  removeEmptyFolders(dist);
}

/** @param {string} folder */
function removeEmptyFolders(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const path = folder + sep + entry.name;
    removeEmptyFolders(path);
    if (readdirSync(path).length === 0) rmSync(path, { recursive: true });
  }
}

/**
 * @param {string} file
 * @returns {string | undefined} nothing when there is no such file
 */
function readText(file) {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (
      error instanceof Error &&
      "code" in error &&
      (error.code === "ENOENT" || error.code === "ENOTDIR")
    ) {
      return undefined;
    }
    throw error;
  }
}
