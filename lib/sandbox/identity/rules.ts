import type { Rules } from "../http/validate.js";
import { rules as registryRules } from "../registry/rules.js";

const certificateStatus = {
  oneOf: [
    "ACTIVE",
    "INACTIVE",
    "REVOKED",
    "PENDING_TRANSFER",
    "REGISTER_INACTIVE",
    "PENDING_ACTIVATION",
  ],
};

/** https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePolicy.html and its neighbours */
export const rules: Rules = {
  ...registryRules,
  certificateId: { pattern: /^(0x)?[a-fA-F0-9]+$/, min: 64, max: 64 },
  certificateSigningRequest: { min: 1, max: 4096 },
  certificatePem: { min: 1, max: 65_536 },
  newStatus: certificateStatus,
  thingPrincipalType: { oneOf: ["EXCLUSIVE_THING", "NON_EXCLUSIVE_THING"] },
  marker: { max: 1024 },
  policyName: { pattern: /^[\w+=,.@-]+$/, min: 1, max: 128 },
  policyVersionId: { pattern: /^[0-9]+$/ },
  policyDocument: { max: 404_600 },
  /** Of a certificate that is registered. */
  status: certificateStatus,
};
