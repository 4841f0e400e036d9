import type {
  CommandParameter,
  CommandParameterValue,
  CommandParameterValueCondition,
} from "@aws-sdk/client-iot";
import { InvalidInputError } from "../../aws/errors.js";

/*
 * What of a command's payload each execution fills in.
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-remote-command-concepts.html
 */

/** A value of a parameter. */
export type ParameterValue = string | number | boolean;

/** A parameter of a command: what its values are, and which of them AWS IoT takes. */
export interface ParameterRule {
  readonly type: "STRING" | "INTEGER" | "DOUBLE" | "BOOLEAN";
  /** What it is when an execution does not say. Without one, each execution must say. */
  readonly byDefault?: ParameterValue;
  /** The smallest number that is taken. */
  readonly from?: number;
  /** The largest number that is taken. */
  readonly to?: number;
  /** The only values that are taken, of a text or a number. */
  readonly oneOf?: readonly (string | number)[];
}

/** What AWS's own values are called, by type, and what they hold. */
const TYPES = {
  STRING: { member: "S", is: (value: unknown) => typeof value === "string", words: "a text" },
  INTEGER: {
    member: "I",
    is: (value: unknown) => Number.isInteger(value) && Math.abs(value as number) < 2 ** 31,
    words: "a whole number of 32 bits",
  },
  DOUBLE: { member: "D", is: Number.isFinite, words: "a number" },
  BOOLEAN: { member: "B", is: (value: unknown) => typeof value === "boolean", words: "a truth" },
} as const;

const PAGE = "https://docs.aws.amazon.com/iot/latest/apireference/API_CommandParameter.html";

/** Where a payload has a parameter: AWS's own placeholder for it. */
export function commandParameter(name: string): string {
  if (!/^[.$a-zA-Z0-9_-]{1,192}$/.test(name)) {
    throw new InvalidInputError(
      "a command parameter's name",
      name,
      "have 1 to 192 characters from a-z A-Z 0-9 . $ _ -",
      `See ${PAGE}`,
    );
  }
  return `\${aws:iot:commandexecution::parameter:${name}}`;
}

/** The names of the parameters that a payload, as JSON, has a place for. */
export function parametersIn(payload: string): string[] {
  const found = payload.matchAll(/\$\{aws:iot:commandexecution::parameter:([^}]*)\}/g);
  return [...new Set([...found].map(([, name = ""]) => name))];
}

/** A parameter as AWS takes it. */
export function declared(name: string, rule: ParameterRule): CommandParameter {
  commandParameter(name);
  const { type, byDefault, from, to, oneOf } = rule;
  if (!Object.hasOwn(TYPES, type)) {
    throw new InvalidInputError(
      `the type of the parameter ${name}`,
      type,
      `be one of ${Object.keys(TYPES).join(", ")}`,
    );
  }
  const valueConditions = conditionsOf(name, rule);
  if (byDefault !== undefined && !isWithin(byDefault, rule)) {
    throw new InvalidInputError(
      `the default of the parameter ${name}`,
      byDefault,
      `be ${oneOf ? `one of ${oneOf.join(", ")}` : `from ${from ?? "any"} to ${to ?? "any"}`}`,
    );
  }
  return {
    name,
    type,
    ...(byDefault !== undefined && { defaultValue: valueOf(name, type, byDefault) }),
    ...(valueConditions.length > 0 && { valueConditions }),
  };
}

function conditionsOf(
  name: string,
  { type, from, to, oneOf }: ParameterRule,
): CommandParameterValueCondition[] {
  const isNumber = type === "INTEGER" || type === "DOUBLE";
  if ((from !== undefined || to !== undefined) && !isNumber) {
    throw new InvalidInputError(
      `the bounds of the parameter ${name}`,
      { from, to },
      `be of numbers, and its type is ${type}`,
    );
  }
  const conditions: CommandParameterValueCondition[] = [];
  if (from !== undefined && to !== undefined) {
    const numberRange = { min: String(from), max: String(to) };
    conditions.push({ comparisonOperator: "IN_RANGE", operand: { numberRange } });
  } else if (from !== undefined) {
    const operand = { number: String(from) };
    conditions.push({ comparisonOperator: "GREATER_THAN_EQUALS", operand });
  } else if (to !== undefined) {
    conditions.push({ comparisonOperator: "LESS_THAN_EQUALS", operand: { number: String(to) } });
  }
  if (oneOf) {
    const wrong = oneOf.find((value) => !TYPES[type].is(value));
    if (type === "BOOLEAN" || wrong !== undefined || oneOf.length === 0) {
      throw new InvalidInputError(
        `the values of the parameter ${name}`,
        oneOf,
        `be a list, each entry ${TYPES[type].words}, of a parameter that is no BOOLEAN`,
      );
    }
    const listed = oneOf.map(String);
    conditions.push({
      comparisonOperator: "IN_SET",
      operand: isNumber ? { numbers: listed } : { strings: listed },
    });
  }
  return conditions;
}

function isWithin(
  value: ParameterValue,
  { from = -Infinity, to = Infinity, oneOf }: ParameterRule,
): boolean {
  if (oneOf && !oneOf.some((one) => one === value)) return false;
  return typeof value !== "number" || (value >= from && value <= to);
}

/**
 * What an execution says, as AWS takes it: by the names and types that the command has declared.
 * Whether a value meets its conditions is for AWS to say.
 *
 * @throws InvalidInputError when the command has no such parameter, one is missing that has no
 * default, or a value has another type
 */
export function filledIn(
  commandId: string,
  parameters: readonly CommandParameter[],
  given: Readonly<Record<string, ParameterValue>>,
): Record<string, CommandParameterValue> | undefined {
  const names = parameters.map(({ name = "" }) => name);
  const foreign = Object.keys(given).find((name) => !names.includes(name));
  if (foreign !== undefined) {
    throw new InvalidInputError(
      `a parameter of the command ${commandId}`,
      foreign,
      names.length > 0 ? `be one of ${names.join(", ")}` : "be left out: this command has none",
    );
  }
  for (const { name = "", value, defaultValue } of parameters) {
    if (Object.hasOwn(given, name) || value !== undefined || defaultValue !== undefined) continue;
    throw new InvalidInputError(
      `the parameters of the command ${commandId}`,
      given,
      `have ${name}: it has no default`,
    );
  }
  const values = parameters.flatMap(({ name = "", type }) => {
    const value = given[name];
    return value === undefined ? [] : [[name, valueOf(name, type ?? "STRING", value)] as const];
  });
  return values.length > 0 ? Object.fromEntries(values) : undefined;
}

function valueOf(name: string, type: string, value: ParameterValue): CommandParameterValue {
  const known = Object.hasOwn(TYPES, type) ? TYPES[type as keyof typeof TYPES] : undefined;
  if (known?.is(value)) return { [known.member]: value } as unknown as CommandParameterValue;
  throw new InvalidInputError(
    `a value of the parameter ${name}`,
    value,
    known
      ? `be ${known.words}, of type ${type}`
      : `be of type ${type}, which is sent with the SDK's own StartCommandExecution`,
  );
}
