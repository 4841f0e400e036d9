import type { Rules } from "../http/validate.js";
import { rules as registryRules } from "../registry/rules.js";

/** https://docs.aws.amazon.com/iot/latest/apireference/API_CreateProvisioningTemplate.html and its neighbours */
export const rules: Rules = {
  ...registryRules,
  templateName: { pattern: /^[0-9A-Za-z_-]+$/, min: 1, max: 36 },
  templateBody: { max: 10_240 },
  description: { pattern: /^[^\p{C}]*$/u, shown: "[^\\p{C}]*", max: 500 },
  provisioningRoleArn: { min: 20, max: 2048 },
  type: { oneOf: ["FLEET_PROVISIONING", "JITP"] },
  inputFileBucket: { pattern: /^[a-zA-Z0-9._-]+$/, min: 3, max: 256 },
  inputFileKey: { pattern: /^[a-zA-Z0-9!_.*'()\-/]+$/, min: 1, max: 1024 },
  roleArn: { min: 20, max: 2048 },
  taskId: { max: 40 },
  reportType: { oneOf: ["ERRORS", "RESULTS"] },
  status: { oneOf: ["InProgress", "Completed", "Failed", "Cancelled", "Cancelling"] },
};
