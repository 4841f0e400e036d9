import type { Rules } from "../http/validate.js";
import { rules as registryRules } from "../registry/rules.js";

const name = { pattern: /^[a-zA-Z0-9:_-]+$/, min: 1, max: 128 };

const search: Rules = {
  ...registryRules,
  indexName: name,
  queryString: { min: 1 },
  thingIndexingMode: { oneOf: ["OFF", "REGISTRY", "REGISTRY_AND_SHADOW"] },
  thingConnectivityIndexingMode: { oneOf: ["OFF", "STATUS"] },
  deviceDefenderIndexingMode: { oneOf: ["OFF", "VIOLATIONS"] },
  namedShadowIndexingMode: { oneOf: ["OFF", "ON"] },
  thingGroupIndexingMode: { oneOf: ["OFF", "ON"] },
  "namedShadowNames.member": { pattern: /^[$a-zA-Z0-9:_-]+$/, min: 1, max: 64 },
  maxBuckets: { min: 1, max: 10_000 },
  aggregationField: { min: 1 },
  "percents.member": { min: 0, max: 100 },
};

/** Where one operation differs from the others. */
const byOperation: Readonly<Record<string, Rules>> = {
  // More than a page ever holds may be asked for: 100 come.
  SearchIndex: { ...search, maxResults: { min: 1 } },
  ListIndices: { ...search, maxResults: { min: 1, max: 500 } },
  UpdateIndexingConfiguration: {
    ...search,
    type: { oneOf: ["Number", "String", "Boolean"] },
    order: { oneOf: ["LatLon", "LonLat"] },
  },
};

/** https://docs.aws.amazon.com/iot/latest/apireference/API_SearchIndex.html and its neighbours */
export function rules(operation: string): Rules {
  return byOperation[operation] ?? search;
}
