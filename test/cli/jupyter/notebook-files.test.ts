import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allNotebooks, findNotebook, labPath } from "../../../lib/cli/jupyter/notebook-files.js";

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "fleetlab-files-"));
  mkdirSync(join(root, "notebooks"));
  for (const name of ["01-provisioning", "00-start-here", "instructor", "01-more"]) {
    writeFileSync(join(root, "notebooks", `${name}.ipynb`), "{}");
  }
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("findNotebook", () => {
  it.each(["00", "00-start-here", "00-start-here.ipynb", "notebooks/00-start-here.ipynb"])(
    "understands %s",
    (wanted) => {
      expect(findNotebook(root, wanted)).toBe(join(root, "notebooks", "00-start-here.ipynb"));
    },
  );

  it("finds those that are not of the path too", () => {
    expect(findNotebook(root, "instructor")).toBe(join(root, "notebooks", "instructor.ipynb"));
  });

  it("lists the notebooks when there is none of that name", () => {
    expect(() => findNotebook(root, "9000")).toThrow(
      /no notebook "9000"[^]*00-start-here[^]*two dashes/,
    );
  });

  it("does not guess between two", () => {
    expect(() => findNotebook(root, "01")).toThrow(/Several notebooks begin with "01"/);
  });
});

describe("allNotebooks", () => {
  it("goes by number, and leaves out what is not of the path", () => {
    const names = allNotebooks(root).map((file) => labPath(root, file));

    expect(names[0]).toBe("notebooks/00-start-here.ipynb");
    expect(names).toHaveLength(3);
  });

  it("is empty where there is no such folder", () => {
    expect(allNotebooks(join(root, "nowhere"))).toEqual([]);
  });
});
