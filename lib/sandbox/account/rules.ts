import type { Rules } from "../http/validate.js";
import { rules as registryRules, tagText, tagTextShown } from "../registry/rules.js";

const jobId = { pattern: /^[a-zA-Z0-9_-]+$/, min: 1, max: 64 };
const logLevel = { oneOf: ["DEBUG", "INFO", "ERROR", "WARN", "DISABLED"] };

/** Commands: https://docs.aws.amazon.com/iot/latest/apireference/API_CreateCommand.html */
const commands: Rules = {
  commandId: jobId,
  namespace: { oneOf: ["AWS-IoT", "AWS-IoT-FleetWise"] },
  displayName: { pattern: /^[^\p{C}]*$/u, shown: "[^\\p{C}]*", max: 64 },
  description: { pattern: /^[^\p{C}]*$/u, shown: "[^\\p{C}]*", max: 2028 },
  payloadTemplate: { max: 32_768 },
  contentType: { min: 1 },
  mandatoryParameters: { min: 1 },
  name: { pattern: /^[.$a-zA-Z0-9_-]+$/, min: 1, max: 192 },
  roleArn: { min: 20, max: 2048 },
  commandParameterName: { pattern: /^[.$a-zA-Z0-9_-]+$/, min: 1, max: 192 },
  sortOrder: { oneOf: ["ASCENDING", "DESCENDING"] },
  maxResults: { min: 1, max: 100 },
  Key: { pattern: tagText, shown: tagTextShown, min: 1, max: 128 },
  Value: { pattern: tagText, shown: tagTextShown, max: 256 },
};

const settings: Rules = {
  ...registryRules,
  defaultLogLevel: logLevel,
  logLevel,
  eventType: { min: 1, max: 512 },
  logDestination: { pattern: /^[.\-_/#A-Za-z0-9]+$/, min: 1, max: 512 },
  endpointType: { max: 128 },
  ruleName: { pattern: /^[a-zA-Z0-9_]+$/, min: 1, max: 128 },
};

export function rules(operation: string): Rules {
  return operation.includes("Command") ? commands : settings;
}
