import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { SlowestFiles } from "./test/slowest.js";

/** Real kernels take minutes: begun last, they would run while every other worker is idle. */
class KernelsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isKernel = ({ moduleId }: TestSpecification) => moduleId.includes("/test/notebooks/");
    return [...sorted.filter(isKernel), ...sorted.filter((file) => !isKernel(file))];
  }
}

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    // A test waits for nothing but work; on a busy machine the first import of the SDK alone takes seconds.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ["default", new SlowestFiles()],
    // Loading the SDK anew for each of 200 files takes longer than most of their tests. What a file
    // changes in its process (environment, clocks), it puts back.
    isolate: false,
    setupFiles: ["test/put-back.ts"],
    // Two more than there are cores: kernels and programs that are started keep to AWS's pace and wait.
    maxWorkers: availableParallelism() + 2,
    // A real account's limits hold for all test files together (test/contract with WORKSHOP_TARGET=aws).
    fileParallelism: process.env["WORKSHOP_TARGET"] !== "aws",
    sequence: { sequencer: KernelsFirst },
  },
});
