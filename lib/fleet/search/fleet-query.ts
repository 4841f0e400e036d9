import type { Fleet } from "../../aws/connect.js";
import { InvalidInputError } from "../../aws/errors.js";
import { OWNER, OWNER_TAG } from "../../aws/ownership.js";
import {
  checkName,
  checkNames,
  packageName,
  thingTypeName,
  versionName,
} from "../registry/names.js";

/** Which devices are meant. Each criterion is optional, all that are given must hold. */
export interface DeviceCriteria {
  /** Two-letter codes in any case, any of them. */
  readonly countries?: readonly string[];
  readonly thingType?: string;
  /** Versions of the thing type's package, any of them. They need a thing type. */
  readonly versions?: readonly string[];
  /** Battery charge in percent: `>50` (without 50), `<30` (without 30), `=75` or `75`. */
  readonly battery?: string;
  /** How the things' names begin, usually `fleet.prefix`. */
  readonly prefix?: string;
}

/** Terms that AWS accepts in one query; each alternative in brackets counts. */
const MOST_TERMS = 12;
/** Bytes of one query. */
const MOST_BYTES = 1_000;
const LIMITS = "https://docs.aws.amazon.com/general/latest/gr/iot_device_management.html";
const SYNTAX = "https://docs.aws.amazon.com/iot/latest/developerguide/query-syntax.html";

/**
 * The fleet query for the devices that fit all criteria. Calls nothing.
 *
 * The parts stand in the order thing type, countries, versions, battery, prefix. Values are checked
 * against AWS's rules and quoted where the query language would misread them.
 *
 * @throws InvalidInputError when nothing is asked, a value breaks its rule, versions come without a
 * thing type, or the query would have more than twelve terms or 1,000 bytes
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/query-syntax.html
 */
export function deviceQuery(criteria: DeviceCriteria): string {
  const { thingType, countries, versions, battery, prefix } = readCriteria(criteria);
  const parts = [
    thingType !== undefined ? `thingTypeName:${queryValue(thingType)}` : "",
    countries.length > 0 ? `attributes.country:${anyOf(countries)}` : "",
    versions.length > 0
      ? `shadow.name.$package.reported.${thingType}.version:${anyOf(versions)}`
      : "",
    battery ? `shadow.reported.batteryStatus${battery.operator}${battery.percent}` : "",
    prefix !== undefined ? `thingName:${prefix.replace(/:|^-/g, "\\$&")}*` : "",
  ].filter((part) => part !== "");
  const query = parts.join(" AND ");

  // What is not an alternative is one part with one term.
  const lists = countries.length + versions.length;
  const terms = parts.length - Number(countries.length > 0) - Number(versions.length > 0) + lists;
  if (parts.length === 0) {
    throw new InvalidInputError("criteria of a query", criteria, "have at least one criterion");
  }
  if (terms > MOST_TERMS) {
    const room = MOST_TERMS - (terms - countries.length);
    throw new InvalidInputError(
      "the criteria of one query",
      [...countries, ...versions].join(", "),
      `make at most ${MOST_TERMS} terms, these are ${terms}`,
      (room > 0 ? `Beside the other criteria there is room for ${room} countries. ` : "") +
        `Make several groups, each of some of them: a job takes up to 100 groups. See ${LIMITS}`,
    );
  }
  if (Buffer.byteLength(query) > MOST_BYTES) {
    throw new InvalidInputError(
      "a query",
      query,
      `have at most 1,000 bytes, this has ${Buffer.byteLength(query)}`,
      `Make several groups, each of fewer countries or versions. See ${LIMITS}`,
    );
  }
  return query;
}

/** The fleet query for every vehicle that the workshop made under this prefix. */
export function vehiclesQuery(fleet: Fleet): string {
  return `attributes.${OWNER_TAG}:${OWNER} AND thingName:${fleet.prefix}*`;
}

/**
 * The name that a group for these criteria gets by itself, such as
 * `US_SedanVehicle_1_0_0_batterygt50_Devices`; undefined when it needs a name of your own, because
 * there are several countries or versions, or it would be too long.
 *
 * @throws InvalidInputError as {@link deviceQuery} does
 */
