import { collect } from "../../aws/collect.js";
import type { Fleet } from "../../aws/connect.js";
import { FleetError, NotOursError } from "../../aws/errors.js";
import { isOurs, tagMap } from "../../aws/ownership.js";
import { waitForGroup } from "../../fleet/search/dynamic-groups.js";
import { findPackageVersion, listPackageVersions } from "../../fleet/software/package-versions.js";
import { findRole, jobsRoleName } from "../../fleet/software/roles.js";
import { findThingGroup, listThingsInGroup } from "../../fleet/registry/thing-groups.js";

/**
 * How many vehicles the groups hold together, and the queries of those that are dynamic, by name.
 *
 * Calls DescribeThingGroup for each, waits until the dynamic ones are built, and calls
 * ListThingsInThingGroup, 250 a page.
 *
 * @throws FleetError when a group is not there
 */
export async function lookAtGroups(
  fleet: Fleet,
  groups: readonly string[],
): Promise<{ readonly devices: number; readonly dynamic: ReadonlyMap<string, string> }> {
  const missing: string[] = [];
  const dynamic = new Map<string, string>();
  for (const name of groups) {
    const found = await findThingGroup(fleet, name);
    if (!found) missing.push(name);
    if (found?.queryString) dynamic.set(name, found.queryString);
  }
  if (missing.length > 0) {
    throw new FleetError(
      `There is no thing group ${missing.join(", ")}, so no job can be sent to it. listThingGroups() ` +
        `shows those there are; notebooks 01 and 02 create static and dynamic ones.`,
    );
  }
  const things = new Set<string>();
  for (const name of groups) {
    // A job may be sent before a dynamic group is built, and would then miss some of its vehicles.
    if (dynamic.has(name)) await waitForGroup(fleet, name);
    for await (const thing of listThingsInGroup(fleet, name)) things.add(thing);
  }
  return { devices: things.size, dynamic };
}

/**
 * Make sure that a version can be shipped. Calls GetPackageVersion, and ListPackageVersions when there
 * is no such version.
 *
 * @returns what is worth knowing about it, a sentence each
 * @throws FleetError when it is not there, is a draft, or has no file
 */
export async function lookAtVersion(
  fleet: Fleet,
  ships: { readonly package: string; readonly version: string },
): Promise<string[]> {
  const title = `${ships.package} ${ships.version}`;
  const found = await findPackageVersion(fleet, {
    packageName: ships.package,
    versionName: ships.version,
  });
  if (!found) {
    const others = await collect(listPackageVersions(fleet, ships.package));
    const list = others.map(({ versionName, status }) => `${versionName} (${status})`).join(", ");
    throw new FleetError(
      `There is no ${title} in the catalog` +
        (list ? `; choose one of ${list}.` : `: create it in notebook 03.`),
    );
  }
  if (found.status === "DRAFT") {
    throw new FleetError(
      `${title} is a draft, and drafts cannot be shipped: publish it first, with ` +
        `publishPackageVersion(fleet, { packageName: "${ships.package}", versionName: "${ships.version}" }).`,
    );
  }
  if (!found.artifact?.s3Location?.key) {
    throw new FleetError(
      `${title} has no file, so there is nothing to download. A published version never changes: ` +
        `create another one, with releaseFirmware().`,
    );
  }
  return [
    ...(found.status === "DEPRECATED"
      ? [`${title} is deprecated: it can still be shipped, but somebody has retired it.`]
      : []),
    ...(found.attributes?.["sha256"] === undefined
      ? [`${title} has no attribute sha256: vehicles cannot verify what they download.`]
      : []),
  ];
}

/**
 * The ARN of the role with which AWS IoT signs links. Calls GetRole.
 *
 * @throws FleetError when there is none
 * @throws NotOursError when the workshop did not make it
 */
export async function jobsRoleArn(fleet: Fleet): Promise<string> {
  const name = jobsRoleName(fleet);
  const role = await findRole(fleet, name);
  if (!role?.Arn) {
    throw new FleetError(
      `There is no role ${name}, with which AWS IoT signs download links. Create it: ` +
        `await createJobsRole(fleet).`,
    );
  }
  if (isOurs(tagMap(role.Tags))) return role.Arn;
  throw new NotOursError(
    `The role ${name} exists and was not made by the workshop, so no job signs links with it.`,
  );
}
