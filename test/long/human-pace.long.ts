import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Notebook } from "../../lib/cli/jupyter/normalise.js";
import { folder, inFolder, jupyter, notebooks, shownIn, walk } from "./walk.js";

inFolder();

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

describe.skipIf(!jupyter)("at a human pace", () => {
  it("meets every checkpoint, and is throttled only where that is the lesson", async () => {
    const slow = notebooks.map(withPauses);

    await walk(slow);

    expect(shownIn(slow[0]!)).toContain("nothing was refused");
    expect(shownIn(slow[0]!)).toMatch(/>paced<\/td><td[^>]*>6\d<\/td><td[^>]*>0<\/td>/);
  });
});
