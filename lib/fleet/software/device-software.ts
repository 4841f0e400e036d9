import { DescribeThingCommand } from "@aws-sdk/client-iot";
import type { Fleet } from "../../aws/connect.js";
import { many, type ManyResult } from "../../aws/many.js";
import { checkName, checkNames, packageName, thingName, versionName } from "../registry/names.js";
import { getShadow, PACKAGE_SHADOW, reportState } from "../shadows/shadows.js";

/** One package as the inventory of a device, its `$package` shadow, has it. */
export interface InstalledPackage {
  readonly thing: string;
  readonly packageName: string;
  /** Undefined when the inventory names the package without a version. */
  readonly versionName: string | undefined;
  /** What the device reported of it; the attributes of the catalog's version are not copied here. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** When the version was last written, be it the same again. To the second, as shadows count time. */
  readonly versionAt: Date | undefined;
}

/**
 * What software a device has, as its inventory says: the `$package` shadow, which successful jobs
 * write when the package configuration is on, and which anybody else with the right may write too.
 *
 * Calls GetThingShadow, and DescribeThing when there is none.
 *
 * @returns one entry for each package, by name; none when the device has no inventory yet
 * @throws InvalidInputError before any call, when the name is illegal
 * @throws ResourceNotFoundException when there is no such thing
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/preparing-to-use-software-package-catalog.html
 */
export async function deviceSoftware(fleet: Fleet, thing: string): Promise<InstalledPackage[]> {
  checkName(thing, thingName);
  const shadow = await getShadow(fleet, thing, PACKAGE_SHADOW);
  if (!shadow) {
    // No inventory, or no such device: only the registry can tell which.
    await fleet.iot.send(new DescribeThingCommand({ thingName: thing }));
    return [];
  }
  const times = shadow.metadata.reported;
  return Object.entries(shadow.state.reported ?? {})
    .map(([name, reported]) => {
      const { version, attributes } = objectOf(reported);
      const seconds = objectOf(objectOf(times?.[name])["version"])["timestamp"];
      return {
        thing,
        packageName: name,
        versionName: textOf(version),
        attributes: objectOf(attributes),
        versionAt: typeof seconds === "number" ? new Date(seconds * 1000) : undefined,
      };
    })
    .sort((a, b) => (a.packageName < b.packageName ? -1 : 1));
}

/**
 * What software several devices have, as {@link deviceSoftware} does.
 *
 * @returns what became of the look-ups, and the packages in the order of `things`. A device without
 *   an inventory counts as done; an unknown one stands in `failed`.
 * @throws InvalidInputError before any call, when a name is illegal, there twice, or there is none
 */
export async function softwareOf(
  fleet: Fleet,
  things: readonly string[],
): Promise<ManyResult & { readonly software: readonly InstalledPackage[] }> {
  checkNames(things, thingName);
  const found = new Map<string, readonly InstalledPackage[]>();
  const result = await many(
    fleet,
    { title: "Inventories", items: things, total: things.length, name: (thing) => thing },
    async (thing) => {
      found.set(thing, await deviceSoftware(fleet, thing));
      return "done";
    },
  );
  return { ...result, software: things.flatMap((thing) => found.get(thing) ?? []) };
}

/**
 * Write a version into the inventory of a device. The device is not asked and does not change.
 *
 * Calls UpdateThingShadow on `$package`. What the device reported as attributes of the package stays,
 * as it does when a job writes the version.
 *
 * @throws InvalidInputError before the call, when a name is illegal
 */
export async function writeInventory(
  fleet: Fleet,
  thing: string,
  { packageName: name, versionName: version }: { packageName: string; versionName: string },
): Promise<void> {
  checkName(thing, thingName);
  checkName(name, packageName);
  checkName(version, versionName);
  await reportState(fleet, thing, { [name]: { version } }, PACKAGE_SHADOW);
}

/** A part of a shadow as a text; anybody may have written something else there. */
function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** A part of a shadow as an object; anybody may have written something else there. */
function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
