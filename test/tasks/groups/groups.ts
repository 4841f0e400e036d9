import { waitForThings } from "../../../lib/fleet/search/fleet-index.js";
import { planFleet } from "../../../lib/tasks/provisioning/plan.js";
import { provision } from "../../../lib/tasks/provisioning/provision.js";
import { openTestFleet } from "../../fleet.js";

/** A provisioned fleet of twelve vehicles that the index knows. */
export async function openProvisionedFleet() {
  const test = openTestFleet();
  const plan = planFleet(test.fleet, {
    thingTypes: ["Van", "Bus"],
    versions: ["1.0.0", "1.1.0"],
    countries: ["US", "CA"],
    devices: 12,
  });
  await test.settle(provision(test.fleet, plan));
  const known = "shadow.name.$package.reported.*.version:*";
  await test.settle(waitForThings(test.fleet, known, plan.devices));
  return { ...test, plan };
}
