import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    // A test waits for nothing but work; on a busy machine the first import of the SDK alone takes seconds.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A real account's limits hold for all test files together (test/contract with WORKSHOP_TARGET=aws).
    fileParallelism: process.env["WORKSHOP_TARGET"] !== "aws",
  },
});
