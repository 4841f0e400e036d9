import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
} from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { Failure } from "#bootstrap/failures";
import { writeWhole } from "#bootstrap/files";
import { withLock } from "#bootstrap/lock";
import { interruption } from "#bootstrap/processes";
import type { Notebook } from "./normalise.js";

/**
 * Where learners work: beside `notebooks/`, so that links to `../docs` hold, and ignored by git.
 * What is put aside goes into folders whose names begin with it.
 */
export const COPIES = "my-notebooks";

/** What has become of the learner's copies. Paths are relative to their folder. */
export interface Copies {
  /** Absolute path of the folder. */
  readonly folder: string;
  /** Copied for the first time. */
  readonly made: readonly string[];
  /** Replaced by what the project has now; whatever had been run or changed in them is put aside. */
  readonly renewed: readonly string[];
  /** Older than the project's, and left as they are, because the learner has changed them. */
  readonly kept: readonly string[];
  /** Absolute path of the folder into which the former ones were put; undefined when none was. */
  readonly aside: string | undefined;
}

export interface CopyOptions {
  /** The folder of the copies, inside the project; {@link COPIES} unless told. */
  readonly folder?: string;
  /** Notebooks to begin anew even if they were run or changed: absolute paths in `notebooks/`. */
  readonly fresh?: readonly string[];
}

/** What a copy was made from. */
interface Note {
  /** SHA-256 of the project's file. */
  readonly original: string;
  /** SHA-256 of what a learner may change in it: of a notebook its cells without their outputs. */
  readonly work: string;
}

/**
 * Bring the learner's copies of `notebooks/`, pictures and all, up to date.
 *
 * Nothing that a learner has done is lost: a copy that was changed stays as it is, or, when it is to
 * be fresh, moves into a folder of its own, as does one that was only run and has to make room for a
 * newer one. A second call finds nothing to do.
 *
 * @param root the project's folder
 * @throws Failure when the folder is not one inside the project
 */
export async function provideCopies(root: string, options: CopyOptions = {}): Promise<Copies> {
  const folder = inside(root, options.folder ?? COPIES);
  const locks = join(root, ".fleetlab", "locks", "copies");
  return withLock(locks, async () => bringUpToDate(root, folder, options), {
    signal: interruption(),
  });
}

/**
 * Take the outputs out of copies, as for a class that is to see each for the first time; the cells
 * stay as they are. What a copy's cells have shown is gone: running them shows it again.
 *
 * @param folder of the copies
 * @param names of notebooks, as `00-start-here.ipynb`; one without a copy is passed over
 * @returns those that had outputs; a second call finds none
 * @throws Failure for a file that is not a notebook, before anything is changed
 */
export function clearOutputs(folder: string, names: readonly string[]): string[] {
  const files = names.map((name) => join(folder, name)).filter((file) => existsSync(file));
  const cleared = files.flatMap((file) => {
    const { text, hadOutputs } = withoutOutputs(file);
    return hadOutputs ? [{ file, text }] : [];
  });
  for (const { file, text } of cleared) writeWhole(file, text);
  return cleared.map(({ file }) => basename(file));
}

function withoutOutputs(file: string): { text: string; hadOutputs: boolean } {
  let notebook: Notebook;
  try {
    notebook = JSON.parse(readFileSync(file, "utf8")) as Notebook;
  } catch {
    throw new Failure(
      `${file} cannot be read as a notebook: nothing was cleared.`,
      "For a new copy, which keeps this one in another folder: npm start -- --fresh",
    );
  }
  let hadOutputs = false;
  const cells = notebook.cells.map((cell) => {
    if (cell.cell_type !== "code") return cell;
    hadOutputs ||= (cell.outputs ?? []).length > 0;
    return { ...cell, outputs: [], execution_count: null };
  });
  return { text: JSON.stringify({ ...notebook, cells }, null, 1) + "\n", hadOutputs };
}

function inside(root: string, wanted: string): string {
  const folder = resolve(root, wanted);
  const way = relative(root, folder);
  if (
    way === "" ||
    way.startsWith("..") ||
    resolve(way) === way ||
    way.split(sep)[0] === "notebooks"
  ) {
    throw new Failure(
      `"${wanted}" cannot hold the copies of the notebooks.`,
      "Name a folder inside the project other than notebooks/: cells find the library from there.",
    );
  }
  return folder;
}

