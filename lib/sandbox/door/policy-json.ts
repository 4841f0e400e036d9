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

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Does a text fit a pattern of `*` and `?`? In linear time: a regular expression made of stars could be
 * made to take for ever.
 */
export function isLike(pattern: string, text: string): boolean {
  let at = 0;
  let p = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    if (pattern[p] === "*") {
      star = p++;
      resume = at;
    } else if (pattern[p] === "?" || pattern[p] === text[at]) {
      p++;
      at++;
    } else if (star >= 0) {
      p = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}
