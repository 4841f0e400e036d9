import { collect } from "../../aws/collect.js";
import { requireConfirmation } from "../../aws/confirm.js";
import type { Fleet } from "../../aws/connect.js";
import { FleetError, InvalidInputError, NotOursError } from "../../aws/errors.js";
import { many, type ManyResult } from "../../aws/many.js";
import { OWNER, OWNER_TAG } from "../../aws/ownership.js";
import { waitUntil } from "../../aws/wait.js";
import { deviceSoftware, writeInventory } from "../../fleet/software/device-software.js";
import type { Release } from "../../fleet/software/firmware.js";
import { searchDevices } from "../../fleet/search/found-devices.js";
import { checkName, packageName, thingTypeName, versionName } from "../../fleet/registry/names.js";
import { findPackageVersion, listPackageVersions } from "../../fleet/software/package-versions.js";
import { INDEX_LAG_MS } from "../../fleet/search/fleet-index.js";
import { queryValue, vehiclesQuery } from "../../fleet/search/fleet-query.js";
import { findThing } from "../../fleet/registry/things.js";
import { compareVersions } from "../../fleet/software/version-order.js";
import { count } from "../../show/progress.js";
import { table } from "../../show/table.js";

/** Where to go back to. */
export interface RollBackWishes extends Release {
  /** The type of the vehicles. Default: the package's name. */
  readonly thingType?: string;
}

/** Who would be taken back to an older version. Nothing is changed yet. */
export interface RollBackPlan extends Release {
  /** The fleet query that found the candidates: every other version, since a query knows no order. */
  readonly query: string;
  /** The vehicles whose inventory names a newer version, by name. */
  readonly devices: readonly OutpacedDevice[];
  /** The newer versions that they are on, oldest first. */
  readonly newerVersions: readonly string[];
  /** Vehicles on another version that is not newer. They are not touched: that would be an upgrade. */
  readonly leftAlone: number;
}

/** A vehicle that is ahead of the version to go back to. */
export interface OutpacedDevice {
  readonly thing: string;
  /** What its inventory says. */
  readonly versionName: string;
}

/** What became of the record of one vehicle. */
export interface RecordedDevice {
  readonly thing: string;
  /** What the inventory said just before. */
  readonly before: string | undefined;
  /** What it says now: read again, not assumed. */
  readonly after: string | undefined;
}

/**
 * Find the vehicles that run a newer version than the one to go back to.
 *
 * Calls GetPackageVersion, then SearchIndex, 100 vehicles a page. A query can ask for a version but
 * not for a newer one, so this asks for all others and compares here (see {@link compareVersions}).
 * Only vehicles of the workshop under this prefix count. The index is some seconds late:
 * {@link recordVersion} looks again before it writes.
 *
 * @throws InvalidInputError when a name is illegal, or the version is none that a job could ship: it
 *   must be in the catalog, published or deprecated
 * @throws IndexNotReadyException while the index is built for the first time
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/example-queries.html
 */
export async function planRollBack(fleet: Fleet, wishes: RollBackWishes): Promise<RollBackPlan> {
  const release = {
    packageName: checkName(wishes.packageName, packageName),
    versionName: checkName(wishes.versionName, versionName),
  };
  const type = checkName(wishes.thingType ?? release.packageName, thingTypeName);
  await requireDeployable(fleet, release);
  const field = `shadow.name.$package.reported.${release.packageName}.version`;
  const query =
    `${vehiclesQuery(fleet)} AND thingTypeName:${queryValue(type)} AND ${field}:* ` +
    `AND NOT ${field}:${queryValue(release.versionName)}`;

  const { devices, leftAlone } = await findNewer(fleet, { ...release, query });
  const newerVersions = [...new Set(devices.map((device) => device.versionName))];
  newerVersions.sort(compareVersions);
  return { ...release, query, devices, newerVersions, leftAlone };
}

/** Whom the index knows on a newer version, by name, and how many others the query finds. */
async function findNewer(
  fleet: Fleet,
  { packageName: name, versionName: target, query }: Release & { readonly query: string },
): Promise<Pick<RollBackPlan, "devices" | "leftAlone">> {
  const devices: OutpacedDevice[] = [];
  let leftAlone = 0;
  for await (const { thing, software } of searchDevices(fleet, query)) {
    const versionName = software[name];
    if (versionName !== undefined && compareVersions(versionName, target) > 0) {
      devices.push({ thing, versionName });
    } else {
      leftAlone++;
    }
  }
  devices.sort((a, b) => (a.thing < b.thing ? -1 : 1));
  return { devices, leftAlone };
}

/**
 * Wait until the index knows no vehicle on a newer version than the plan's any more: groups and
 * queries follow the index, which follows the inventories some seconds late.
 *
 * Calls SearchIndex, 100 vehicles a page, every two seconds for at most a minute. On the sandbox its
 * clock is set ahead instead.
 *
 * @throws WaitTimeoutError with how many it found at last, such as those whose rollback has failed
 */
