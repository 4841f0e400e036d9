import type { Rules } from "../http/validate.js";
import { tagText, tagTextShown } from "../registry/rules.js";

/** Packages and their versions: https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePackageVersion.html */
export const rules: Rules = {
  packageName: { pattern: /^[a-zA-Z0-9\-_.]+$/, shown: "[a-zA-Z0-9-_.]+", min: 1, max: 128 },
  versionName: { pattern: /^[a-zA-Z0-9\-_.]+$/, shown: "[a-zA-Z0-9-_.]+", min: 1, max: 64 },
  defaultVersionName: { pattern: /^[a-zA-Z0-9\-_.]+$/, shown: "[a-zA-Z0-9-_.]+", min: 1, max: 64 },
  description: { pattern: /^[^\p{C}]+$/u, shown: "[^\\p{C}]+", max: 1024 },
  "attributes.key": { pattern: /^[a-zA-Z0-9:_-]+$/, min: 1 },
  "attributes.value": { pattern: /^[^\p{C}]+$/u, shown: "[^\\p{C}]+", min: 1 },
  clientToken: { pattern: /^\S+$/, min: 36, max: 64 },
  recipe: { max: 3072 },
  "tags.key": { pattern: tagText, shown: tagTextShown, min: 1, max: 128 },
  "tags.value": { pattern: tagText, shown: tagTextShown, max: 256 },
  maxResults: { min: 1, max: 100 },
  status: { oneOf: ["DRAFT", "PUBLISHED", "DEPRECATED"] },
  action: { oneOf: ["PUBLISH", "DEPRECATE"] },
  roleArn: { min: 20, max: 2048 },
};
