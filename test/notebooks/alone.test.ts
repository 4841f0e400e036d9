import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Run } from "../../lib/cli/jupyter/execute.js";
import { allNotebooks, nameOf } from "../../lib/cli/jupyter/notebook-files.js";
import { projectRoot } from "../../lib/cli/project.js";
import { rememberPlan } from "../../lib/fleet/shadows/notes.js";
import { accountsIn, connectTo, executeOn, inOwnSandbox } from "./kernel.js";
import { jupyterForTests } from "./need-jupyter.js";
import { expectPromised } from "./promises.js";
import { withSolutions } from "./solutions.js";

const jupyter = await jupyterForTests();
const MINUTES = 60_000;

/**
 * What catchUp() builds for a notebook, as the fleet that was planned last: one vehicle, from 02 on. A
 * hundred, its default, are mostly waits for AWS's rates; they are on the path, and here in
 * `npm run test:long`.
 */
const VEHICLES = process.env["FLEETLAB_TESTS"] === "long" ? 100 : 1;

/** 09's challenge takes five. */
const CHALLENGED = 10;

const course = allNotebooks(projectRoot).filter((path) => nameOf(path) < "09");
/** Once, since their solutions are on no path here; twice in test/long/after-the-course.long.ts. */
const later = allNotebooks(projectRoot).filter((path) => nameOf(path) >= "09");

let folder: string;
/** Notebooks with their solutions: inside the project, where cells find the library. */
let solved: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fleetlab-alone-test-"));
  mkdirSync(join(projectRoot, "build"), { recursive: true });
  solved = mkdtempSync(join(projectRoot, "build", "solved-"));
});
afterAll(() => {
  for (const one of [folder, solved]) rmSync(one, { recursive: true, force: true });
});

// One kernel for all: it takes longer to start, and to become fast, than a notebook to run.
describe.skipIf(!jupyter)("a notebook by itself, in a real kernel", () => {
  it(
    "runs on an account where nothing is but a plan: those of the course for one vehicle and a second time after itself, the later ones for ten and with their solutions",
    async () => {
      const executed = await inOwnSandbox(
        async (home) => {
          const homes = accountsIn(home, course.length + later.length);
          for (const [i, one] of homes.entries()) {
            const devices = i < course.length ? VEHICLES : Math.max(VEHICLES, CHALLENGED);
            await rememberPlan(await connectTo(one), { devices });
          }
          const runs = [
            ...course.map((path) => [path, path]),
            ...later.map((path) => [withSolutions(path, solved)]),
          ].flatMap((paths, i): Run[] =>
            paths.map((path) => ({ path, env: { FLEETLAB_HOME: homes[i]! } })),
          );
          return executeOn(jupyter!, folder, runs, { kernels: "one" });
        },
        ["--auth", "off"],
      );

      const names = [
        ...course.map(nameOf).flatMap((name) => [name, name]),
        ...later.map((path) => `${nameOf(path)}-solved`),
      ];
      expect(executed.map(({ notebook }) => notebook)).toEqual(names);
      for (const { notebook, cells } of executed) expect(cells, notebook).toBeGreaterThan(0);
      for (const name of later.map(nameOf)) expectPromised(name, folder);
    },
    30 * MINUTES,
  );
});
