import type { Rules } from "../http/validate.js";

const name = { pattern: /^[a-zA-Z0-9:_-]+$/, min: 1, max: 128 };
const description = {
  pattern: /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u,
  shown: "[\\p{Graph}\\x20]*",
  max: 2028,
};

/** What tags consist of: https://docs.aws.amazon.com/iot/latest/developerguide/tagging-iot.html */
export const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
export const tagTextShown = "([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)";

/**
 * What things, types, groups and tags consist of, and what the whole control plane has in common.
 * Patterns and lengths: https://docs.aws.amazon.com/iot/latest/apireference/Welcome.html
 */
export const rules: Rules = {
  thingName: name,
  thingTypeName: name,
  thingGroupName: name,
  parentGroupName: name,
  billingGroupName: name,
  "thingGroupNames.member": name,
  "thingGroupsToAdd.member": name,
  "thingGroupsToRemove.member": name,
  parentGroup: name,
  namePrefixFilter: name,
  attributeName: { pattern: /^[a-zA-Z0-9_.,@/:#-]+$/, max: 128 },
  attributeValue: {
    pattern: /^[a-zA-Z0-9_.,@/:#=[\]-]*$/,
    shown: "[a-zA-Z0-9_.,@/:#=\\[\\]-]*",
    max: 800,
  },
  "attributes.key": { pattern: /^[a-zA-Z0-9_.,@/:#-]+$/, max: 128 },
  "attributes.value": {
    pattern: /^[a-zA-Z0-9_.,@/:#=[\]-]*$/,
    shown: "[a-zA-Z0-9_.,@/:#=\\[\\]-]*",
    max: 800,
  },
  "searchableAttributes.member": { pattern: /^[a-zA-Z0-9_.,@/:#-]+$/, max: 128 },
  thingTypeDescription: description,
  thingGroupDescription: description,
  billingGroupDescription: description,
  maxResults: { min: 1, max: 250 },
  pageSize: { min: 1, max: 250 },
  Key: { pattern: tagText, shown: tagTextShown, min: 1, max: 128 },
  Value: { pattern: tagText, shown: tagTextShown, max: 256 },
  "tagKeys.member": { pattern: tagText, shown: tagTextShown, min: 1, max: 128 },
  thingGroupId: { pattern: /^[a-zA-Z0-9-]+$/, min: 1, max: 128 },
  userPropertyKey: { pattern: /^[a-zA-Z0-9:$.]+$/, max: 128 },
  thingAttribute: { pattern: /^[a-zA-Z0-9_.,@/:#-]+$/, max: 128 },
  connectionAttribute: { pattern: /^[a-zA-Z0-9:.]+$/, max: 128 },
};
