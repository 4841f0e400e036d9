import type { Fleet } from "../aws/connect.js";
import { WaitTimeoutError } from "../aws/errors.js";
import { isOurs } from "../aws/ownership.js";
import { waitUntil } from "../aws/wait.js";
import { countThings, indexStatus } from "../fleet/fleet-index.js";
import { findFirmwareBucket, firmwareBucketName } from "../fleet/firmware-bucket.js";
import { getPackageConfiguration, listPublishedVersions } from "../fleet/packages.js";
import { findRole, jobsRoleName, packageConfigRoleName } from "../fleet/roles.js";
import { listTags } from "../fleet/tags.js";
import { isCountryGroup, listThingGroups } from "../fleet/thing-groups.js";
import { listThingTypes } from "../fleet/thing-types.js";
import { listOurThings } from "../fleet/things.js";
import { count } from "../show/progress.js";
import { table } from "../show/table.js";

/** One thing that a notebook should have left behind, and whether it is there. */
export interface Check {
  /** `Vehicles` */
  readonly what: string;
  readonly isMet: boolean;
  /** What the account holds. */
  readonly found: string;
  /** What to do when it is not met. */
  readonly wayOut: string;
}

/**
 * Look into the account (not into the notebook's variables) for what notebook 01 builds, and show
 * what is there, what is missing and how to repair it. Changes nothing.
 *
 * Calls list, describe and statistics operations; a fleet of 10,000 takes 40 pages of ListThings.
 *
 * @returns the checks, in the order of the notebook
 */
export async function checkProvisioning(fleet: Fleet): Promise<readonly Check[]> {
  const checks = [
    await checkThingTypes(fleet),
    await checkBucket(fleet),
    await checkIndex(fleet),
    await checkPackages(fleet),
    await checkRoles(fleet),
    await checkPackageConfiguration(fleet),
    await checkGroups(fleet),
    await checkVehicles(fleet),
    await checkInventory(fleet),
  ];
  fleet.output.show(
    table(
      checks,
      [
        { header: "", value: ({ isMet }) => (isMet ? "✓" : "✗") },
        { header: "What", value: ({ what }) => what },
        { header: "Found", value: ({ found }) => found },
        { header: "What to do", value: ({ isMet, wayOut }) => (isMet ? "" : wayOut) },
      ],
      checks.length,
    ),
  );
  return checks;
}

async function checkThingTypes(fleet: Fleet): Promise<Check> {
  const types = await ourThingTypes(fleet);
  return {
    what: "Thing types",
    isMet: types.length > 0,
    found: types.join(", ") || "none of ours",
    wayOut: 'Run the cell under "Thing types" again.',
  };
}

async function checkBucket(fleet: Fleet): Promise<Check> {
  const isThere = await findFirmwareBucket(fleet);
  return {
    what: "Firmware bucket",
    isMet: isThere,
    found: isThere ? firmwareBucketName(fleet) : "none",
    wayOut: 'Run the cell under "Firmware storage" again.',
  };
}

async function checkIndex(fleet: Fleet): Promise<Check> {
  const status = await indexStatus(fleet);
  return {
    what: "Fleet index",
    isMet: status === "ACTIVE",
    found: status,
    wayOut:
      status === "OFF" ? 'Run the cell under "Fleet indexing" again.' : "Wait a little, it builds.",
  };
}

async function checkPackages(fleet: Fleet): Promise<Check> {
  const found: string[] = [];
  const lacking: string[] = [];
  for (const name of await ourThingTypes(fleet)) {
    const versions: string[] = [];
    for await (const version of listPublishedVersions(fleet, name)) versions.push(version);
    if (versions.length > 0) found.push(`${name} ${versions.join(" ")}`);
    else lacking.push(name);
  }
  return {
    what: "Published versions",
    isMet: found.length > 0 && lacking.length === 0,
    found: found.join(", ") || "none",
    wayOut: `Run the cells under "Packages" again${lacking.length > 0 ? ` for ${lacking.join(", ")}` : ""}.`,
  };
}

