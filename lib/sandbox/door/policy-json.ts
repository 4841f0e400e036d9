import { isObject } from "../http/json.js";
import { isTooDeep } from "../http/json-depth.js";

/* How every policy language of AWS is written down: IAM's, AWS IoT's and S3's read it alike. */

/** A policy's JSON object, or undefined for any other text; callers say in their service's words why not. */
export function parsedPolicy(text: string): Record<string, unknown> | undefined {
  if (isTooDeep(Buffer.from(text))) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Policies write one of something without brackets. */
export function listed(value: unknown): unknown[] {
  return value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
}