export async function waitForRollBack(fleet: Fleet, plan: RollBackPlan): Promise<void> {
  const until = `the index knows nobody on a newer ${plan.packageName} than ${plan.versionName}`;
  await waitUntil(fleet, { until, timeoutMs: INDEX_LAG_MS, isPassable: true }, async () => {
    const { devices } = await findNewer(fleet, plan);
    return devices.length === 0
      ? { ready: true }
      : { waiting: `it has ${vehicles(devices.length)} on one` };
  });
}

/** Show who would be taken back: the first eight vehicles, how many there are, and who is not meant. */
export function showRollBack(fleet: Fleet, plan: RollBackPlan): void {
  const { packageName: name, versionName: target, devices, leftAlone } = plan;
  fleet.output.line(
    devices.length === 0
      ? `No vehicle runs a newer ${name} than ${target}.`
      : `${vehicles(devices.length)} ${devices.length === 1 ? "runs" : "run"} a newer ${name} than ${target}.`,
  );
  if (leftAlone > 0) {
    fleet.output.line(`${vehicles(leftAlone)} on another version that is not newer: left alone.`);
  }
  if (devices.length === 0) return;
  fleet.output.show(
    table(devices, [
      { header: "Vehicle", value: ({ thing }) => thing },
      { header: "Now", value: ({ versionName }) => versionName },
      { header: "Back to", value: () => target },
    ]),
  );
}

/**
 * Write the older version into the inventory of the planned vehicles: the record only. No firmware
 * is sent and no vehicle asked, so what they run does not change. For that, ship the older version
 * with a job.
 *
 * For each vehicle calls DescribeThing and GetThingShadow, then UpdateThingShadow and GetThingShadow
 * once more. Vehicles that are not newer any more are left as they are and count as `existed`; so a
 * second call changes nothing. One that is gone since, or not ours, stands in `failed`.
 *
 * Dynamic groups follow the record, and so do the continuous jobs that target them.
 *
 * @param options.confirm `"REVERT"`
 * @returns what was done, and each vehicle's record before and after, in the order of the plan
 * @throws NotConfirmedError without it, and nothing is changed
 * @throws InvalidInputError when the version cannot be shipped any more, as {@link planRollBack} does
 */
export async function recordVersion(
  fleet: Fleet,
  plan: Release & { readonly devices: readonly { readonly thing: string }[] },
  { confirm }: { readonly confirm?: "REVERT" } = {},
): Promise<ManyResult & { readonly devices: readonly RecordedDevice[] }> {
  const { packageName: name, versionName: target, devices } = plan;
  const what = `${name} ${target} into the inventory of ${vehicles(devices.length)}`;
  requireConfirmation(
    confirm,
    "REVERT",
    `This writes ${what}; what they really run does not change.`,
  );
  await requireDeployable(fleet, plan);
  const recorded = new Map<string, RecordedDevice>();
  const result = await many(
    fleet,
    { title: "Records", items: devices, total: devices.length, name: ({ thing }) => thing },
    async ({ thing }) => {
      await requireOurVehicle(fleet, thing);
      const before = await versionOn(fleet, thing, name);
      const isNewer = before !== undefined && compareVersions(before, target) > 0;
      if (isNewer) await writeInventory(fleet, thing, { packageName: name, versionName: target });
      const after = isNewer ? await versionOn(fleet, thing, name) : before;
      recorded.set(thing, { thing, before, after });
      return isNewer ? "done" : "existed";
    },
  );
  return { ...result, devices: devices.flatMap(({ thing }) => recorded.get(thing) ?? []) };
}

/** A match of the index may be stale. A shadow can be written for what is no thing; this one is not. */
async function requireOurVehicle(fleet: Fleet, name: string): Promise<void> {
  const found = await findThing(fleet, name);
  if (!found) throw new FleetError(`The thing ${name} does not exist any more.`);
  if (found.attributes?.[OWNER_TAG] === OWNER) return;
  throw new NotOursError(`The thing ${name} was not made by the workshop, so it is left alone.`);
}

async function versionOn(fleet: Fleet, thing: string, name: string): Promise<string | undefined> {
  const software = await deviceSoftware(fleet, thing);
  return software.find((one) => one.packageName === name)?.versionName;
}

/** An inventory that names a version which nobody can ship would lead nowhere. */
async function requireDeployable(fleet: Fleet, release: Release): Promise<void> {
  const { packageName: name, versionName: version } = release;
  const found = await findPackageVersion(fleet, { packageName: name, versionName: version });
  if (found?.status === "PUBLISHED" || found?.status === "DEPRECATED") return;
  const others = (await collect(listPackageVersions(fleet, name)))
    .filter(({ status }) => status !== "DRAFT")
    .flatMap(({ versionName }) => versionName ?? [])
    .sort(compareVersions);
  throw new InvalidInputError(
    `a version of ${name} to go back to`,
    version,
    found ? "be published, this is a draft" : "be in the software package catalog",
    others.length > 0 ? `Choose one of ${others.join(", ")}.` : `The catalog has none of ${name}.`,
  );
}

function vehicles(n: number): string {
  return `${count(n)} vehicle${n === 1 ? "" : "s"}`;
}
