import { describe, expect, it } from "vitest";
import { reportFirmware } from "../../../lib/fleet/software/device-firmware.js";
import { getShadow, reportState } from "../../../lib/fleet/shadows/shadows.js";
import { driveOneDay } from "../../../lib/tasks/simulation/drive.js";
import { openVans } from "../simulated-fleet.js";

const van = (number: number) => `Vehicle-VIN-00${number}`;

describe("driveOneDay", () => {
  it("leaves a vehicle that really runs the draining version below 30 %, any other above 50 %", async () => {
    const { fleet, settle } = await openVans(4);
    const battery = async (name: string) =>
      (await settle(getShadow(fleet, name)))?.state.reported?.["batteryStatus"];
    await settle(reportFirmware(fleet, van(1), [{ packageName: "Van", versionName: "1.1.0" }]));
    // Only the record of this one says so.
    await settle(reportState(fleet, van(2), { Van: { version: "1.1.0" } }, "$package"));

    const { done, failed } = await settle(driveOneDay(fleet, { draining: "1.1.0" }));

    expect([done, failed]).toEqual([4, []]);
    expect(await battery(van(1))).toBeLessThan(30);
    for (const number of [2, 3, 4]) expect(await battery(van(number))).toBeGreaterThan(50);
  });

  it("reports the same again while nobody has installed anything", async () => {
    const { fleet, settle } = await openVans(1);
    const battery = async () => (await settle(getShadow(fleet, van(1))))?.state.reported;

    await settle(driveOneDay(fleet, { draining: "1.1.0" }));
    const first = await battery();
    await settle(driveOneDay(fleet, { draining: "1.1.0" }));

    expect(await battery()).toEqual(first);
  });
});