async function checkRoles(fleet: Fleet): Promise<Check> {
  const names = [jobsRoleName(fleet), packageConfigRoleName(fleet)];
  const found: string[] = [];
  for (const name of names)
    if (await findRole(fleet, name)) found.push(name.split("-", 1)[0] ?? name);
  return {
    what: "Roles",
    isMet: found.length === names.length,
    found: found.join(", ") || "none",
    wayOut: 'Run the cell under "Roles" again.',
  };
}

async function checkPackageConfiguration(fleet: Fleet): Promise<Check> {
  const { isEnabled } = await getPackageConfiguration(fleet);
  return {
    what: "Package configuration",
    isMet: isEnabled,
    found: isEnabled ? "on" : "off",
    wayOut: 'Run the cell under "Package configuration" again.',
  };
}

async function checkGroups(fleet: Fleet): Promise<Check> {
  const found: string[] = [];
  for await (const { groupName = "", groupArn = "" } of listThingGroups(fleet)) {
    if (isCountryGroup(groupName) && isOurs(await listTags(fleet, groupArn))) found.push(groupName);
  }
  return {
    what: "Static groups",
    isMet: found.length > 0,
    found: found.join(", ") || "none of ours",
    wayOut: 'Run the cell under "Static groups" again.',
  };
}

async function checkVehicles(fleet: Fleet): Promise<Check> {
  let vehicles = 0;
  for await (const thing of listOurThings(fleet))
    if (thing.thingName?.startsWith(fleet.prefix)) vehicles++;
  return {
    what: "Vehicles",
    isMet: vehicles > 0,
    found: count(vehicles),
    wayOut: 'Run the cell under "The vehicles" again.',
  };
}

/** How long the index may take to see the last vehicle, in milliseconds. */
const INDEX_LAG_MS = 60_000;

/** Every vehicle should be searchable with its firmware version; the index is a few seconds behind. */
async function checkInventory(fleet: Fleet): Promise<Check> {
  const what = "Vehicles with a known firmware";
  if ((await indexStatus(fleet)) !== "ACTIVE") {
    return { what, isMet: false, found: "not searchable yet", wayOut: "Wait for the fleet index." };
  }
  const ours = `attributes.workshop:fleetlab AND thingName:${fleet.prefix}*`;
  let last = { known: 0, total: 0 };
  const look = async () => {
    last = {
      total: await countThings(fleet, ours),
      known: await countThings(fleet, `${ours} AND shadow.name.$package.reported.*.version:*`),
    };
    return last;
  };
  await waitUntil(
    fleet,
    { until: "the index has caught up", everyMs: 1_000, timeoutMs: INDEX_LAG_MS },
    async () => {
      const { known, total } = await look();
      return total > 0 && known === total
        ? { ready: true }
        : { waiting: `it knows the firmware of ${count(known)} of ${count(total)} vehicles` };
    },
  ).catch((error: unknown) => {
    // Not an error of the checkpoint: it is what the checkpoint has to tell.
    if (!(error instanceof WaitTimeoutError)) throw error;
  });
  return {
    what,
    isMet: last.total > 0 && last.known === last.total,
    found: `${count(last.known)} of ${count(last.total)}`,
    wayOut: 'Run the cell under "The vehicles" again; it completes those that lack a shadow.',
  };
}

/** Types of ours that new things may have. */
async function ourThingTypes(fleet: Fleet): Promise<string[]> {
  const names: string[] = [];
  for await (const { thingTypeName, thingTypeArn, thingTypeMetadata } of listThingTypes(fleet)) {
    if (!thingTypeName || !thingTypeArn || thingTypeMetadata?.deprecated) continue;
    if (isOurs(await listTags(fleet, thingTypeArn))) names.push(thingTypeName);
  }
  return names;
}
