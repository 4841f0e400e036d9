import { existsSync, readdirSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { Failure } from "#bootstrap/failures";

/** The notebooks of the learner's path, in the order of their numbers. Absolute paths. */
export function allNotebooks(root: string): string[] {
  return everyNotebook(root).filter((file) => /^\d/.test(nameOf(file)));
}

/** Those of the path, and those for others than learners: `instructor`. Absolute paths. */
export function everyNotebook(root: string): string[] {
  const folder = join(root, "notebooks");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".ipynb"))
    .sort()
    .map((name) => join(folder, name));
}

/**
 * The notebook that a user means by `01`, `01-provisioning` or a path.
 *
 * @param wanted a number, a name with or without `.ipynb`, the beginning of a name, or a path from
 *   the project's folder
 * @returns its absolute path
 * @throws Failure when there is none, or several begin so
 */
export function findNotebook(root: string, wanted: string): string {
  const asPath = resolve(root, wanted);
  if (wanted.endsWith(".ipynb") && existsSync(asPath)) return asPath;
  const all = everyNotebook(root);
  const name = basename(wanted, ".ipynb");
  const exact = all.filter((file) => nameOf(file) === name);
  const [match, ...others] =
    exact.length > 0 ? exact : all.filter((f) => nameOf(f).startsWith(name));
  if (match !== undefined && others.length === 0) return match;
  const hint = "Options come after two dashes: npm start -- --port 8899";
  throw new Failure(
    match ? `Several notebooks begin with "${wanted}".` : `There is no notebook "${wanted}".`,
    `The notebooks are: ${all.map(nameOf).join(", ") || "(none)"}\n${hint}`,
  );
}

/** `01-provisioning` of `/…/notebooks/01-provisioning.ipynb`. */
export function nameOf(file: string): string {
  return basename(file, ".ipynb");
}

/** The path that JupyterLab knows a file by: from the project's folder, with forward slashes. */
export function labPath(root: string, file: string): string {
  return relative(root, file).split(/[\\/]/).map(encodeURIComponent).join("/");
}
