import type { Fleet } from "../aws/connect.js";
import { isOurs } from "../aws/ownership.js";
import { countThings, indexStatus } from "../fleet/fleet-index.js";
import { listExecutions } from "../fleet/job-executions.js";
import { describeJob, listOurJobs } from "../fleet/jobs.js";
import { listPackageVersions, packageArn } from "../fleet/package-versions.js";
import { listPackages } from "../fleet/packages.js";
import { listTags } from "../fleet/tags.js";
import { findThingGroup, listThingGroups, listThingsInGroup } from "../fleet/thing-groups.js";
import { listThingTypes } from "../fleet/thing-types.js";
import { isOurThing, listThings } from "../fleet/things.js";
import { count } from "../show/progress.js";

/** Something of the workshop that stays. */
export interface Kept {
  readonly name: string;
  /** As the end of "it stays: …". */
  readonly why: string;
}

/** What of one kind is ours: what goes, and what stays. */
export interface Found {
  readonly names: readonly string[];
  readonly kept: readonly Kept[];
}

/** So many things, and one of them. */
interface Tally {
  things: number;
  example: string;
}

/** The things of the account, sorted by whose they are. */
export interface Survey {
  readonly found: Found;
  /** Names of the things that are ours. */
  readonly mine: ReadonlySet<string>;
  /** Names of the workshop's things with other prefixes: a class on one account. */
  readonly others: ReadonlySet<string>;
  /** How many things the workshop did not make. */
  readonly strangers: number;
  /** Things that stay, by type. */
  readonly byType: ReadonlyMap<string, { readonly others: Tally; readonly strangers: Tally }>;
}

/** Told of everything that was looked at. */
export type Seen = () => void;

/**
 * How the vehicle of notebook 00 begins: it has a name of its own, to stay out of the counts of the
 * fleet, and is left over when that notebook was not finished.
 */
const FIRST = "First-";

/** Look at every thing once. Calls ListThings, 250 a page; keeps the names of ours only. */
export async function survey(
  fleet: Fleet,
  prefixes: readonly string[],
  seen: Seen,
): Promise<Survey> {
  // "Van-2-001" is not ours when "Van-" is our prefix and somebody else's plan has "Van-2-".
  const longer = prefixes.filter((one) => one !== fleet.prefix && one.startsWith(fleet.prefix));
  const isMine = (name: string): boolean => {
    const bare = name.startsWith(FIRST) ? name.slice(FIRST.length) : name;
    return bare.startsWith(fleet.prefix) && !longer.some((one) => bare.startsWith(one));
  };
  const mine = new Set<string>();
  const others = new Set<string>();
  let strangers = 0;
  const byType = new Map<string, { others: Tally; strangers: Tally }>();
  for await (const thing of listThings(fleet)) {
    const { thingName: name = "", thingTypeName: type } = thing;
    const isWorkshops = isOurThing(thing);
    if (isWorkshops && isMine(name)) {
      mine.add(name);
    } else {
      if (isWorkshops) others.add(name);
      else strangers++;
      if (type !== undefined) {
        const tallies = byType.get(type) ?? {
          others: { things: 0, example: "" },
          strangers: { things: 0, example: "" },
        };
        byType.set(type, tallies);
        add(isWorkshops ? tallies.others : tallies.strangers, name);
      }
    }
    seen();
  }
  const why = `not of the prefix ${fleet.prefix}: connect({ prefix }) with theirs`;
  const kept = others.size === 0 ? [] : [{ name: toldOf(others), why }];
  return { found: { names: [...mine], kept }, mine, others, strangers, byType };
}

/**
 * Groups of ours. A group stays while it has members of another prefix; a static one also with
 * members that somebody else put there, or with a child group that stays.
 */
export async function lookForGroups(
  fleet: Fleet,
  things: Survey,
  seen: Seen,
): Promise<{ readonly dynamic: Found; readonly fixed: Found }> {
  const dynamic = { names: [] as string[], kept: [] as Kept[] };
  const fixed: { name: string; depth: number; why: string | undefined }[] = [];
  for await (const { groupName: name = "", groupArn = "" } of listThingGroups(fleet)) {
    seen();
    if (!isOurs(await listTags(fleet, groupArn))) continue;
    const group = await findThingGroup(fleet, name);
    if (!group) continue;
    if (group.queryString === undefined) {
      const depth = group.thingGroupMetadata?.rootToParentThingGroups?.length ?? 0;
      fixed.push({ name, depth, why: await userOfGroup(fleet, name, things, true) });
    } else {
      const why = await userOfGroup(fleet, name, things, false);
      if (why === undefined) dynamic.names.push(name);
      else dynamic.kept.push({ name, why });
    }
  }
  fixed.sort((a, b) => b.depth - a.depth);
  const names: string[] = [];
  const kept: Kept[] = [];
  for (const { name, why } of fixed) {
    const reason = why ?? (await childThatStays(fleet, name, names));
    if (reason === undefined) names.push(name);
    else kept.push({ name, why: reason });
  }
  return { dynamic, fixed: { names, kept } };
}

