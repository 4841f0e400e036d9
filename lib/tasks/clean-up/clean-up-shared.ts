import { collect } from "../../aws/collect.js";
import type { Fleet } from "../../aws/connect.js";
import { isOurs, tagMap } from "../../aws/ownership.js";
import {
  findFirmwareBucket,
  firmwareBucketName,
  listObjectVersions,
  type ObjectVersion,
} from "../../fleet/software/firmware-bucket.js";
import {
  planIndexing,
  planPackageConfiguration,
  type PutBack,
} from "../../fleet/account/former-settings.js";
import { listNotes, planShadow, SETTINGS_SHADOW } from "../../fleet/shadows/notes.js";
import {
  findRole,
  jobsRoleName,
  listInlinePolicies,
  packageConfigRoleName,
  packageShadowPolicyName,
  registrationRoleName,
} from "../../fleet/software/roles.js";
import { toldOf, type Found, type Kept, type Survey } from "./clean-up-survey.js";

/*
 * What there is once in an account and Region. A class on one account shares it, so it stays until
 * the last learner cleans up.
 */

const NOTHING: Found = { names: [], kept: [] };

/**
 * Bucket and files: all that is in our bucket is ours, or the bucket could never go. While others
 * need it, only files of packages that are named like ours go.
 */
export async function lookForBucket(
  fleet: Fleet,
  things: Survey,
): Promise<{ readonly bucket: Found; readonly files: Found }> {
  if ((await findFirmwareBucket(fleet)) === "none") return { bucket: NOTHING, files: NOTHING };
  const name = firmwareBucketName(fleet);
  const kept = keptForOthers(name, things);
  const versions = await collect(listObjectVersions(fleet, name));
  if (kept) {
    const own = versions.filter(({ key }) => things.whose(key) === "ours");
    return { bucket: { names: [], kept: [kept] }, files: { names: namesOf(own), kept: [] } };
  }
  const files = namesOf(versions);
  return { bucket: { names: [name], kept: [] }, files: { names: files, kept: [] } };
}

/** The three roles; while others need them, only our own policy in the one that has a policy for each. */
export async function lookForRoles(fleet: Fleet, things: Survey): Promise<Found> {
  const names: string[] = [];
  const kept: Kept[] = [];
  for (const name of [
    jobsRoleName(fleet),
    packageConfigRoleName(fleet),
    registrationRoleName(fleet),
  ]) {
    const role = await findRole(fleet, name);
    if (!role || !isOurs(tagMap(role.Tags))) continue;
    const shared = keptForOthers(name, things);
    if (!shared) {
      names.push(name);
      continue;
    }
    kept.push(shared);
    const own = packageShadowPolicyName(fleet);
    if ((await listInlinePolicies(fleet, name)).includes(own)) names.push(`${name}/${own}`);
  }
  return { names, kept };
}

export async function lookForPackageConfiguration(fleet: Fleet, things: Survey): Promise<Found> {
  return settingOf(things, await planPackageConfiguration(fleet));
}

/** @param leaving dynamic groups that go first */
export async function lookForIndexing(
  fleet: Fleet,
  things: Survey,
  leaving: readonly string[],
): Promise<Found> {
  return settingOf(things, await planIndexing(fleet, leaving));
}

function settingOf(things: Survey, putBack: PutBack | undefined): Found {
  if (!putBack) return NOTHING;
  const { setting, to, left } = putBack;
  const shared = keptForOthers(setting, things);
  if (shared) return { names: [], kept: [shared] };
  return { names: [to], kept: left.map((why) => ({ name: setting, why })) };
}

/** The plan of this prefix, and the former settings: those go last, when each has been put back. */
export async function lookForNotes(fleet: Fleet, things: Survey): Promise<Found> {
  const notes = await listNotes(fleet);
  const names = notes.filter((name) => name === planShadow(fleet));
  if (!notes.includes(SETTINGS_SHADOW)) return { names, kept: [] };
  const kept = keptForOthers(SETTINGS_SHADOW, things);
  return kept ? { names, kept: [kept] } : { names: [...names, SETTINGS_SHADOW], kept: [] };
}

function namesOf(versions: readonly ObjectVersion[]): string[] {
  return versions.map(({ key, versionId }) => `${key} ${versionId}`);
}

function keptForOthers(name: string, { others, prefixes }: Survey): Kept | undefined {
  if (others.size > 0) return { name, why: `shared with ${toldOf(others)} of another prefix` };
  // A fleet that has begun needs it before it has its first vehicle.
  if (prefixes.length > 0) return { name, why: `shared with the planned fleet ${prefixes[0]}` };
  return undefined;
}
