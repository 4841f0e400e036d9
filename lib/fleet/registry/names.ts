import { InvalidInputError } from "../../aws/errors.js";

/** A rule of AWS for a name: checked before the first call, quoted in the message. */
export interface NameRule {
  /** What the name is of, with its article: `a thing type name`. */
  readonly what: string;
  readonly pattern: RegExp;
  /** The rule as the end of "it must …". */
  readonly rule: string;
  readonly source: string;
}

const API = "https://docs.aws.amazon.com/iot/latest/apireference";

const registryName = {
  pattern: /^[a-zA-Z0-9:_-]{1,128}$/,
  rule: "have 1 to 128 characters from a-z A-Z 0-9 : _ -",
};

export const thingName: NameRule = {
  what: "a thing name",
  ...registryName,
  source: `${API}/API_CreateThing.html`,
};

export const thingTypeName: NameRule = {
  what: "a thing type name",
  ...registryName,
  source: `${API}/API_CreateThingType.html`,
};

export const thingGroupName: NameRule = {
  what: "a thing group name",
  ...registryName,
  source: `${API}/API_CreateThingGroup.html`,
};

/** Dots separate the segments of a fleet query, so a package name with one could not be searched for. */
export const packageName: NameRule = {
  what: "a package name",
  pattern: /^[a-zA-Z0-9_-]{1,128}$/,
  rule: "have 1 to 128 characters from a-z A-Z 0-9 _ -",
  source: `${API}/API_CreatePackage.html`,
};

export const versionName: NameRule = {
  what: "a package version",
  pattern: /^(?=.{1,64}$)[a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*$/,
  rule: "have 1 to 64 characters from a-z A-Z 0-9 _ - in parts separated by single dots, such as 1.0.0",
  source: `${API}/API_CreatePackageVersion.html`,
};

export const jobId: NameRule = {
  what: "a job id",
  pattern: /^[a-zA-Z0-9_-]{1,64}$/,
  rule: "have 1 to 64 characters from a-z A-Z 0-9 _ -",
  source: `${API}/API_CreateJob.html`,
};

export const roleArn: NameRule = {
  what: "a role's ARN",
  pattern: /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/,
  rule: "have the form arn:aws:iam::<account>:role/<name>",
  source: `${API}/API_UpdatePackageConfiguration.html`,
};

/**
 * Return `given` when it is a legal name.
 *
 * @throws InvalidInputError with the value, the rule and its page
 */
export function checkName(given: string, { what, pattern, rule, source }: NameRule): string {
  // From JavaScript anything may come, and a pattern would take undefined for "undefined".
  if (typeof given === "string" && pattern.test(given)) return given;
  throw new InvalidInputError(what, given, rule, `See ${source}`);
}

/**
 * Check every name, and that none is there twice or none at all.
 *
 * @throws InvalidInputError on the first that is wrong
 */
export function checkNames(given: readonly string[], rule: NameRule): readonly string[] {
  if (!Array.isArray(given)) {
    throw new InvalidInputError("the list of names", given, `be an array, each entry ${rule.what}`);
  }
  if (given.length === 0) {
    throw new InvalidInputError(`the list of names`, given, `hold at least ${rule.what}`);
  }
  const twice = given.find((name, i) => given.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new InvalidInputError(
      rule.what,
      twice,
      "stand in the list once",
      "Remove the repetition.",
    );
  }
  return given.map((name) => checkName(name, rule));
}
