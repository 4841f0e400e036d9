import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { provideForTests } from "../../../lib/cli/jupyter/for-tests.js";
import { projectRoot } from "../../../lib/cli/project.js";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "fleetlab-for-tests-"));
  copyFileSync(join(projectRoot, "environment.yml"), join(root, "environment.yml"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(root, { recursive: true, force: true });
});

it.each([
  ["", true, "JUPYTER CANNOT BE HAD HERE: ALL TESTS THAT RUN NOTEBOOKS WILL BE SKIPPED."],
  ["true", false, "CI=true: without Jupyter the notebooks cannot be proved, so npm test fails."],
])("without a Python, CI=%j: goes on %j, and says so", async (ci, goesOn, words) => {
  // A folder with nothing to run in it.
  vi.stubEnv("PATH", root);
  vi.stubEnv("CONDA_PREFIX", undefined);
  vi.stubEnv("CI", ci);
  const error = vi.spyOn(console, "error").mockImplementation(() => {});

  const answer = await provideForTests(root);

  const said = error.mock.calls.flat().join("\n");
  expect(answer).toBe(goesOn);
  expect(said).toMatch(/Python/);
  expect(said).toContain(words);
});
