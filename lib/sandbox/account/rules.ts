import type { Rules } from "../http/validate.js";
import { rules as registryRules } from "../registry/rules.js";

const logLevel = { oneOf: ["DEBUG", "INFO", "ERROR", "WARN", "DISABLED"] };

export const rules: Rules = {
  ...registryRules,
  defaultLogLevel: logLevel,
  logLevel,
  eventType: { min: 1, max: 512 },
  logDestination: { pattern: /^[.\-_/#A-Za-z0-9]+$/, min: 1, max: 512 },
  endpointType: { max: 128 },
  ruleName: { pattern: /^[a-zA-Z0-9_]+$/, min: 1, max: 128 },
};
