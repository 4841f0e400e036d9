import { NormalizedSchema } from "@smithy/core/schema";
import type { StaticOperationSchema } from "@smithy/types";

/** What a member's value must be: AWS's constraints that are not in the SDK's schemas. */
export interface Rule {
  /** Anchored at both ends. */
  readonly pattern?: RegExp;
  /** How AWS prints the pattern, where it differs from ours. */
  readonly shown?: string;
  /** Smallest length of a text, list or map, or smallest number. */
  readonly min?: number;
  readonly max?: number;
  readonly oneOf?: readonly string[];
}

/** Rules by member. `list.member`, `map.key` and `map.value` mean what is inside. */
export type Rules = Readonly<Record<string, Rule>>;

/**
 * What an operation's input breaks, in AWS's own words, or undefined when it is sound.
 *
 * Required members come from the schema; lengths, patterns, ranges and enums are not in it: each room
 * has them in its `rules.ts`.
 */
export function violation(
  schema: StaticOperationSchema,
  input: object,
  rules: Rules,
): string | undefined {
  const found: string[] = [];
  walk(NormalizedSchema.of(schema[4]), input, "", rules, found);
  if (found.length === 0) return undefined;
  const noun = found.length === 1 ? "error" : "errors";
  return `${found.length} validation ${noun} detected: ${found.join("; ")}`;
}

function walk(
  schema: NormalizedSchema,
  value: unknown,
  path: string,
  rules: Rules,
  found: string[],
): void {
  if (value === undefined || value === null) return;
  if (schema.isStructSchema()) {
    const required = requiredMembers(schema);
    for (const [name, member] of schema.structIterator()) {
      const inner = (value as Record<string, unknown>)[name];
      const at = path ? `${path}.${name}` : name;
      if ((inner === undefined || inner === null) && required.has(name)) {
        found.push(`Value null at '${at}' failed to satisfy constraint: Member must not be null`);
      } else {
        check(name, inner, at, rules, found);
        walk(member, inner, at, rules, found);
      }
    }
  } else if (schema.isListSchema() && Array.isArray(value)) {
    const name = `${schema.isMemberSchema() ? schema.getMemberName() : ""}.member`;
    value.forEach((item, i) => {
      check(name, item, `${path}.${i + 1}.member`, rules, found);
      walk(schema.getValueSchema(), item, `${path}.${i + 1}.member`, rules, found);
    });
  } else if (schema.isMapSchema()) {
    const name = schema.isMemberSchema() ? schema.getMemberName() : "";
    for (const [key, item] of Object.entries(value as object)) {
      check(`${name}.key`, key, `${path}.key`, rules, found);
      check(`${name}.value`, item, `${path}.value`, rules, found);
      walk(schema.getValueSchema(), item, `${path}.${key}`, rules, found);
    }
  }
}

function check(name: string, value: unknown, at: string, rules: Rules, found: string[]): void {
  if (value === undefined || value === null) return;
  const rule = rules[name];
  const broken = rule && brokenConstraint(rule, value);
  if (!broken) return;
  const shown = typeof value === "object" ? "" : String(value).slice(0, 200);
  found.push(`Value '${shown}' at '${at}' failed to satisfy constraint: ${broken}`);
}

function brokenConstraint(rule: Rule, value: unknown): string | undefined {
  if (typeof value === "number") {
    if (rule.min !== undefined && value < rule.min) {
      return `Member must have value greater than or equal to ${rule.min}`;
    }
    if (rule.max !== undefined && value > rule.max) {
      return `Member must have value less than or equal to ${rule.max}`;
    }
    return undefined;
  }
  const length =
    typeof value === "string"
      ? value.length
      : Array.isArray(value)
        ? value.length
        : typeof value === "object" && value !== null
          ? Object.keys(value).length
          : 0;
  if (rule.min !== undefined && length < rule.min) {
    return `Member must have length greater than or equal to ${rule.min}`;
  }
  if (rule.max !== undefined && length > rule.max) {
    return `Member must have length less than or equal to ${rule.max}`;
  }
  if (typeof value !== "string") return undefined;
  if (rule.pattern && !rule.pattern.test(value)) {
    return `Member must satisfy regular expression pattern: ${rule.shown ?? rule.pattern.source.slice(1, -1)}`;
  }
  if (rule.oneOf && !rule.oneOf.includes(value)) {
    return `Member must satisfy enum value set: [${rule.oneOf.join(", ")}]`;
  }
  return undefined;
}

const requiredCache = new WeakMap<object, ReadonlySet<string>>();

/** Required members stand first in a structure schema; its seventh place says how many they are. */
function requiredMembers(schema: NormalizedSchema): ReadonlySet<string> {
  const raw = schema.getSchema() as unknown as readonly unknown[];
  let required = requiredCache.get(raw);
  if (!required) {
    const names = raw[4] as readonly string[];
    required = new Set(names.slice(0, (raw[6] as number | undefined) ?? 0));
    requiredCache.set(raw, required);
  }
  return required;
}
