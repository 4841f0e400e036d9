import { isObject } from "../../http/json.js";
import { pointIn, pointText, type Order, type Point } from "./geo.js";
import type { FieldValue } from "./query.js";

export type { FieldValue } from "./query.js";

/** What the index holds of one thing. A part whose indexing mode is off is left out by the caller. */
export interface ThingDocument {
  readonly thingName: string;
  readonly thingId: string;
  readonly thingTypeName?: string;
  readonly thingGroupNames: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
  /** The registry's version of the thing. Aggregated, never searched. */
  readonly version?: number;
  /** `{desired?, reported?, delta?, metadata?, hasDelta, version, name?: {"<shadow>": {the same}}}` */
  readonly shadow?: object;
  /** The places that geoqueries can ask for, by the path that holds them. Searched, never shown. */
  readonly points?: Readonly<Record<string, Point>>;
  /** `{violationCount?, "<profile>": {"<behavior>": {inViolation, …}}}` */
  readonly deviceDefender?: object;
  readonly connectivity?: {
    readonly connected: boolean;
    /** Milliseconds since 1970; shadows count in seconds. */
    readonly timestamp?: number;
    readonly disconnectReason?: string;
  };
}

/** What the index AWS_ThingGroups holds of one group. */
export interface ThingGroupDocument {
  readonly thingGroupName: string;
  readonly thingGroupId: string;
  readonly thingGroupDescription?: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly parentGroupNames: readonly string[];
  /** The registry's version of the group. Aggregated, never searched. */
  readonly version?: number;
}

/** The searchable fields of a document: "attributes.country" to ["US"], an array to its elements. */
export type Fields = ReadonlyMap<string, readonly FieldValue[]>;

/** The fields a query may name: these, and everything below these prefixes. */
export interface QuerySchema {
  readonly names: readonly string[];
  /** With their dot. A key that no document has is no error, only no hit. */
  readonly prefixes: readonly string[];
}

export const thingsSchema: QuerySchema = {
  names: ["thingName", "thingId", "thingTypeName", "thingGroupNames"],
  prefixes: ["attributes.", "shadow.", "connectivity.", "deviceDefender."],
};

export const thingGroupsSchema: QuerySchema = {
  names: ["thingGroupName", "description", "parentGroupNames"],
  prefixes: ["attributes."],
};

/**
 * The searchable fields of a thing.
 *
 * Values are scalars and arrays of scalars; null is skipped, an array that holds an object is not
 * indexed at all. Versions of thing and shadow are not searchable.
 *
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/managing-index.html
 */
export function fieldsOf(document: ThingDocument): Fields {
  const fields = new Map<string, readonly FieldValue[]>();
  collect(fields, "thingName", document.thingName);
  collect(fields, "thingId", document.thingId);
  collect(fields, "thingTypeName", document.thingTypeName);
  collect(fields, "thingGroupNames", document.thingGroupNames);
  collect(fields, "attributes", document.attributes);
  collectShadow(fields, "shadow", document.shadow);
  const named = member(document.shadow, "name");
  if (isObject(named)) {
    for (const [name, shadow] of Object.entries(named)) {
      collectShadow(fields, `shadow.name.${name}`, shadow);
    }
  }
  collect(fields, "connectivity.connected", document.connectivity?.connected);
  collect(fields, "connectivity.timestamp", document.connectivity?.timestamp);
  collect(fields, "connectivity.disconnectReason", document.connectivity?.disconnectReason);
  collect(fields, "deviceDefender", document.deviceDefender);
  for (const [path, point] of Object.entries(document.points ?? {})) {
    fields.set(pointField(path), [pointText(point)]);
  }
  for (const [field, values] of fields) {
    // Device Defender indexes violations only, not their absence.
    if (/^deviceDefender\..*\.inViolation$/s.test(field) && !values.includes(true)) {
      fields.delete(field);
    }
  }
  return fields;
}

