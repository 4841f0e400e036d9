import type { Fleet } from "../aws/connect.js";
import { many, type ManyResult } from "../aws/many.js";
import { getShadow, PACKAGE_SHADOW, reportState } from "./shadows.js";
import {
  addToGroup,
  countryGroupName,
  isCountryGroup,
  listGroupsOfThing,
  removeFromGroup,
} from "./thing-groups.js";
import { createThing } from "./things.js";

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
 * leaves alone what the vehicle has reported since, such as another battery level or version.
 *
 * @param total how many there are, for the progress line
 */
export async function createDevices(
  fleet: Fleet,
  devices: Iterable<Device> | AsyncIterable<Device>,
  total?: number,
): Promise<ManyResult> {
  return many(
    fleet,
    { title: "Vehicles", items: devices, total, name: ({ name }) => name },
    async (device) => {
      const { name, type, country, customerId, manufacturingDate } = device;
      const outcome = await createThing(fleet, {
        name,
        type,
        attributes: { customerId, country, manufacturingDate },
      });
      if (outcome === "updated") await leaveOtherCountries(fleet, device);
      await addToGroup(fleet, name, countryGroupName(country));
      const isNew = outcome === "created";
      const battery = await reportFirst(fleet, isNew, name, { batteryStatus: device.battery });
      const software = await reportFirst(
        fleet,
        isNew,
        name,
        { [type]: { version: device.version, attributes: {} } },
        PACKAGE_SHADOW,
      );
      return outcome === "existed" && !battery && !software ? "existed" : "done";
    },
  );
}

/** A vehicle that was planned for another country before is still in that country's group. */
async function leaveOtherCountries(fleet: Fleet, { name, country }: Device): Promise<void> {
  for await (const group of listGroupsOfThing(fleet, name)) {
    if (isCountryGroup(group) && group !== countryGroupName(country)) {
      await removeFromGroup(fleet, name, group);
    }
  }
}

/**
 * Report a first state, unless the shadow has one already. A vehicle created just now has none of
 * its own, even if a shadow of a former thing of that name is still there.
 *
 * @returns true when something was written
 */
async function reportFirst(
  fleet: Fleet,
  isNew: boolean,
  name: string,
  state: Readonly<Record<string, unknown>>,
  shadow?: string,
): Promise<boolean> {
  if (!isNew && (await getShadow(fleet, name, shadow))) return false;
  await reportState(fleet, name, state, shadow);
  return true;
}
