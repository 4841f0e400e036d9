import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder: the nearest one above this file that has an `environment.yml`. */
export const projectRoot = findRoot(dirname(fileURLToPath(import.meta.url)));

/** What `npm run sandbox` runs once the project is set up. */
export const sandboxProgram = join(projectRoot, "lib", "dist", "cli", "sandbox.js");

function findRoot(folder: string): string {
  // This file is compiled to another depth than it was written at, so the way up is looked for.
  if (existsSync(join(folder, "environment.yml"))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error("environment.yml is missing: the clone is not complete.");
  return findRoot(parent);
}
