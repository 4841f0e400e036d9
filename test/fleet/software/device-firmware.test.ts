import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import {
  installFirmware,
  reportedFirmware,
  reportFirmware,
} from "../../../lib/fleet/software/device-firmware.js";
import { buildFirmware } from "../../../lib/fleet/software/firmware.js";
import { getShadow, reportState } from "../../../lib/fleet/shadows/shadows.js";
import { openTestFleet } from "../../fleet.js";

const van = { packageName: "Van", versionName: "1.1.0" };

describe("installFirmware", () => {
  it("reads from the image what it is", () => {
    const file = buildFirmware(van);

    expect(installFirmware(file, { packageName: "Van" })).toEqual(van);
  });

  it.each([
    ["another package", { packageName: "Bus" }, "The image is Van 1.1.0, not Bus."],
    ["another version", { ...van, versionName: "2" }, "The image is Van 1.1.0, not Van 2."],
  ])("refuses an image of %s", (_, expected, message) => {
    const install = () => installFirmware(buildFirmware(van), expected);

    expect(install).toThrow(expect.objectContaining({ name: "InstallError", message }));
  });

  it.each([
    ["no zip", Buffer.from("not a zip")],
    ["a zip without an image", zipSync({ "readme.txt": Buffer.from("hello") })],
    ["a zip with something else", zipSync({ "firmware.bin": Buffer.from("hello") })],
  ])("refuses %s", (_, file) => {
    const install = () => installFirmware(file, van);

    expect(install).toThrow(expect.objectContaining({ name: "InstallError" }));
  });
});

describe("reportFirmware", () => {
  it("says what the vehicle runs and keeps what it reported before", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(reportState(fleet, "v", { batteryStatus: 80, firmware: { Radio: "7" } }));

    await settle(reportFirmware(fleet, "v", [van]));
    const shadow = await settle(getShadow(fleet, "v"));

    expect(shadow?.state.reported).toEqual({
      batteryStatus: 80,
      firmware: { Radio: "7", Van: "1.1.0" },
    });
  });
});

describe("reportedFirmware", () => {
  it("is empty before the first installation, and without a shadow", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(reportState(fleet, "v", { batteryStatus: 80 }));

    expect(await settle(reportedFirmware(fleet, "v"))).toEqual({});
    expect(await settle(reportedFirmware(fleet, "none"))).toEqual({});
  });
});
