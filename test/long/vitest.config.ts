import { defineConfig } from "vitest/config";

/** What `npm test` tries a few times, tried often: `npm run test:long`. */
export default defineConfig({
  test: {
    root: `${import.meta.dirname}/../..`,
    include: [
      "test/sandbox/http.test.ts",
      "test/sandbox/jobs/engine/engine.test.ts",
      "test/sandbox/search/query/properties.test.ts",
    ],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true", FLEETLAB_TESTS: "long" },
    testTimeout: 1_800_000,
    hookTimeout: 120_000,
    maxWorkers: "100%",
  },
});