/** Who is in a group and stays; asked only when anybody stays at all. */
async function userOfGroup(
  fleet: Fleet,
  group: string,
  { mine, others, strangers }: Survey,
  isStatic: boolean,
): Promise<string | undefined> {
  // Nobody was put into a dynamic group: a stranger that its query finds does not need it.
  if (others.size === 0 && !(isStatic && strangers > 0)) return undefined;
  for await (const thing of listThingsInGroup(fleet, group)) {
    if (isStatic ? !mine.has(thing) : others.has(thing)) return `${thing} is in it`;
  }
  return undefined;
}

async function childThatStays(
  fleet: Fleet,
  group: string,
  leaving: readonly string[],
): Promise<string | undefined> {
  for await (const { groupName = "" } of listThingGroups(fleet, { parent: group })) {
    if (!leaving.includes(groupName)) return `its child group ${groupName} stays`;
  }
  return undefined;
}

/** Jobs of ours. One stays while a thing of another prefix has a part in it, or a group that stays. */
export async function lookForJobs(
  fleet: Fleet,
  things: Survey,
  stayingGroups: readonly string[],
  seen: Seen,
): Promise<Found> {
  const names: string[] = [];
  const kept: Kept[] = [];
  for await (const { jobId = "" } of listOurJobs(fleet)) {
    seen();
    const why =
      things.others.size === 0 ? undefined : await userOfJob(fleet, jobId, things, stayingGroups);
    if (why === undefined) names.push(jobId);
    else kept.push({ name: jobId, why });
  }
  return { names, kept };
}

async function userOfJob(
  fleet: Fleet,
  jobId: string,
  { others }: Survey,
  stayingGroups: readonly string[],
): Promise<string | undefined> {
  const { targets } = await describeJob(fleet, jobId);
  const group = targets.find(({ kind, name }) => kind === "group" && stayingGroups.includes(name));
  if (group) return `it is for the group ${group.name}, which stays`;
  for await (const { thing } of listExecutions(fleet, jobId)) {
    if (others.has(thing)) return `${thing} has a part in it`;
  }
  return undefined;
}

/** Thing types of ours. One stays while anybody's things have it: AWS would not let it go. */
export async function lookForThingTypes(fleet: Fleet, things: Survey, seen: Seen): Promise<Found> {
  const names: string[] = [];
  const kept: Kept[] = [];
  for await (const { thingTypeName: name = "", thingTypeArn = "" } of listThingTypes(fleet)) {
    seen();
    if (!isOurs(await listTags(fleet, thingTypeArn))) continue;
    const users = things.byType.get(name);
    if (!users) {
      names.push(name);
      continue;
    }
    const who = users.others.things > 0 ? "of another prefix" : "that the workshop did not make";
    const tally = users.others.things > 0 ? users.others : users.strangers;
    kept.push({ name, why: `${told(tally)} ${who} ${tally.things === 1 ? "has" : "have"} it` });
  }
  return { names, kept };
}

/**
 * Packages of ours, and the versions in them. A package stays while things of another prefix run it,
 * or with a version that somebody else made.
 */
export async function lookForPackages(
  fleet: Fleet,
  things: Survey,
  seen: Seen,
): Promise<{ readonly packages: Found; readonly versions: Found }> {
  const packages = { names: [] as string[], kept: [] as Kept[] };
  const versions = { names: [] as string[], kept: [] as Kept[] };
  for await (const { packageName: name = "" } of listPackages(fleet)) {
    seen();
    if (!isOurs(await listTags(fleet, packageArn(fleet, name)))) continue;
    const user = await userOfPackage(fleet, name, things);
    if (user !== undefined) {
      packages.kept.push({ name, why: user });
      continue;
    }
    let foreign: string | undefined;
    for await (const { versionName = "" } of listPackageVersions(fleet, name)) {
      seen();
      const arn = `${packageArn(fleet, name)}/version/${versionName}`;
      if (isOurs(await listTags(fleet, arn))) versions.names.push(`${name} ${versionName}`);
      else foreign = versionName;
    }
    if (foreign === undefined) packages.names.push(name);
    else packages.kept.push({ name, why: `somebody else made its version ${foreign}` });
  }
  return { packages, versions };
}

async function userOfPackage(
  fleet: Fleet,
  name: string,
  { others, byType }: Survey,
): Promise<string | undefined> {
  if (others.size === 0) return undefined;
  // A type's name is its package's name too.
  const sameType = byType.get(name)?.others;
  if (sameType && sameType.things > 0) return `${told(sameType)} of another prefix may run it`;
  const status = await indexStatus(fleet);
  if (status !== "ACTIVE" && status !== "REBUILDING") return undefined;
  const running =
    `attributes.workshop:fleetlab AND shadow.name.$package.reported.${name}.version:* ` +
    `AND NOT thingName:${fleet.prefix}*`;
  const users = await countThings(fleet, running);
  return users === 0 ? undefined : `${count(users)} things of other prefixes run it`;
}

function add(tally: Tally, name: string): void {
  tally.example ||= name;
  tally.things++;
}

/** `Ada-001`, or `Ada-001 and 11 more` */
export function toldOf(names: ReadonlySet<string>): string {
  return told({ things: names.size, example: names.values().next().value ?? "" });
}

function told({ things, example }: Tally): string {
  return things === 1 ? example : `${example} and ${count(things - 1)} more`;
}
