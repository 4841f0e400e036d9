// lib compiled to lib/dist, and what is made of it.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { buildFailure } from "./failures.mjs";
import { readIfThere } from "./files.mjs";
import { packagesHash } from "./packages.mjs";
import { run } from "./processes.mjs";
import { step } from "./steps.mjs";

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
  return readIfThere(buildStamp(root)) === buildHash(root);
}

/**
 * Compile lib to lib/dist, and take away what was compiled from sources that are gone.
 *
 * @param {string} root
 * @throws Failure with the compiler's lines
 */
export async function build(root) {
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
