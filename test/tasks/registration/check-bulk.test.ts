import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readReports } from "../../../lib/fleet/registration/registration-reports.js";
import {
  startRegistration,
  waitForRegistration,
  type RegistrationTask,
  type RegistrationWishes,
  type VehicleToRegister,
} from "../../../lib/fleet/registration/registration-tasks.js";
import { createCountryGroups } from "../../../lib/fleet/registry/thing-groups.js";
import { createThingTypes } from "../../../lib/fleet/registry/thing-types.js";
import { enableFleetIndexing } from "../../../lib/fleet/search/fleet-index.js";
import { checkBulk } from "../../../lib/tasks/registration/check-bulk.js";
import { openDeviceFleet, type DeviceFleet } from "../../device-fleet.js";

let test: DeviceFleet;
beforeAll(async () => {
  test = openDeviceFleet();
  await test.settle(createThingTypes(test.fleet, ["SedanVehicle"]));
  await test.settle(createCountryGroups(test.fleet, ["US"]));
  await test.settle(enableFleetIndexing(test.fleet));
});
afterAll(() => test.close());

const vehicle = (number: number, type = "SedanVehicle"): VehicleToRegister => ({
  name: `Vehicle-VIN-${String(number).padStart(3, "0")}`,
  type,
  country: "US",
});

async function register(
  list: readonly VehicleToRegister[],
  wishes: RegistrationWishes = {},
): Promise<RegistrationTask> {
  const task = await test.settle(startRegistration(test.fleet, list, wishes));
  await test.settle(waitForRegistration(test.fleet, task));
  return task;
}

const unmet = async (small: RegistrationTask, large: RegistrationTask): Promise<string[]> =>
  (await test.settle(checkBulk(test.fleet, { small, large })))
    .filter(({ isMet }) => !isMet)
    .map(({ what, found }) => `${what}: ${found}`);

describe("checkBulk", () => {
  it("is met by a small task with one bad line and a large one, also once that line is mended", async () => {
    const small = await register([vehicle(1), vehicle(2), vehicle(3, "Nothing")], {
      identity: "certificate",
    });
    const large = await register([vehicle(11), vehicle(12)]);

    // Keys are here, certificates are in the report.
    expect(await unmet(small, large)).toEqual(["Certificates beside their keys: 0"]);
    await test.settle(readReports(test.fleet, small));
    expect(await unmet(small, large)).toEqual([]);

    const mended = await register([vehicle(3)], { identity: "certificate" });
    await test.settle(readReports(test.fleet, mended));
    expect(await unmet(small, large)).toEqual([]);
  });

  it("names the task that has not registered what it should", async () => {
    const small = await register([vehicle(21)]);
    const large = await register([vehicle(22), vehicle(23, "Nothing")]);

    expect(await unmet(small, large)).toEqual([
      "The small task: Completed, 1 registered, 0 not",
      "Certificates beside their keys: 0",
      "The large task: Completed, 1 registered, 1 not",
    ]);
  });
});
