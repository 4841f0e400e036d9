// What each npm script does, once run.mjs knows that this Node can.

import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { check, checkSome, checkSources } from "./check.mjs";
import { explain, Failure } from "./failures.mjs";
import { interruption, stopListening } from "./processes.mjs";
import { setUp } from "./setup.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");

/** Programs of the compiled library: the verb is the file's name. */
const PROGRAMS = ["start", "copies", "notebooks", "sandbox", "bench", "kernel"];

/**
 * Set the project up, then do what the verb says. Sets the process's exit code; never throws.
 *
 * @param {string | undefined} verb
 * @param {readonly string[]} args what the user wrote after the verb
 */
export async function dispatch(verb, args) {
  try {
    interruption();
    // The SDK's advice to leave Node 20 is for whoever builds on it, not for a learner's terminal.
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
    // npm runs scripts in the project's folder; run by hand, this file may be called from anywhere.
    process.chdir(root);
    if (verb === "build") await setUp(root);
    else if (verb === "check") process.exitCode = await readOnly();
    else if (verb === "test") process.exitCode = await test(args);
    else if (verb !== undefined && PROGRAMS.includes(verb)) await runProgram(verb, args);
    else throw unknownVerb(verb);
  } catch (error) {
    process.exitCode = explain(error);
  } finally {
    stopListening();
  }
}

async function readOnly() {
  await setUp(root);
  return checkSources(root);
}

/** @param {readonly string[]} args words that say which tests; none mean all */
async function test(args) {
  await setUp(root);
  return args.length === 0 ? check(root) : checkSome(root, args);
}

/**
 * @param {string} verb
 * @param {readonly string[]} args
 */
async function runProgram(verb, args) {
  await setUp(root);
  const program = join(root, "lib", "dist", "cli", `${verb}.js`);
  if (!existsSync(program))
    throw new Failure(`There is no ${verb} yet.`, "It comes with a later part.");
  // In this process, so that a signal has one process to reach; each program listens for itself.
  stopListening();
  process.argv = [process.execPath, program, ...args];
  await import(pathToFileURL(program).href);
}

/** @param {string | undefined} verb */
function unknownVerb(verb) {
  return new Failure(
    verb === undefined ? "Nothing to do." : `"${verb}" is not something this project can do.`,
    "npm start                          JupyterLab with the notebooks\n" +
      "npm run copies [-- --fresh]        your copies of them, without JupyterLab\n" +
      "npm test                           everything that must be true\n" +
      "npm test -- WORD...                only the tests that fit\n" +
      "npm run check                      types, lint and format alone\n" +
      "npm run notebooks [-- 00 01]       execute notebooks without a browser\n" +
      "npm run sandbox [-- --port 4566]   the local AWS by itself\n" +
      "npm run bench                      measurements",
  );
}
