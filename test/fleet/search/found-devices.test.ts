import { describe, expect, it } from "vitest";
import { collect } from "../../../lib/aws/collect.js";
import { searchDevices } from "../../../lib/fleet/search/found-devices.js";
import {
  enableFleetIndexing,
  waitForIndex,
  waitForThings,
} from "../../../lib/fleet/search/fleet-index.js";
import { reportState } from "../../../lib/fleet/shadows/shadows.js";
import { createThing } from "../../../lib/fleet/registry/things.js";
import { openTestFleet } from "../../fleet.js";

describe("searchDevices", () => {
  it("tells what a device says of itself, and leaves out what it does not", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(enableFleetIndexing(fleet));
    await settle(waitForIndex(fleet));
    await settle(createThing(fleet, { name: "Van-1", attributes: { country: "US" } }));
    await settle(reportState(fleet, "Van-1", { batteryStatus: 80 }));
    const software = { Van: { version: "1.0.0" }, Map: { attributes: {} } };
    await settle(reportState(fleet, "Van-1", software, "$package"));
    await settle(createThing(fleet, { name: "Van-2" }));
    await settle(reportState(fleet, "Van-2", { batteryStatus: "high" }));
    await settle(waitForThings(fleet, "shadow.name.$package.reported.Van.version:1.0.0", 1));

    const found = await settle(collect(searchDevices(fleet, "thingName:Van-*")));

    expect(found).toEqual([
      {
        thing: "Van-1",
        country: "US",
        battery: 80,
        isConnected: false,
        software: { Van: "1.0.0" },
      },
      { thing: "Van-2", isConnected: false, software: {} },
    ]);
  });
});
