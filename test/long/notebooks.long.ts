import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Notebook } from "../../lib/cli/jupyter/normalise.js";
import { allNotebooks, nameOf } from "../../lib/cli/jupyter/notebook-files.js";
import { projectRoot } from "../../lib/cli/project.js";
import { scan } from "../../lib/tasks/clean-up/scan.js";
import { connectTo, executeOn, inOwnSandbox } from "../notebooks/kernel.js";
import { jupyterForTests } from "../notebooks/need-jupyter.js";

const jupyter = await jupyterForTests();
const notebooks = allNotebooks(projectRoot);

// Inside the project, where cells find the library.
let folder: string;
beforeAll(() => {
  mkdirSync(join(projectRoot, "build"), { recursive: true });
  folder = mkdtempSync(join(projectRoot, "build", "long-"));
  cpSync(join(projectRoot, "notebooks", "pictures"), join(folder, "pictures"), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Other wishes than the notebook's, as a learner would write them into the cell of notebook 01. */
const inputs: readonly (readonly [what: string, wishes: object])[] = [
  ["two types", { thingTypes: ["SedanVehicle", "TruckVehicle"] }],
  ["three versions", { versions: ["1.0.0", "1.1.0", "1.2.0"] }],
  ["Europe", { continent: "Europe", countries: 5 }],
  ["seven vehicles", { devices: 7 }],
  ["a thousand vehicles", { devices: 1_000 }],
];

/** A copy of notebook 01 whose plan has these wishes. */
function withWishes(file: string, wishes: object): string {
  const notebook = JSON.parse(readFileSync(file, "utf8")) as Notebook;
  const plain = {
    thingTypes: ["SedanVehicle", "SUVVehicle", "TruckVehicle"],
    versions: ["1.0.0", "1.1.0"],
    continent: 1,
    countries: 3,
    devices: 100,
    seed: 1,
  };
  let isChanged = false;
  const cells = notebook.cells.map((cell) => {
    const source = [cell.source].flat().join("");
    if (cell.cell_type !== "code" || !source.includes("planFleet(fleet, {")) return cell;
    isChanged = true;
    const plan = `planFleet(fleet, ${JSON.stringify({ ...plain, ...wishes })})`;
    return { ...cell, source: source.replace(/planFleet\(fleet, \{[^]*?\n\}\)/, plan) };
  });
  expect(isChanged).toBe(true);
  const copy = join(folder, basename(file));
  writeFileSync(copy, JSON.stringify({ ...notebook, cells }));
  return copy;
}

/** A copy after each of whose cells somebody reads: three seconds, four, five, six, and again. */
function withPauses(file: string): string {
  const notebook = JSON.parse(readFileSync(file, "utf8")) as Notebook;
  const pause = (i: number) => ({
    cell_type: "code",
    id: `pause-${i}`,
    // Around five seconds a server closes a connection that nobody uses.
    source: `await new Promise((resolve) => setTimeout(resolve, ${(3 + (i % 4)) * 1000}));`,
    metadata: {},
    outputs: [],
    execution_count: null,
  });
  const cells = notebook.cells.flatMap((cell, i) =>
    cell.cell_type === "code" ? [cell, pause(i)] : [cell],
  );
  const copy = join(folder, basename(file));
  writeFileSync(copy, JSON.stringify({ ...notebook, cells }));
  return copy;
}

/** What an executed copy has shown, as text and HTML. */
function shownIn(file: string): string {
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

/** Run notebooks in order by one kernel, on a sandbox that is empty before and after. */
async function walk(paths: readonly string[]): Promise<void> {
  await inOwnSandbox(async (home) => {
    const fleet = await connectTo(home);
    const empty = await scan(fleet);
    const runs = paths.map((path) => ({ path, env: { FLEETLAB_HOME: home } }));

    const executed = await executeOn(jupyter!, join(folder, "out"), runs, { kernels: "one" });

    expect(executed.map(({ notebook }) => notebook)).toEqual(notebooks.map(nameOf));
    expect(await scan(fleet)).toEqual(empty);
  });
  // A checkpoint that is not met says so.
  for (const file of paths) expect(shownIn(file), basename(file)).not.toContain("✗");
}

describe.skipIf(!jupyter)("the path with other inputs", () => {
  it.each(inputs)(
    "runs with %s, meets every checkpoint, and leaves nothing",
    async (_what, wishes) => {
      const [first = "", provisioning = "", ...rest] = notebooks;

      await walk([first, withWishes(provisioning, wishes), ...rest]);
    },
  );
});

describe.skipIf(!jupyter)("at a human pace", () => {
  it("meets every checkpoint, and is throttled only where that is the lesson", async () => {
    const slow = notebooks.map(withPauses);

    await walk(slow);

    expect(shownIn(slow[0]!)).toContain("nothing was refused");
    expect(shownIn(slow[0]!)).toMatch(/>paced<\/td><td[^>]*>6\d<\/td><td[^>]*>0<\/td>/);
  });
});
