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