function bringUpToDate(root: string, folder: string, { fresh = [] }: CopyOptions): Copies {
  const originals = join(root, "notebooks");
  const notes = readNotes(folder);
  const written = JSON.stringify([...notes]);
  const made: string[] = [];
  const renewed: string[] = [];
  const kept: string[] = [];
  let aside: string | undefined;
  for (const file of filesBelow(originals)) {
    const from = join(originals, file);
    const to = join(folder, file);
    const now: Note = { original: digestOf(from), work: workIn(from) };
    const then = notes.get(file);
    const state = existsSync(to) ? stateOf(to, now, then) : "missing";
    const isFresh = fresh.includes(from) || (fresh.length > 0 && !isNotebook(file));
    const isNewer = then?.original !== now.original;
    if (state === "changed" && isNewer && !isFresh) kept.push(file);
    const isTouched = state === "changed" || state === "run";
    if (isTouched && !isFresh && !(state === "run" && isNewer)) continue;
    if (isTouched) {
      aside ??= newFolder(folder);
      mkdirSync(dirname(join(aside, file)), { recursive: true });
      renameSync(to, join(aside, file));
    }
    if (state !== "current") {
      copyWhole(from, to);
      (state === "missing" ? made : renewed).push(file);
    }
    notes.set(file, now);
  }
  if (JSON.stringify([...notes]) !== written) writeNotes(folder, notes);
  if (aside !== undefined) copyTheRest(originals, aside);
  return { folder, made, renewed, kept, aside };
}

/**
 * How a copy stands to what it was made from: `current` is the project's of today, `old` the
 * project's of another day, `run` has other outputs alone, `changed` other cells.
 */
function stateOf(copy: string, now: Note, then: Note | undefined) {
  const digest = digestOf(copy);
  if (digest === now.original) return "current";
  if (digest === then?.original) return "old";
  return workIn(copy) === then?.work ? "run" : "changed";
}

/** All files below a folder, relative to it; none whose name, or whose folder's, begins with a dot. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith("."))
    .flatMap((entry) =>
      entry.isDirectory()
        ? filesBelow(join(folder, entry.name)).map((file) => join(entry.name, file))
        : [entry.name],
    )
    .sort();
}

const isNotebook = (file: string): boolean => file.endsWith(".ipynb");

const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");

const digestOf = (file: string): string => sha256(readFileSync(file));

function workIn(file: string): string {
  const text = readFileSync(file, "utf8");
  if (!isNotebook(file)) return sha256(text);
  try {
    const { cells } = JSON.parse(text) as Notebook;
    return sha256(JSON.stringify(cells.map((c) => [c.cell_type, [c.source].flat().join("")])));
  } catch {
    // Half a notebook is somebody's work, too.
    return sha256(text);
  }
}

function copyWhole(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  const draft = join(dirname(to), `.${basename(to)}.${process.pid}`);
  cpSync(from, draft);
  renameSync(draft, to);
}

/** `my-notebooks-2026-11-28-1112`, beside the other. */
function newFolder(folder: string): string {
  const now = new Date();
  const two = (part: number): string => String(part).padStart(2, "0");
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join("-");
  const name = `${folder}-${day}-${two(now.getHours())}${two(now.getMinutes())}`;
  for (let n = 1; ; n++) {
    const free = n === 1 ? name : `${name}-${n}`;
    if (!existsSync(free)) return free;
  }
}

/** The pictures, without which notebooks that were put aside would have holes. */
function copyTheRest(originals: string, aside: string): void {
  for (const file of filesBelow(originals)) {
    if (!isNotebook(file) && !existsSync(join(aside, file))) {
      copyWhole(join(originals, file), join(aside, file));
    }
  }
}

const notesOf = (folder: string): string => join(folder, ".made-from.json");

function readNotes(folder: string): Map<string, Note> {
  if (!statSync(notesOf(folder), { throwIfNoEntry: false })?.isFile()) return new Map();
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(notesOf(folder), "utf8")) as object));
  } catch {
    // Without notes every copy that differs counts as changed, and stays.
    return new Map();
  }
}

function writeNotes(folder: string, notes: ReadonlyMap<string, Note>): void {
  writeWhole(notesOf(folder), JSON.stringify(Object.fromEntries(notes), null, 2) + "\n");
}

/** What to tell whoever works with the copies; nothing when nothing has become of them. */
export function sayCopies(root: string, { folder, made, renewed, kept, aside }: Copies): string[] {
  const name = relative(root, folder);
  const lines: string[] = [];
  const fresh = [...made, ...renewed].filter(isNotebook);
  const isFirst = made.length === filesBelow(join(root, "notebooks")).length;
  if (isFirst) lines.push(`You work on copies of the notebooks, in ${name}: change what you like.`);
  else if (fresh.length > 0) lines.push(`New in ${name}: ${fresh.join(", ")}.`);
  if (aside !== undefined) lines.push(`What you had there before is in ${relative(root, aside)}.`);
  if (kept.length > 0) {
    lines.push(
      `The project has newer ones than your ${kept.join(", ")}; yours stay.`,
      "For new ones: npm start -- --fresh, which keeps yours in another folder.",
    );
  }
  return lines;
}
