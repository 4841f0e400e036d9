import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { describe, expect, it } from "vitest";
import { normalise, type Notebook } from "../../lib/cli/jupyter/normalise.js";
import { everyNotebook, nameOf } from "../../lib/cli/jupyter/notebook-files.js";
import { projectRoot } from "../../lib/cli/project.js";

describe("a committed notebook", () => {
  it.each(everyNotebook(projectRoot).map((file) => [nameOf(file), file]))(
    "%s is as npm run notebooks -- --save writes it",
    (_name, file) => {
      const text = readFileSync(file, "utf8");
      const notebook = JSON.parse(text) as Notebook;
      const paths = [[projectRoot, "."] as const, [homedir(), "~"] as const];

      const { text: normal, problems } = normalise(notebook, notebook, {
        paths: paths.filter(([path]) => path.length > 1),
      });

      expect(problems).toEqual([]);
      expect(text).toBe(normal);
    },
  );
});
