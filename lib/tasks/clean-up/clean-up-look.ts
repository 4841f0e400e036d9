import type { Fleet } from "../../aws/connect.js";
import { isOurs } from "../../aws/ownership.js";
import { countThings, indexStatus } from "../../fleet/search/fleet-index.js";
import { listExecutions } from "../../fleet/jobs/job-executions.js";
import { describeJob, listJobs } from "../../fleet/jobs/jobs.js";
import { listCommands } from "../../fleet/commands/commands.js";
import { listPackageVersions, packageArn } from "../../fleet/software/package-versions.js";
import { listPackages } from "../../fleet/software/packages.js";
import { listTags } from "../../fleet/registry/tags.js";
import {
  findThingGroup,
  listThingGroups,
  listThingsInGroup,
} from "../../fleet/registry/thing-groups.js";
import { listThingTypes } from "../../fleet/registry/thing-types.js";
import { count } from "../../show/progress.js";
import { told, type Found, type Kept, type Seen, type Survey } from "./clean-up-survey.js";

/**
 * With other prefixes at work, only what is certainly ours alone goes: what our things, and none of
 * theirs, have, are in or take part in, or what begins with our prefix. What begins with another
 * prefix is not even looked at: of a class's resources, most are others'. The last learner's cleanup
 * takes the rest.
 */
const UNCERTAIN = "no thing of ours needs it, so it may be of another prefix";

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
    if (things.whose(name) === "theirs") continue;
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

/** Why a group has to stay, if it has to; asked only when anybody stays at all. */
async function userOfGroup(
  fleet: Fleet,
  group: string,
  { mine, others, strangers, whose }: Survey,
  isStatic: boolean,
): Promise<string | undefined> {
  // Nobody was put into a dynamic group: a stranger that its query finds does not need it.
  if (others.size === 0 && !(isStatic && strangers > 0)) return undefined;
  let hasOurs = false;
  for await (const thing of listThingsInGroup(fleet, group)) {
    if (isStatic ? !mine.has(thing) : others.has(thing)) return `${thing} is in it`;
    hasOurs ||= mine.has(thing);
  }
  return hasOurs || others.size === 0 || whose(group) === "ours" ? undefined : UNCERTAIN;
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
  for await (const { jobId = "", jobArn = "" } of listJobs(fleet)) {
    seen();
    if (things.whose(jobId) === "theirs" || !isOurs(await listTags(fleet, jobArn))) continue;
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
  { others, whose }: Survey,
  stayingGroups: readonly string[],
): Promise<string | undefined> {
  const { targets } = await describeJob(fleet, jobId);
  const group = targets.find(({ kind, name }) => kind === "group" && stayingGroups.includes(name));
  if (group) return `it is for the group ${group.name}, which stays`;
  let hasOurs = false;
  for await (const { thing } of listExecutions(fleet, jobId)) {
    if (others.has(thing)) return `${thing} has a part in it`;
    hasOurs = true;
  }
  return hasOurs || whose(jobId) === "ours" ? undefined : UNCERTAIN;
}

/**
 * Commands of ours. They are for no thing in particular: with other prefixes at work, only those go
 * that are named like ours. One that AWS is deleting is on its way already.
 */
export async function lookForCommands(fleet: Fleet, things: Survey, seen: Seen): Promise<Found> {
  const names: string[] = [];
  const kept: Kept[] = [];
  for await (const { commandId = "", commandArn = "", pendingDeletion } of listCommands(fleet)) {
    seen();
    if (pendingDeletion || things.whose(commandId) === "theirs") continue;
    if (!isOurs(await listTags(fleet, commandArn))) continue;
    const isCertain = things.others.size === 0 || things.whose(commandId) === "ours";
    if (isCertain) names.push(commandId);
    else kept.push({ name: commandId, why: UNCERTAIN });
  }
  return { names, kept };
}

/** Thing types of ours. One stays while anybody's things have it: AWS would not let it go. */
export async function lookForThingTypes(fleet: Fleet, things: Survey, seen: Seen): Promise<Found> {
  const names: string[] = [];
  const kept: Kept[] = [];
  for await (const { thingTypeName: name = "", thingTypeArn = "" } of listThingTypes(fleet)) {
    seen();
    if (things.whose(name) === "theirs") continue;
    if (!isOurs(await listTags(fleet, thingTypeArn))) continue;
    const users = things.byType.get(name);
    if (!users) {
      const isCertain =
        things.others.size === 0 || things.myTypes.has(name) || things.whose(name) === "ours";
      if (isCertain) names.push(name);
      else kept.push({ name, why: UNCERTAIN });
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
    if (things.whose(name) === "theirs") continue;
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
  { others, myTypes, byType, whose }: Survey,
): Promise<string | undefined> {
  if (others.size === 0) return undefined;
  if (!myTypes.has(name) && whose(name) !== "ours") return UNCERTAIN;
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
