import { join } from "node:path";
import { onTestFinished, vi } from "vitest";
import { connect, type Fleet } from "../../lib/aws/connect.js";
import { memoryOutput } from "../../lib/aws/output.js";
import { execute, type Executed } from "../../lib/cli/jupyter/execute.js";
import type { Jupyter } from "../../lib/cli/jupyter/jupyter.js";
import { withOwnSandbox } from "../../lib/cli/sandbox/own.js";
import { projectRoot } from "../../lib/cli/project.js";

/** Kernels on one sandbox that was empty at first. */
export interface Classroom {
  /** What a test sees of the sandbox from outside the kernels. */
  readonly fleet: Fleet;
  /** Execute notebooks one after the other: each by a kernel of its own, unless one is to run them all. */
  run(notebooks: readonly string[], kernels?: "each" | "one"): Promise<Executed[]>;
}

/** Do `work` beside an empty sandbox of its own. */
export async function inClassroom<T>(
  jupyter: Jupyter,
  output: string,
  work: (classroom: Classroom) => Promise<T>,
): Promise<T> {
  const program = join(projectRoot, "lib", "dist", "cli", "sandbox.js");
  return withOwnSandbox(program, async (home) => {
    const { WORKSHOP_TARGET: _target, AWS_REGION: _region, ...rest } = process.env;
    const env = { ...rest, FLEETLAB_HOME: home };
    vi.stubEnv("FLEETLAB_HOME", home);
    vi.stubEnv("AWS_REGION", undefined);
    vi.stubEnv("WORKSHOP_TARGET", undefined);
    onTestFinished(() => void vi.unstubAllEnvs());
    const fleet = await connect({ output: memoryOutput() });
    return work({
      fleet,
      run: (notebooks, kernels = "each") =>
        execute(projectRoot, { jupyter, notebooks, kernels, output, env }),
    });
  });
}
