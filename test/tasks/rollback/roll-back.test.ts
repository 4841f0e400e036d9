import { CreatePackageVersionCommand, CreateThingCommand } from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { NotConfirmedError } from "../../../lib/aws/confirm.js";
import type { Fleet } from "../../../lib/aws/connect.js";
import { InvalidInputError, WaitTimeoutError } from "../../../lib/aws/errors.js";
import { deviceSoftware } from "../../../lib/fleet/software/device-software.js";
import {
  releaseFirmware,
  deletePackageVersion,
  deprecatePackageVersion,
} from "../../../lib/fleet/software/package-versions.js";
import { reportState } from "../../../lib/fleet/shadows/shadows.js";
import { deleteThing } from "../../../lib/fleet/registry/things.js";
import { planFleet } from "../../../lib/tasks/provisioning/plan.js";
import { provision } from "../../../lib/tasks/provisioning/provision.js";
import {
  planRollBack,
  recordVersion,
  showRollBack,
  waitForRollBack,
} from "../../../lib/tasks/rollback/roll-back.js";
import { openTestFleet } from "../../fleet.js";

const TO = { packageName: "Van", versionName: "1.1.0" };

/** Vans 1 to 6 on these versions; the catalog has 1.0.0, 1.1.0, 1.9.0 and 1.10.0. */
const VERSIONS = ["1.0.0", "1.1.0", "1.10.0", "1.9.0", "1.1.0-beta", "1.10.0"];
const van = (number: number) => `Vehicle-VIN-00${number}`;

async function vans() {
  const test = openTestFleet();
  const { fleet, settle, clock } = test;
  const versions = ["1.0.0", "1.1.0", "1.9.0", "1.10.0"];
  const plan = planFleet(fleet, { thingTypes: ["Van"], versions, countries: 1, devices: 6 });
  await settle(provision(fleet, plan));
  for (const [i, version] of VERSIONS.entries()) {
    await settle(reportState(fleet, van(i + 1), { Van: { version } }, "$package"));
  }
  await clock.advance(60_000);
  return test;
}

const versionOf = async (fleet: Fleet, thing: string) =>
  (await deviceSoftware(fleet, thing)).find(({ packageName }) => packageName === "Van")
    ?.versionName;

describe("planRollBack", () => {
  it("D10: finds the vehicles on a newer version, and leaves the older ones alone", async () => {
    const { fleet, settle } = await vans();

    const plan = await settle(planRollBack(fleet, TO));

    expect(plan.devices).toEqual([
      { thing: van(3), versionName: "1.10.0" },
      { thing: van(4), versionName: "1.9.0" },
      { thing: van(6), versionName: "1.10.0" },
    ]);
    expect(plan.newerVersions).toEqual(["1.9.0", "1.10.0"]);
    expect(plan.leftAlone).toBe(2);
  });

  it("D14: finds them on every page of the search", async () => {
    const { fleet, settle, clock } = openTestFleet();
    const wishes = { thingTypes: ["Van"], versions: ["1.1.0"], devices: 120 };
    await settle(provision(fleet, planFleet(fleet, { ...wishes, countries: 1 })));
    await settle(releaseFirmware(fleet, { packageName: "Van", versionName: "1.0.0" }));
    await clock.advance(60_000);

    const plan = await settle(planRollBack(fleet, { ...TO, versionName: "1.0.0" }));

    expect(plan.devices).toHaveLength(120);
  });

  it("does not find what the workshop did not make", async () => {
    const { fleet, settle, clock } = await vans();
    const theirs = { thingName: "Vehicle-VIN-900", thingTypeName: "Van" };
    await settle(fleet.iot.send(new CreateThingCommand(theirs)));
    const software = { Van: { version: "9.0.0" } };
    await settle(reportState(fleet, "Vehicle-VIN-900", software, "$package"));
    await clock.advance(60_000);

    const { devices } = await settle(planRollBack(fleet, TO));

    expect(devices.map(({ thing }) => thing)).not.toContain("Vehicle-VIN-900");
  });

  it("refuses a version that is not in the catalog, and names those that are", async () => {
    const { fleet, settle, calls } = await vans();

    const refused = settle(planRollBack(fleet, { ...TO, versionName: "0.9.0" }));

    await expect(refused).rejects.toThrow(InvalidInputError);
    await expect(refused).rejects.toThrow("Choose one of 1.0.0, 1.1.0, 1.9.0, 1.10.0.");
    expect(calls("SearchIndex")).toEqual([]);
  });

  it("refuses a draft, and takes a deprecated version", async () => {
    const { fleet, settle } = await vans();
    const draft = { packageName: "Van", versionName: "0.5.0" };
    await settle(fleet.iot.send(new CreatePackageVersionCommand(draft)));
    await settle(deprecatePackageVersion(fleet, TO));

    await expect(settle(planRollBack(fleet, draft))).rejects.toThrow("this is a draft");
    expect((await settle(planRollBack(fleet, TO))).devices).toHaveLength(3);
  });

  it.each([
    { packageName: "Van AND *", versionName: "1.0.0" },
    { packageName: "Van", versionName: "1.0.0 OR 2" },
    { packageName: "Van", versionName: "1.0.0", thingType: "Van OR Bus" },
  ])("D29: refuses %j before any call", async (wishes) => {
    const { fleet, settle, calls } = openTestFleet();

    await expect(settle(planRollBack(fleet, wishes))).rejects.toThrow(InvalidInputError);
    expect(calls()).toEqual([]);
  });
});

