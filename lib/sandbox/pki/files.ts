import {
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";

/** The text of a file; undefined when there is none. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Write a file whole or not at all, on the disk before it has its name. */
export function writeWhole(path: string, text: string, mode: number): void {
  const draft = `${path}.${process.pid}`;
  // What an earlier process of our number has left may have another mode.
  rmSync(draft, { force: true });
  const descriptor = openSync(draft, "wx", mode);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(draft, path);
}

/** The same, unless the file says so already. */
export function keepText(path: string, text: string, mode: number): void {
  if (readText(path) === text) chmodSync(path, mode);
  else writeWhole(path, text, mode);
}
