import type { Rules } from "../http/validate.js";

/** IAM, on roles: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
export const rules: Rules = {
  RoleName: { pattern: /^[\w+=,.@-]+$/, min: 1, max: 64 },
  PolicyName: { pattern: /^[\w+=,.@-]+$/, min: 1, max: 128 },
  Path: { pattern: /^(\/|\/[!-~]+\/)$/, min: 1, max: 512 },
  PathPrefix: { pattern: /^\/[!-~]*$/, min: 1, max: 512 },
  AssumeRolePolicyDocument: { min: 1, max: 131_072 },
  PolicyDocument: { min: 1, max: 131_072 },
  Description: { max: 1000 },
  MaxSessionDuration: { min: 3600, max: 43_200 },
  PolicyArn: { min: 20, max: 2048 },
  PermissionsBoundary: { min: 20, max: 2048 },
  Tags: { max: 50 },
  TagKeys: { max: 50 },
  Key: { pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u, min: 1, max: 128 },
  Value: { pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u, max: 256 },
  MaxItems: { min: 1, max: 1000 },
  Marker: { min: 1 },
};