describe("showRollBack", () => {
  it("shows eight vehicles, how many more there are, and who is left alone", () => {
    const { fleet, lines } = openTestFleet();
    const devices = Array.from({ length: 12 }, (_, i) => ({
      thing: `V${i + 1}`,
      versionName: "1.9.0",
    }));

    const plan = { ...TO, query: "", devices, newerVersions: ["1.9.0"], leftAlone: 1 };
    showRollBack(fleet, plan);

    const shown = lines.join("\n");
    expect(shown).toContain("12 vehicles run a newer Van than 1.1.0.");
    expect(shown).toContain("1 vehicle on another version that is not newer: left alone.");
    expect(shown).toMatch(/V8 +1\.9\.0 +1\.1\.0\n… and 4 more$/);
  });

  it("says that there is nobody to take back", () => {
    const { fleet, lines } = openTestFleet();

    showRollBack(fleet, { ...TO, query: "", devices: [], newerVersions: [], leftAlone: 0 });

    expect(lines).toEqual(["No vehicle runs a newer Van than 1.1.0."]);
  });
});

describe("recordVersion", () => {
  it("writes the version into the planned inventories, and reads them again", async () => {
    const { fleet, settle } = await vans();
    const plan = await settle(planRollBack(fleet, TO));

    const recorded = await settle(recordVersion(fleet, plan, { confirm: "REVERT" }));

    expect(recorded).toMatchObject({ done: 3, existed: 0, failed: [] });
    expect(recorded.devices).toEqual([
      { thing: van(3), before: "1.10.0", after: "1.1.0" },
      { thing: van(4), before: "1.9.0", after: "1.1.0" },
      { thing: van(6), before: "1.10.0", after: "1.1.0" },
    ]);
    const all = [];
    for (let n = 1; n <= 6; n++) all.push(await settle(versionOf(fleet, van(n))));
    expect(all).toEqual(["1.0.0", "1.1.0", "1.1.0", "1.1.0", "1.1.0-beta", "1.1.0"]);
  });

  it("changes nothing the second time", async () => {
    const { fleet, settle, calls } = await vans();
    const plan = await settle(planRollBack(fleet, TO));
    await settle(recordVersion(fleet, plan, { confirm: "REVERT" }));
    const before = calls("UpdateThingShadow").length;

    const again = await settle(recordVersion(fleet, plan, { confirm: "REVERT" }));

    expect(again).toMatchObject({ done: 0, existed: 3 });
    expect(calls("UpdateThingShadow")).toHaveLength(before);
  });

  it("D10: looks again, and does not upgrade a vehicle that has become older since", async () => {
    const { fleet, settle } = await vans();
    const plan = await settle(planRollBack(fleet, TO));
    await settle(reportState(fleet, van(3), { Van: { version: "1.0.0" } }, "$package"));

    const recorded = await settle(recordVersion(fleet, plan, { confirm: "REVERT" }));

    expect(recorded).toMatchObject({ done: 2, existed: 1 });
    expect(await settle(versionOf(fleet, van(3)))).toBe("1.0.0");
  });

  it("tells which vehicles are gone or not ours, and does the others", async () => {
    const { fleet, settle } = await vans();
    const plan = await settle(planRollBack(fleet, TO));
    await settle(deleteThing(fleet, van(3)));
    await settle(fleet.iot.send(new CreateThingCommand({ thingName: "Theirs" })));
    const devices = [...plan.devices, { thing: "Theirs" }];

    const recorded = await settle(
      recordVersion(fleet, { ...plan, devices }, { confirm: "REVERT" }),
    );

    expect(recorded.done).toBe(2);
    expect(Object.fromEntries(recorded.failed.map(({ name, error }) => [name, error]))).toEqual({
      [van(3)]: "FleetError",
      Theirs: "NotOursError",
    });
  });

  it.each([undefined, "YES", "revert"])("changes nothing when confirm is %j", async (confirm) => {
    const { fleet, settle, calls } = await vans();
    const plan = await settle(planRollBack(fleet, TO));
    const before = calls("UpdateThingShadow").length;

    const said = confirm === undefined ? {} : { confirm: confirm as "REVERT" };
    const asked = settle(recordVersion(fleet, plan, said));

    await expect(asked).rejects.toThrow(NotConfirmedError);
    await expect(asked).rejects.toThrow(
      "This writes Van 1.1.0 into the inventory of 3 vehicles; what they really run does not change.",
    );
    expect(calls("UpdateThingShadow")).toHaveLength(before);
  });

  it("refuses a version that has left the catalog since", async () => {
    const { fleet, settle } = await vans();
    const plan = await settle(planRollBack(fleet, TO));
    await settle(deletePackageVersion(fleet, TO, { confirm: "DELETE" }));

    await expect(settle(recordVersion(fleet, plan, { confirm: "REVERT" }))).rejects.toThrow(
      "software package catalog",
    );
  });
});

describe("waitForRollBack", () => {
  it("waits until the index has followed the record", async () => {
    const { fleet, settle, lines } = await vans();
    const plan = await settle(planRollBack(fleet, TO));
    await settle(recordVersion(fleet, plan, { confirm: "REVERT" }));

    await settle(waitForRollBack(fleet, plan));

    expect(lines.join("\n")).toContain("it has 3 vehicles on one");
    expect((await settle(planRollBack(fleet, TO))).devices).toEqual([]);
  });

  it("gives up when somebody stays on a newer version", async () => {
    const { fleet, settle } = await vans();
    const plan = await settle(planRollBack(fleet, TO));

    await expect(settle(waitForRollBack(fleet, plan))).rejects.toThrow(WaitTimeoutError);
  });
});
