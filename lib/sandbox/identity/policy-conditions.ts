import { isObject } from "../http/json.js";
import { BlockList, isIP } from "node:net";
import { listed } from "../door/policy-json.js";
import { stands } from "../door/wildcards.js";
import { patternOf, textOf, type Variables } from "./policy-patterns.js";

/*
 * The Condition element of a policy.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */

/** What a request says of a key: nothing, one thing or several. */
export type Facts = (key: string) => string | readonly string[] | undefined;

/** Whether one value of a request fits one value of a policy. */
type Test = (found: string, wanted: string, variables: Variables) => boolean;

const filled = (text: string, variables: Variables): string | undefined => {
  const pattern = patternOf(text, variables);
  return pattern && textOf(pattern);
};

const same: Test = (found, wanted, variables) => filled(wanted, variables) === found;

const alike: Test = (found, wanted, variables) => {
  const pattern = patternOf(wanted, variables);
  return pattern !== undefined && stands(pattern, found);
};

const compared =
  (read: (text: string) => number, holds: (found: number, wanted: number) => boolean): Test =>
  (found, wanted, variables) =>
    holds(read(found), read(filled(wanted, variables) ?? ""));

const number = (text: string): number => (text.trim() === "" ? Number.NaN : Number(text));
const moment = (text: string): number =>
  /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);

function isInNetwork(found: string, wanted: string): boolean {
  const [address = "", bits] = wanted.split("/");
  const family = isIP(address);
  if (family === 0 || isIP(found) !== family) return false;
  const kind = family === 6 ? "ipv6" : "ipv4";
  const most = family === 6 ? 128 : 32;
  const prefix = bits === undefined ? most : Number(bits);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > most) return false;
  const network = new BlockList();
  network.addSubnet(address, prefix, kind);
  return network.check(found, kind);
}

const positive: Readonly<Record<string, Test>> = {
  StringEquals: same,
  StringEqualsIgnoreCase: (found, wanted, variables) =>
    filled(wanted, variables)?.toLowerCase() === found.toLowerCase(),
  StringLike: alike,
  ArnEquals: alike,
  ArnLike: alike,
  Bool: (found, wanted, variables) =>
    filled(wanted, variables)?.toLowerCase() === found.toLowerCase(),
  IpAddress: (found, wanted, variables) => isInNetwork(found, filled(wanted, variables) ?? ""),
  NumericEquals: compared(number, (a, b) => a === b),
  NumericLessThan: compared(number, (a, b) => a < b),
  NumericLessThanEquals: compared(number, (a, b) => a <= b),
  NumericGreaterThan: compared(number, (a, b) => a > b),
  NumericGreaterThanEquals: compared(number, (a, b) => a >= b),
  DateEquals: compared(moment, (a, b) => a === b),
  DateLessThan: compared(moment, (a, b) => a < b),
  DateLessThanEquals: compared(moment, (a, b) => a <= b),
  DateGreaterThan: compared(moment, (a, b) => a > b),
  DateGreaterThanEquals: compared(moment, (a, b) => a >= b),
};

/** Those that hold when none of the policy's values fits. */
const negative: ReadonlyMap<string, string> = new Map([
  ["StringNotEquals", "StringEquals"],
  ["StringNotEqualsIgnoreCase", "StringEqualsIgnoreCase"],
  ["StringNotLike", "StringLike"],
  ["ArnNotEquals", "ArnEquals"],
  ["ArnNotLike", "ArnLike"],
  ["NotIpAddress", "IpAddress"],
  ["NumericNotEquals", "NumericEquals"],
  ["DateNotEquals", "DateEquals"],
]);

/**
 * Whether all conditions hold. One that cannot be read, or has an operator that is not known here, does
 * not: the statement then neither allows nor denies anything.
 */
export function holds(condition: unknown, facts: Facts, variables: Variables): boolean {
  if (condition === undefined) return true;
  if (!isObject(condition)) return false;
  return Object.entries(condition).every(
    ([operator, keys]) =>
      isObject(keys) &&
      Object.entries(keys).every(([key, wanted]) =>
        holdsOne(operator, facts(key), listed(wanted).map(String), variables),
      ),
  );
}

function holdsOne(
  operator: string,
  fact: string | readonly string[] | undefined,
  wanted: readonly string[],
  variables: Variables,
): boolean {
  const [, every, name = "", ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  const found = listed(fact) as string[];
  if (name === "Null") return wanted.includes(String(found.length === 0));
  const isNegative = negative.has(name);
  const test = positive[negative.get(name) ?? name];
  if (!test) return false;
  // A variable without a value, in what the policy wants: nothing can be said of the whole.
  if (wanted.some((value) => patternOf(value, variables) === undefined)) return false;
  const fits = (value: string): boolean =>
    wanted.some((one) => test(value, one, variables)) !== isNegative;
  if (found.length === 0) {
    return (
      every === "ForAllValues" || ifExists !== undefined || (isNegative && every === undefined)
    );
  }
  return every === "ForAllValues" ? found.every(fits) : found.some(fits);
}
