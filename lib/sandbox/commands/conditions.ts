import type {
  CommandParameterType,
  CommandParameterValueComparisonOperand,
  CommandParameterValueCondition,
} from "@aws-sdk/client-iot";
import type { Value } from "./parameter-values.js";

/*
 * What a parameter's value must be.
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-remote-command-concepts.html
 */

const NUMERIC: ReadonlySet<CommandParameterType | undefined> = new Set([
  "INTEGER",
  "LONG",
  "DOUBLE",
  "UNSIGNEDLONG",
]);

/** The member of the operand that an operator compares with, for texts and for numbers. */
const OPERANDS: Readonly<
  Record<string, readonly (keyof CommandParameterValueComparisonOperand)[]>
> = {
  EQUALS: ["string", "number"],
  NOT_EQUALS: ["string", "number"],
  IN_SET: ["strings", "numbers"],
  NOT_IN_SET: ["strings", "numbers"],
  GREATER_THAN: ["number"],
  GREATER_THAN_EQUALS: ["number"],
  LESS_THAN: ["number"],
  LESS_THAN_EQUALS: ["number"],
  IN_RANGE: ["numberRange"],
  NOT_IN_RANGE: ["numberRange"],
};

/** Why a condition makes no sense for a type; of an unknown type only what no type has. */
export function conditionFault(
  type: CommandParameterType | undefined,
  { comparisonOperator = "" as never, operand = {} }: CommandParameterValueCondition,
): string | undefined {
  if (type === "BOOLEAN" || type === "BINARY") return `a ${type} value cannot have conditions`;
  const isText = (member: string): boolean => member.startsWith("string");
  const wanted = (OPERANDS[comparisonOperator] ?? []).filter(
    (member) => type === undefined || isText(member) === !NUMERIC.has(type),
  );
  if (wanted.length === 0) return `${comparisonOperator} is not for values of type ${type ?? ""}`;
  const given = Object.keys(operand).filter(
    (name) => operand[name as keyof typeof operand] !== undefined,
  );
  if (given.length !== 1 || !wanted.some((member) => member === given[0])) {
    return `${comparisonOperator} takes an operand with ${wanted.join(" or ")}, and nothing else`;
  }
  const numbers = [
    operand.number,
    ...(operand.numbers ?? []),
    operand.numberRange?.min,
    operand.numberRange?.max,
  ];
  const wrong = numbers.find((text) => text !== undefined && !isNumber(text));
  return wrong === undefined ? undefined : `${wrong.slice(0, 100)} is not a number`;
}

/** Which condition a value does not meet; undefined when it meets this one. */
export function brokenCondition(
  value: Value,
  { comparisonOperator, operand = {} }: CommandParameterValueCondition,
): string | undefined {
  const { string, strings, number, numbers, numberRange } = operand;
  const isEqual = (text: string | undefined): boolean =>
    typeof value === "string" ? value === text : compare(value, text) === 0;
  const isIn = (): boolean => [...(strings ?? []), ...(numbers ?? [])].some(isEqual);
  const isWithin = (): boolean =>
    compare(value, numberRange?.min) >= 0 && compare(value, numberRange?.max) <= 0;
  const holds = (): boolean => {
    switch (comparisonOperator) {
      case "EQUALS":
        return isEqual(string ?? number);
      case "NOT_EQUALS":
        return !isEqual(string ?? number);
      case "IN_SET":
        return isIn();
      case "NOT_IN_SET":
        return !isIn();
      case "GREATER_THAN":
        return compare(value, number) > 0;
      case "GREATER_THAN_EQUALS":
        return compare(value, number) >= 0;
      case "LESS_THAN":
        return compare(value, number) < 0;
      case "LESS_THAN_EQUALS":
        return compare(value, number) <= 0;
      case "IN_RANGE":
        return isWithin();
      case "NOT_IN_RANGE":
        return !isWithin();
      case undefined:
        return false;
    }
  };
  if (holds()) return undefined;
  const bound = string ?? number ?? (strings ?? numbers)?.join(", ");
  const told = bound ?? `${numberRange?.min ?? ""} to ${numberRange?.max ?? ""}`;
  return `does not meet its condition ${comparisonOperator ?? ""} ${told}`;
}

/** Whole numbers are compared to the last digit, whatever their size. */
function compare(value: Value, text = ""): number {
  const isWhole = typeof value === "bigint" || Number.isInteger(value);
  const [a, b] =
    isWhole && /^-?\d+$/.test(text)
      ? [BigInt(value as bigint | number), BigInt(text)]
      : [Number(value), Number(text)];
  return a < b ? -1 : a > b ? 1 : 0;
}

function isNumber(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(Number(text));
}
