import type { CommandParameterType, CommandParameterValue } from "@aws-sdk/client-iot";

/* https://docs.aws.amazon.com/iot/latest/apireference/API_CommandParameterValue.html */

export type Value = string | boolean | number | bigint | Uint8Array;

const TYPES: Readonly<Record<keyof CommandParameterValue, CommandParameterType>> = {
  S: "STRING",
  B: "BOOLEAN",
  I: "INTEGER",
  L: "LONG",
  D: "DOUBLE",
  BIN: "BINARY",
  UL: "UNSIGNEDLONG",
};

/** A value's type; undefined when it does not have exactly one member. */
export function typeIn(value: CommandParameterValue): CommandParameterType | undefined {
  const members = membersOf(value);
  return members.length === 1 ? TYPES[(members[0] as (typeof members)[number])[0]] : undefined;
}

/** What a value says; undefined when it cannot be of its type. */
export function valueIn(value: CommandParameterValue): Value | undefined {
  const [[name, found] = []] = membersOf(value);
  switch (name) {
    case "I":
      return isWhole(found, 2 ** 31) ? (found as number) : undefined;
    case "L":
      return isWhole(found, 2 ** 63) ? BigInt(found as number) : undefined;
    case "UL":
      return isUnsignedLong(found as string) ? BigInt(found as string) : undefined;
    case undefined:
      return undefined;
    case "S":
    case "B":
    case "D":
    case "BIN":
      return found;
  }
}

function membersOf(value: CommandParameterValue) {
  return Object.entries(value).filter(([, member]) => member !== undefined) as [
    keyof CommandParameterValue,
    Value,
  ][];
}

function isWhole(value: unknown, bound: number): boolean {
  return Number.isInteger(value) && (value as number) >= -bound && (value as number) < bound;
}

function isUnsignedLong(text: string): boolean {
  return /^\d{1,20}$/.test(text) && BigInt(text) < 2n ** 64n;
}
