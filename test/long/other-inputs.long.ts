import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Notebook } from "../../lib/cli/jupyter/normalise.js";
import { folder, inFolder, jupyter, notebooks, walk } from "./walk.js";

inFolder();

/** Other wishes than the notebook's, as a learner would write them into the cell of notebook 01. */
const inputs: readonly (readonly [what: string, wishes: object])[] = [
  ["two types", { thingTypes: ["SedanVehicle", "TruckVehicle"] }],
  ["three versions", { versions: ["1.0.0", "1.1.0", "1.2.0"] }],
  ["Europe", { continent: "Europe", countries: 5 }],
  ["one vehicle", { devices: 1 }],
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

describe.skipIf(!jupyter)("the path with other inputs", () => {
  it.each(inputs)(
    "runs with %s, meets every checkpoint, and leaves nothing",
    async (_what, wishes) => {
      const [first = "", provisioning = "", ...rest] = notebooks;

      await walk([first, withWishes(provisioning, wishes), ...rest]);
    },
  );
});
