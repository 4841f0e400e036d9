import { isTooDeep } from "../../http/json-depth.js";

/** A payload's JSON object; undefined for everything else. Nothing at all is an empty object. */
export function objectIn(payload: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  if (payload.byteLength === 0) return {};
  if (isTooDeep(payload)) return undefined;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(payload);
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** What a request wants to be answered with, so that its sender knows the answer. */
export function tokenOf(document: Readonly<Record<string, unknown>> | undefined) {
  const clientToken = document?.["clientToken"];
  return typeof clientToken === "string" ? { clientToken } : {};
}
