// `npm test -- <words>`: only the tests that fit, for whoever is at work on one thing.

import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { Failure } from "./failures.mjs";

/**
 * The tests that somebody means.
 *
 * A word that is part of a test file's path means that file, several mean all of theirs; the words that
 * are part of no path are, together, part of a test's name. An option among them makes all of them
 * vitest's own.
 *
 * @param {string} root
 * @param {readonly string[]} words
 * @returns {string[]} arguments for vitest
 * @throws Failure when nothing fits
 */
export function chooseTests(root, words) {
  if (words.some((word) => word.startsWith("-"))) return [...words];
  const files = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => `test/${file.split(sep).join("/")}`)
    .sort();
  const fitting = words.map((word) => filesWith(files, word));
  const byPath = new Set(fitting.flat());
  const name = words.filter((_word, index) => fitting[index]?.length === 0).join(" ");
  const chosen = files
    .filter((file) => byPath.size === 0 || byPath.has(file))
    .filter((file) => name === "" || hasTest(readFileSync(join(root, file), "utf8"), name));
  if (chosen.length === 0) throw nothingFits(words, files);
  return name === "" ? chosen : [...chosen, "-t", name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")];
}

/**
 * @param {readonly string[]} files
 * @param {string} word
 */
function filesWith(files, word) {
  return files.filter((file) => file.toLowerCase().includes(word.toLowerCase()));
}

/**
 * Whether a text that begins a call, as names of tests do, has the name in it. Vitest would load every
 * file to find out, and be content when it finds none.
 *
 * @param {string} source
 * @param {string} name
 */
function hasTest(source, name) {
  const texts = source.matchAll(/\(\s*(["'`])((?:\\.|(?!\1)[^\\])*)\1/g);
  return [...texts].some(([, , text = ""]) => text.replace(/\\(.)/g, "$1").includes(name));
}

/**
 * @param {readonly string[]} words
 * @param {readonly string[]} files
 */
function nothingFits(words, files) {
  const rooms = new Set(files.map((file) => file.split("/").slice(1, -1).join("/")));
  return new Failure(
    `No test fits "${words.join(" ")}".`,
    "A word is part of a test file's path:   npm test -- cli/bootstrap\n" +
      'or, where no path has it, of its name:  npm test -- lock "takes over"\n' +
      `The rooms of test/ are: ${[...rooms].filter(Boolean).join(", ")}`,
  );
}
