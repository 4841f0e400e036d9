/*
 * Shadow documents: what an update, a delete and a read do to one. Pure functions of the record and
 * the time; who stores the record is not told here.
 * https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-document.html
 */

import { isObject } from "../http/json.js";
import { lostNumberIn } from "./kept-numbers.js";

export type JsonObject = Readonly<Record<string, unknown>>;

export interface ShadowSections {
  readonly desired?: JsonObject;
  readonly reported?: JsonObject;
}

/** A shadow as it is kept. `sections` is undefined after a delete, which keeps the version. */
export interface ShadowDocument {
  readonly version: number;
  readonly sections?: {
    readonly state: ShadowSections;
    /** The state's shape with `{timestamp}` for each value, in epoch seconds. */
    readonly metadata: ShadowSections;
  };
}

/** What may be asked of an update. */
export interface ShadowUpdate {
  readonly state: { readonly desired?: JsonObject | null; readonly reported?: JsonObject | null };
  /** The request's `"state": null`: both sections are cleared. */
  readonly clearsState: boolean;
  /** The version the caller has seen. */
  readonly version?: number;
  readonly clientToken?: string;
}

/** A refusal in the words of the Device Shadow service. */
export class ShadowRefusal extends Error {
  override readonly name = "ShadowRefusal";
  readonly status: 400 | 409 | 413 | 415;
  constructor(status: 400 | 409 | 413 | 415, message: string) {
    super(message);
    this.status = status;
  }
}

/** https://docs.aws.amazon.com/general/latest/gr/iot-core.html, "Device Shadow" */
const largestBytes = 8192;
/**
 * Objects and arrays inside one another, `desired` or `reported` among them: six keys deep. The page
 * says five; AWS's own shadow manager of Greengrass tests that six pass and seven do not.
 */
const deepest = 6;
const largestTokenBytes = 64;

const sectionNames = ["desired", "reported"] as const;
type SectionName = (typeof sectionNames)[number];

/** The named shadow that holds a thing's software inventory. */
export const packageShadow = "$package";

/**
 * Read the body of an UpdateThingShadow.
 *
 * @throws ShadowRefusal when it is no update that AWS accepts; the rules of `$package` come on top
 */
export function readUpdate(payload: Uint8Array, shadowName = ""): ShadowUpdate {
  const document = parsed(payload);
  const { state, version, clientToken } = document;
  if (state === undefined) refuse("Missing required node: state");
  if (state !== null && !isObject(state)) refuse("State node must be an object");
  for (const name of Object.keys(state ?? {})) {
    if (name !== "desired" && name !== "reported") refuseNode(name);
  }
  for (const name of sectionNames) {
    const section = state?.[name];
    if (section === undefined || section === null) continue;
    if (!isObject(section)) {
      refuse(`${name === "desired" ? "Desired" : "Reported"} node must be an object`);
    }
    if (isDeeperThan(deepest, section)) {
      refuse(`JSON contains too many levels of nesting; maximum is ${deepest}`);
    }
    checkNodes(section);
    if (shadowName === packageShadow) checkInventory(section);
  }
  if (version !== undefined && !(Number.isSafeInteger(version) && Number(version) >= 0)) {
    refuse("Invalid version");
  }
  if (clientToken !== undefined) {
    const fits =
      typeof clientToken === "string" && Buffer.byteLength(clientToken) <= largestTokenBytes;
    if (!fits) refuse("Invalid clientToken");
  }
  return {
    state: (state ?? {}) as ShadowUpdate["state"],
    clearsState: state === null,
    ...(version !== undefined && { version: version as number }),
    ...(clientToken !== undefined && { clientToken: clientToken as string }),
  };
}

/**
 * Apply an update.
 *
 * @param now epoch seconds
 * @returns the shadow afterwards, and the answer: only the sections sent, without delta
 * @throws ShadowRefusal when the version is not the current one or the document gets too large
 */
export function updated(
  before: ShadowDocument | undefined,
  update: ShadowUpdate,
  now: number,
): { after: ShadowDocument; answer: JsonObject } {
  const version = before?.version ?? 0;
  if (update.version !== undefined && update.version !== version) {
    throw new ShadowRefusal(409, "Version conflict");
  }
  const sent = update.clearsState ? { desired: null, reported: null } : update.state;
  const state: Partial<Record<SectionName, JsonObject>> = {};
  const metadata: Partial<Record<SectionName, JsonObject>> = {};
  for (const name of sectionNames) {
    const section = before?.sections?.state[name];
    const node = section && { state: section, metadata: before.sections?.metadata[name] };
    const patch = sent[name];
    const merged = patch === undefined ? node : mergedWith(node, patch, now);
    // Objects inside may be empty; a section goes with its last key.
    if (!merged || Object.keys(merged.state as JsonObject).length === 0) continue;
    state[name] = merged.state as JsonObject;
    metadata[name] = merged.metadata as JsonObject;
  }
  if (Buffer.byteLength(JSON.stringify(state)) > largestBytes) {
    throw new ShadowRefusal(413, "The payload exceeds the maximum size allowed");
  }
  const after: ShadowDocument = { version: version + 1, sections: { state, metadata } };
  const answer = {
    state: update.clearsState ? null : update.state,
    metadata: timestamps(update.clearsState ? null : update.state, now),
    version: after.version,
    timestamp: now,
    ...(update.clientToken !== undefined && { clientToken: update.clientToken }),
  };
  return { after, answer };
}

