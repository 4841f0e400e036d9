import { createHash } from "node:crypto";

/** The tag that says the workshop made a resource. Cleanup touches nothing without it. */
export const OWNER_TAG = "workshop";
export const OWNER = "fleetlab";

/** Tags of everything we create. */
export const workshopTags: Readonly<Record<string, string>> = { [OWNER_TAG]: OWNER };

/** True when these tags say that the workshop made it. */
export function isOurs(tags: Readonly<Record<string, string>> | undefined): boolean {
  return tags?.[OWNER_TAG] === OWNER;
}

/**
 * True when this name is one of this fleet's vehicles: of a class on one account, everybody has a
 * prefix of their own.
 */
export function hasPrefix(fleet: { readonly prefix: string }, name: string | undefined): boolean {
  return name?.startsWith(fleet.prefix) ?? false;
}

/** True when one of them is the beginning of the other: vehicles of the longer one would seem to be of both. */
export function areNear(prefix: string, other: string): boolean {
  return prefix.startsWith(other) || other.startsWith(prefix);
}

/** The prefix of whoever has an account to themselves: names that are not of vehicles stay short. */
export const DEFAULT_PREFIX = "Vehicle-VIN-";

/**
 * The name of something that is this fleet's alone, in an account that a class may share: with a
 * prefix of its own it begins with that, `Ada-SedanVehicle`; under the default prefix it is the name
 * itself. A name that begins with the prefix already stays as it is.
 */
export function ownName({ prefix }: { readonly prefix: string }, name: string): string {
  return prefix === DEFAULT_PREFIX || name.startsWith(prefix) ? name : prefix + name;
}

/**
 * Whose a name is, as far as names tell: nothing proves that what has no known prefix is ours.
 *
 * @param prefixes of all fleets that are known in the account
 */
export function whoseName(
  { prefix }: { readonly prefix: string },
  name: string,
  prefixes: readonly string[],
): "ours" | "theirs" | "unknown" {
  const known = prefix === DEFAULT_PREFIX ? prefixes : [...prefixes, prefix];
  const [longest] = known.filter((one) => name.startsWith(one)).sort((a, b) => b.length - a.length);
  if (longest === undefined) return "unknown";
  return longest === prefix ? "ours" : "theirs";
}

/** Tags as most of AWS takes them. */
export function tagList(tags: Readonly<Record<string, string>>): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** Tags as most of AWS gives them. */
export function tagMap(
  list: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] = [],
): Record<string, string> {
  return Object.fromEntries(list.map(({ Key = "", Value = "" }) => [Key, Value]));
}

/** Eight characters that stand for an account and Region in names that others may see. */
export function fingerprint(fleet: { readonly account: string; readonly region: string }): string {
  return createHash("sha256").update(`${fleet.account}/${fleet.region}`).digest("hex").slice(0, 8);
}
