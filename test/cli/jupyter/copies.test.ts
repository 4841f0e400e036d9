import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clearOutputs, COPIES, provideCopies, sayCopies } from "../../../lib/cli/jupyter/copies.js";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "fleetlab-copies-"));
  write("notebooks/00-start.ipynb", notebook("connect()"));
  write("notebooks/01-more.ipynb", notebook("more()"));
  write("notebooks/pictures/00.svg", "<svg/>");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

const read = (file: string): string => readFileSync(join(root, file), "utf8");

/** As Jupyter writes it: sources in lines, or in one string. */
function notebook(source: string, output = "saved"): string {
  const cell = { cell_type: "code", source, outputs: [{ output_type: "stream", text: output }] };
  return JSON.stringify({ cells: [cell], nbformat: 4 });
}

const fresh = (...names: string[]) => names.map((name) => join(root, "notebooks", name));

/** Folders of former copies. */
const asides = () => readdirSync(root).filter((name) => name.startsWith(`${COPIES}-`));

describe("provideCopies", () => {
  it("copies notebooks and pictures at first, says where, and has nothing to do the second time", async () => {
    const first = await provideCopies(root);
    const second = await provideCopies(root);

    expect(first.made).toEqual(["00-start.ipynb", "01-more.ipynb", join("pictures", "00.svg")]);
    expect(read(`${COPIES}/01-more.ipynb`)).toBe(notebook("more()"));
    expect(read(`${COPIES}/pictures/00.svg`)).toBe("<svg/>");
    expect(sayCopies(root, first)).toEqual([expect.stringContaining(`in ${COPIES}: change`)]);
    expect(second).toMatchObject({ made: [], renewed: [], kept: [], aside: undefined });
    expect(sayCopies(root, second)).toEqual([]);
  });

  it("brings an update to copies that nobody has touched, and notebooks that are new", async () => {
    await provideCopies(root);
    write("notebooks/00-start.ipynb", notebook("connect(2)"));
    write("notebooks/pictures/00.svg", "<svg>2</svg>");
    write("notebooks/02-new.ipynb", notebook("new()"));

    const update = await provideCopies(root);

    expect(update).toMatchObject({ made: ["02-new.ipynb"], kept: [], aside: undefined });
    expect(update.renewed).toEqual(["00-start.ipynb", join("pictures", "00.svg")]);
    expect(read(`${COPIES}/00-start.ipynb`)).toBe(notebook("connect(2)"));
    expect(sayCopies(root, update)).toEqual([`New in ${COPIES}: 02-new.ipynb, 00-start.ipynb.`]);
  });

  it("leaves a copy alone that was run or changed, while the project's is the same", async () => {
    await provideCopies(root);
    write(`${COPIES}/00-start.ipynb`, notebook("connect()", "of my run"));
    write(`${COPIES}/01-more.ipynb`, notebook("mine()"));

    const again = await provideCopies(root);

    expect(again).toMatchObject({ made: [], renewed: [], kept: [] });
    expect(read(`${COPIES}/00-start.ipynb`)).toContain("of my run");
    expect(read(`${COPIES}/01-more.ipynb`)).toContain("mine()");
  });

  it("puts a copy aside that was only run, when the project has a newer one", async () => {
    await provideCopies(root);
    write(`${COPIES}/00-start.ipynb`, notebook("connect()", "of my run"));
    write("notebooks/00-start.ipynb", notebook("connect(2)"));

    const update = await provideCopies(root);

    const [aside] = asides();
    expect(update.renewed).toEqual(["00-start.ipynb"]);
    expect(read(`${COPIES}/00-start.ipynb`)).toBe(notebook("connect(2)"));
    expect(read(`${aside}/00-start.ipynb`)).toContain("of my run");
    // Its pictures are beside it.
    expect(existsSync(join(root, aside!, "pictures", "00.svg"))).toBe(true);
    expect(sayCopies(root, update).join("\n")).toContain(`before is in ${aside}`);
  });

  it("keeps a copy that was changed, and says that there is a newer one and how to get it", async () => {
    await provideCopies(root);
    write(`${COPIES}/00-start.ipynb`, notebook("mine()"));
    write("notebooks/00-start.ipynb", notebook("connect(2)"));

    const update = await provideCopies(root);

    expect(update).toMatchObject({ renewed: [], kept: ["00-start.ipynb"], aside: undefined });
    expect(read(`${COPIES}/00-start.ipynb`)).toBe(notebook("mine()"));
    expect(sayCopies(root, update).join("\n")).toMatch(
      /newer ones than your 00-start.*\n.*--fresh/,
    );
    expect((await provideCopies(root)).kept).toEqual(["00-start.ipynb"]);
  });

  it("begins anew on demand, and loses nothing", async () => {
    await provideCopies(root);
    write(`${COPIES}/00-start.ipynb`, notebook("mine()"));
    write(`${COPIES}/my-own.ipynb`, notebook("own()"));

    const anew = await provideCopies(root, { fresh: fresh("00-start.ipynb", "01-more.ipynb") });
    write(`${COPIES}/00-start.ipynb`, notebook("mine again()"));
    await provideCopies(root, { fresh: fresh("00-start.ipynb") });

    expect(anew.renewed).toEqual(["00-start.ipynb"]);
    expect(read(`${COPIES}/00-start.ipynb`)).toBe(notebook("connect()"));
    expect(read(`${COPIES}/my-own.ipynb`)).toBe(notebook("own()"));
    const kept = asides().map((name) => read(`${name}/00-start.ipynb`));
    expect(kept.sort()).toEqual([notebook("mine again()"), notebook("mine()")].sort());
  });

  it("begins only the named one anew", async () => {
    await provideCopies(root);
    for (const name of ["00-start", "01-more"])
      write(`${COPIES}/${name}.ipynb`, notebook("mine()"));

    const anew = await provideCopies(root, { fresh: fresh("01-more.ipynb") });

    expect(anew.renewed).toEqual(["01-more.ipynb"]);
    expect(read(`${COPIES}/00-start.ipynb`)).toBe(notebook("mine()"));
  });

  it("takes a copy without a note, or with damaged ones, for somebody's work", async () => {
    await provideCopies(root);
    write(`${COPIES}/.made-from.json`, '{ "00-st');
    write("notebooks/00-start.ipynb", notebook("connect(2)"));
    write("notebooks/01-more.ipynb", notebook("more(2)"));
    write(`${COPIES}/01-more.ipynb`, '{ "cells": [');

    const { kept } = await provideCopies(root);

    expect(kept).toEqual(["00-start.ipynb", "01-more.ipynb"]);
    expect(read(`${COPIES}/01-more.ipynb`)).toBe('{ "cells": [');
  });

  it.each(["..", ".", "/tmp/elsewhere", "notebooks", "notebooks/mine"])(
    "refuses the folder %s",
    async (folder) => {
      await expect(provideCopies(root, { folder })).rejects.toThrow(/cannot hold[^]*inside/);
    },
  );
});