/** What GetThingShadow answers. `now` is in epoch seconds: when the document was sent. */
export function documentOf(shadow: ShadowDocument, now: number): JsonObject {
  const { state = {}, metadata = {} } = shadow.sections ?? {};
  const delta = deltaOf(state);
  return {
    state: { ...state, ...(delta && { delta }) },
    metadata: {
      ...metadata,
      ...(delta && { delta: shapedLike(delta, metadata.desired) }),
    },
    version: shadow.version,
    timestamp: now,
  };
}

/** What is desired and not, or otherwise, reported; undefined when nothing is. */
export function deltaOf({ desired, reported }: ShadowSections): JsonObject | undefined {
  return desired && (differenceOf(desired, reported ?? {}) as JsonObject | undefined);
}

function differenceOf(desired: unknown, reported: unknown): unknown {
  if (!isObject(desired) || !isObject(reported)) {
    return areEqual(desired, reported) ? undefined : desired;
  }
  const entries = Object.entries(desired)
    .map(([key, value]) => [key, differenceOf(value, own(reported, key))] as const)
    .filter(([, value]) => value !== undefined);
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** The part of the metadata that belongs to what is left of the state. */
export function shapedLike(state: unknown, metadata: unknown): unknown {
  if (!isObject(state) || !isObject(metadata)) return metadata;
  return Object.fromEntries(
    Object.entries(state).map(([key, value]) => [key, shapedLike(value, own(metadata, key))]),
  );
}

/** A value of the state and the timestamps that belong to it. */
interface Node {
  readonly state: unknown;
  readonly metadata: unknown;
}

/**
 * Merge a patch: objects key by key, all else replaces what was there, null deletes.
 *
 * An object stays when it is written empty or loses its last key; one that comes with nothing but
 * nulls never comes to be.
 *
 * @returns undefined when nothing is left
 */
function mergedWith(before: Node | undefined, patch: unknown, now: number): Node | undefined {
  if (patch === null) return undefined;
  if (!isObject(patch)) return { state: patch, metadata: timestamps(patch, now) };
  const wasObject = isObject(before?.state);
  const state = new Map(wasObject ? Object.entries(before?.state as JsonObject) : []);
  const metadata = new Map(wasObject ? Object.entries(before?.metadata as JsonObject) : []);
  for (const [key, value] of Object.entries(patch)) {
    const inner = state.has(key)
      ? { state: state.get(key), metadata: metadata.get(key) }
      : undefined;
    const merged = mergedWith(inner, value, now);
    if (merged) {
      state.set(key, merged.state);
      metadata.set(key, merged.metadata);
    } else {
      state.delete(key);
      metadata.delete(key);
    }
  }
  const onlyNulls = state.size === 0 && Object.keys(patch).length > 0;
  if (onlyNulls && !wasObject) return undefined;
  return { state: Object.fromEntries(state), metadata: Object.fromEntries(metadata) };
}

/** The metadata of a patch: `{timestamp}` for each value, one per element for an array. */
function timestamps(patch: unknown, now: number): unknown {
  if (Array.isArray(patch)) return patch.map((item) => timestamps(item, now));
  if (!isObject(patch)) return { timestamp: now };
  return Object.fromEntries(
    Object.entries(patch).map(([key, value]) => [key, timestamps(value, now)]),
  );
}

function parsed(payload: Uint8Array): JsonObject {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(payload);
  } catch {
    throw new ShadowRefusal(415, "Unsupported documented encoding; supported encoding is UTF-8");
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    refuse("Invalid JSON");
  }
  if (!isObject(document)) return refuse("Invalid JSON");
  const lost = lostNumberIn(text);
  if (lost !== undefined) {
    refuse(`The sandbox keeps numbers as doubles, which ${shortened(lost)} does not fit in`);
  }
  return document;
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/**
 * Do more than `levels` objects and arrays with something in them stand inside one another? Stops
 * looking there, however deep it goes on.
 */
function isDeeperThan(levels: number, node: unknown): boolean {
  const inside = typeof node === "object" && node !== null ? Object.values(node) : [];
  return (
    inside.length > 0 && (levels === 0 || inside.some((child) => isDeeperThan(levels - 1, child)))
  );
}

/** Null deletes a key, but there is nothing it could delete inside an array. */
function checkNodes(node: unknown, name = ""): void {
  if (Array.isArray(node)) {
    for (const item of node) {
      if (item === null) refuseNode(name);
      checkNodes(item, name);
    }
  } else if (isObject(node)) {
    for (const [key, value] of Object.entries(node)) checkNodes(value, key);
  }
}

/** `$package` holds `{"<package>": {"version": …, "attributes": {…}}}` and nothing else. */
function checkInventory(section: JsonObject): void {
  for (const [name, entry] of Object.entries(section)) {
    if (entry === null) continue;
    if (!isObject(entry)) return refuseNode(name);
    for (const [key, value] of Object.entries(entry)) {
      const fits =
        value === null ||
        (key === "version" && typeof value === "string") ||
        (key === "attributes" && isObject(value));
      if (!fits) refuseNode(`${name}.${key}`);
    }
  }
}

function areEqual(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => areEqual(item, b[i]));
  }
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && areEqual(a[key], b[key]))
    );
  }
  return a === b;
}

function own(node: JsonObject, key: string): unknown {
  return Object.hasOwn(node, key) ? node[key] : undefined;
}

function refuse(message: string): never {
  throw new ShadowRefusal(400, message);
}

function refuseNode(name: string): never {
  return refuse(`State contains an invalid node: '${name}'`);
}
