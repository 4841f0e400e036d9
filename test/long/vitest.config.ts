import { defineConfig } from "vitest/config";

/**
 * What takes minutes in real kernels, and what `npm test` tries a few times, tried often:
 * `npm run test:long`. That runs the budget of thirty processes by itself: they leave no processor to
 * others, and would be slowed by them.
 */
export default defineConfig({
  test: {
    root: `${import.meta.dirname}/../..`,
    include: [
      "test/long/*.long.ts",
      "test/notebooks/alone.test.ts",
      "test/notebooks/path.test.ts",
      "test/tasks/provisioning/provision.test.ts",
      "test/tasks/class/learners.test.ts",
      "test/sandbox/http.test.ts",
      "test/sandbox/jobs/engine/engine.test.ts",
      "test/sandbox/search/query/properties.test.ts",
    ],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true", FLEETLAB_TESTS: "long" },
    testTimeout: 3_600_000,
    hookTimeout: 120_000,
    maxWorkers: "100%",
  },
});
