import { cbor } from "@smithy/core/cbor";
import { isTooDeep } from "../../http/json-depth.js";
import type { Format } from "../messages.js";

/** A payload's object; undefined for everything else. Nothing at all is an empty object. */
export function objectIn(
  payload: Uint8Array,
  format: Format = "json",
): Readonly<Record<string, unknown>> | undefined {
  if (payload.byteLength === 0) return {};
  try {
    const value: unknown = format === "json" ? jsonIn(payload) : cbor.deserialize(payload);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    // Whatever the parsers say of it: this is nothing that could be read.
    return undefined;
  }
}

function jsonIn(payload: Uint8Array): unknown {
  if (isTooDeep(payload)) return undefined;
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
}

/** What a request wants to be answered with, so that its sender knows the answer. */
export function tokenOf(document: Readonly<Record<string, unknown>> | undefined) {
  const clientToken = document?.["clientToken"];
  return typeof clientToken === "string" ? { clientToken } : {};
}
