import { printGeoDistance } from "./geo.js";
import type { PatternPart, Query, Term, ValueTest } from "./query.js";

/**
 * Write a query down again: `parseQuery(printQuery(q))` equals `q`.
 *
 * Every AND is written out and nested groups get brackets, so the text may be longer than the one
 * that was parsed, and a query close to 1,000 bytes may come out beyond them.
 */
export function printQuery(query: Query): string {
  return print(query, undefined);
}

/** @param within the field of the group being printed; its terms do not repeat it */
function print(query: Query, within: string | undefined): string {
  switch (query.kind) {
    case "all":
      return "*";
    case "term":
      return query.field === within ? printTest(query.test) : printFieldTerm(query);
    case "not":
      return `NOT ${printOperand(query.operand, within)}`;
    case "and":
    case "or": {
      const field = within === undefined ? commonField(query) : undefined;
      if (field !== undefined) return `${printText(field)}:(${print(query, field)})`;
      const between = query.kind === "and" ? " AND " : " OR ";
      return query.operands.map((operand) => printOperand(operand, within)).join(between);
    }
  }
}

function printOperand(query: Query, within: string | undefined): string {
  const text = print(query, within);
  if (query.kind !== "and" && query.kind !== "or") return text;
  return within === undefined && commonField(query) !== undefined ? text : `(${text})`;
}

/** The field that all terms below share, so that they can be printed as one field group. */
function commonField(query: Query): string | undefined {
  switch (query.kind) {
    case "all":
      return undefined;
    case "term":
      return query.field;
    case "not":
      return commonField(query.operand);
    case "and":
    case "or": {
      const fields = new Set(query.operands.map(commonField));
      return fields.size === 1 ? [...fields][0] : undefined;
    }
  }
}

function printFieldTerm({ field = "", test }: Term): string {
  const name = printText(field);
  if (test.kind === "numberRange") {
    const { low, high } = test.range;
    // The comparison is the better documented of the two forms of a half-open range.
    if (high && !low) return `${name}<${high.inclusive ? "=" : ""}${high.value}`;
    if (low && !high) return `${name}>${low.inclusive ? "=" : ""}${low.value}`;
  }
  return `${name}:${printTest(test)}`;
}

function printTest(test: ValueTest): string {
  switch (test.kind) {
    case "exists":
      return "*";
    case "text":
      return isPlain(test.text) ? test.text : quoted(test.text);
    case "pattern":
      return test.parts.map(printPart).join("");
    case "geoDistance":
      return printGeoDistance(test.around);
    case "numberRange":
    case "textRange": {
      const { low, high } = test.range;
      const open = low?.inclusive === false ? "{" : "[";
      const close = high?.inclusive === false ? "}" : "]";
      return `${open}${printBound(low?.value)} TO ${printBound(high?.value)}${close}`;
    }
  }
}

function printBound(value: string | number | undefined): string {
  if (value === undefined) return "*";
  return typeof value === "number" ? String(value) : quoted(value);
}

function printPart(part: PatternPart, position: number): string {
  if ("wildcard" in part) return part.wildcard;
  const text = part.literal.replace(/[\s()[\]{}":<>*?^~]/g, "\\$&");
  return position === 0 && text.startsWith("-") ? `\\${text}` : text;
}

/** A field name; the only `*` in one is the package segment, which stays a wildcard. */
function printText(field: string): string {
  return field.replace(/[\s()[\]{}":<>?^~]/g, "\\$&");
}

function isPlain(text: string): boolean {
  return /^[\p{L}\p{N}_.$][\p{L}\p{N}_.$-]*$/u.test(text) && !/^(?:AND|OR|NOT)$/.test(text);
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '\\"')}"`;
}
