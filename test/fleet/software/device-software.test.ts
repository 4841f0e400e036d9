import { describe, expect, it } from "vitest";
import type { Fleet } from "../../../lib/aws/connect.js";
import { InvalidInputError } from "../../../lib/aws/errors.js";
import {
  deviceSoftware,
  softwareOf,
  writeInventory,
} from "../../../lib/fleet/software/device-software.js";
import { getShadow, reportState } from "../../../lib/fleet/shadows/shadows.js";
import { createThing } from "../../../lib/fleet/registry/things.js";
import { openTestFleet } from "../../fleet.js";

const NAME = "Vehicle-VIN-001";
const report = (fleet: Fleet, state: Record<string, unknown>) =>
  reportState(fleet, NAME, state, "$package");

/** A registered vehicle whose inventory has been written at two moments, an hour apart. */
async function withInventory() {
  const test = openTestFleet();
  const { fleet, settle, clock } = test;
  await settle(createThing(fleet, { name: NAME }));
  await settle(report(fleet, { Van: { version: "1.0.0", attributes: { build: "7" } } }));
  const first = clock.now();
  await clock.advance(3_600_000);
  await settle(report(fleet, { Radio: { version: "3.1" } }));
  return { ...test, first, second: clock.now() };
}

/** Shadows count whole seconds. */
const toSecond = (ms: number) => new Date(Math.floor(ms / 1000) * 1000);

describe("deviceSoftware", () => {
  it("D13: tells when each version was written, from the nested metadata", async () => {
    const { fleet, settle, first, second } = await withInventory();

    const software = await settle(deviceSoftware(fleet, NAME));

    const radio = { thing: NAME, packageName: "Radio", versionName: "3.1", attributes: {} };
    expect(software).toEqual([
      { ...radio, versionAt: toSecond(second) },
      {
        thing: NAME,
        packageName: "Van",
        versionName: "1.0.0",
        attributes: { build: "7" },
        versionAt: toSecond(first),
      },
    ]);
  });

  it("has nothing to tell of a device without an inventory", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(createThing(fleet, { name: NAME }));

    expect(await settle(deviceSoftware(fleet, NAME))).toEqual([]);
  });

  it("passes on that there is no such device", async () => {
    const { fleet, settle } = openTestFleet();

    await expect(settle(deviceSoftware(fleet, NAME))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });

  it("D29: refuses an illegal name before any call", async () => {
    const { fleet, settle, calls } = openTestFleet();

    await expect(settle(deviceSoftware(fleet, "a b"))).rejects.toThrow(InvalidInputError);
    expect(calls()).toEqual([]);
  });
});

describe("softwareOf", () => {
  it("tells of several devices, and which of them are unknown", async () => {
    const { fleet, settle } = await withInventory();

    const { software, failed } = await settle(softwareOf(fleet, [NAME, "Vehicle-VIN-999"]));

    expect(software.map(({ packageName }) => packageName)).toEqual(["Radio", "Van"]);
    expect(failed).toMatchObject([{ name: "Vehicle-VIN-999", error: "ResourceNotFoundException" }]);
  });
});

describe("writeInventory", () => {
  it("changes the one version and nothing beside it", async () => {
    const { fleet, settle } = await withInventory();

    await settle(writeInventory(fleet, NAME, { packageName: "Van", versionName: "1.1.0" }));

    expect((await settle(getShadow(fleet, NAME, "$package")))?.state.reported).toEqual({
      Van: { version: "1.1.0", attributes: { build: "7" } },
      Radio: { version: "3.1" },
    });
  });
});
