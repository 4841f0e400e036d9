// Small files: whole whenever somebody reads them, also after a power cut.
// No dependencies: the stamp of `npm ci` is written here.

import { randomUUID } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";

/**
 * Write a file whole or not at all: a reader, or a second writer beside us, never sees half of it,
 * and what is there after a crash is the text of before or this one.
 *
 * @param {string} file its folder is made when it is missing
 * @param {string} text
 * @param {number} [mode] who may read it; what the user's umask allows unless told
 * @throws the file system's error, with the file as its `path`
 */
export function writeWhole(file, text, mode = 0o666) {
  const folder = dirname(file);
  const draft = `${file}.${randomUUID()}`;
  try {
    mkdirSync(folder, { recursive: true });
    // Without the flush, the name may reach the disk before the text does: an empty file.
    writeFileSync(draft, text, { mode, flag: "wx", flush: true });
    renameSync(draft, file);
    flushFolder(folder);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error instanceof Error ? Object.assign(error, { path: file }) : error;
  }
}

/** @param {string} folder */
function flushFolder(folder) {
  // Windows writes names at once, and opens no folders.
  if (process.platform === "win32") return;
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * @param {string} file
 * @returns {string | undefined} nothing when there is no such file
 */
export function readIfThere(file) {
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
