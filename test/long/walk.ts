import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import type { Notebook } from "../../lib/cli/jupyter/normalise.js";
import { allNotebooks, nameOf } from "../../lib/cli/jupyter/notebook-files.js";
import { projectRoot } from "../../lib/cli/project.js";
import { scan } from "../../lib/tasks/clean-up/scan.js";
import { connectTo, executeOn, inOwnSandbox } from "../notebooks/kernel.js";
import { jupyterForTests } from "../notebooks/need-jupyter.js";

export const jupyter = await jupyterForTests();
/** The course, and what runs on a fleet of its size: ten thousand vehicles are in after-the-course.long.ts. */
export const notebooks = allNotebooks(projectRoot).filter((path) => nameOf(path) < "11");

/** Where a file's copies of notebooks lie: inside the project, where cells find the library. */
export let folder: string;

/** Have that folder while the tests of the calling file run. */
export function inFolder(): void {
  beforeAll(() => {
    mkdirSync(join(projectRoot, "build"), { recursive: true });
    folder = mkdtempSync(join(projectRoot, "build", "long-"));
    const pictures = join(projectRoot, "notebooks", "pictures");
    cpSync(pictures, join(folder, "pictures"), { recursive: true });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
}

/** What an executed copy has shown, as text and HTML. */
export function shownIn(file: string): string {
  const { cells } = JSON.parse(
    readFileSync(join(folder, "out", basename(file)), "utf8"),
  ) as Notebook;
  return cells
    .flatMap(({ outputs = [] }) =>
      outputs.map(({ text, data }) => text ?? data?.["text/html"] ?? ""),
    )
    .flat()
    .join("");
}

/**
 * Run notebooks in order by one kernel, on a sandbox that is empty before and after.
 *
 * @param args more options of `npm run sandbox`
 */
export async function walk(paths: readonly string[], args: readonly string[] = []): Promise<void> {
  await inOwnSandbox(async (home) => {
    const fleet = await connectTo(home);
    const empty = await scan(fleet);
    const runs = paths.map((path) => ({ path, env: { FLEETLAB_HOME: home } }));

    const executed = await executeOn(jupyter!, join(folder, "out"), runs, { kernels: "one" });

    expect(executed.map(({ notebook }) => notebook)).toEqual(paths.map(nameOf));
    expect(await scan(fleet)).toEqual(empty);
  }, args);
  // A checkpoint that is not met says so.
  for (const file of paths) expect(shownIn(file), basename(file)).not.toContain("✗");
}
