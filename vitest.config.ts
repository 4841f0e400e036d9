import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { SlowestFiles } from "./test/slowest.js";

/** What starts a program, a kernel or a browser says so in its imports or calls one of these. */
const STARTS_PROGRAMS =
  /need-jupyter|chromium|startServer|project-copy|npm-start|python\.js|spawn\(/;

/**
 * Whoever starts programs mostly waits for them. Begun last, they would run while every other worker is
 * idle: kernels come first, then other programs, then what needs nothing but a processor.
 */
class WaitersFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rankOf = ({ moduleId }: TestSpecification): number => {
      if (/\/test\/(notebooks|browser)\//.test(moduleId)) return 0;
      return STARTS_PROGRAMS.test(readFileSync(moduleId, "utf8")) ? 1 : 2;
    };
    const ranks = new Map(sorted.map((file) => [file, rankOf(file)]));
    return sorted.toSorted((a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0));
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
    // One more than there are cores: kernels and programs that are started keep to AWS's pace and wait.
    maxWorkers: availableParallelism() + 1,
    // A real account's limits hold for all test files together (test/contract with WORKSHOP_TARGET=aws).
    fileParallelism: process.env["WORKSHOP_TARGET"] !== "aws",
    sequence: { sequencer: WaitersFirst },
  },
});
