import { defineConfig } from "vitest/config";

/** What takes minutes, by seed: `npm run test:faults`. FAULTS=10 runs ten times as much. */
export default defineConfig({
  test: {
    root: `${import.meta.dirname}/../..`,
    include: ["test/faults/*.faults.ts"],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    testTimeout: 1_800_000,
    hookTimeout: 120_000,
    maxWorkers: "100%",
  },
});