/** The searchable fields of a thing group. */
export function thingGroupFieldsOf(document: ThingGroupDocument): Fields {
  const fields = new Map<string, readonly FieldValue[]>();
  collect(fields, "thingGroupName", document.thingGroupName);
  collect(fields, "description", document.thingGroupDescription);
  collect(fields, "attributes", document.attributes);
  collect(fields, "parentGroupNames", document.parentGroupNames);
  return fields;
}

function collectShadow(fields: Map<string, readonly FieldValue[]>, path: string, shadow: unknown) {
  for (const part of ["desired", "reported", "delta", "metadata", "hasDelta"]) {
    collect(fields, `${path}.${part}`, member(shadow, part));
  }
}

function collect(fields: Map<string, readonly FieldValue[]>, path: string, node: unknown): void {
  if (isObject(node)) {
    for (const [key, child] of Object.entries(node)) collect(fields, `${path}.${key}`, child);
    return;
  }
  const values = scalarsOf(node);
  if (values.length > 0) fields.set(path, values);
}

/** The values of a leaf: none for null, for an object and for an array with an object in it. */
export function scalarsOf(node: unknown): readonly FieldValue[] {
  const values = (Array.isArray(node) ? node : [node]).filter((value) => value != null);
  return values.every(isScalar) ? values : [];
}

function isScalar(value: unknown): value is FieldValue {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function member(node: unknown, key: string): unknown {
  return isObject(node) ? node[key] : undefined;
}

/** Does a term without a field look here? AWS leaves connectivity out. */
export function answersBareTerms(field: string): boolean {
  return !field.startsWith("connectivity.") && !field.endsWith(pointSuffix);
}

const pointSuffix = "\0point";

/** Under which name the index keeps the place that a field holds, beside what else it holds. */
export function pointField(field: string): string {
  return field + pointSuffix;
}

/** The places in a shadow that a configuration selects. Of a path that holds none there is none. */
export function pointsOf(
  shadow: object,
  targets: readonly { readonly name?: string | undefined; readonly order?: Order | undefined }[],
): Record<string, Point> | undefined {
  const found = targets.flatMap(({ name = "", order }) => {
    const point = pointAt({ shadow }, name, order);
    return point ? [[name, point] as const] : [];
  });
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}

// Keys may hold dots themselves, so every key that fits is tried.
function pointAt(node: unknown, path: string, order: Order | undefined): Point | undefined {
  if (!isObject(node)) return undefined;
  for (const [key, child] of Object.entries(node)) {
    const point =
      path === key
        ? pointIn(child, order)
        : path.startsWith(`${key}.`)
          ? pointAt(child, path.slice(key.length + 1), order)
          : undefined;
    if (point) return point;
  }
  return undefined;
}

const inventory = "shadow.name.$package.reported.";

/** For a field with `*` as its package: the test of a stored field. Else undefined. */
export function packageFieldTest(field: string): ((stored: string) => boolean) | undefined {
  if (!field.startsWith(`${inventory}*.`)) return undefined;
  const key = field.slice(inventory.length + 1);
  return (stored) =>
    stored.startsWith(inventory) &&
    stored.endsWith(key) &&
    stored.length > inventory.length + key.length &&
    isPackageName(stored.slice(inventory.length, -key.length));
}

/** `….<package>.version`, which no range may ask for. */
export function isPackageVersionField(field: string): boolean {
  const key = ".version";
  return (
    field.startsWith(inventory) &&
    field.endsWith(key) &&
    isPackageName(field.slice(inventory.length, -key.length))
  );
}

// A package name may hold dots, so `p.attributes.x` has to be told from a package.
function isPackageName(text: string): boolean {
  return text !== "" && !`${text}.`.includes(".attributes.");
}

/** Is this no field of the index, or one with a wildcard elsewhere than for the package? */
export function unknownField(field: string, schema: QuerySchema): boolean {
  const known =
    schema.names.includes(field) ||
    schema.prefixes.some((prefix) => field.startsWith(prefix) && field.length > prefix.length);
  const rest = field.startsWith(`${inventory}*.`) ? field.slice(inventory.length + 2) : field;
  return !known || rest === "" || rest.includes("*");
}
