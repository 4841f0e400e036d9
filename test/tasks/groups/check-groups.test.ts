import { CreateDynamicThingGroupCommand } from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import {
  createDynamicGroup,
  deleteDynamicGroup,
  waitForMembers,
} from "../../../lib/fleet/search/dynamic-groups.js";
import { groupNameOf } from "../../../lib/fleet/search/fleet-query.js";
import { checkGroups } from "../../../lib/tasks/groups/check-groups.js";
import { pathOf } from "../../../lib/tasks/path/path.js";
import { previewGroup } from "../../../lib/tasks/groups/preview-group.js";
import { openProvisionedFleet } from "./groups.js";

const CRITERIA = [{ thingType: "Van" }, { thingType: "Bus", versions: ["1.0.0"] }];

async function openCheckedFleet() {
  const test = await openProvisionedFleet();
  const { fleet, settle, plan } = test;
  for (const criteria of CRITERIA) {
    const preview = await settle(previewGroup(fleet, criteria));
    await settle(createDynamicGroup(fleet, preview));
    await settle(waitForMembers(fleet, preview.name));
  }
  return { ...test, check: async () => settle(checkGroups(fleet, plan)) };
}

describe("checkGroups", () => {
  it("finds what the notebook leaves, under the names of the path", async () => {
    const { check, plan } = await openCheckedFleet();
    const { all, outdated } = pathOf(plan).groups;

    const checks = await check();

    expect(CRITERIA.map(groupNameOf)).toEqual([all, outdated]);
    expect(checks.map(({ isMet }) => isMet)).toEqual([true, true, true]);
    expect(checks[0]?.found).toMatch(/^ACTIVE, ([02-9]|\d\d) members$|^ACTIVE, 1 member$/);
  });

  it("misses a group that was deleted, and says where to repair it", async () => {
    const { check, fleet, settle } = await openCheckedFleet();
    await settle(deleteDynamicGroup(fleet, "Van_Devices", { confirm: "DELETE" }));

    const [all, outdated] = await check();

    expect(all).toMatchObject({ isMet: false, found: "missing" });
    expect(all?.wayOut).toContain("Two groups that stay");
    expect(outdated?.isMet).toBe(true);
  });

  it("does not take another query or somebody else's group for ours", async () => {
    const { check, fleet, settle } = await openCheckedFleet();
    await settle(deleteDynamicGroup(fleet, "Van_Devices", { confirm: "DELETE" }));
    await settle(deleteDynamicGroup(fleet, "Bus_1_0_0_Devices", { confirm: "DELETE" }));
    await settle(
      createDynamicGroup(fleet, { name: "Bus_1_0_0_Devices", query: "thingTypeName:Bus" }),
    );
    await settle(
      fleet.iot.send(
        new CreateDynamicThingGroupCommand({
          thingGroupName: "Van_Devices",
          queryString: "thingTypeName:Van",
        }),
      ),
    );

    const [all, outdated] = await check();

    expect(all).toMatchObject({ isMet: false, found: "not made by the workshop" });
    expect(outdated).toMatchObject({ isMet: false, found: "its query is thingTypeName:Bus" });
  });

  it("names battery groups of ours that were left, and no others", async () => {
    const { check, fleet, settle } = await openCheckedFleet();
    const battery = await settle(previewGroup(fleet, { battery: ">20" }));
    await settle(createDynamicGroup(fleet, battery));
    await settle(
      fleet.iot.send(
        new CreateDynamicThingGroupCommand({
          thingGroupName: "batterygt99_Devices",
          queryString: "shadow.reported.batteryStatus>99",
        }),
      ),
    );

    const [, , left] = await check();

    expect(left).toMatchObject({ isMet: false, found: "batterygt20_Devices" });
  });
});
