import { beforeEach, describe, expect, it } from "vitest";
import { reportFirmware } from "../../../lib/fleet/software/device-firmware.js";
import { writeInventory } from "../../../lib/fleet/software/device-software.js";
import { createDynamicGroup } from "../../../lib/fleet/search/dynamic-groups.js";
import { checkRollBack } from "../../../lib/tasks/rollback/check-rollback.js";
import { pathOf } from "../../../lib/tasks/path/path.js";
import { devicesOf, planFleet } from "../../../lib/tasks/provisioning/plan.js";
import { provision } from "../../../lib/tasks/provisioning/provision.js";
import { openTestFleet, type TestFleet } from "../../fleet.js";

const failing = (checks: readonly { what: string; isMet: boolean; found: string }[]) =>
  checks.filter(({ isMet }) => !isMet).map(({ what, found }) => `${what}: ${found}`);

describe("checkRollBack", () => {
  let test: TestFleet;
  let path: ReturnType<typeof pathOf>;
  const first = (type: string): string =>
    [...devicesOf(path.plan)].find((device) => device.type === type)?.name ?? "";

  /** What a job leaves on a vehicle. */
  const install = async (thing: string, packageName: string, versionName: string) => {
    await test.settle(reportFirmware(test.fleet, thing, [{ packageName, versionName }]));
    await test.settle(writeInventory(test.fleet, thing, { packageName, versionName }));
  };

  beforeEach(async () => {
    test = openTestFleet();
    const plan = planFleet(test.fleet, { thingTypes: ["Van", "Bus"], countries: 1, devices: 8 });
    path = pathOf(plan);
    await test.settle(provision(test.fleet, plan));
    await test.clock.advance(60_000);
  });

  it("is met when A is back, also on vehicles that never went, and B's record is right", async () => {
    await install(first("Van"), "Van", "1.0.0");
    await install(first("Bus"), "Bus", "1.1.0");

    const checks = await test.settle(checkRollBack(test.fleet, path.plan, { gone: ["Newer"] }));

    expect(checks).toHaveLength(4);
    expect(failing(checks)).toEqual([]);
  });

  it("sees a vehicle of A that is still on the newer version", async () => {
    const { fleet, settle } = test;
    await install(first("Van"), "Van", "1.1.0");
    const vans = [...devicesOf(path.plan)].filter(({ type }) => type === "Van").length;

    const checks = await settle(checkRollBack(fleet, path.plan));

    expect(failing(checks)).toEqual([`Van: on 1.0.0, on record: ${vans - 1} of ${vans}`]);
  });

  it("sees a record that lies, of either type", async () => {
    const { fleet, settle } = test;
    await settle(
      reportFirmware(fleet, first("Bus"), [{ packageName: "Bus", versionName: "1.1.0" }]),
    );
    const lyingB = failing(await settle(checkRollBack(fleet, path.plan)));
    await settle(
      reportFirmware(fleet, first("Van"), [{ packageName: "Van", versionName: "1.1.0" }]),
    );
    const both = failing(await settle(checkRollBack(fleet, path.plan)));

    expect(lyingB).toEqual([expect.stringMatching(/^Bus: record and vehicles agree: 1 of \d/)]);
    expect(both).toHaveLength(2);
  });

  it("is not met by vehicles that are not there", async () => {
    const { fleet, settle } = test;
    const other = planFleet(fleet, { thingTypes: ["Tram", "Bus"], countries: 1, devices: 8 });

    const checks = await settle(checkRollBack(fleet, other));

    expect(failing(checks)).toEqual(["Tram: on 1.0.0, on record: 0 of 0"]);
  });

  it("sees a group that was only needed on the way", async () => {
    const { fleet, settle } = test;
    await settle(createDynamicGroup(fleet, { name: "Newer", query: "thingTypeName:Van" }));

    const checks = await settle(checkRollBack(fleet, path.plan, { gone: ["Newer"] }));

    expect(failing(checks)).toEqual(["Groups on the way: Newer still there"]);
  });
});
