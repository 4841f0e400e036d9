import { defineConfig } from "vitest/config";

/** Others' suites against the sandbox: `npm run test:peers`. */
export default defineConfig({
  test: {
    root: `${import.meta.dirname}/../..`,
    include: ["test/peers/*.peers.ts"],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    testTimeout: 1_800_000,
    hookTimeout: 600_000,
  },
});
