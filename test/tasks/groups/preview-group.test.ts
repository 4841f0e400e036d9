import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../../lib/aws/errors.js";
import { createDynamicGroup } from "../../../lib/fleet/search/dynamic-groups.js";
import { previewGroup, type GroupWishes } from "../../../lib/tasks/groups/preview-group.js";
import { openTestFleet } from "../../fleet.js";
import { openProvisionedFleet } from "./groups.js";

describe("previewGroup", () => {
  it("shows name, criteria, query, count and devices, and creates nothing", async () => {
    const { fleet, settle, lines, calls } = await openProvisionedFleet();
    const before = lines.length;

    const preview = await settle(
      previewGroup(fleet, { countries: ["us"], versions: ["1.0.0"], thingType: "Van" }),
    );

    expect(preview).toMatchObject({ name: "US_Van_1_0_0_Devices", country: "US" });
    expect(preview.count).toBeGreaterThan(0);
    expect(lines[before]).toMatch(
      /Countries +US\n.*\nVersions +1\.0\.0\nBattery +any\nQuery +thingTypeName:Van AND/,
    );
    expect(lines[before + 1]?.split("\n")).toHaveLength(preview.count + 1);
    expect(calls("CreateDynamicThingGroup")).toHaveLength(0);
  });

  it("is what createDynamicGroup takes", async () => {
    const { fleet, settle } = await openProvisionedFleet();

    const preview = await settle(previewGroup(fleet, { thingType: "Van" }));
    const group = await settle(createDynamicGroup(fleet, preview));

    expect(group).toMatchObject({ name: "Van_Devices", query: "thingTypeName:Van" });
  });

  it("takes a query and a name of one's own", async () => {
    const { fleet, settle } = await openProvisionedFleet();
    const query = "shadow.reported.batteryStatus:[30 TO 80]";

    const preview = await settle(previewGroup(fleet, { name: "Middle", query }));

    expect(preview).toMatchObject({ name: "Middle", query });
    expect(preview).not.toHaveProperty("country");
  });

  it("warns of a group that would be empty", async () => {
    const { fleet, settle, lines } = await openProvisionedFleet();

    const preview = await settle(previewGroup(fleet, { battery: "<30" }));

    expect(preview.count).toBe(0);
    expect(lines.at(-1)).toMatch(/Vehicles now +none: the group would be empty/);
  });

  it.each<[string, GroupWishes, RegExp]>([
    ["several countries without a name", { countries: ["US", "CA"] }, /have a name of its own/],
    ["a query without a name", { query: "*" }, /have a name of its own/],
    [
      "a query beside criteria",
      { query: "*", name: "All", thingType: "Van" },
      /either a query or criteria/,
    ],
    ["a name with blanks", { thingType: "Van", name: "all vans" }, /a thing group name/],
    ["nothing at all", {}, /at least one criterion/],
  ])("D29: refuses %s before any call", async (_, wishes, message) => {
    const { fleet, settle, calls } = openTestFleet();

    const refused = settle(previewGroup(fleet, wishes));

    await expect(refused).rejects.toThrow(InvalidInputError);
    await expect(refused).rejects.toThrow(message);
    expect(calls()).toHaveLength(0);
  });
});
