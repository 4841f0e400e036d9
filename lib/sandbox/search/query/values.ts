import type { FieldValue, PatternPart } from "./query.js";

/**
 * The words a value is found by: in lower case, cut at white space only, so that a name such as
 * `Vehicle-VIN-001` stays one word.
 */
export function wordsOf(value: FieldValue): string[] {
  const text = String(value).toLowerCase();
  return /\s/.test(text) ? text.split(/\s+/).filter((word) => word !== "") : text ? [text] : [];
}

/** The number a text spells, or undefined; integers only as far as a double holds them exactly. */
export function numberIn(text: string): number | undefined {
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return undefined;
  const number = Number(text) + 0; // -0 becomes 0
  if (!Number.isFinite(number)) return undefined;
  const isInteger = /^[+-]?\d+$/.test(text);
  return isInteger && !Number.isSafeInteger(number) ? undefined : number;
}

/**
 * What a value of this field is in a numeric range.
 *
 * The registry stores only strings, so there a string that spells a number counts as one. In a
 * shadow the type is the device's own choice: "50" is text.
 */
export function numericValue(field: string, value: FieldValue): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  const isRegistryText = typeof value === "string" && field.startsWith("attributes.");
  return isRegistryText ? numberIn(value) : undefined;
}

const run = -1;
const single = -2;

/** Compile a pattern to a test of one lower-case word. `?` is one character, also beyond the BMP. */
export function patternTest(parts: readonly PatternPart[]): (word: string) => boolean {
  const prefix = prefixOnly(parts)?.toLowerCase();
  if (prefix !== undefined) return (word) => word.startsWith(prefix);
  const steps = parts.flatMap((part) => {
    if ("wildcard" in part) return part.wildcard === "*" ? run : single;
    return Array.from(part.literal.toLowerCase(), (char) => char.codePointAt(0) ?? 0);
  });
  const literals = parts.map((part) => ("literal" in part ? part.literal.toLowerCase() : ""));
  const longest = literals.reduce((a, b) => (b.length > a.length ? b : a), "");
  // The built-in search turns most words away faster than the steps would.
  return (word) => word.includes(longest) && followsSteps(word, steps);
}

/** The literal of `abc*`, by far the most frequent pattern; undefined for any other. */
function prefixOnly([head, tail, ...rest]: readonly PatternPart[]): string | undefined {
  const isPrefix = rest.length === 0 && tail && "wildcard" in tail && tail.wildcard === "*";
  return isPrefix && head && "literal" in head ? head.literal : undefined;
}

// Not a RegExp: its backtracking is quadratic in the length of the word with two `*`.
function followsSteps(word: string, steps: readonly number[]): boolean {
  let step = 0;
  let at = 0;
  let lastRun = -1;
  let runEnd = 0;
  while (at < word.length) {
    const code = word.codePointAt(at) ?? 0;
    if (steps[step] === single || steps[step] === code) {
      step++;
      at += widthOf(code);
    } else if (steps[step] === run) {
      lastRun = step++;
      runEnd = at;
    } else if (lastRun >= 0) {
      // Let the last `*` take one character more and try again from there.
      runEnd += widthOf(word.codePointAt(runEnd) ?? 0);
      at = runEnd;
      step = lastRun + 1;
    } else {
      return false;
    }
  }
  while (steps[step] === run) step++;
  return step === steps.length;
}

function widthOf(codePoint: number): number {
  return codePoint > 0xffff ? 2 : 1;
}
