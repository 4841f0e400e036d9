/*
 * Records as JSON text, and back exactly as they were. JSON alone loses or changes dates, bytes, `-0`,
 * `NaN`, undefined and a few more; those become `{"$": <what it is>, "v": <its value>}`. Half a
 * surrogate pair and a key called `__proto__` survive JSON as they are.
 */

/** What a value is that JSON cannot say. */
const kinds = {
  date: (v: unknown) => new Date(v === null ? Number.NaN : (v as number)),
  number: (v: unknown) => Number(v),
  undefined: () => undefined,
  bigint: (v: unknown) => BigInt(v as string),
  bytes: (v: unknown) => new Uint8Array(Buffer.from(v as string, "base64")),
  map: (v: unknown) => new Map(revived(v) as [unknown, unknown][]),
  set: (v: unknown) => new Set(revived(v) as unknown[]),
  // A plain object that has a key `$` of its own.
  object: (v: unknown) => revivedMembers(v as Record<string, unknown>),
};

/**
 * @returns one line of JSON
 * @throws TypeError for what is no data, such as a function: a record must not come back as another
 */
export function toText(value: unknown): string {
  return JSON.stringify(plain(value));
}

export function fromText(text: string): unknown {
  const value: unknown = JSON.parse(text);
  // Most records have no marks, and a start reads them all.
  return text.includes('"$"') ? revived(value) : value;
}

/** The same value when JSON can say it, and a copy with marks when it cannot. */
function plain(value: unknown): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      if (Number.isFinite(value) && !Object.is(value, -0)) return value;
      return { $: "number", v: Object.is(value, -0) ? "-0" : String(value) };
    case "undefined":
      return { $: "undefined" };
    case "bigint":
      return { $: "bigint", v: String(value) };
    case "object":
      return value === null ? null : plainObject(value);
    case "function":
    case "symbol":
      throw new TypeError(`a record cannot hold a ${typeof value}`);
  }
}

function plainObject(value: object): unknown {
  if (Array.isArray(value)) return plainItems(value);
  if (value instanceof Date) return { $: "date", v: value.getTime() };
  if (value instanceof Uint8Array) return { $: "bytes", v: Buffer.from(value).toString("base64") };
  if (value instanceof Map) return { $: "map", v: plain([...value]) };
  if (value instanceof Set) return { $: "set", v: plain([...value]) };
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError(`a record cannot hold a ${Object.prototype.toString.call(value)}`);
  }
  const members = plainMembers(value as Record<string, unknown>);
  return Object.hasOwn(value, "$") ? { $: "object", v: members } : members;
}

function plainItems(items: readonly unknown[]): unknown {
  let copy: unknown[] | undefined;
  for (let i = 0; i < items.length; i++) {
    const item = plain(items[i]);
    if (!copy && item !== items[i]) copy = items.slice(0, i);
    copy?.push(item);
  }
  return copy ?? items;
}

function plainMembers(value: Readonly<Record<string, unknown>>): object {
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(value)) {
    const member = plain(value[key]);
    if (member !== value[key]) put((copy ??= { ...value }), key, member);
  }
  return copy ?? value;
}

/** Undo the marks, in place: what JSON.parse has made belongs to nobody else. */
function revived(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      if (typeof value[i] === "object") value[i] = revived(value[i]);
    }
    return value;
  }
  const object = value as Record<string, unknown>;
  if (!Object.hasOwn(object, "$")) return revivedMembers(object);
  return kinds[object["$"] as keyof typeof kinds](object["v"]);
}

function revivedMembers(object: Record<string, unknown>): object {
  for (const key of Object.keys(object)) {
    const member = object[key];
    if (typeof member !== "object") continue;
    const made = revived(member);
    if (made !== member) put(object, key, made);
  }
  return object;
}

function put(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") object[key] = value;
  else
    Object.defineProperty(object, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
}
