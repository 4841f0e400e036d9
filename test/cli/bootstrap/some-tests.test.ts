import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { chooseTests } from "../../../lib/cli/bootstrap/some-tests.mjs";
import { ProjectCopy } from "../project-copy.js";

let project: ProjectCopy;
beforeEach(() => {
  project = new ProjectCopy();
  project.write("test/cli/lock.test.ts", `it("takes over from a process (gone)", () => {});`);
  project.write("test/cli/lock-helper.ts", `it("is no test file", () => {});`);
  project.write("test/jobs/ends.test.ts", `it.each([1, 2])(\n  "takes over %i jobs", () => {});`);
  project.write("test/rooms.test.ts", `const takes = "over here";`);
  // In place of vitest: says what it was called with.
  project.write(
    "node_modules/vitest/vitest.mjs",
    "console.log(process.argv.slice(2).join(' | '));",
  );
  project.write(
    "lib/cli/jupyter/for-tests.ts",
    "export async function provideForTests() { return true; }",
  );
});
afterEach(() => project.remove());

const chosen = (...words: string[]) => chooseTests(project.root, words);

describe("npm test -- <words>", () => {
  it.each([
    [["lock"], ["test/cli/lock.test.ts"]],
    [["LOCK"], ["test/cli/lock.test.ts"]],
    [
      ["cli/", "jobs"],
      ["test/cli/lock.test.ts", "test/jobs/ends.test.ts"],
    ],
  ])("%j means files by their paths", (words, files) => {
    expect(chosen(...words)).toEqual(files);
  });

  it.each([
    [
      ["takes", "over"],
      ["test/cli/lock.test.ts", "test/jobs/ends.test.ts", "-t", "takes over"],
    ],
    [["takes over from"], ["test/cli/lock.test.ts", "-t", "takes over from"]],
    [
      ["jobs", "takes"],
      ["test/jobs/ends.test.ts", "-t", "takes"],
    ],
    [["(gone)"], ["test/cli/lock.test.ts", "-t", "\\(gone\\)"]],
  ])("%j means tests by their names where no path has it", (words, args) => {
    expect(chosen(...words)).toEqual(args);
  });

  it("leaves options to vitest", () => {
    expect(chosen("lock", "-t", "takes")).toEqual(["lock", "-t", "takes"]);
  });

  it.each([[["nonsense"]], [["rooms", "takes"]], [["no test file"]]])(
    "%j says that nothing fits, and what could",
    (words) => {
      expect(() => chosen(...words)).toThrow(
        /No test fits "[^]*part of a test file's path[^]*The rooms of test\/ are: cli, jobs/,
      );
    },
  );

  it("runs them after the same set-up, and says what was left out", async () => {
    const { code, output } = await project.run("test", "lock");

    expect({ code, output }).toMatchObject({ code: 0 });
    expect(project.calls()).toEqual(["npm ci", "tsc"]);
    expect(output).toMatch(
      /^run \| test\/cli\/lock\.test\.ts\nOnly what fits "lock" was run\.\n.*npm run check/m,
    );
  });

  it("ends with 1 when nothing fits", async () => {
    const { code, output } = await project.run("test", "nonsense");

    expect(code).toBe(1);
    expect(output).toContain('No test fits "nonsense".');
    expect(output).not.toMatch(/^\s+at /m);
  });
});
