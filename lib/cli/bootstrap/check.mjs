// `npm test`: everything that must be true: what is read in seconds first, and only then the tests.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { run } from "./processes.mjs";
import { chooseTests } from "./some-tests.mjs";

/**
 * @param {string} root
 * @returns {Promise<number>} 0, or the exit code of the first check that failed
 */
export async function check(root) {
  // What is read needs no kernel, and an installation mostly waits for others.
  const [isReady, readings] = await Promise.all([haveJupyter(root), readAll(root)]);
  if (!isReady) return 1;
  const failed = say(readings);
  if (failed !== 0) return failed;
  console.log("— tests");
  const vitest = [join(root, "node_modules", "vitest", "vitest.mjs"), "run"];
  const { code } = await run(process.execPath, vitest, { cwd: root, inherit: true });
  return code === 0 ? 0 : stopped("tests", code);
}

/**
 * `npm run check`: types, lint and format, and nothing that is run.
 *
 * @param {string} root
 * @returns {Promise<number>} 0, or the exit code of the first that failed
 */
export async function checkSources(root) {
  return say(await readAll(root));
}

/** @typedef {{ heading: string, code: number, output: string }} Reading */

/**
 * @param {readonly Reading[]} readings
 * @returns {number} 0, or the exit code of the first that failed
 */
function say(readings) {
  for (const { heading, code, output } of readings) {
    console.log(`— ${heading}`);
    if (code === 0) continue;
    process.stdout.write(output);
    return stopped(heading, code);
  }
  return 0;
}

/**
 * @param {string} root
 * @returns {Promise<Reading[]>} what each found
 */
function readAll(root) {
  const bin = (/** @type {string[]} */ ...path) => join(root, "node_modules", ...path);
  /** @type {[heading: string, program: string, ...args: string[]][]} */
  const readings = [
    // Not node_modules/.bin/tsc: tslab brings a TypeScript 5.0 that takes that name.
    ["types", bin("typescript", "bin", "tsc")],
    // What runs in a browser knows other things than what runs in Node.
    ["types of the live page", bin("typescript", "bin", "tsc"), "-p", "lib/sandbox/live/page"],
    ["lint", bin("oxlint", "bin", "oxlint"), "."],
    ["format", bin("oxfmt", "bin", "oxfmt"), "--check", "."],
  ];
  return Promise.all(
    readings.map(async ([heading, program, ...rest]) => ({
      heading,
      ...(await run(process.execPath, [program, ...rest], { cwd: root })),
    })),
  );
}

/**
 * @param {string} heading
 * @param {number} code
 */
function stopped(heading, code) {
  console.error(`\n${heading} failed: nothing after it was looked at.`);
  if (heading === "format") console.error("  npm run format corrects it.");
  return code;
}

/**
 * Some of the tests and nothing else, as fast as can be; whoever sees them pass runs the rest later.
 *
 * @param {string} root
 * @param {readonly string[]} words which; see chooseTests
 * @returns {Promise<number>} vitest's exit code
 */
export async function checkSome(root, words) {
  const chosen = chooseTests(root, words);
  if (!(await haveJupyter(root))) return 1;
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const { code } = await run(process.execPath, [vitest, "run", ...chosen], {
    cwd: root,
    inherit: true,
  });
  if (code === 0) {
    console.log(`Only what fits "${words.join(" ")}" was run.`);
    console.log("  npm run check   types, lint and formatting\n  npm test        everything");
  }
  return code;
}

/**
 * What tests of notebooks need. Compiled by now, so it is loaded by its path.
 *
 * @param {string} root
 * @returns {Promise<boolean>} whether to go on
 */
async function haveJupyter(root) {
  const file = join(root, "lib", "dist", "cli", "jupyter", "for-tests.js");
  /** @type {{ provideForTests(root: string): Promise<boolean> }} */
  const { provideForTests } = await import(pathToFileURL(file).href);
  return provideForTests(root);
}
