import { CreateThingGroupCommand } from "@aws-sdk/client-iot";
import { describe, expect, it } from "vitest";
import { collect } from "../../../lib/aws/collect.js";
import { NotOursError, WaitTimeoutError } from "../../../lib/aws/errors.js";
import { tagList } from "../../../lib/aws/ownership.js";
import {
  createCountryGroups,
  deleteThingGroup,
  findThingGroup,
  listThingGroups,
} from "../../../lib/fleet/registry/thing-groups.js";
import { openTestFleet } from "../../fleet.js";

describe("deleteThingGroup", () => {
  it("deletes a group of ours, and finds nothing the second time", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(createCountryGroups(fleet, ["US"]));

    const first = await settle(deleteThingGroup(fleet, "US_Fleet"));
    const second = await settle(deleteThingGroup(fleet, "US_Fleet"));

    expect([first, second]).toEqual([true, false]);
  });

  it("leaves a group alone that is only named like ours", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(fleet.iot.send(new CreateThingGroupCommand({ thingGroupName: "US_Fleet" })));

    await expect(settle(deleteThingGroup(fleet, "US_Fleet"))).rejects.toBeInstanceOf(NotOursError);

    expect(await settle(findThingGroup(fleet, "US_Fleet"))).toBeDefined();
  });

  it("waits for child groups to go, and gives up in AWS's words when they do not", async () => {
    const { fleet, settle } = openTestFleet();
    await settle(createCountryGroups(fleet, ["US"]));
    const child = { thingGroupName: "Texas", parentGroupName: "US_Fleet" };
    await settle(
      fleet.iot.send(new CreateThingGroupCommand({ ...child, tags: tagList(fleet.tags) })),
    );

    const children = await settle(collect(listThingGroups(fleet, { parent: "US_Fleet" })));
    await expect(settle(deleteThingGroup(fleet, "US_Fleet"))).rejects.toBeInstanceOf(
      WaitTimeoutError,
    );
    await settle(deleteThingGroup(fleet, "Texas"));

    expect(children.map(({ groupName }) => groupName)).toEqual(["Texas"]);
    expect(await settle(deleteThingGroup(fleet, "US_Fleet"))).toBe(true);
  });
});