export function groupNameOf(criteria: DeviceCriteria): string | undefined {
  deviceQuery(criteria);
  const { thingType, countries, versions, battery, prefix } = readCriteria(criteria);
  if (countries.length > 1 || versions.length > 1) return undefined;
  const name = [
    prefix?.replace(/[:_-]+$/, ""),
    ...countries,
    thingType,
    ...versions,
    battery && `battery${IN_NAMES[battery.operator]}${battery.percent}`,
    "Devices",
  ]
    .filter((part) => part)
    .join("_")
    .replaceAll(".", "_");
  return name.length <= 128 ? name : undefined;
}

/**
 * A value as it may stand behind the colon of a query: quoted when it has blanks, brackets or the
 * like, or reads as an operator.
 *
 * @throws InvalidInputError when it has a character that queries do not support at all, or is empty
 */
export function queryValue(text: string): string {
  if (/[`@#%\\/';,]/.test(text) || text.trim() === "") {
    throw new InvalidInputError(
      "a value in a query",
      text,
      "have something else than blanks, and none of ` @ # % \\ / ' ; ,",
      `AWS does not support them in queries. See ${SYNTAX}`,
    );
  }
  const isPlain = /^[\p{L}\p{N}_.$][\p{L}\p{N}_.$-]*$/u.test(text) && !/^(AND|OR|NOT)$/.test(text);
  return isPlain ? text : `"${text.replaceAll('"', '\\"')}"`;
}

/** What a battery is compared with; the colon is the language's "is". */
interface BatteryCriterion {
  readonly operator: ">" | "<" | ":";
  readonly percent: number;
}

const IN_NAMES = { ">": "gt", "<": "lt", ":": "eq" } as const;

/** The criteria in one form, each value checked against its rule. */
export function readCriteria({ countries, thingType, versions, battery, prefix }: DeviceCriteria): {
  readonly countries: readonly string[];
  readonly thingType?: string;
  readonly versions: readonly string[];
  readonly battery?: BatteryCriterion;
  readonly prefix?: string;
} {
  if (versions?.length && thingType === undefined) {
    throw new InvalidInputError(
      "criteria of a query",
      { versions },
      "name the thing type whose versions they are",
      'Add it, such as { thingType: "SedanVehicle" }.',
    );
  }
  if (thingType !== undefined) checkName(thingType, thingTypeName);
  // The type names its package too, which stands in the query between dots.
  if (thingType !== undefined && versions?.length) checkName(thingType, packageName);
  if (prefix !== undefined)
    checkName(prefix, { ...thingTypeName, what: "a prefix of thing names" });
  return {
    countries: readCountries(countries ?? []),
    versions: versions?.length ? checkNames(versions, versionName) : [],
    ...(thingType !== undefined && { thingType }),
    ...(battery !== undefined && { battery: readBattery(battery) }),
    ...(prefix !== undefined && { prefix }),
  };
}

function readCountries(given: readonly string[]): string[] {
  const codes = given.map((code) => code.trim().toUpperCase());
  for (const [i, code] of codes.entries()) {
    if (!/^[A-Z]{2}$/.test(code)) {
      throw new InvalidInputError("a country", given[i], "be a code of two letters, such as US");
    }
    if (codes.indexOf(code) !== i) {
      throw new InvalidInputError("a list of countries", given, `name ${code} once only`);
    }
  }
  return codes;
}

function readBattery(given: string): BatteryCriterion {
  const [, sign, digits] = /^\s*([<>=]?)\s*(\d+(?:\.\d+)?)\s*$/.exec(given) ?? [];
  const percent = Number(digits);
  // Not a number is neither.
  if (!(percent >= 0 && percent <= 100)) {
    throw new InvalidInputError(
      "a battery criterion",
      given,
      "be >, < or = and a number from 0 to 100, such as >50",
      'For "50 or more", write the query yourself: shadow.reported.batteryStatus:[50 TO *]',
    );
  }
  return { operator: sign === ">" || sign === "<" ? sign : ":", percent };
}

function anyOf(values: readonly string[]): string {
  const shown = values.map(queryValue);
  return shown.length === 1 ? (shown[0] as string) : `(${shown.join(" OR ")})`;
}
