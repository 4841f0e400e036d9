import type { Rules } from "../http/validate.js";
import { tagText, tagTextShown } from "../registry/rules.js";

const id = { pattern: /^[a-zA-Z0-9_-]+$/, min: 1, max: 64 };
const parameterName = { pattern: /^[.$a-zA-Z0-9_-]+$/, min: 1, max: 192 };

/** https://docs.aws.amazon.com/iot/latest/apireference/API_CreateCommand.html and its neighbours */
export const rules: Rules = {
  commandId: id,
  namespace: { oneOf: ["AWS-IoT", "AWS-IoT-FleetWise"] },
  displayName: { pattern: /^[^\p{C}]*$/u, shown: "[^\\p{C}]*", max: 64 },
  description: { pattern: /^[^\p{C}]*$/u, shown: "[^\\p{C}]*", max: 2028 },
  payloadTemplate: { max: 32_768 },
  contentType: { min: 1 },
  mandatoryParameters: { min: 1 },
  outputFormat: { oneOf: ["JSON", "CBOR"] },
  type: {
    oneOf: ["STRING", "INTEGER", "DOUBLE", "LONG", "UNSIGNEDLONG", "BOOLEAN", "BINARY"],
  },
  valueConditions: { min: 1 },
  comparisonOperator: {
    oneOf: [
      "EQUALS",
      "NOT_EQUALS",
      "LESS_THAN",
      "LESS_THAN_EQUALS",
      "GREATER_THAN",
      "GREATER_THAN_EQUALS",
      "IN_SET",
      "NOT_IN_SET",
      "IN_RANGE",
      "NOT_IN_RANGE",
    ],
  },
  name: parameterName,
  roleArn: { min: 20, max: 2048 },
  commandParameterName: parameterName,
  sortOrder: { oneOf: ["ASCENDING", "DESCENDING"] },
  maxResults: { min: 1, max: 100 },
  executionId: id,
  targetArn: { max: 2048 },
  status: {
    oneOf: ["CREATED", "IN_PROGRESS", "SUCCEEDED", "FAILED", "REJECTED", "TIMED_OUT"],
  },
  Key: { pattern: tagText, shown: tagTextShown, min: 1, max: 128 },
  Value: { pattern: tagText, shown: tagTextShown, max: 256 },
};

/** https://docs.aws.amazon.com/iot/latest/apireference/API_iot-jobs-data_StartCommandExecution.html */
export const startRules: Rules = {
  targetArn: { max: 2048 },
  parameters: { min: 1 },
  "parameters.key": parameterName,
  executionTimeoutSeconds: { min: 1 },
  clientToken: { pattern: /^[\x21-\x7e]+$/, shown: "[\\x21-\\x7E]+", min: 1, max: 64 },
};
