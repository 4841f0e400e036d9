import { describe, it } from "vitest";
import { findNotebook } from "../../lib/cli/jupyter/notebook-files.js";
import { projectRoot } from "../../lib/cli/project.js";
import { withSolutions } from "../notebooks/solutions.js";
import { folder, inFolder, jupyter, walk } from "./walk.js";

inFolder();

describe.skipIf(!jupyter)("notebooks after the course", () => {
  it.each(["09", "10", "11"])(
    "%s runs alone on an empty account, a second time after itself, and leaves nothing",
    async (number) => {
      // With its solutions, and 11 with a hundred vehicles.
      const path = withSolutions(findNotebook(projectRoot, number), folder);

      await walk([path, path]);
    },
    1_800_000,
  );

  it(
    "registers ten thousand vehicles, and deletes them",
    () => walk([findNotebook(projectRoot, "11")]),
    1_800_000,
  );
});
