import { collect } from "../../aws/collect.js";
import type { Fleet } from "../../aws/connect.js";
import { many, type ManyResult } from "../../aws/many.js";
import { getShadow, PACKAGE_SHADOW, reportState } from "../shadows/shadows.js";
import {
  addToGroup,
  countryGroupName,
  isCountryGroup,
  listGroupsOfThing,
  removeFromGroup,
  requireOurGroup,
} from "./thing-groups.js";
import { convergeThing } from "./things.js";

/** A vehicle as the workshop plans it: a thing, its group, and what it reports at first. */
export interface Device {
  readonly name: string;
  readonly type: string;
  readonly country: string;
  readonly customerId: string;
  /** `YYYY-MM-DD` */
  readonly manufacturingDate: string;
  /** Battery charge in percent. */
  readonly battery: number;
  /** The firmware it leaves the factory with. */
  readonly version: string;
}

/**
 * Create vehicles: each a thing with attributes, a member of its country's group, with a classic
 * shadow that reports its battery and a `$package` shadow that reports its firmware.
 *
 * A new vehicle takes DescribeThing, CreateThing, AddThingToThingGroup and two UpdateThingShadow.
 * One that is there already is compared and completed: a second call repairs what is missing and
 * leaves alone what the vehicle has reported since, such as another battery level or version. One
 * that a former plan had in another country or of another type is moved.
 *
 * @param total how many there are, for the progress line
 * @returns vehicles whose country's group was not made by the workshop stand in `failed`
 */
export async function createDevices(
  fleet: Fleet,
  devices: Iterable<Device> | AsyncIterable<Device>,
  total?: number,
): Promise<ManyResult> {
  const groups = new Map<string, Promise<string>>();
  const groupOf = (country: string): Promise<string> => {
    const group = groups.get(country) ?? requireOurGroup(fleet, countryGroupName(fleet, country));
    groups.set(country, group);
    return group;
  };
  return many(
    fleet,
    { title: "Vehicles", items: devices, total, name: ({ name }) => name },
    async (device) => {
      const { name, type, country, customerId, manufacturingDate } = device;
      const group = await groupOf(country);
      const { outcome, before } = await convergeThing(fleet, {
        name,
        type,
        attributes: { customerId, country, manufacturingDate },
      });
      const isNew = outcome === "created";
      const hasMoved = isNew ? await join(fleet, name, group) : await moveTo(fleet, name, group);
      const hasBattery = await reportBattery(fleet, device, isNew);
      const hasSoftware = await reportSoftware(fleet, device, isNew, before?.thingTypeName);
      const isAsWanted = outcome === "existed" && !hasMoved && !hasBattery && !hasSoftware;
      return isAsWanted ? "existed" : "done";
    },
  );
}

/*
 * Each of these says whether it changed something. A vehicle created just now has nothing of its
 * own yet, even if a shadow of a former thing of that name is still there: it need not be asked.
 */

async function join(fleet: Fleet, name: string, group: string): Promise<boolean> {
  await addToGroup(fleet, name, group);
  return true;
}

/** Into this country's group and out of all others; a look at each run finds a half-done move. */
async function moveTo(fleet: Fleet, name: string, group: string): Promise<boolean> {
  const now = await collect(listGroupsOfThing(fleet, name));
  const others = now.filter((other) => isCountryGroup(fleet, other) && other !== group);
  for (const other of others) await removeFromGroup(fleet, name, other);
  if (now.includes(group)) return others.length > 0;
  return join(fleet, name, group);
}

async function reportBattery(fleet: Fleet, device: Device, isNew: boolean): Promise<boolean> {
  if (!isNew && (await getShadow(fleet, device.name))) return false;
  await reportState(fleet, device.name, { batteryStatus: device.battery });
  return true;
}

/** The firmware it left the factory with; one that changed its type loses the former type's. */
async function reportSoftware(
  fleet: Fleet,
  { name, type, version }: Device,
  isNew: boolean,
  formerType: string | undefined,
): Promise<boolean> {
  const known = isNew ? undefined : await getShadow(fleet, name, PACKAGE_SHADOW);
  const reported = known?.state.reported ?? {};
  const isStale = formerType !== undefined && formerType !== type && formerType in reported;
  if (reported[type] !== undefined && !isStale) return false;
  const state = {
    ...(reported[type] === undefined && { [type]: { version, attributes: {} } }),
    ...(isStale && { [formerType]: null }),
  };
  await reportState(fleet, name, state, PACKAGE_SHADOW);
  return true;
}
