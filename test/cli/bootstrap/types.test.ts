import { describe, expect, it } from "vitest";
import type * as declaredFailures from "../../../lib/cli/bootstrap/failures.types.d.mts";
import * as failures from "../../../lib/cli/bootstrap/failures.mjs";
import type * as declaredFiles from "../../../lib/cli/bootstrap/files.types.d.mts";
import * as files from "../../../lib/cli/bootstrap/files.mjs";
import type * as declaredLock from "../../../lib/cli/bootstrap/lock.types.d.mts";
import * as lock from "../../../lib/cli/bootstrap/lock.mjs";
import type * as declaredProcesses from "../../../lib/cli/bootstrap/processes.types.d.mts";
import * as processes from "../../../lib/cli/bootstrap/processes.mjs";
import type * as declaredSteps from "../../../lib/cli/bootstrap/steps.types.d.mts";
import * as steps from "../../../lib/cli/bootstrap/steps.mjs";

describe("the hand-written declarations of lib/cli", () => {
  // The assignments are the test, and the compiler is who runs it.
  it("say what the plain JavaScript does", () => {
    const plain: [
      typeof declaredFailures,
      typeof declaredFiles,
      typeof declaredLock,
      typeof declaredProcesses,
      typeof declaredSteps,
    ] = [failures, files, lock, processes, steps];

    expect(plain.every((module) => Object.keys(module).length > 0)).toBe(true);
  });
});
