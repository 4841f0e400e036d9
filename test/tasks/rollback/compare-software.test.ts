import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../../lib/aws/errors.js";
import { reportFirmware } from "../../../lib/fleet/software/device-firmware.js";
import { writeInventory } from "../../../lib/fleet/software/device-software.js";
import { createThing } from "../../../lib/fleet/registry/things.js";
import { compareSoftware, showComparison } from "../../../lib/tasks/rollback/compare-software.js";
import { openTestFleet } from "../../fleet.js";

describe("compareSoftware", () => {
  it("sets the inventory beside the vehicle's own word", async () => {
    const { fleet, settle } = openTestFleet();
    const software = { A: ["1.1.0", "1.1.0"], B: ["1.0.0", "1.1.0"], C: ["1.0.0", undefined] };
    for (const [name, [inventory = "", vehicle]] of Object.entries(software)) {
      await settle(createThing(fleet, { name }));
      const onRecord = { packageName: "Van", versionName: inventory };
      await settle(writeInventory(fleet, name, onRecord));
      if (vehicle === undefined) continue;
      await settle(reportFirmware(fleet, name, [{ packageName: "Van", versionName: vehicle }]));
    }

    const compared = await settle(compareSoftware(fleet, "Van", ["B", "A", "C", "None"]));

    expect(compared.comparisons).toEqual([
      { thing: "B", inventory: "1.0.0", vehicle: "1.1.0", isSame: false },
      { thing: "A", inventory: "1.1.0", vehicle: "1.1.0", isSame: true },
      { thing: "C", inventory: "1.0.0", vehicle: undefined, isSame: false },
    ]);
    expect(compared.failed).toMatchObject([{ name: "None", error: "ResourceNotFoundException" }]);
  });

  it("takes two silent sides for no agreement", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(createThing(fleet, { name: "A" }));

    const { comparisons } = await settle(compareSoftware(fleet, "Van", ["A"]));

    expect(comparisons).toMatchObject([
      { inventory: undefined, vehicle: undefined, isSame: false },
    ]);
  });

  it("compares nobody without a call", async () => {
    const { fleet, settle, calls } = openTestFleet();

    expect((await settle(compareSoftware(fleet, "Van", []))).comparisons).toEqual([]);
    expect(calls()).toEqual([]);
  });

  it.each([
    ["Van.X", ["A"]],
    ["Van", ["A", "A"]],
    ["Van", ["a b"]],
  ])("D29: refuses the package %j on %j before any call", async (name, things) => {
    const { fleet, settle, calls } = openTestFleet();

    await expect(settle(compareSoftware(fleet, name, things))).rejects.toThrow(InvalidInputError);
    expect(calls()).toEqual([]);
  });
});

describe("showComparison", () => {
  it("draws both sides, and says how many agree", async () => {
    const { fleet, lines } = openTestFleet();
    const comparisons = [
      { thing: "A", inventory: "1.0.0", vehicle: "1.1.0", isSame: false },
      { thing: "B", inventory: "1.0.0", vehicle: undefined, isSame: false },
      { thing: "C", inventory: "1.0.0", vehicle: "1.0.0", isSame: true },
    ];

    await showComparison(fleet, comparisons);

    const [said, shown] = lines;
    expect(said).toBe("1 of 3 vehicles and their records agree.");
    expect(shown).toMatch(/record +1\.0\.0 +3\n/);
    expect(shown).toMatch(/vehicles +1\.0\.0 +1\nvehicles +1\.1\.0 +1\nvehicles +nothing +1/);
  });

  it("keeps the place of a version that nobody is on", async () => {
    const { fleet, lines } = openTestFleet();
    const comparison = { thing: "C", inventory: "1.1.0", vehicle: "1.1.0", isSame: true };

    await showComparison(fleet, [comparison], { versions: ["1.0.0"] });

    expect(lines[1]).toMatch(/record +1\.0\.0 +0\nrecord +1\.1\.0 +1\n/);
  });

  it("draws one bar for a version that is both asked for and there", async () => {
    const { fleet, lines } = openTestFleet();
    const comparison = { thing: "C", inventory: "1.0.0", vehicle: "1.0.0", isSame: true };

    await showComparison(fleet, [comparison], { versions: ["1.0.0", "1.1.0"] });

    expect(lines[1]?.split("\n").slice(2)).toEqual([
      "record    1.0.0         1",
      "record    1.1.0         0",
      "vehicles  1.0.0         1",
      "vehicles  1.1.0         0",
    ]);
  });

  it("has nothing to draw of nobody", async () => {
    const { fleet, lines } = openTestFleet();

    await showComparison(fleet, []);

    expect(lines).toEqual(["0 of 0 vehicles and their records agree."]);
  });
});