describe("clearOutputs", () => {
  it("takes outputs out of the copies that are named, and leaves cells and originals as they are", async () => {
    const { folder } = await provideCopies(root);
    write(`${COPIES}/00-start.ipynb`, notebook("connect(); // mine", "mine"));

    expect(clearOutputs(folder, ["00-start.ipynb"])).toEqual(["00-start.ipynb"]);
    expect(clearOutputs(folder, ["00-start.ipynb", "99-none.ipynb"])).toEqual([]);

    expect(JSON.parse(read(`${COPIES}/00-start.ipynb`))).toEqual({
      cells: [
        { cell_type: "code", source: "connect(); // mine", outputs: [], execution_count: null },
      ],
      nbformat: 4,
    });
    expect(read(`${COPIES}/01-more.ipynb`)).toContain("saved");
    expect(read("notebooks/00-start.ipynb")).toContain("saved");
  });

  it("is no change of a learner's: an update still reaches the copy", async () => {
    const { folder } = await provideCopies(root);
    clearOutputs(folder, ["00-start.ipynb", "01-more.ipynb"]);
    write("notebooks/00-start.ipynb", notebook("connect(2)"));

    expect(await provideCopies(root)).toMatchObject({ renewed: ["00-start.ipynb"], kept: [] });
    expect(read(`${COPIES}/01-more.ipynb`)).not.toContain("saved");
  });

  it("changes nothing when one of them cannot be read", async () => {
    const { folder } = await provideCopies(root);
    write(`${COPIES}/01-more.ipynb`, "half a noteb");

    expect(() => clearOutputs(folder, ["00-start.ipynb", "01-more.ipynb"])).toThrow(
      /01-more\.ipynb cannot be read[^]*--fresh/,
    );
    expect(read(`${COPIES}/00-start.ipynb`)).toContain("saved");
  });
});
