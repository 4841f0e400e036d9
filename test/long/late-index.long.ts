import { describe, expect, it } from "vitest";
import { findNotebook } from "../../lib/cli/jupyter/notebook-files.js";
import { projectRoot } from "../../lib/cli/project.js";
import { withSolutions } from "../notebooks/solutions.js";
import { folder, inFolder, jupyter, notebooks, shownIn, walk } from "./walk.js";

inFolder();

/** Seconds: AWS's index is mostly there in some, and has been this late. */
const LAG = 120;

describe.skipIf(!jupyter)("beside an index that is two minutes late", () => {
  it("meets every checkpoint, and a vehicle's move takes as long as the index says", async () => {
    // 11 with a hundred vehicles: how late the index is does not depend on their number.
    const bulk = withSolutions(findNotebook(projectRoot, "11"), folder);
    await walk([...notebooks, bulk], ["--index-lag", String(LAG)]);

    const [, , groups = ""] = notebooks;
    const [, since = ""] = /in the index: from ([\d.]+) s/.exec(shownIn(groups)) ?? [];
    // Looks are a second apart, and each takes a while.
    expect(Number(since)).toBeGreaterThanOrEqual(LAG - 1);
    expect(Number(since)).toBeLessThan(LAG + 30);
  });
});
